"""Activation: a person on the roster opens an account with a link sent to the address on record.

There is no sign-up. Everybody who asks for a link, for activation or for a new password, reads the
same answer. The portal sends mail only to an address on record, and its text fits the state of the
account. Using the link proves the address.
"""

from allauth.account.views import PasswordResetView
from django.urls import reverse_lazy
from django.views.generic import TemplateView


class ActivateView(PasswordResetView):
    """Asks for the address to which the link that opens the account is sent."""

    template_name = "account/activate.html"
    success_url = reverse_lazy("account-activate-done")


class ActivateDoneView(TemplateView):
    """Shows the same answer for every address."""

    template_name = "account/activate_done.html"
