"""Disputes: the payer's bank asks back what was paid.

- While a dispute is open, the payment is flagged, and the invoice stays paid.
- If AMT loses it, the payment is reversed: the invoice is unpaid again, and a closed cycle stays
  closed. Unapplied money is then explained.
- If AMT wins it, the flag is gone.

AMT answers a dispute at the provider. The portal only follows.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from amtportal.history.lines import sign
from certifications import invoices
from certifications.models import Payment
from certifications.payments import provider
from certifications.payments.asking import ask_about_each
from certifications.payments.models import Dispute, UnappliedMoney

# In these states nothing more happens. A warning that is closed and a dispute that was prevented took
# no money.
DECIDED = ("won", "lost", "warning_closed", "prevented")
NOTHING_NEW = "Nothing new"

Told = Callable[[str], object]


def flagged() -> QuerySet[Dispute, int | None]:
    """Return the keys of the payments that a bank asks back now."""
    return Dispute.objects.open().filter(payment__isnull=False).values_list("payment", flat=True)


def flag(payment: Payment) -> str:
    """Return what staff read beside a payment that a bank asks back now; empty if none does."""
    if not payment.charge_id:
        return ""
    dispute = Dispute.objects.open().filter(payment=payment).first()
    return (
        f"The payer’s bank asks it back: {dispute.reason.replace('_', ' ')} ({dispute.dispute_id})." if dispute else ""
    )


def apply_state(state: provider.DisputeState, *, at: datetime, told: Told | None = None) -> Dispute | None:
    """Make it so that the portal says what the provider says of a dispute.

    Return the dispute as it is then, or None if it is about no money of the portal. To repeat it
    changes nothing. ``told`` is called in the same transaction with what was done.
    """
    with transaction.atomic():
        payment, unapplied = _money_of(state.charge_id)
        if payment is None and unapplied is None:
            dispute, done = None, f"{state.id} is about no money of the portal"
        else:
            dispute, done = _apply(state, payment, unapplied, at)
        if told:
            told(done)
        return dispute


def settle(*, at: datetime) -> tuple[int, list[str]]:
    """Ask the provider about every dispute that is open, and make it so.

    Return how many were asked about, and a sentence for each that could not be.
    """

    def ask(dispute: Dispute) -> None:
        apply_state(provider.dispute_state(dispute.dispute_id), at=at)

    return ask_about_each(Dispute.objects.open().order_by("pk"), ask)


def _money_of(charge_id: str) -> tuple[Payment | None, UnappliedMoney | None]:
    """Return the payment of a charge, or else the unapplied money, under its lock.

    Money that was applied later is a payment, and so it is the payment that the bank asks back.
    """
    payment = Payment.objects.select_related("invoice").filter(charge_id=charge_id).first()
    if payment:
        invoices.locked(payment.invoice)
        return payment, None
    return None, UnappliedMoney.objects.select_for_update().filter(charge_id=charge_id).first()


def _apply(
    state: provider.DisputeState, payment: Payment | None, unapplied: UnappliedMoney | None, at: datetime
) -> tuple[Dispute, str]:
    dispute = Dispute.objects.select_for_update().filter(dispute_id=state.id).first()
    if dispute is None:
        dispute = Dispute(
            dispute_id=state.id,
            payment=payment,
            unapplied=unapplied,
            charge_id=state.charge_id,
            amount=state.amount,
            currency=state.currency,
            reason=state.reason[:60],
            opened_at=state.created_at,
        )
    elif dispute.closed_at or dispute.status == state.status:
        return dispute, NOTHING_NEW
    dispute.status = state.status[:40]
    if state.status in DECIDED:
        dispute.closed_at = at
    sign(dispute, by=None, at=at)
    dispute.save()
    if state.status == "lost":
        _money_is_gone(dispute, at)
    return dispute, f"{dispute}: {state.status.replace('_', ' ')}"


def _money_is_gone(dispute: Dispute, at: datetime) -> None:
    reason = f"The payer’s bank took the money back (dispute {dispute.dispute_id}, {dispute.reason.replace('_', ' ')})."
    if dispute.payment and dispute.payment.reversed_at is None:
        invoices.reverse_payment(payment=dispute.payment, reason=reason[:300], by=None, at=at)
    money = dispute.unapplied
    if money and money.resolution == "":
        money.resolution, money.resolved_at = UnappliedMoney.Resolution.EXPLAINED, at
        money.explanation = reason[:300]
        sign(money, by=None, at=at)
        money.save()
