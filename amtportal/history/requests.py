"""The id and the client address of the current request, for each line of history and of the log.

Each request has its own id. Behind a trusted proxy (``TRUST_PROXY``) the portal uses the proxy's id
if it is well formed, and the client is the address that this proxy saw. With several proxies in a
row (``TRUSTED_PROXY_COUNT``), it is the address that the first of them saw. The rate limits use the
same address. Nobody else can choose the id or the address. Commands have neither.
"""

import ipaddress
import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
LONGEST = 64
KEY = "amtportal.request_id"  # no header can have this name


@dataclass(frozen=True)
class Origin:
    request_id: str = ""
    address: str | None = None


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039  (it is frozen)


def current_request_id() -> str:
    return _origin.get().request_id


def current_address() -> str | None:
    return _origin.get().address


def origin_of(request: HttpRequest, *, proxied: bool, proxies: int) -> Origin:
    """Return the id and the client's address of a request.

    ``proxied``: the headers come from one of our proxies.
    ``proxies``: how many proxies in a row each add the address they saw to ``X-Forwarded-For``.
    """
    given = request.headers.get("X-Request-ID", "") if proxied else ""
    # Anything that a client writes into this header comes before what the proxies add.
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    seen = hops[-proxies] if proxied and 0 < proxies <= len(hops) else ""
    return Origin(
        request_id=given if WELL_FORMED.fullmatch(given) else uuid.uuid4().hex,
        address=_address(seen) or _address(request.META.get("REMOTE_ADDR", "")),
    )


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:  # no proxy in between, or a socket
        return None


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give everything that is written or logged during a request its id, and send the id back.

    This middleware must come first.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        origin = origin_of(request, proxied=settings.TRUST_PROXY, proxies=settings.ALLAUTH_TRUSTED_PROXY_COUNT)
        token = _origin.set(origin)
        request.META[KEY] = origin.request_id  # Django logs a refused request after this middleware has finished
        try:
            response = get_response(request)
            response.headers["X-Request-ID"] = origin.request_id
            return response
        finally:
            _origin.reset(token)

    return answer


class WithRequestId(logging.Filter):
    """Adds ``request_id`` to a log line: a dash when no request is being handled."""

    def filter(self, record: logging.LogRecord) -> bool:
        meta = getattr(getattr(record, "request", None), "META", {})
        record.request_id = current_request_id() or meta.get(KEY, "-")
        return True
