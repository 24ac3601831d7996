"""Rate limits: expensive requests are limited to so many for each person (``ACCOUNT_RATE_LIMITS``).

allauth counts the requests in the cache that all processes share. Above the limit, a page asks the
person to wait, and a security event is recorded: once a minute for each person or address, so that
nobody can fill the database with events.

The allauth functions used here are internal to allauth. No other module of ours imports them, so
that a change in allauth affects only this module. A test fails if they move.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit  # the public function does not limit GET
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from amtportal.history import events

View = Callable[..., HttpResponseBase]
NOTED_EVERY = 60
"""Seconds in which the same person reaching the same limit adds only one row."""


def rate_limited(action: str) -> Callable[[View], View]:
    """Limit the requests of a person for the view. ``action``: a key of ``ACCOUNT_RATE_LIMITS``."""

    def limit(view: View) -> View:
        @wraps(view)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if over_limit(request, action):
                return respond_429(request)
            return view(request, *args, **kwargs)

        return limited

    return limit


def over_limit(request: HttpRequest, action: str) -> bool:
    """Count this request. Return whether it exceeds the limit."""
    return request.user.is_authenticated and not ratelimit.consume(
        request, app="allauth.account", action=action, limit_get=True, user=request.user
    )


def address_over_limit(request: HttpRequest, action: str) -> bool:
    """Count this request for its IP address. Return whether it exceeds the limit.

    This counts everybody, signed in or not.
    """
    return not ratelimit.consume(request, app="allauth.account", action=action, limit_get=True)


def respond_429(request: HttpRequest) -> HttpResponse:
    """Return the page that asks the person to wait, for a request above its limit."""
    answer: HttpResponse = ratelimit.respond_429(request)
    return answer


def note_reached(request: HttpRequest, limit: str, *, user: Any = None, typed: str = "") -> None:
    """Record that a limit was reached: by whom, if known, or for which typed address."""
    whose = user.pk if user else events.address_in(typed) or ratelimit.get_ip(request)
    key = hashlib.sha256(f"{limit}:{whose}".encode()).hexdigest()
    if cache.add(f"amtportal.limit-noted:{key}", True, timeout=NOTED_EVERY):
        events.note(events.Kind.LIMIT, user, detail=limit, typed="" if user else typed)


def wait_page(request: HttpRequest) -> HttpResponse:
    """Return the page for a request above a limit, in any view."""
    match = request.resolver_match
    user = request.user if request.user.is_authenticated else None
    note_reached(request, match.route if match else "", user=user)
    answer: HttpResponse = ratelimit.handler429(request)
    return answer
