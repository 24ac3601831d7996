"""Activation: a person on the roster opens an account with a link sent to the address on record.

There is no sign-up. Everybody who asks for a link, for activation or for a new password, reads the
same answer. The portal sends mail only to an address on record, and its text fits the state of the
account. Using the link proves the address.
"""

from typing import Any

from allauth.account.views import ConfirmEmailView, PasswordResetFromKeyView, PasswordResetView
from django.urls import reverse_lazy
from django.views.generic import TemplateView

from amtportal.members.sign_in import links


class ActivateView(PasswordResetView):
    """Asks for the address to which the link that opens the account is sent."""

    template_name = "account/activate.html"
    success_url = reverse_lazy("account-activate-done")


class ActivateDoneView(TemplateView):
    """Shows the same answer for every address."""

    template_name = "account/activate_done.html"


class LinkView(PasswordResetFromKeyView):
    """Asks for the password of the account that a mailed link opens. A dead link says why it is."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if context.get("token_fail"):
            context["why"] = links.why_dead(self.kwargs["uidb36"], self.key)
        return context


class ConfirmView(ConfirmEmailView):
    """Confirms an address that was never proved. A dead link says why it is."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if not context["confirmation"]:
            context["why"] = links.why_unconfirmed(self.kwargs["key"])
        return context
