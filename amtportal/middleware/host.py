"""The portal has one host name, that of ``AMTPORTAL_URL``, whatever host a request names.

Django accepts a port and capital letters in the name. But links in mail must not lead to a port
that some visitor asked for, and nothing may be counted separately for each spelling. On a
development machine, which nobody else can reach, the name and port of the request are used:
``make run`` works on any port.
"""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Replace the host name of the request by the portal's.

    This must come before all code that reads the name. A name that ``ALLOWED_HOSTS`` does not have
    is not replaced: the first code that reads it refuses the request.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.PUBLIC_HOST:
            with suppress(DisallowedHost):
                request.get_host()
                request.META["HTTP_HOST"] = settings.PUBLIC_HOST
        return get_response(request)

    return answer
