"""allauth's forms in the portal's words.

Using a link to set a password also proves the address that the link was sent to.
"""

from typing import Any

from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context
from django import forms as django_forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal.fields import EmailField
from amtportal.members import limits
from amtportal.members.factors import passkey_alone
from amtportal.members.factors.passwords import least
from amtportal.members.field_texts import label_field
from amtportal.members.mail.outbox import NOBODY
from amtportal.members.models import User
from amtportal.members.sign_in import kept_forms

ADDRESS_LABEL = gettext_lazy("E-mail address")
ADDRESS = gettext_lazy("Enter the e-mail address that AMT has on record for you, for example name@example.org.")
PASSWORD_LABEL = gettext_lazy("Password")
PASSWORD = gettext_lazy("Enter your password.")
NEW_LABEL = gettext_lazy("New password")


def _ask_new_password(form: Any) -> None:
    """Ask for the new password once. Who wants to check it presses Show.

    The hint says how long this person's password must be and how to find a good one.
    """
    del form.fields["password2"]
    needed = {"needed": least(form.user)}
    label_field(form, "password1", NEW_LABEL, _("Enter a new password of at least %(needed)s characters.") % needed)
    form.fields["password1"].widget.attrs.update(
        {"data-new-password": needed["needed"], "autocapitalize": "none", "spellcheck": "false"}
    )
    hint = _(
        "At least %(needed)s characters. Three or four words that do not go together are hard to guess and easy to "
        "remember. You can paste a password from a password manager."
    )
    form.fields["password1"].help_text = hint % needed


def _bring_back(form: Any, field: str) -> None:
    """Fill in the address that was typed before a switch of the language (``answers``)."""
    if not form.is_bound and (kept := kept_forms.take(context.request)):
        form.fields[field].initial = kept.get(field, "")


class LoginForm(forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = EmailField()
        self.order_fields(["login", "password"])
        label_field(self, "login", ADDRESS_LABEL, ADDRESS)
        _bring_back(self, "login")
        label_field(self, "password", PASSWORD_LABEL, PASSWORD)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if isinstance(self.user, User):
            self.user.normalize_password(cleaned["password"])
        return cleaned


class _TokenForNobody(PasswordResetTokenGenerator):
    """Makes a token for nobody, with the same queries as for somebody (``links``).

    ``LinkTokens`` would store the address that was typed.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        addresses = EmailAddress.objects.filter(user_id=user.pk).values_list("email", flat=True)
        return super()._make_hash_value(user, timestamp) + "|".join(sorted(addresses))


class AddressForm(forms.ResetPasswordForm):
    """Asks for the address to send a link to, for activation or for a new password."""

    email = EmailField()

    users: list[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_field(self, "email", ADDRESS_LABEL, ADDRESS)
        _bring_back(self, "email")

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Store the mail. For an address without an account, do the same work: a mail to nobody.

        This way, neither the answer nor the time it takes reveals who is on the roster. Above the
        limit of mails a day, nobody gets one either.
        """
        allowed = limits.mail_allowed(self.users[0].email if self.users else self.cleaned_data["email"])
        if not (self.users and allowed):
            self.users = [User(pk=0, email=f"nobody@{NOBODY}", password=make_password(None))]
            kwargs["token_generator"] = _TokenForNobody()
        email: str = super().save(request, **kwargs)
        return email


def prove_address(user: User) -> None:
    """Mark the address of the account as proved: a link that was mailed to it was used."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


class SetPasswordForm(forms.ResetPasswordKeyForm):
    """Sets the password after a link was used, and marks the address of the link as proved."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_new_password(self)

    @transaction.atomic
    def save(self) -> None:
        ends_passkeys = passkey_alone.is_only_way(self.user)
        super().save()
        prove_address(self.user)
        if ends_passkeys:
            passkey_alone.end_all(context.request, self.user)


class FirstPasswordForm(forms.SetPasswordForm):
    """Sets the password of somebody who has signed in with a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_new_password(self)


class ChangePasswordForm(forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_field(self, "oldpassword", _("Current password"), _("Enter your current password."))
        _ask_new_password(self)

    def clean_oldpassword(self) -> str:
        """Count a wrong password as at the sign-in, so that nobody guesses it in an open browser."""
        adapter, who = get_adapter(), {"email": self.user.email}
        adapter.pre_authenticate(context.request, **who)
        try:
            old: str = super().clean_oldpassword()
        except ValidationError:
            adapter.authentication_failed(context.request, **who)
            raise
        return old


class ReauthenticateForm(forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_field(self, "password", PASSWORD_LABEL, PASSWORD)


class NewAddressForm(django_forms.Form):
    """Asks for the new address of the account."""

    email = EmailField(
        label=gettext_lazy("New e-mail address"),
        max_length=254,
        error_messages={
            "required": gettext_lazy("Enter the new e-mail address, for example name@example.org."),
            "invalid": gettext_lazy("Enter the new e-mail address, for example name@example.org."),
            "max_length": gettext_lazy("Enter an e-mail address of at most 254 characters."),
        },
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        if email == self.user.email:
            raise ValidationError(_("This is already your address. Enter another one."))
        return email
