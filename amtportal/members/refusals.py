"""What people read when a sign-in is refused: why, how long to wait, and the way on.

The sentences are the same whether or not the address has an account.
"""

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.members import limits

TOO_MANY = "too_many_login_attempts"
"""The code by which allauth knows this refusal."""


def mismatch() -> ValidationError:
    """The address or the password is wrong; nobody learns which."""
    words = _(
        "The e-mail address or the password is wrong. Check both and try again, or set a new password with a link by "
        "mail."
    )
    return ValidationError(words, code="email_password_mismatch")


def too_many(request: HttpRequest) -> ValidationError:
    """Too many failures lately, of this account or from this IP address."""
    limit = limits.reached(request)
    minutes = limit.minutes if limit else 5
    if limit and limit.per == "ip":
        words = ngettext(
            "Too many sign-ins from your network have failed. Try again in %(minutes)s minute.",
            "Too many sign-ins from your network have failed. Try again in %(minutes)s minutes.",
            minutes,
        )
        return ValidationError(words % {"minutes": minutes}, code=TOO_MANY)
    words = ngettext(
        "Too many sign-ins have failed. Try again in %(minutes)s minute, or set a new password with a link by mail.",
        "Too many sign-ins have failed. Try again in %(minutes)s minutes, or set a new password with a link by mail.",
        minutes,
    )
    return ValidationError(words % {"minutes": minutes}, code=TOO_MANY)


def too_many_codes(request: HttpRequest) -> ValidationError:
    """Too many refused codes lately."""
    limit = limits.reached(request)
    minutes = limit.minutes if limit else 5
    words = ngettext(
        "Too many codes were refused. Try again in %(minutes)s minute.",
        "Too many codes were refused. Try again in %(minutes)s minutes.",
        minutes,
    )
    return ValidationError(words % {"minutes": minutes}, code=TOO_MANY)


def not_yours() -> ValidationError:
    """The password that somebody who is signed in gave again is wrong."""
    words = _("This is not your current password. Try again, or set a new password with a link by mail.")
    return ValidationError(words, code="incorrect_password")


def closed() -> ValidationError:
    """So many failures in a row that only a mailed link opens the account again."""
    words = _(
        "So many sign-ins have failed that the password no longer works. Set a new one with a link by mail. "
        "A passkey still works, if you have one."
    )
    return ValidationError(words, code=TOO_MANY)
