"""The headers of every answer, and what may keep a copy of it.

- Every answer, also a style sheet, a redirect and an error, says what browsers may do with it. The
  Content-Security-Policy comes from django-csp, the Permissions-Policy from django-permissions-policy, HSTS from
  Django.
- Nothing is kept by anybody unless its view says so: figures of members stay on no disk of a shared computer.
- A public page read by somebody signed out may be kept, and is asked for again each time.

``docs/decisions/0022-private-pages-are-not-stored.md`` says what that means for Back.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
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
    """Stands before all others, WhiteNoise too, so that nothing leaves without its headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        said = response.headers.get("Cache-Control", "")
        # An answer with a cookie is for one person, whatever its view says.
        if not said or (response.cookies and "no-store" not in said):
            response.headers["Cache-Control"] = NOT_STORED
        return response


def public_page(view: View) -> View:
    """Needs no sign-in. Signed out it may be kept, and is sent again if it has changed; signed in it is private."""
    shared = conditional_page(cache_control(public=True, max_age=0, must_revalidate=True)(view))

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = (view if request.user.is_authenticated else shared)(request, *args, **kwargs)
        return answer

    return login_not_required(wrapped)
