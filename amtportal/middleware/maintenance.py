"""Closed for a short while: with ``MAINTENANCE=1`` every address but the load balancer's answers 503.

Style sheet, fonts and pictures are served all the same, since WhiteNoise stands before this.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from amtportal.middleware import language

RETRY_AFTER = 600
"""Seconds after which browsers and robots may ask again."""


class MaintenanceMiddleware:
    """Answers in place of the portal, without a session or the database; where the portal is open it is not used."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.MAINTENANCE:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return self.get_response(request)
        headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
        with translation.override(language.of_reader(request)):
            return HttpResponse(render_to_string("503.html"), status=503, headers=headers)
