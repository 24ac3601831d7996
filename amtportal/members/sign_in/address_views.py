"""The pages on which people change the e-mail address of their account (``addresses``)."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from amtportal.members.access import account_of
from amtportal.members.limits import over_limit, respond_429
from amtportal.members.sessions import devices
from amtportal.members.sign_in import addresses
from amtportal.members.sign_in.forms import NewAddressForm


@reauthentication_required
def address_change(request: HttpRequest) -> HttpResponseBase:
    """Ask for the new address and send a link to it."""
    user = account_of(request)
    form = NewAddressForm(request.POST or None, user=user) if request.method == "POST" else NewAddressForm(user=user)
    if not form.is_valid():
        return render(request, "account/address_change.html", {"form": form})
    if over_limit(request, "change_address"):
        return respond_429(request)
    email = form.cleaned_data["email"]
    addresses.ask(user=user, email=email)
    words = _("We sent a link to %(email)s. Open it within a day. Until then you sign in with your current address.")
    messages.success(request, words % {"email": email})
    return redirect("mfa_index")


def address_confirm(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the page of the link. It has a button, because mail programs also open links."""
    user = account_of(request)
    try:
        email = addresses.read_token(token, user)
        if request.method != "POST":
            return render(request, "account/address_confirm.html", {"email": email})
        addresses.change(user=user, email=email)
    except (addresses.Dead, addresses.Void) as dead:
        why = str(dead) or addresses.not_for(user)
        return render(request, "account/address_confirm.html", {"email": None, "why": why}, status=404)
    except addresses.Taken:
        return render(request, "account/address_confirm.html", {"email": email, "taken": True}, status=409)
    messages.success(
        request, _("Your e-mail address is now %(email)s. Sign in with it from now on.") % {"email": email}
    )
    answer = redirect("mfa_index")
    devices.remember(request, answer, email)
    return answer
