"""Which browsers an account was used in before.

The browser keeps the answer, and the portal nothing: a cookie with a signature for each of the last few accounts that
signed in there, which no other site or script reads and which tells nobody an address. Whoever removes it is a new
browser again. What follows:

- A sign-in from another browser is told to the owner (``signing_in``).
- Wrong passwords from elsewhere do not keep the owner out of a browser that is known.
"""

from django.conf import settings
from django.core.signing import Signer
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

COOKIE = f"{settings.COOKIE_PREFIX}known"
SECONDS = 400 * 24 * 3600
"""As long as browsers keep a cookie at most."""
ACCOUNTS = 5
"""People who share one computer."""
_signer = Signer(salt="amtportal.devices")


def mark(email: str) -> str:
    """What the cookie holds of an account."""
    return _signer.signature(email.lower())


def is_known(request: HttpRequest, email: str) -> bool:
    """Whether the account of that address was used in this browser before."""
    expected = mark(email)
    return any(constant_time_compare(found, expected) for found in _marks(request))


def remember(request: HttpRequest, response: HttpResponseBase, email: str) -> None:
    """Have the browser know the account from now on."""
    others = [found for found in _marks(request) if found != mark(email)]
    response.set_cookie(
        COOKIE,
        ".".join([mark(email), *others][:ACCOUNTS]),
        max_age=SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _marks(request: HttpRequest) -> list[str]:
    return [found for found in request.COOKIES.get(COOKIE, "").split(".") if found][:ACCOUNTS]
