"""The second factor: a passkey or codes from an authenticator app, with recovery codes as a backup.

- Members may set one up. Then a password alone is not enough to sign in.
- Staff must have one (``MFA_REQUIRED_FOR_STAFF``). Until a session has used it, staff see none of
  the pages that need a sign-in, except those on which they set it up or enter it. The page that they
  wanted is remembered meanwhile (``WANTED``), and they are led there once it is set up.
- Codes that are refused count as failed sign-ins (``limits``). After ``TOLD_AFTER`` in a row the
  owner is told by mail, because somebody knows the password.
- The secrets are encrypted with a key outside the database (``vault``).
- The last factor cannot be removed while it is needed: by staff, and by anybody whose password is
  too short to be the only factor.
"""

import logging
import secrets
from base64 import b32encode
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_used
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal.history import events
from amtportal.members import limits, tallies, vault
from amtportal.members.models import User
from amtportal.members.sessions import sessions

logger = logging.getLogger(__name__)
TOLD_AFTER = 10
CODES_REMEMBERED = 400 * 24 * 3600
"""Seconds after the last refused code for which codes in a row are counted."""
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
WANTED = "wanted_page"
"""Under this key the session has the address that staff asked for before they had a second factor."""


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That did not work. A code works once and for a short time: try the next one."),
        "cannot_delete_authenticator": gettext_lazy(
            "Your account needs this factor. Add another one first. If you have no password, or one shorter than 15 "
            "characters, you can choose a longer one instead."
        ),
        "unverified_email": gettext_lazy("Confirm your e-mail address first: sign out and sign in again."),
    }

    def encrypt(self, text: str) -> str:
        return vault.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret. If no key opens it, return a random secret that nobody has.

        Every code is then refused as a wrong code is.
        """
        try:
            return vault.decrypt(encrypted_text)
        except InvalidToken:
            logger.exception("No key of MFA_KEYS opens a second factor. Was the portal restored without its key?")
            return b32encode(secrets.token_bytes(20)).decode()

    def get_totp_issuer(self) -> str:
        return "AMT Portal"

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return may_remove(authenticator)


def may_remove(factor: Authenticator) -> bool:
    """Return whether the factor may be removed: another one is left, or the account needs none."""
    user = factor.user
    assert isinstance(user, User)
    others = Authenticator.objects.filter(user=user, type__in=FACTORS).exclude(pk=factor.pk)
    if not user.has_usable_password():  # an authenticator app opens nothing without a password
        return any(other.type == Authenticator.Type.WEBAUTHN and other.wrap().is_passwordless for other in others)
    return others.exists() or not (user.short_password or needed_by(user))


@transaction.atomic
def remove(factor: Authenticator) -> None:
    """Remove a factor that its owner has lost, and tell the owner by mail.

    The recovery codes are removed too if no other factor is left. All sessions of the account end,
    so that nobody stays signed in with the lost factor.
    """
    user = factor.user
    factor.delete()
    delete_dangling_recovery_codes(user)
    events.note(events.Kind.FACTOR_REMOVED, user, detail=f"{factor.type}, by staff")
    sessions.end_all(user)
    get_account_adapter().send_notification_mail("mfa/email/factor_removed", user)


@receiver(authenticator_used, dispatch_uid="amtportal.second_factor.recovery_code")
def _tell_of_recovery_code(sender: object, user: User, authenticator: Authenticator, **kwargs: object) -> None:
    """Tell the owner of each used recovery code, so that a thief cannot use one unnoticed."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        left = len(Authenticator.objects.get(pk=authenticator.pk).wrap().get_unused_codes())
        get_account_adapter().send_notification_mail("mfa/email/recovery_code_used", user, {"left": left})


@receiver(authentication_failed, dispatch_uid="amtportal.second_factor.refused_code")
def _count_refused_code(sender: object, user: User, **kwargs: object) -> None:
    """Count a refused code, and tell the owner of several in a row."""
    limits.count_in_a_row(user.email)
    if tallies.count(_refused_codes(user), seconds=CODES_REMEMBERED, restarts=True).number == TOLD_AFTER:
        get_account_adapter().send_notification_mail("mfa/email/codes_refused", user, {"codes": TOLD_AFTER})


@receiver(authenticator_used, dispatch_uid="amtportal.second_factor.accepted_code")
def _forget_refused_codes(sender: object, user: User, **kwargs: object) -> None:
    tallies.forget(_refused_codes(user))


def _refused_codes(user: User) -> str:
    return tallies.digest("refused codes in a row", user.pk)


def needed_by(user: User) -> bool:
    """Return whether the person needs a second factor to continue."""
    return bool(settings.MFA_REQUIRED_FOR_STAFF and (user.is_staff or user.is_superuser))


def was_used(request: HttpRequest, user: User) -> bool:
    """Return whether the person used a second factor in this session."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, user))


def _asks(request: HttpRequest, view: Any) -> bool:
    """Return whether the page asks staff for a second factor.

    These are all admin pages and every page that needs a sign-in, except the account's own pages.
    Of the account's own pages, only those for the e-mail address ask for it.
    """
    if request.path_info.startswith(("/admin/", "/accounts/email/")):
        return True
    return getattr(view, "login_required", True) and not request.path_info.startswith("/accounts/")


class StaffSecondFactorMiddleware:
    """Sends staff without a second factor to set one up, and asks the others for theirs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not _asks(request, view):
            return None
        user = request.user
        if not isinstance(user, User) or not needed_by(user):
            return None
        if was_used(request, user):
            request.session.pop(WANTED, None)
            return None
        # A posted form is not sent again after the question, because nobody would check it again.
        back = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("home")
        if not is_mfa_enabled(user, FACTORS):
            request.session[WANTED] = back
            messages.warning(request, _("Staff pages need a second factor. Set one up here, then continue."))
            return redirect("mfa_index")
        by_code = is_mfa_enabled(user, [Authenticator.Type.TOTP])
        ask = reverse("mfa_reauthenticate" if by_code else "mfa_reauthenticate_webauthn")
        return redirect(f"{ask}?{urlencode({'next': back})}")


class _LeadsToWanted:
    """Leads to the page that staff wanted, unless recovery codes were just made: these are shown first."""

    request: HttpRequest
    did_generate_recovery_codes: bool

    def get_success_url(self) -> str:
        usual: str = super().get_success_url()  # type: ignore[misc]
        return usual if self.did_generate_recovery_codes else str(self.request.session.get(WANTED, usual))


class AddAppView(_LeadsToWanted, ActivateTOTPView):
    """Sets up an authenticator app."""


class AddPasskeyView(_LeadsToWanted, AddWebAuthnView):
    """Adds a passkey."""


def readable_codes_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Do not show recovery codes that no key opens, because the shown codes would not work."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        codes = Authenticator.objects.filter(user=request.user.pk, type=Authenticator.Type.RECOVERY_CODES).first()
        if codes and not vault.opens(codes.data["seed"]):
            messages.error(request, _("These recovery codes can no longer be read. Make new ones."))
            return redirect("mfa_generate_recovery_codes")
        return view(request, *args, **kwargs)

    return guarded


class RemovePasskeyView(RemoveWebAuthnView):
    """Removes a passkey if ``may_remove`` allows it.

    allauth asks the adapter before it removes an authenticator app, but not before it removes a
    passkey.
    """

    def form_valid(self, form: Any) -> HttpResponse:
        if not may_remove(self.get_object()):
            messages.error(self.request, str(MFAAdapter.error_messages["cannot_delete_authenticator"]))
            return redirect("mfa_list_webauthn")
        removed: HttpResponse = super().form_valid(form)
        return removed
