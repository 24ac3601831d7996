"""The member's renewal invoices: the list, one invoice, and its PDF."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from amtportal.dates import day_of, today
from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.members.access import for_member
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.limits import rate_limited
from amtportal.members.models import Member
from ccp.counting import requirement
from ccp.rollover import catching_up
from ccp.standing import standing
from certifications.invoice_standing import InvoiceStanding, invoice_standing
from certifications.models import Payment, RenewalInvoice


@require_safe
@for_member
def invoice_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Show the member's renewal invoices, those with the latest due dates first."""
    now = timezone.now()
    on = day_of(now)
    of_member = RenewalInvoice.objects.filter(cycle__certification__member=member).select_related(
        "cycle__certification__credential"
    )
    invoices = list(of_member)
    if catching_up.catch_up(member, at=now, shown=[invoice.cycle for invoice in invoices]):
        invoices = list(of_member.all())
    counted = requirement.counted_by_cycle({invoice.cycle_id for invoice in invoices})
    lines = [invoice_standing(invoice, on, counted=counted[invoice.cycle_id]) for invoice in invoices]
    return render(request, "certifications/invoice_list.html", {"lines": lines})


@require_safe
def invoice_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one renewal invoice: its state, the reason for it, and how to pay once it is open.

    Online payment will have its place here.
    """
    invoice, line = _invoice(request, pk)
    context = {
        "line": line,
        "payment": _payment(invoice),
        "reversed": line.state == "open" and invoice.payments.exists(),
        "counted": requirement.counted_points(invoice.cycle),
        "required": invoice.cycle.points_required,
        "standing": standing.standings_of([invoice.cycle], today())[0],
    }
    return render(request, "certifications/invoice_detail.html", context)


@require_safe
@rate_limited("pdf")
def invoice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the PDF of an open invoice, or the receipt of a paid one.

    Other invoices are refused, with the reason.
    """
    invoice, line = _invoice(request, pk)
    if line.state not in ("open", "paid") or line.is_settled_before:
        return render(request, "certifications/invoice_refused.html", {"line": line}, status=403)
    certification, payment, on = invoice.cycle.certification, _payment(invoice), today()
    credential, member = certification.credential, certification.member
    try:
        fonts.check(
            [
                (_("Name"), member.name),
                (_("AMT ID"), member.amt_id),
                (_("Certification"), f"{credential.name} {credential.code} {certification.certificate_number}"),
                (_("Reference of the payment"), payment.reference if payment else ""),
            ]
        )
        pdf = documents.pdf(
            documents.html_of(
                "certifications/invoice_document.html",
                {
                    "invoice": invoice,
                    "certification": certification,
                    "member": member,
                    "payment": payment,
                    "on": on,
                    "association": ASSOCIATION,
                },
            )
        )
    except (documents.TooLong, fonts.Unprintable) as reason:
        return documents.not_made(request, reason)
    kind = "Receipt" if payment else "Renewal-invoice"
    return documents.download(
        pdf, documents.filename(kind, member.amt_id, credential.code, on.isoformat(), invoice.number)
    )


def _invoice(request: HttpRequest, pk: int) -> tuple[RenewalInvoice, InvoiceStanding]:
    invoices = RenewalInvoice.objects.visible_to(request.user).select_related(
        "cycle__certification__credential", "cycle__certification__member"
    )
    invoice = get_object_or_404(invoices, pk=pk)
    if catching_up.catch_up(invoice.cycle.certification.member, at=timezone.now(), shown=[invoice.cycle]):
        invoice = invoices.get(pk=pk)
    counted = requirement.counted_points(invoice.cycle)
    return invoice, invoice_standing(invoice, today(), counted=counted)


def _payment(invoice: RenewalInvoice) -> Payment | None:
    return invoice.payments.filter(reversed_at=None).first()
