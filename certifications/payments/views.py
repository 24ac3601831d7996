"""The pages of paying online: the press of the button, the way back, and the provider's messages."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amtportal.dates import day_of
from amtportal.formatting import format_moment
from amtportal.history import events
from amtportal.history.requests import current_address
from amtportal.members.access import account_of, for_member
from amtportal.members.limits import NOTED_EVERY, rate_limited
from amtportal.members.models import Member
from amtportal.refusals import Refused
from certifications.models import RenewalInvoice
from certifications.payments import checkout as checkouts
from certifications.payments import provider, receipts, webhooks
from certifications.payments.models import Checkout
from certifications.payments.pages import with_pay_button

RETRY_AFTER = timedelta(minutes=1)
Status = Checkout.Status


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
@rate_limited("pay")
def pay(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Lead the member to the provider's page, on which the invoice is paid."""
    invoice = get_object_or_404(
        RenewalInvoice.objects.select_related(
            "cycle__certification__credential", "cycle__certification__member"
        ).filter(cycle__certification__member=member),
        pk=pk,
    )
    if request.method != "POST":
        return redirect("invoice-detail", pk=pk)  # after a sign-in: the address alone does nothing
    try:
        session = checkouts.start(
            invoice=invoice, by=account_of(request), at=timezone.now(), language=get_language() or "en"
        )
    except Refused as refusal:
        return render(request, "payments/refused.html", {"invoice": invoice, "sentence": refusal.sentence}, status=403)
    except (provider.ProviderAway, provider.ProviderRefused):
        return _away(request, invoice, came_back=False)
    # 303: the browser asks for the provider's page without posting to it.
    return HttpResponse(status=303, headers={"Location": session.url})


@require_safe
@for_member
@rate_limited("pay")
def come_back(request: HttpRequest, member: Member, key: UUID) -> HttpResponse:
    """Take the member back from the provider's page to the invoice, and tell what came of it.

    It does not matter whether the provider's message was faster, or never comes.
    """
    found = get_object_or_404(
        Checkout.objects.select_related(
            "payment", "invoice__cycle__certification__credential", "invoice__cycle__certification__member__user"
        ).filter(invoice__cycle__certification__member=member),
        idempotency_key=key,
    )
    at = timezone.now()
    if found.session_id and found.status != Status.PAID:
        try:
            found = checkouts.apply_session(provider.session(found.session_id), at=at) or found
        except (provider.ProviderAway, provider.ProviderRefused):
            return _away(request, found.invoice, came_back=True)
    if outcome := _outcome(found):
        messages.add_message(request, *outcome)
    return redirect("invoice-detail", pk=found.invoice_id)


def _outcome(found: Checkout) -> tuple[int, str] | None:
    """Return what came of a checkout, for the member, and how to show it.

    None if that is history: the money went back or was put to use since. The invoice says what is true now.
    """
    money = found.unapplied_money.first()
    if (found.payment and found.payment.reversed_at) or (money and money.resolution):
        return None
    if found.status == Status.PAID:
        told = _("Paid. Receipt sent to %(email)s.") % {"email": receipts.address_of(found)}
        follows = receipts.what_follows(found.invoice, day_of(timezone.now()))
        return messages.SUCCESS, f"{told} {follows}"
    if found.status == Status.PROCESSING:
        return messages.INFO, _(
            "Your bank has some days to confirm the payment. You get a receipt by mail once it has; there is nothing "
            "else to do."
        )
    if money:
        return messages.WARNING, _(
            "The provider took your payment, but this invoice could not take it. AMT has been told and will call "
            "you or send the money back. Do not pay again."
        )
    if found.status == Status.FAILED:
        return messages.WARNING, _("The payment did not go through, and nothing was paid. You can try again.")
    if found.status == Status.EXPIRED:
        return messages.WARNING, _("The time to pay was over, and nothing was paid. You can start again.")
    return messages.INFO, _("Nothing was paid yet. Until %(moment)s, the button leads you back to the same page.") % {
        "moment": format_moment(found.expires_at)
    }


def _away(request: HttpRequest, invoice: RenewalInvoice, *, came_back: bool) -> HttpResponse:
    """Return the page which says that the provider does not answer; nothing is lost by that."""
    context = {"invoice": invoice, "came_back": came_back, "asked": request.path, "pay_online": not came_back}
    response = with_pay_button(request, "payments/away.html", context, status=503)
    response.headers["Retry-After"] = str(int(RETRY_AFTER.total_seconds()))
    return response


@csrf_exempt
@login_not_required
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Take a message of the provider. Any answer but 200 makes the provider send it again.

    A lock that somebody else holds for too long becomes 503 (``amtportal.middleware.retry``).
    """
    if not provider.is_on():
        return HttpResponse(status=404)
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        length = -1
    if not 0 <= length <= webhooks.MOST_BYTES:
        return HttpResponse(status=413)
    try:
        webhooks.receive(body=request.body, signature=request.headers.get("Stripe-Signature", ""), at=timezone.now())
    except (provider.BadSignature, webhooks.Misdirected) as refused:
        _note(str(refused))
        return HttpResponse(status=400)
    except (provider.ProviderAway, provider.ProviderRefused):
        return HttpResponse(status=503, headers={"Retry-After": str(int(RETRY_AFTER.total_seconds()))})
    return HttpResponse(status=200)


def _note(why: str) -> None:
    """Record a refused message: once a minute for each address, so that nobody fills the database."""
    if cache.add(f"amtportal.webhook-refused:{current_address()}", True, timeout=NOTED_EVERY):
        events.note(events.Kind.WEBHOOK_REFUSED, detail=why)
