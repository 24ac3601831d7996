"""The portal has one address, ``AMTPORTAL_URL``, whatever host, port or scheme a request names.

- Every absolute address that a library makes from the request, as allauth does for links in mail,
  begins with ``AMTPORTAL_URL`` (``amtportal.links``).
- Django accepts a port and capital letters in the name of the host. Nothing may be counted
  separately for each spelling, so the name is replaced by the portal's. On a development machine,
  which nobody else can reach, the name and port of the request are kept.

The path of a request that a server or proxy calls ``SCRIPT_NAME`` is not read
(``FORCE_SCRIPT_NAME``). A path that begins with two slashes stays a path: a redirect or a form that
goes to ``//example.org`` would leave the portal.
"""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.http import escape_leading_slashes

from amtportal import links


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let the request make only addresses of the portal.

    This must come before all code that reads the name of the host or makes an address. A name that
    ``ALLOWED_HOSTS`` does not have is not replaced: the first code that reads it refuses the
    request.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        def build_absolute_uri(location: str | None = None) -> str:
            return links.absolute(request.get_full_path() if location is None else str(location))

        def get_full_path(force_append_slash: bool = False) -> str:
            return escape_leading_slashes(HttpRequest.get_full_path(request, force_append_slash))

        request.get_full_path = get_full_path  # type: ignore[method-assign]
        request.build_absolute_uri = build_absolute_uri  # type: ignore[method-assign]
        if settings.PUBLIC_HOST:
            with suppress(DisallowedHost):
                request.get_host()
                request.META["HTTP_HOST"] = settings.PUBLIC_HOST
        return get_response(request)

    return answer
