"""Known browsers: in which browsers an account was used before.

The browser stores this in a cookie, and the portal stores nothing. The cookie has a signature for
each of the last few accounts that signed in there. No other site or script can read it, and it does
not reveal an address. A browser without the cookie counts as new. This has two uses:

- A sign-in from a new browser is reported to the owner (``amtportal.members.sign_in.adapter``).
- Wrong passwords from elsewhere do not lock the owner out of a known browser.
"""

from django.conf import settings
from django.core.signing import Signer
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

COOKIE = f"{settings.COOKIE_PREFIX}known"
SECONDS = 400 * 24 * 3600
"""The longest time for which browsers keep a cookie."""
ACCOUNTS = 5
"""How many accounts a browser remembers, for people who share a computer."""
_signer = Signer(salt="amtportal.devices")


def mark(email: str) -> str:
    """Return the signature of an account for the cookie."""
    return _signer.signature(email.lower())


def is_known(request: HttpRequest, email: str) -> bool:
    """Return whether the account with that address was used in this browser before."""
    expected = mark(email)
    return any(constant_time_compare(known, expected) for known in _marks(request))


def remember(request: HttpRequest, response: HttpResponseBase, email: str) -> None:
    """Let the browser remember the account from now on."""
    others = [known for known in _marks(request) if known != mark(email)]
    response.set_cookie(
        COOKIE,
        ".".join([mark(email), *others][:ACCOUNTS]),
        max_age=SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _marks(request: HttpRequest) -> list[str]:
    return [known for known in request.COOKIES.get(COOKIE, "").split(".") if known][:ACCOUNTS]
