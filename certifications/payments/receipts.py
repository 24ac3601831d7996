"""What the member is told of money that was paid online: the receipt, what follows, a failure, and a refund."""

from datetime import date, timedelta

from django.core.mail import EmailMessage, get_connection
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from amtportal import links
from amtportal.dates import day_of
from amtportal.formatting import dollars, format_day
from amtportal.members.context_processors import ASSOCIATION
from certifications import invoices
from certifications.models import Payment, RenewalInvoice
from certifications.payments.amounts import money
from certifications.payments.models import Checkout, Refund


def address_of(checkout: Checkout) -> str:
    """Return where mail about a checkout goes: to its member, whose account may be another one since a merge."""
    return (checkout.invoice.cycle.certification.member.user or checkout.opened_by).email


def send(payment: Payment, checkout: Checkout) -> None:
    """Put the receipt of a payment into the outbox, in the language of the checkout in which the money came.

    It is written in the caller's transaction, so that a payment has one receipt.
    """
    invoice = payment.invoice
    certification = invoice.cycle.certification
    with translation.override(checkout.language):
        subject = _("Receipt for %(number)s: %(amount)s") % {
            "number": invoice.number,
            "amount": dollars(payment.amount),
        }
        text = render_to_string(
            "payments/email/receipt_message.txt",
            {
                "invoice": invoice,
                "certification": certification,
                "member": certification.member,
                "payment": payment,
                "what_follows": what_follows(invoice, day_of(payment.recorded_at)),
                "page": links.absolute(reverse("invoice-detail", args=[invoice.pk])),
                "association": ASSOCIATION,
            },
        )
    get_connection().send_messages([EmailMessage(subject, text.strip() + "\n", to=[address_of(checkout)])])


def send_failure(checkout: Checkout) -> None:
    """Tell the member that the bank refused a debit which the member took for paid.

    It is written in the caller's transaction.
    """
    invoice = checkout.invoice
    with translation.override(checkout.language):
        text = render_to_string(
            "payments/email/failure_message.txt",
            {
                "amount": money(checkout.amount, checkout.currency),
                "invoice": invoice,
                "page": links.absolute(reverse("invoice-detail", args=[invoice.pk])),
                "association": ASSOCIATION,
            },
        )
        subject = _("Your bank did not pay %(number)s") % {"number": invoice.number}
    get_connection().send_messages([EmailMessage(subject, text.strip() + "\n", to=[address_of(checkout)])])


def send_refund(refund: Refund) -> None:
    """Tell who paid that the money goes back. Nobody is told of money of which nobody knows who paid it.

    It is written in the caller's transaction.
    """
    paid = Q(payment__charge_id=refund.charge_id) | Q(unapplied_money__charge_id=refund.charge_id)
    checkout = Checkout.objects.filter(paid).select_related("invoice__cycle__certification__member__user").first()
    if checkout is None:
        return
    invoice = refund.payment.invoice if refund.payment else checkout.invoice
    with translation.override(checkout.language):
        amount = money(refund.amount, refund.currency)
        text = render_to_string(
            "payments/email/refund_message.txt",
            {
                "amount": amount,
                "invoice": invoice,
                "is_unpaid": RenewalInvoice.objects.filter(pk=invoice.pk, status="issued").exists(),
                "page": links.absolute(reverse("invoice-detail", args=[invoice.pk])),
                "association": ASSOCIATION,
            },
        )
        subject = _("Refund for %(number)s: %(amount)s") % {"number": invoice.number, "amount": amount}
    get_connection().send_messages([EmailMessage(subject, text.strip() + "\n", to=[address_of(checkout)])])


def what_follows(invoice: RenewalInvoice, on: date) -> str:
    """Return what comes after the invoice is paid, as a sentence; empty if AMT and the member have to talk.

    The invoice's cycle and certification must be loaded. For the last invoice of a cycle this takes
    one query.
    """
    cycle = invoice.cycle
    if cycle.certification.status not in cycle.certification.IN_FORCE:
        return ""
    if invoice.year < invoices.LAST_YEAR:
        due_on = invoices.due_on(cycle.certification.awarded_on, cycle.number, invoice.year + 1)
        return _("The next renewal invoice of this certification is due on %(day)s.") % {"day": format_day(due_on)}
    next_starts_on = cycle.ends_on + timedelta(days=1)
    values = {"day": format_day(next_starts_on)}
    if cycle.closed_on:
        return _("Your next CCP cycle began on %(day)s.") % values
    if cycle.is_mandatory and cycle.requirement_met_on is None:
        return ""
    if RenewalInvoice.objects.filter(cycle=cycle, status=RenewalInvoice.Status.ISSUED).exists():
        return _("Your next CCP cycle opens on %(day)s, once the other invoices of this cycle are paid.") % values
    if on < next_starts_on:
        return _("Your next CCP cycle opens on %(day)s.") % values
    return _("Your next CCP cycle began on %(day)s.") % values
