"""An invoice on paper: the invoice while it is open, the receipt once it is paid."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from amtportal import links
from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.members.context_processors import ASSOCIATION
from certifications.invoice_standing import InvoiceStanding
from certifications.models import Payment, RenewalInvoice
from certifications.payments import provider


def is_issued(line: InvoiceStanding) -> bool:
    """Return whether there is a sheet of the invoice now."""
    return line.state in ("open", "paid") and not line.is_settled_before


def payment_of(invoice: RenewalInvoice) -> Payment | None:
    return invoice.payments.filter(reversed_at=None).first()


def pdf(invoice: RenewalInvoice, payment: Payment | None, *, on: date) -> bytes:
    """Return the PDF. Raises ``TooLong`` or ``Unprintable``."""
    certification = invoice.cycle.certification
    credential, member = certification.credential, certification.member
    fonts.check(
        [
            (_("Name"), member.name),
            (_("AMT ID"), member.amt_id),
            (_("Certification"), f"{credential.name} {credential.code} {certification.certificate_number}"),
            (_("Reference of the payment"), payment.reference if payment else ""),
        ]
    )
    context = {
        "invoice": invoice,
        "certification": certification,
        "member": member,
        "payment": payment,
        "pay_at": links.absolute(reverse("invoice-detail", args=[invoice.pk])) if provider.is_on() else "",
        "on": on,
        "association": ASSOCIATION,
    }
    return documents.pdf(documents.html_of("certifications/invoice_document.html", context))


def filename(invoice: RenewalInvoice, payment: Payment | None, *, on: date) -> str:
    kind = "Receipt" if payment else "Renewal-invoice"
    certification = invoice.cycle.certification
    return documents.filename(
        kind, certification.member.amt_id, certification.credential.code, on.isoformat(), invoice.number
    )
