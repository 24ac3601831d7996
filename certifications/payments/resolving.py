"""What staff do about money that no invoice could take: apply it, explain it, or refund it.

Refunds are in ``refunds``. Money is applied only to an invoice that can take it: open, of exactly
this amount, in US dollars, and of the provider's mode in which the portal runs. What did not come
online is moved, applied and sent back by ``holding``.
"""

from datetime import datetime
from functools import partial

from django.db import transaction

from amtportal.dates import day_of
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Refused
from certifications import invoices
from certifications.models import Payment, RenewalInvoice
from certifications.payments import checkout, receipts, refunds
from certifications.payments.models import Dispute, UnappliedMoney
from certifications.payments.signals import about_to_decide

Resolution = UnappliedMoney.Resolution
Cause = UnappliedMoney.Cause


def apply_to_invoice(
    *, money: UnappliedMoney, invoice: RenewalInvoice, by: User, at: datetime, although_held: bool = False
) -> Payment:
    """Let an open invoice take the money. It is then paid, and who paid gets the receipt. Raises ``Refused``."""
    about_to_decide.send(sender=UnappliedMoney, member=invoice.cycle.certification.member, at=at)
    apply = partial(_apply, money, invoice, by, at, although_held)
    checkout.close(invoice=invoice, at=at, before=apply)
    with transaction.atomic():
        payment = apply()
        if money.checkout:
            receipts.send(payment, money.checkout)
    return payment


@transaction.atomic
def explain(*, money: UnappliedMoney, explanation: str, by: User, at: datetime) -> UnappliedMoney:
    """Note why nothing is to be done about the money. Raises ``Refused`` without a reason."""
    money = unresolved(money)
    if not explanation.strip():
        raise Refused("Say why nothing is to be done.", "reason")
    resolve(money, Resolution.EXPLAINED, by, at, explanation=explanation.strip())
    return money


@transaction.atomic
def _apply(money: UnappliedMoney, invoice: RenewalInvoice, by: User, at: datetime, although_held: bool) -> Payment:
    invoice = invoices.locked(invoice)
    money = unresolved(money)
    if (charge_id := money.charge_id) is None:
        raise Refused("This was not paid online.")
    if money.cause == Cause.MODE:
        raise Refused("This is money of the provider’s other mode, and no invoice can take it.")
    if money.currency != checkout.CURRENCY:
        raise Refused(f"This was paid in {money.currency.upper()}, and invoices are in US dollars. Refund it.")
    invoices.check_takes(invoice, amount=money.amount, on=day_of(at), although_held=although_held)
    payment = invoices.record_online_payment(
        invoice=invoice,
        method=Payment.Method.BANK_ONLINE if money.method in checkout.BANK_DEBITS else Payment.Method.CARD_ONLINE,
        charge_id=charge_id,
        last4="",
        received_on=day_of(money.received_at),
        at=at,
        by=by,
    )
    resolve(money, Resolution.APPLIED, by, at, applied_to=invoice)
    return payment


def unresolved(money: UnappliedMoney) -> UnappliedMoney:
    """Lock the money and return it as it is now. Raises ``Refused`` if something was done about it already."""
    money = UnappliedMoney.objects.select_for_update().get(pk=money.pk)
    if money.resolution:
        raise Refused(f"This was resolved already: {money.get_resolution_display().lower()}.")
    if refunds.of(money).exclude(status="failed").exists():
        raise Refused("A refund of this money is under way.")
    if Dispute.objects.open().filter(unapplied=money).exists():
        raise Refused("The payer’s bank asks this money back. Wait until the dispute is decided.")
    return money


def resolve(
    money: UnappliedMoney,
    resolution: str,
    by: User | None,
    at: datetime,
    *,
    explanation: str = "",
    applied_to: RenewalInvoice | None = None,
) -> None:
    """Put on record what became of the money, which the caller has locked. Nobody (``by`` is None): the portal."""
    money.resolution, money.resolved_by, money.resolved_at = resolution, by, at
    money.explanation, money.applied_to = explanation[:300], applied_to
    sign(money, by=by, at=at)
    money.save()
