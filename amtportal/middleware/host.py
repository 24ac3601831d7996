"""The portal has one name, that of ``AMTPORTAL_URL``, whatever a request calls it by.

Django lets a port and capital letters pass. Links that go out by mail must not lead to the port that some visitor asked
for, and nothing is counted apart for each spelling. On this machine, where nobody else comes, each port stands for
itself: ``make run`` takes any.
"""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Stands before whatever reads the name. Another one (``ALLOWED_HOSTS``) is refused by whoever reads it."""

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.PUBLIC_HOST:
            with suppress(DisallowedHost):
                request.get_host()
                request.META["HTTP_HOST"] = settings.PUBLIC_HOST
        return get_response(request)

    return answer
