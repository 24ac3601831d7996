"""The security headers of every response, and whether browsers and caches may store it.

- Every response has the headers, including style sheets, redirects and errors. The
  Content-Security-Policy is put together by django-csp, the Permissions-Policy comes from
  django-permissions-policy, and HSTS from Django.
- No response is stored unless its view allows it, so that members' data does not stay on the disk
  of a shared computer.
- A public page may be stored for a visitor who is signed out. Browsers ask each time whether it has
  changed.

``docs/decisions/0022-private-pages-are-not-stored.md`` says what that means for the Back button.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import HEADER as POLICY
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page

View = Callable[..., HttpResponse]

NOT_STORED = "private, no-store"
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
}


class HeadersMiddleware:
    """Sets the headers. It comes before WhiteNoise, so that no response is sent without them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        cache_rule = response.headers.get("Cache-Control", "")
        # A response with a cookie is for one person, whatever its view says.
        if not cache_rule or (response.cookies and "no-store" not in cache_rule):
            response.headers["Cache-Control"] = NOT_STORED
        return response


class PolicyMiddleware(CSPMiddleware):
    """Sends the Content-Security-Policy. It is put together once, except where a response changes it."""

    @cached_property
    def policy(self) -> str:
        return build_policy()

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        is_changed = any(name.startswith("_csp") for name in vars(response))
        if is_changed or settings.DEBUG:  # Django's page for an error has its style and scripts in it
            return super().process_response(request, response)
        response.headers.setdefault(POLICY, self.policy)
        return response


def public_page(view: View) -> View:
    """Mark a view that needs no sign-in.

    For somebody who is signed out, the page may be stored, and it is sent again if it has changed.
    For somebody who is signed in, it is private.
    """
    shared = conditional_page(cache_control(public=True, max_age=0, must_revalidate=True)(view))

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = (view if request.user.is_authenticated else shared)(request, *args, **kwargs)
        return answer

    return login_not_required(wrapped)
