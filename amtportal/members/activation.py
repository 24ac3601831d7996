"""Activation: a person from the roster opens an account by a link at the address on record.

There is no sign-up. Whoever asks for a link, for activation or for a new password, reads the same answer; a mail goes
out only to an address on record, worded for the state of its account. A link that was used proves the address.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import PasswordResetView
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.views.generic import TemplateView

from amtportal.members.models import User


class AccountAdapter(DefaultAccountAdapter):
    """allauth as AMT uses it: no sign-up, and links go to the address on record only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send the link to the address on record, whichever spelling of it was typed."""
        template = "password_reset_key" if user.has_usable_password() else "activation"
        context = {**context, "activate_url": context["password_reset_url"]}
        self.send_mail(f"account/email/{template}", user.email, context)


class ActivateView(PasswordResetView):
    """Ask for the link that opens the account."""

    template_name = "account/activate.html"
    success_url = reverse_lazy("account-activate-done")


class ActivateDoneView(TemplateView):
    """The same answer for every address."""

    template_name = "account/activate_done.html"
