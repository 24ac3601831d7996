"""Accounts that are opened by a passkey alone: it is chosen in place of a password.

- Whoever has used a link from a mail may choose a passkey at once, if the account has no password.
  The device must check who holds it (finger, face or PIN), and keep the passkey itself.
- The way back after the device is lost is a link by mail, as for an account with a password alone.
  Using it ends the passkeys and sessions of the account, and the owner is told. Otherwise the new
  password would wait for a passkey that nobody has any more.
- An account that has a password or an authenticator app, and every staff account, keeps its second
  factor whatever link is used: there a passkey is added behind a sign-in.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import Login
from allauth.mfa import signals
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import SignupWebAuthnForm
from allauth.mfa.webauthn.internal import auth, flows
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from amtportal.members.factors.second_factor import MFAAdapter
from amtportal.members.models import User
from amtportal.members.sessions import sessions


def may_begin(user: User) -> bool:
    """Return whether a mailed link lets the person choose a passkey in place of a password."""
    if user.has_usable_password() or user.is_staff or user.is_superuser:
        return False
    return not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def is_only_way(user: User) -> bool:
    """Return whether passkeys alone open the account, so that a mailed link must be able to end them."""
    return may_begin(user) and Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists()


class PasskeyAloneForm(SignupWebAuthnForm):
    """Takes the passkey that the device made."""

    def clean_credential(self) -> Any:
        credential = self.cleaned_data["credential"]
        kept = isinstance(credential, dict) and credential.get("clientExtensionResults", {}).get("credProps", {})
        if not (isinstance(kept, dict) and kept.get("rk")):
            raise ValidationError(MFAAdapter.error_messages["incorrect_code"])  # it could not sign in by itself
        return credential

    def clean(self) -> dict[str, Any]:
        """Refuse what no device sent. allauth reads it as it comes, and fails where a part is missing."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ValidationError(MFAAdapter.error_messages["incorrect_code"]) from None
        return cleaned


def options(user: User) -> dict[str, Any]:
    """Return what the browser needs to make the passkey. The challenge stays in the session."""
    return {"creation_options": auth.begin_registration(user, passwordless=True)}


def end_all(request: HttpRequest, user: User) -> None:
    """End the passkeys and the sessions of an account that passkeys alone open, and tell its owner."""
    for passkey in Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN):
        passkey.delete()
        signals.authenticator_removed.send(sender=Authenticator, request=request, user=user, authenticator=passkey)
    delete_dangling_recovery_codes(user)
    sessions.end_all(user)
    get_adapter().send_notification_mail("mfa/email/webauthn_removed", user)


@transaction.atomic
def begin(request: HttpRequest, user: User, form: PasskeyAloneForm) -> Authenticator:
    """Give the account the passkey, in place of those that it had."""
    if is_only_way(user):
        end_all(request, user)
    chosen = form.cleaned_data
    passkey = flows.signup_authenticator(request, user, chosen["name"], chosen["credential"])
    adapter = get_adapter()
    adapter._delete_login_attempts_cached_email(request, email=user.email)
    adapter.send_notification_mail("mfa/email/webauthn_added", user)
    return passkey


def sign_in(request: HttpRequest, passkey: Authenticator) -> HttpResponse:
    answer: HttpResponse = flows.perform_passwordless_login(request, passkey, Login(user=passkey.user))
    return answer
