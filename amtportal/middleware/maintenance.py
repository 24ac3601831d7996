"""Maintenance mode: with ``MAINTENANCE=1`` every address except ``/healthz`` responds with 503.

Style sheets, fonts and pictures are still served, because WhiteNoise comes before this middleware.
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
    """Responds in place of the portal, without a session or the database.

    It is not used while the portal is open.
    """

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
