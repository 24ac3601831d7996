"""Mailed links that no longer work: which of three causes it is.

A link for activation or a new password stops working after ``PASSWORD_RESET_TIMEOUT``, with the
next password or sign-in, and with another e-mail address. To tell these apart, it carries a
signature over its account, its address and the rest of it. Somebody who makes a link up has no signature
and learns nothing: such a link is "not complete", whether or not there is an account.
"""

from allauth.account import app_settings
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.models import EmailAddress
from allauth.account.utils import url_str_to_user_pk
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.members.models import User

_LENGTH = 20


class LinkTokens(PasswordResetTokenGenerator):
    """The tokens of links for activation and for a new password: ``time-digest-signature``."""

    def make_token(self, user: User) -> str:
        token = super().make_token(user)
        return f"{token}-{_signature(user, token)}"

    def check_token(self, user: User | None, token: str | None) -> bool:
        return bool(user and token and super().check_token(user, _split(token)[0]))

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        """Add every address of the account, so that the link ends with a change of them."""
        sync_user_email_address(user)
        emails = {user.email, *EmailAddress.objects.filter(user_id=user.pk).values_list("email", flat=True)}
        return super()._make_hash_value(user, timestamp) + "|".join(sorted(emails))

    def age(self, token: str) -> int:
        """Return the age of a genuine token in seconds."""
        return self._num_seconds(self._now()) - base36_to_int(token.split("-")[0])


def _signature(user: User, token: str) -> str:
    return salted_hmac("amtportal.links", f"{user.pk}:{token}:{user.email}", algorithm="sha256").hexdigest()[:_LENGTH]


def _split(token: str) -> tuple[str, str]:
    """Return the token and its signature. A link of an earlier release has no signature."""
    parts = token.split("-")
    return "-".join(parts[:2]), "-".join(parts[2:])


def _account(uid: str) -> User | None:
    try:
        return User.objects.filter(pk=url_str_to_user_pk(uid)).first()
    except Exception:  # a number that is none: allauth lets the error of the field through
        return None


def owner_of(uid: str, key: str) -> User | None:
    """Return the account that the link opens; None if it does not work."""
    user = _account(uid) if key else None
    return user if LinkTokens().check_token(user, key) else None


def why_dead(uid: str, key: str) -> str:
    """Return why a link for a password does not work."""
    token, signature = _split(key)
    user = _account(uid)
    if not user or not constant_time_compare(signature, _signature(user, token)):
        return not_complete()
    if LinkTokens().age(token) > settings.PASSWORD_RESET_TIMEOUT:
        return too_old(settings.PASSWORD_RESET_TIMEOUT // (24 * 3600))
    return used()


def why_unconfirmed(key: str) -> str:
    """Return why a link that confirms an address does not work."""
    days = app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS
    try:
        signing.loads(key, salt=app_settings.SALT, max_age=days * 24 * 3600)
    except signing.SignatureExpired:
        return too_old(days)
    except signing.BadSignature:
        return not_complete()
    return _("It was used before: the address is confirmed.")


def too_old(days: int) -> str:
    words = ngettext(
        "It is too old: a link works for %(days)s day.", "It is too old: a link works for %(days)s days.", days
    )
    return words % {"days": days}


def used() -> str:
    return _("It was used before, or you have signed in or set a password since it was sent.")


def not_complete() -> str:
    return _(
        "It is not complete, or your e-mail address has changed since it was sent. Open the newest mail and copy its "
        "whole link."
    )
