"""Rate limits: how often each person, IP address or account may try (``ACCOUNT_RATE_LIMITS``).

- Every limit, allauth's own ones too, is counted by ``tallies``: each count is one statement in the
  database, so that requests that come at the same moment do not refuse each other.
- Only wrong passwords and codes count as failures. Above the limit an account rests for some
  minutes.
- After ``MOST_FAILURES`` failures in a row the password of an account is closed until its owner has
  used a link from a mail (NIST SP 800-63B-4, section 3.2.2). Passkeys still work. An address without
  an account gets the same answers.
- One address gets at most ``MOST_MAILS`` mails with such a link a day. Each link works for three
  days, so that whoever asks in somebody's name shuts nobody out.

Above a limit, a page asks the person to wait, and a security event is recorded: once a minute for
each person or address, so that nobody can fill the database with events.

The allauth functions used and replaced here are internal to allauth. No other module of ours
imports them, so that a change in allauth affects only this module. A test fails if they move.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from math import ceil
from typing import Any

from allauth.core.exceptions import RateLimited
from allauth.core.internal import ratelimit  # the public function does not limit GET
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from amtportal.history import events
from amtportal.members import tallies

View = Callable[..., HttpResponseBase]
NOTED_EVERY = 60
"""Seconds in which the same person reaching the same limit adds only one row."""
MOST_FAILURES = 100
MOST_MAILS = 10
_APP = "allauth.account"
_DAY = 24 * 3600
_ROW_KEPT = 400 * _DAY
"""Seconds after the last of them for which failures in a row are remembered."""


def replace_counting() -> None:
    """Let allauth count as the portal does. Its own count is guarded by a lock that turns into 429."""
    ratelimit.consume = consume
    ratelimit.clear = clear


@dataclass(frozen=True)
class Usage:
    """What one request has counted. allauth takes it back after a success."""

    keys: tuple[str, ...]

    def rollback(self) -> None:
        for key in self.keys:
            tallies.take_back(key)

    def __bool__(self) -> bool:
        return True


def consume(
    request: HttpRequest,
    *,
    app: str,
    action: str,
    config: dict[str, str] | None = None,
    key: str | None = None,
    user: Any = None,
    dry_run: bool = False,
    limit_get: bool = False,
    raise_exception: bool = False,
) -> Usage | None:
    """Count this request for each rate of the action. None if it is above one of them.

    ``dry_run`` only looks. The parameters are those of allauth's function.
    """
    counted: list[str] = []
    if limit_get or request.method != "GET":
        for rate in ratelimit.get_rates(app=app, action=action, config=config):
            name = tallies.digest(
                ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key, user=user)
            )
            if dry_run:
                tally = tallies.read(name)
                over = tally.number >= rate.amount
            else:
                tally = tallies.count(name, seconds=rate.duration)
                over = tally.number > rate.amount
            if over:
                request.limit_reached = Reached(rate.per, tally.seconds)  # type: ignore[attr-defined]
                if raise_exception:
                    raise RateLimited
                return None
            counted.append(name)
    return Usage(() if dry_run else tuple(counted))


def clear(
    request: HttpRequest,
    *,
    app: str,
    action: str,
    config: dict[str, str] | None = None,
    key: str | None = None,
    user: Any = None,
) -> None:
    """End the tallies of the account after a success. Its IP address gets one count back."""
    for rate in ratelimit.get_rates(app=app, action=action, config=config):
        name = tallies.digest(ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key, user=user))
        if rate.per == "ip":
            tallies.take_back(name)
        else:
            tallies.forget(name)


@dataclass(frozen=True)
class Reached:
    """Which limit a request has reached (``ip``, ``user`` or ``key``), and the seconds to wait."""

    per: str
    seconds: float

    @property
    def minutes(self) -> int:
        return max(1, ceil(self.seconds / 60))


def reached(request: HttpRequest) -> Reached | None:
    """Return the limit that the request has reached."""
    found: Reached | None = getattr(request, "limit_reached", None)
    return found


def may_try(request: HttpRequest, key: str) -> bool:
    """Return whether a password may be tried for this account, or too many were wrong lately."""
    return bool(consume(request, app=_APP, action="login_failed", key=key, dry_run=True))


def count_failure(request: HttpRequest, *, key: str, email: str) -> bool:
    """Count a wrong password. Return whether it was within the limit."""
    count_in_a_row(email)
    return bool(consume(request, app=_APP, action="login_failed", key=key))


def forget_failures(*, key: str, email: str) -> None:
    """Let a password be tried again, after a mailed link was used for the account."""
    for rate in ratelimit.get_rates(app=_APP, action="login_failed"):
        if rate.per == "key":
            name = ratelimit.get_cache_key(None, app=_APP, action="login_failed", rate=rate, key=key)
            tallies.forget(tallies.digest(name))
    end_row(email)


def count_in_a_row(email: str) -> None:
    """Count a wrong password or code of the account with that address."""
    tallies.count(_row(email), seconds=_ROW_KEPT, restarts=True)


def is_closed(email: str) -> bool:
    """Return whether the password no longer opens the account, after too many failures in a row."""
    return tallies.read(_row(email)).number >= MOST_FAILURES


def end_row(email: str) -> None:
    """Begin the count of failures in a row again, after a complete sign-in by password or a link."""
    tallies.forget(_row(email))


def mail_allowed(email: str) -> bool:
    """Count a mail with a link to that address. Return whether it may be sent."""
    key = tallies.digest("mail with a link", email.strip().lower())
    return tallies.count(key, seconds=_DAY, restarts=True, most=MOST_MAILS).number <= MOST_MAILS


def _row(email: str) -> str:
    return tallies.digest("failures in a row", email.strip().lower())


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
    return request.user.is_authenticated and not consume(
        request, app=_APP, action=action, limit_get=True, user=request.user
    )


def address_over_limit(request: HttpRequest, action: str) -> bool:
    """Count this request for its IP address. Return whether it exceeds the limit.

    This counts everybody, signed in or not.
    """
    return not consume(request, app=_APP, action=action, limit_get=True)


def may_keep_answer(request: HttpRequest) -> bool:
    """Count an answer to keep for this person, or for the IP address if nobody is signed in."""
    whose = f"user {request.user.pk}" if request.user.is_authenticated else f"address {ratelimit.get_ip(request)}"
    return bool(consume(request, app=_APP, action="answer", key=whose))


def respond_429(request: HttpRequest) -> HttpResponse:
    """Return the page that asks the person to wait, for a request above its limit."""
    answer: HttpResponse = ratelimit.respond_429(request)
    return answer


def note_reached(request: HttpRequest, limit: str, *, user: Any = None, typed: str = "") -> None:
    """Record that a limit was reached: by whom, if known, or for which typed address."""
    whose = user.pk if user else events.address_in(typed) or ratelimit.get_ip(request)
    if tallies.count(tallies.digest("limit noted", limit, whose), seconds=NOTED_EVERY).number == 1:
        events.note(events.Kind.LIMIT, user, detail=limit, typed="" if user else typed)


def wait_page(request: HttpRequest) -> HttpResponse:
    """Return the page for a request above a limit, in any view."""
    match = request.resolver_match
    user = request.user if request.user.is_authenticated else None
    note_reached(request, match.route if match else "", user=user)
    answer: HttpResponse = ratelimit.handler429(request)
    if limit := reached(request):
        answer.headers["Retry-After"] = str(ceil(limit.seconds))
    return answer
