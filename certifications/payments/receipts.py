"""What the member is told of money that was paid online: the receipt, what follows, a failure, and a refund."""

from datetime import date, timedelta

from django.core.mail import get_connection
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from amtportal import links
from amtportal.dates import day_of
from amtportal.formatting import dollars, format_day, translated
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.mail.layout import Button, Content, Part, compose
from amtportal.members.models import MailPriority
from certifications import invoices
from certifications.models import Payment, RenewalInvoice
from certifications.payments.amounts import money
from certifications.payments.models import Checkout, Refund
from certifications.payments.signals import member_told


def address_of(checkout: Checkout) -> str:
    """Return where mail about a checkout goes: to its member, whose account may be another one since a merge."""
    return (checkout.invoice.cycle.certification.member.user or checkout.opened_by).email


def send(payment: Payment, checkout: Checkout) -> None:
    """Put the receipt of a payment into the outbox, in the language of the checkout in which the money came.

    It is written in the caller's transaction, so that a payment has one receipt.
    """
    with translation.override(checkout.language):
        content = receipt(payment)
    _send(content, checkout, kind="received", about=f"payment-{payment.pk}")


def send_failure(checkout: Checkout) -> None:
    """Tell the member that the bank refused a debit which the member took for paid.

    It is written in the caller's transaction.
    """
    with translation.override(checkout.language):
        content = failure(checkout)
    _send(content, checkout, kind="failed", about=f"checkout-{checkout.pk}")


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
        content = returned(
            invoice,
            amount=money(refund.amount, refund.currency),
            is_unpaid=RenewalInvoice.objects.filter(pk=invoice.pk, status="issued").exists(),
        )
    _send(content, checkout, kind="refunded", about=f"refund-{refund.pk}")


def _send(content: Content, checkout: Checkout, *, kind: str, about: str) -> None:
    to = address_of(checkout)
    mail = compose(content, to=to, language=checkout.language, priority=MailPriority.MONEY)
    get_connection().send_messages([mail])
    member = checkout.invoice.cycle.certification.member
    member_told.send(sender=Checkout, member=member, kind=kind, about=about, mail=mail, language=checkout.language)


def receipt(payment: Payment) -> Content:
    """Return the receipt, in the active language."""
    invoice = payment.invoice
    certification = invoice.cycle.certification
    credential, member = certification.credential, certification.member
    amount = dollars(payment.amount)
    year = _("Year %(year)s of the CCP cycle %(first)s to %(last)s") % {
        "year": invoice.year,
        "first": format_day(invoice.cycle.starts_on),
        "last": format_day(invoice.cycle.ends_on),
    }
    thanks = _("Thank you. AMT received your payment of %(amount)s for %(number)s on %(day)s.")
    named = f"{translated(credential.name)} ({credential.code})"
    return Content(
        subject=_("Receipt for %(number)s: %(amount)s") % {"number": invoice.number, "amount": amount},
        name=member.name,
        parts=[
            Part(
                sentences=[
                    thanks % {"amount": amount, "number": invoice.number, "day": format_day(payment.received_on)}
                ],
                facts=[
                    (_("Member"), member.name),
                    (_("AMT ID"), member.amt_id),
                    (_("Certification"), f"{named} {certification.certificate_number}"),
                    (_("For"), year),
                    (_("Paid"), f"{amount}, {payment.method_in_words}"),
                    (_("Balance"), dollars(0)),
                ],
                button=_page(invoice, _("Receipt as a page and as PDF")),
            ),
            Part(
                sentences=[
                    what_follows(invoice, day_of(payment.recorded_at)),
                    _("The annual fee is not refundable."),
                    _("If something is wrong, call AMT at %(phone)s.") % ASSOCIATION,
                ]
            ),
        ],
        why=_why(),
    )


def failure(checkout: Checkout) -> Content:
    """Return the mail about a refused debit, in the active language."""
    invoice = checkout.invoice
    refused = _(
        "Your bank did not confirm your online payment of %(amount)s for %(number)s, so nothing was paid. See what is "
        "due, and how to pay, on the page of the invoice."
    )
    amount = money(checkout.amount, checkout.currency)
    return Content(
        subject=_("Your bank did not pay %(number)s") % {"number": invoice.number},
        name=invoice.cycle.certification.member.name,
        parts=[
            Part(
                sentences=[refused % {"amount": amount, "number": invoice.number}],
                button=_page(invoice, _("See the invoice")),
            ),
            _call(),
        ],
        why=_why(),
    )


def returned(invoice: RenewalInvoice, *, amount: str, is_unpaid: bool) -> Content:
    """Return the mail about a refund, in the active language. ``is_unpaid``: the invoice has to be paid again."""
    number = {"number": invoice.number}
    goes_back = _("AMT is sending back your online payment of %(amount)s for %(number)s.")
    return Content(
        subject=_("Refund for %(number)s: %(amount)s") % {"number": invoice.number, "amount": amount},
        name=invoice.cycle.certification.member.name,
        parts=[
            Part(
                sentences=[
                    goes_back % {"amount": amount, "number": invoice.number},
                    _(
                        "The money goes to the card or bank account that you paid with. Banks usually show it within "
                        "5 to 10 business days."
                    ),
                    (_("%(number)s is not paid now.") if is_unpaid else _("This does not change %(number)s.")) % number,
                ],
                button=_page(invoice, _("See the invoice")),
            ),
            _call(),
        ],
        why=_why(),
    )


def _page(invoice: RenewalInvoice, label: str) -> Button:
    return Button(label, links.absolute(reverse("invoice-detail", args=[invoice.pk])))


def _call() -> Part:
    return Part(sentences=[_("If you have a question, call AMT at %(phone)s.") % ASSOCIATION])


def _why() -> str:
    return _("You get this mail because you paid a renewal invoice online. Such mail cannot be switched off.")


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
