"""The staff page that shows each mail with made-up data, as HTML and as text, in both languages.

The HTML of a mail has its styles in its elements, which the policy of the portal's pages forbids.
So it stands in frames of its own, whose policy allows exactly these styles and nothing else.
"""

import hashlib
from base64 import b64encode
from html.parser import HTMLParser
from typing import Any

from csp.constants import HEADER as POLICY
from csp.constants import SELF
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin

from amtportal.members.mail import samples
from amtportal.members.mail.layout import Mail, compose
from amtportal.members.models import MailPriority


class SamplePages(admin.ModelAdmin):
    """Adds the page to the admin class of outgoing mail. It needs the permission to view that."""

    change_list_template = "admin/mail/outgoing.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        page, frame = self.admin_site.admin_view(self.samples_view), self.admin_site.admin_view(self.sample_view)
        return [
            path("samples/", page, name=f"{name}_samples"),
            path("samples/html/", xframe_options_sameorigin(frame), name=f"{name}_sample"),
            *super().get_urls(),
        ]

    def samples_view(self, request: HttpRequest) -> HttpResponse:
        key, language, mail = self._chosen(request)
        query = urlencode({"mail": key, "language": language})
        context = {
            **self.admin_site.each_context(request),
            "title": "What each mail looks like",
            "opts": self.opts,
            "samples": samples.registered().values(),
            "languages": settings.LANGUAGES,
            "chosen": samples.registered()[key],
            "language": language,
            "mail": mail,
            "frame": f"{reverse('admin:members_outgoingmail_sample')}?{query}",
        }
        response = TemplateResponse(request, "admin/mail/samples.html", context)
        response._csp_replace = {"frame-src": [SELF]}  # type: ignore[attr-defined]
        return response

    def sample_view(self, request: HttpRequest) -> HttpResponse:
        """Return the HTML of a mail alone, for a frame: no script, no link that leads anywhere, nothing loaded."""
        _key, language, mail = self._chosen(request)
        html = html_of(mail)
        return HttpResponse(html, headers={POLICY: policy_for(html), "Content-Language": language})

    def _chosen(self, request: HttpRequest) -> tuple[str, str, Mail]:
        """Return which mail is asked for, in which language, and the mail; at first the first one in English."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        known = samples.registered()
        key = request.GET.get("mail") or next(iter(known))
        language = request.GET.get("language") or "en"
        if key not in known or language not in dict(settings.LANGUAGES):
            raise Http404
        with translation.override(language):
            content = known[key].content()
        return key, language, compose(content, to=samples.ADDRESS, language=language, priority=MailPriority.NOTICE)


def html_of(mail: Mail) -> str:
    [(html, _kind)] = mail.alternatives
    return str(html)


def policy_for(html: str) -> str:
    """Return the policy that allows the styles in this document, by their digests, and nothing else."""
    found = _Styles(html).found
    digests = {b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in found}
    allowed = " ".join(f"'sha256-{digest}'" for digest in sorted(digests))
    rest = "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
    return f"default-src 'none'; style-src 'unsafe-hashes' {allowed}; {rest}"


class _Styles(HTMLParser):
    """Collects the styles of a document: of its elements, and of its head."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._within = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self._within = tag == "style"
        self.found |= {value for name, value in attrs if name == "style"}

    def handle_data(self, data: str) -> None:
        if self._within:
            self.found.add(data)

    def handle_endtag(self, tag: str) -> None:
        self._within = False
