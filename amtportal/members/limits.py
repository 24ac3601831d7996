"""What costs much is done in measure: so many times a minute for each person (``ACCOUNT_RATE_LIMITS``).

allauth counts in the cache that all processes share. Beyond the measure comes the page that says to wait, and it is
noted among the security events: once a minute for each person or address, so that nobody fills the database with it.

The functions are internal to allauth. No other module of ours imports them, so that what follows from a change of
theirs is changed here; a test says when they move.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit  # the public one limits no GET
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from amtportal.history import events

View = Callable[..., HttpResponseBase]
NOTED_EVERY = 60
"""Seconds in which the same limit, reached by the same one, leaves one row."""


def rate_limited(action: str) -> Callable[[View], View]:
    """Limit how often a person asks for the view. ``action``: a key of ``ACCOUNT_RATE_LIMITS``."""

    def limit(view: View) -> View:
        @wraps(view)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if over_limit(request, action):
                return respond_429(request)
            return view(request, *args, **kwargs)

        return limited

    return limit


def over_limit(request: HttpRequest, action: str) -> bool:
    """Count this request. Whether it is one too many."""
    return request.user.is_authenticated and not ratelimit.consume(
        request, app="allauth.account", action=action, limit_get=True, user=request.user
    )


def address_over_limit(request: HttpRequest, action: str) -> bool:
    """Count this request of anybody, signed in or not. Return whether its address has sent one too many."""
    return not ratelimit.consume(request, app="allauth.account", action=action, limit_get=True)


def respond_429(request: HttpRequest) -> HttpResponse:
    """Answer a request beyond its limit with the page that says to wait."""
    answer: HttpResponse = ratelimit.respond_429(request)
    return answer


def note_reached(request: HttpRequest, limit: str, *, user: Any = None, typed: str = "") -> None:
    """Write down that a limit was reached: by whom, if that is known, or for which address as it was typed."""
    whose = user.pk if user else events.address_in(typed) or ratelimit.get_ip(request)
    key = hashlib.sha256(f"{limit}:{whose}".encode()).hexdigest()
    if cache.add(f"amtportal.limit-noted:{key}", True, timeout=NOTED_EVERY):
        events.note(events.Kind.LIMIT, user, detail=limit, typed="" if user else typed)


def wait_page(request: HttpRequest) -> HttpResponse:
    """The page beyond a limit, whichever view it was reached in."""
    match = request.resolver_match
    user = request.user if request.user.is_authenticated else None
    note_reached(request, match.route if match else "", user=user)
    answer: HttpResponse = ratelimit.handler429(request)
    return answer
