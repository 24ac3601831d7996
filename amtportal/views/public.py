"""Pages that anybody may read: the guide, the tutorial and security.txt.

Apart from their header, they are the same for everybody.
"""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from amtportal import links
from amtportal.documents import layout as documents
from amtportal.members.manuals import manual, public_pdf
from amtportal.middleware.headers import public_page
from amtportal.middleware.language import or_english
from amtportal.tutorial import CLIPS


@public_page
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Show the user guide: enter CE, track progress, print or save the transcript, and answers."""
    return render(request, "guide.html")


@public_page
@require_safe
def tutorial(request: HttpRequest, name: str) -> HttpResponse:
    """Show a clip of the tutorial in the reader's language, and what it says in words."""
    clip = CLIPS.get(name)
    if clip is None:
        raise Http404
    language = or_english(get_language())
    context = {
        "clip": clip,
        "language": language,
        "film": clip.film(language),
        "poster": clip.poster(language),
        "size": clip.bytes_in(language),
        "others": [other for other in CLIPS.values() if other is not clip],
    }
    return render(request, "guide/clip.html", context)


@public_page
@require_safe
@public_pdf
def guide_pdf(request: HttpRequest) -> HttpResponse:
    """Send the guide as PDF, in the reader's language: the AMTrax User Guide."""
    context = {"guide_at": links.absolute(reverse("guide")).partition("://")[2]}
    return documents.download(manual("guide/guide_document.html", context), "AMTrax-User-Guide.pdf")


@public_page
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Send the contact for security problems (RFC 9116), if ``SECURITY_CONTACT`` is set.

    The date in Expires is calculated at each request, so nobody has to renew the file.
    """
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires_on = (timezone.now() + timedelta(days=180)).date()
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires_on}T00:00:00Z",
        "Preferred-Languages: en, es",
        f"Canonical: {links.absolute(reverse('security-txt'))}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
