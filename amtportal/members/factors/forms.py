"""allauth's forms for the second factor in the portal's words, with two additional guarantees.

- A code works only once, in all processes and for as long as it is valid. This includes the code
  that sets up the app.
- The secret of an app that is not confirmed yet is encrypted in the session, as it will be in the
  database.
"""

from typing import Any

from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from amtportal import clean
from amtportal.members import limits, refusals, vault
from amtportal.members.factors.second_factor import MFAAdapter
from amtportal.members.field_texts import label_field

VALID_SECONDS = 30 * (2 * settings.MFA_TOTP_TOLERANCE + 1)
"""How long a code of an app is valid, and therefore how long a used code is remembered."""

LONGEST_NAME = 60

CODE_MISSING = _("Enter the code.")
APP_CODE = _("Code from the app")


def _is_new(user: Any, code: str) -> bool:
    """Return whether this code of the person's app is used for the first time. Mark it as used."""
    key = f"amtportal.code-used:{user.pk}:{normalize_user_code(code)}"
    return bool(cache.add(key, True, timeout=VALID_SECONDS + 1))


class _TakenOnce:
    """Accepts each code once.

    allauth remembers a used code for 30 seconds only, but accepts it for longer because of the
    tolerance.
    """

    def clean_code(self: Any) -> str:
        self.cleaned_data["code"] = clean.code(self.cleaned_data["code"])
        if limits.is_closed(self.user.email):
            limits.note_reached(context.request, "password_closed", user=self.user)
            raise refusals.closed()
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError as error:
            if error.code == refusals.TOO_MANY:
                limits.note_reached(context.request, "code", user=self.user)
                raise refusals.too_many_codes(context.request) from None
            raise
        if self.authenticator.type == Authenticator.Type.TOTP and not _is_new(self.user, code):
            self._emit_authentication_failed(self.authenticator)
            raise MFAAdapter().validation_error("incorrect_code")
        return code


class CodeForm(_TakenOnce, forms.AuthenticateForm):
    """The second step of a sign-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_field(self, "code", _("Code from the app, or a recovery code"), CODE_MISSING)
        is_first = context.request.method != "POST"  # a form with errors has the focus on the error
        self.fields["code"].widget.attrs.update(autofocus=is_first, autocapitalize="none", spellcheck="false")


class CodeAgainForm(_TakenOnce, forms.ReauthenticateForm):
    """Confirms that the person is still the same."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_field(self, "code", _("Code from the app, or a recovery code"), CODE_MISSING)


class AppForm(ActivateTOTPForm):
    """Sets up an authenticator app. The code proves that the app has the secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        waiting = session.get(SECRET_SESSION_KEY)
        if waiting and not vault.opens(waiting):
            del session[SECRET_SESSION_KEY]  # its key was removed, so the page shows a new secret
            waiting = None
        super().__init__(*args, **kwargs)
        if self.is_bound and waiting:
            self.secret = vault.decrypt(waiting)
        else:
            session[SECRET_SESSION_KEY] = vault.encrypt(self.secret)
        label_field(self, "code", APP_CODE, CODE_MISSING)
        self.fields["code"].widget.attrs.update(inputmode="numeric")

    def clean_code(self) -> str:
        self.cleaned_data["code"] = clean.code(self.cleaned_data["code"])
        code: str = super().clean_code()
        if not _is_new(self.user, code):
            raise MFAAdapter().validation_error("incorrect_code")
        return code

    @property
    def grouped_secret(self) -> str:
        """The secret in groups of four characters, as people read and type it."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))


class PasskeyForm(AddWebAuthnForm):
    """Adds a passkey. By default, the passkey alone is enough to sign in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_field(self, "name", _("Name, to tell it apart from others"), _("Enter a name."))
        self.fields["name"].widget.attrs["maxlength"] = LONGEST_NAME
        label_field(self, "credential", "", _("The passkey was not created. Press the button again."))
        self.fields["passwordless"].label = _("Sign in with this passkey alone, without the password")
        self.fields["passwordless"].help_text = ""
        self.fields["passwordless"].initial = True

    def clean_name(self) -> str:
        """Shorten a long name and do not refuse it: the device has already made the passkey."""
        return clean.line(super().clean_name())[:LONGEST_NAME]


class PasskeyNameForm(EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_field(self, "name", _("Name"), _("Enter a name."))
        self.fields["name"].widget.attrs["maxlength"] = LONGEST_NAME

    def clean_name(self) -> str:
        return clean.line(self.cleaned_data["name"])[:LONGEST_NAME]
