"""allauth's forms in the portal's words. A link that was used to set a password also proves the address it went to."""

from typing import Any

from allauth.account import forms
from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EMAIL = _("E-mail address")
ADDRESS = _("Enter the e-mail address that AMT has on record for you, for example name@example.org.")
PASSWORD = _("Enter your password.")
NEW_PASSWORD = _("Enter a new password of at least 15 characters.")
AGAIN = _("Enter the new password a second time.")


def _say(form: Any, field: str, label: Promise, required: Promise) -> None:
    """Give a field its label and the sentence for an empty or unreadable entry."""
    form.fields[field].label = label
    form.fields[field].error_messages |= {"required": required, "invalid": required}
    form.fields[field].widget.attrs.pop("placeholder", None)


class LoginForm(forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "login", EMAIL, ADDRESS)
        _say(self, "password", _("Password"), PASSWORD)


class AddressForm(forms.ResetPasswordForm):
    """Asks for the address to which a link is sent, to activate the account or to set a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "email", EMAIL, ADDRESS)


class SetPasswordForm(forms.ResetPasswordKeyForm):
    """Sets the password after a link was used, which also proves the address that the link was sent to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "password1", _("New password"), NEW_PASSWORD)
        _say(self, "password2", _("New password again"), AGAIN)

    @transaction.atomic
    def save(self) -> None:
        super().save()
        EmailAddress.objects.update_or_create(
            user=self.user, email=self.user.email, defaults={"verified": True, "primary": True}
        )


class ChangePasswordForm(forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "oldpassword", _("Present password"), _("Enter your present password."))
        _say(self, "password1", _("New password"), NEW_PASSWORD)
        _say(self, "password2", _("New password again"), AGAIN)


class ReauthenticateForm(forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "password", _("Password"), PASSWORD)
