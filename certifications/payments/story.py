"""The whole story of an invoice's money, for staff: what was tried, what came, and what went back."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from amtportal.formatting import format_day
from certifications.models import Payment, RenewalInvoice
from certifications.payments.amounts import money
from certifications.payments.models import Checkout, Dispute, Refund, UnappliedMoney

Line = tuple[datetime, str]


def of(invoice: RenewalInvoice) -> list[Line]:
    """Return when something happened and what it was, the earliest first."""
    payments = list(invoice.payments.select_related("recorded_by", "reversed_by"))
    checkouts = list(invoice.checkouts.select_related("opened_by"))
    kept = UnappliedMoney.objects.filter(Q(checkout__invoice=invoice) | Q(invoice=invoice) | Q(applied_to=invoice))
    unapplied = list(kept.select_related("recorded_by", "resolved_by", "applied_to"))
    charges = [payment.charge_id for payment in payments if payment.charge_id] + [
        one.charge_id for one in unapplied if one.charge_id
    ]
    refunds = Refund.objects.filter(charge_id__in=charges).select_related("requested_by", "explained_by")
    disputes = Dispute.objects.filter(charge_id__in=charges)
    lines = [line for checkout in checkouts for line in _of_checkout(checkout)]
    lines += [line for payment in payments for line in _of_payment(payment)]
    lines += [line for one in unapplied for line in _of_unapplied(one)]
    lines += [line for refund in refunds for line in _of_refund(refund)]
    lines += [line for dispute in disputes for line in _of_dispute(dispute)]
    return sorted(lines, key=lambda line: line[0])


def _of_checkout(checkout: Checkout) -> Iterator[Line]:
    yield (
        checkout.opened_at,
        f"{checkout.opened_by.email} began to pay {money(checkout.amount, checkout.currency)} online.",
    )
    if checkout.finished_at and checkout.status != Checkout.Status.PAID:
        why = f": {checkout.failure}" if checkout.failure else ""
        yield checkout.finished_at, f"Paying online ended as {checkout.status}{why}."


def _of_payment(payment: Payment) -> Iterator[Line]:
    by = f" by {payment.recorded_by.email}" if payment.recorded_by else ""
    method = payment.get_method_display().lower()
    yield payment.recorded_at, f"Payment of {money(payment.amount, 'usd')}, {method}, recorded{by}."
    if payment.reversed_at:
        by = f" by {payment.reversed_by.email}" if payment.reversed_by else ""
        yield payment.reversed_at, f"Payment of {money(payment.amount, 'usd')} reversed{by}: {payment.reversal_reason}"


def _of_unapplied(found: UnappliedMoney) -> Iterator[Line]:
    amount = money(found.amount, found.currency)
    if found.received_on is None:
        came = f"{amount} came that the invoice could not take"
    else:
        by = f", recorded by {found.recorded_by.email}" if found.recorded_by else ""
        came = f"{amount} by {found.method_in_words}, received on {format_day(found.received_on)}{by}, is held"
    yield found.received_at, f"{came}: {found.get_cause_display().lower()}."
    if found.resolved_at:
        by = f" by {found.resolved_by.email}" if found.resolved_by else ""
        what = found.applied_to.number if found.applied_to else found.explanation
        yield found.resolved_at, f"{amount} {found.get_resolution_display().lower()}{by}: {what}"


def _of_refund(refund: Refund) -> Iterator[Line]:
    amount = money(refund.amount, refund.currency)
    by = f" asked for by {refund.requested_by.email}" if refund.requested_by else ""
    yield refund.requested_at, f"Refund of {amount}{by}: {refund.reason}"
    if refund.finished_at:
        why = f": {refund.failure}" if refund.failure else ""
        yield refund.finished_at, f"Refund of {amount} {refund.status}{why}."
    if refund.explained_at and refund.explained_by:
        yield refund.explained_at, f"Refund of {amount} explained by {refund.explained_by.email}: {refund.explanation}"


def _of_dispute(dispute: Dispute) -> Iterator[Line]:
    amount = money(dispute.amount, dispute.currency)
    yield dispute.opened_at, f"The payer’s bank asked {amount} back: {dispute.reason.replace('_', ' ')}."
    if dispute.closed_at:
        yield dispute.closed_at, f"The dispute of {amount} ended: {dispute.status.replace('_', ' ')}."
