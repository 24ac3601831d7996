"""Activation: a person from the roster opens an account by a link at the address on record.

There is no sign-up. Whoever asks for a link, for activation or for a new password, reads the same answer; a mail goes
out only to an address on record, worded for the state of its account. A link that was used proves the address.
"""

from allauth.account.views import PasswordResetView
from django.urls import reverse_lazy
from django.views.generic import TemplateView


class ActivateView(PasswordResetView):
    """Ask for the link that opens the account."""

    template_name = "account/activate.html"
    success_url = reverse_lazy("account-activate-done")


class ActivateDoneView(TemplateView):
    """The same answer for every address."""

    template_name = "account/activate_done.html"
