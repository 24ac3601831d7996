"""allauth's forms in the portal's words. A link that was used to set a password also proves the address it went to."""

from typing import Any

from allauth.account import forms
from allauth.account.models import EmailAddress
from django.db import transaction

ADDRESS = "Enter the e-mail address that AMT has on record for you, for example name@example.org."
PASSWORD = "Enter your password."  # noqa: S105
NEW_PASSWORD = "Enter a new password of at least 15 characters."  # noqa: S105
AGAIN = "Enter the new password a second time."


def _say(form: Any, field: str, label: str, required: str, invalid: str = "") -> None:
    """Give a field its label and the sentence for an empty or unreadable entry."""
    form.fields[field].label = label
    form.fields[field].error_messages |= {"required": required, "invalid": invalid or required}
    form.fields[field].widget.attrs.pop("placeholder", None)


class LoginForm(forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "login", "E-mail address", ADDRESS)
        _say(self, "password", "Password", PASSWORD)


class AddressForm(forms.ResetPasswordForm):
    """Asks for the address to which a link is sent, to activate the account or to set a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "email", "E-mail address", ADDRESS)


class SetPasswordForm(forms.ResetPasswordKeyForm):
    """Sets the password after a link was used, which also proves the address that the link was sent to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "password1", "New password", NEW_PASSWORD)
        _say(self, "password2", "New password again", AGAIN)

    @transaction.atomic
    def save(self) -> None:
        super().save()
        EmailAddress.objects.update_or_create(
            user=self.user, email=self.user.email, defaults={"verified": True, "primary": True}
        )


class ChangePasswordForm(forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "oldpassword", "Present password", "Enter your present password.")
        _say(self, "password1", "New password", NEW_PASSWORD)
        _say(self, "password2", "New password again", AGAIN)


class ReauthenticateForm(forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "password", "Password", PASSWORD)
