"""Activation: a person on the roster opens an account with a link sent to the address on record.

There is no sign-up. Everybody who asks for a link, for activation or for a new password, reads the
same answer. The portal sends mail only to an address on record, and its text fits the state of the
account. Using the link proves the address, and signs in: the page of the link asks for a password,
once, or for a passkey in its place, and leads to Home. An account with a second factor asks for that
before.
"""

from typing import Any

from allauth.account.views import (
    INTERNAL_RESET_SESSION_KEY,
    ConfirmEmailView,
    PasswordResetFromKeyView,
    PasswordResetView,
)
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView

from amtportal.members.factors import passkey_alone, passwords
from amtportal.members.limits import address_over_limit, respond_429
from amtportal.members.models import User
from amtportal.members.sign_in import links
from amtportal.members.sign_in.forms import prove_address


class ActivateView(PasswordResetView):
    """Asks for the address to which the link that opens the account is sent."""

    template_name = "account/activate.html"
    success_url = reverse_lazy("account-activate-done")


class ActivateDoneView(TemplateView):
    """Shows the same answer for every address."""

    template_name = "account/activate_done.html"


class LinkView(PasswordResetFromKeyView):
    """Asks for the password of the account that a mailed link opens, or for a passkey in its place.

    A dead link says why it is.
    """

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if context.get("token_fail"):
            context["why"] = links.why_dead(self.kwargs["uidb36"], self.key)
            return context
        context["account"] = self.kwargs["uidb36"]
        if passkey_alone.may_begin(self.reset_user):
            context["ends_passkeys"] = passkey_alone.is_only_way(self.reset_user)
            context["passkey_options"] = passkey_alone.options(self.reset_user)
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "credential" in request.POST and passkey_alone.may_begin(self.reset_user):
            return self._take_passkey(request)
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def _take_passkey(self, request: HttpRequest) -> HttpResponse:
        user: User = self.reset_user
        form = passkey_alone.PasskeyAloneForm(request.POST, user=user)
        if not form.is_valid():
            messages.error(request, _("The passkey was not created. Press the button again, or choose a password."))
            unbound = self.get_form_class()(user=user, temp_key=self.key)
            refused: HttpResponse = self.render_to_response(self.get_context_data(form=unbound))
            return refused
        self._end_session()
        with transaction.atomic():
            prove_address(user)
            passkey = passkey_alone.begin(request, user, form)
        return passkey_alone.sign_in(request, passkey)

    def form_valid(self, form: Any) -> HttpResponse:
        self._end_session()
        answer: HttpResponse = super().form_valid(form)
        return answer

    def _end_session(self) -> None:
        """Sign out whoever used the link while signed in to the same account: a new session begins."""
        if self.request.user.is_authenticated:
            logout(self.request)


class ConfirmView(ConfirmEmailView):
    """Confirms an address that was never proved. A dead link says why it is."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if not context["confirmation"]:
            context["why"] = links.why_unconfirmed(self.kwargs["key"])
        return context


@login_not_required
@sensitive_post_parameters("password")
@require_POST
def password_strength(request: HttpRequest) -> HttpResponse:
    """Say in words how strong a password is that somebody is about to choose.

    It is asked by the pages on which a password is chosen: by somebody who is signed in, or who has
    opened a mailed link in this browser. It stores nothing.
    """
    if address_over_limit(request, "strength"):
        return respond_429(request)
    user = request.user if isinstance(request.user, User) else None
    if user is None:
        user = links.owner_of(request.POST.get("account", ""), request.session.get(INTERNAL_RESET_SESSION_KEY, ""))
    if user is None:
        raise Http404
    problem = passwords.problem_with(request.POST.get("password", ""), user)
    return JsonResponse({"good": not problem, "words": problem or _("Good: this is hard to guess.")})
