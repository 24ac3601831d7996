"""The member's renewal invoices: the list, one invoice, and its PDF."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from amtportal.dates import day_of, today
from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.members.access import account_of, for_member
from amtportal.members.limits import rate_limited
from amtportal.members.models import Member
from amtportal.prepared import prepared
from ccp.counting import requirement
from ccp.rollover import catching_up
from ccp.standing import standing
from certifications.invoice_standing import InvoiceStanding, invoice_standing
from certifications.models import Cycle, Payment, RenewalInvoice, RenewalInvoiceQuerySet
from certifications.payments import provider, receipts, sheets
from certifications.payments.checkout import with_processing
from certifications.payments.pages import with_pay_button


@require_safe
@for_member
def invoice_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Show the member's renewal invoices: what is to be paid, then each cycle with its latest first."""
    now = timezone.now()
    on = day_of(now)
    invoices = _of_member(member.pk)
    if catching_up.catch_up(member, at=now, shown=[invoice.cycle for invoice in invoices]):
        invoices = _of_member(member.pk)
    counted = requirement.counted_by_cycle({invoice.cycle_id for invoice in invoices})
    lines = [invoice_standing(invoice, on, counted=counted[invoice.cycle_id]) for invoice in invoices]
    of_cycle: dict[Cycle, list[InvoiceStanding]] = {}
    for line in lines:
        of_cycle.setdefault(line.invoice.cycle, []).append(line)
    to_pay = sorted((line for line in lines if line.is_payable), key=lambda line: line.invoice.due_on)
    pay_online = bool(to_pay) and provider.is_on()
    context = {"groups": list(of_cycle.items()), "to_pay": to_pay, "on": on, "pay_online": pay_online}
    return with_pay_button(request, "certifications/invoice_list.html", context)


@prepared
def _of_member(member: int) -> QuerySet[RenewalInvoice]:
    of_member = with_processing(RenewalInvoice.objects.filter(cycle__certification__member=member))
    return of_member.select_related("cycle__certification__credential")


@require_safe
def invoice_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one renewal invoice: its state, the reason for it, and how to pay once it is open."""
    invoice, on = _invoice(request, pk), today()
    of_cycle = standing.standings_of([invoice.cycle], on)[0]
    line = invoice_standing(invoice, on, counted=of_cycle.counted)
    payments = _payments(invoice.pk)
    payment = next((payment for payment in payments if payment.reversed_at is None), None)
    is_owner = invoice.cycle.certification.member.user_id == request.user.pk
    context = {
        "line": line,
        "on": on,
        "payment": payment,
        "pay_online": is_owner and line.is_payable and provider.is_on(),
        "what_follows": receipts.what_follows(invoice, on) if payment else "",
        "reversed": line.state == "open" and bool(payments),
        "counted": of_cycle.counted,
        "required": invoice.cycle.points_required,
        "standing": of_cycle,
    }
    return with_pay_button(request, "certifications/invoice_detail.html", context)


@require_safe
@rate_limited("pdf")
def invoice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the PDF of an open invoice, or the receipt of a paid one.

    Other invoices are refused, with the reason.
    """
    invoice, on = _invoice(request, pk), today()
    line = invoice_standing(invoice, on, counted=requirement.counted_points(invoice.cycle))
    if not sheets.is_issued(line):
        return render(request, "certifications/invoice_refused.html", {"line": line}, status=403)
    payment = sheets.payment_of(invoice)
    try:
        pdf = sheets.pdf(invoice, payment, on=on)
    except (documents.TooLong, fonts.Unprintable) as reason:
        return documents.not_made(request, reason)
    return documents.download(pdf, sheets.filename(invoice, payment, on=on))


def _invoice(request: HttpRequest, pk: int) -> RenewalInvoice:
    """Return the invoice, if the person who asks may see it; cycles of its member that are due are closed first."""
    invoice = _visible(request, pk)
    if catching_up.catch_up(invoice.cycle.certification.member, at=timezone.now(), shown=[invoice.cycle]):
        invoice = _visible(request, pk)
    return invoice


def _visible(request: HttpRequest, pk: int) -> RenewalInvoice:
    for invoice in _own(account_of(request).pk, pk):
        return invoice
    return get_object_or_404(_with_member(RenewalInvoice.objects.visible_to(request.user)), pk=pk)


@prepared
def _own(account: int, pk: int) -> QuerySet[RenewalInvoice]:
    return _with_member(RenewalInvoice.objects.of_account(account)).filter(pk=pk)


def _with_member(invoices: RenewalInvoiceQuerySet) -> QuerySet[RenewalInvoice]:
    invoices = with_processing(invoices)
    return invoices.select_related("cycle__certification__credential", "cycle__certification__member")


@prepared
def _payments(invoice: int) -> QuerySet[Payment]:
    return Payment.objects.filter(invoice=invoice)
