"""Refunds: AMT sends back what was paid online.

- A refund is always of the whole charge, with a reason. AMT's fees are not refundable as a rule, so
  staff are told before they confirm.
- The refund of a payment that stands reverses it, and its invoice is unpaid again. A closed cycle
  stays closed. The refund of money that no invoice took, such as a duplicate, changes no invoice;
  neither does that of a payment that was reversed before.
- The refund is committed with its key before the provider is called, and no lock is held meanwhile.
  If the provider does not answer, ``settle`` asks again with the same key, so that nothing is sent
  back twice.
- A refund that somebody gave at the provider itself, of a whole charge, is followed like any other.
- The member is told by mail once the money is on its way.
- A refund that the payer's bank sends back has failed. AMT then has the money again, and staff see it
  under *Money to look at*.

Locks are taken in this order: the cycle, the invoice, the unapplied money, the refund.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet

from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Refused
from certifications import invoices
from certifications.models import Payment
from certifications.payments import provider, receipts
from certifications.payments.asking import ask_about_each
from certifications.payments.models import Dispute, Refund, UnappliedMoney

NOT_AS_A_RULE = (
    "AMT’s fees are not refundable as a rule. Refund only what AMT owes, such as a payment that was made twice."
)
ANSWERED = timedelta(minutes=1)
"""After this time nobody waits any more for the provider's answer to the press of a button."""
GIVEN_THERE = "Given at the payment provider, not in the portal."
NOTHING_NEW = "Nothing new"

Status = Refund.Status
Money = Payment | UnappliedMoney
Told = Callable[[str], object]

_ORDER = (Status.OPENING, Status.PENDING, Status.SUCCEEDED, Status.FAILED)


def of(money: Money) -> QuerySet[Refund]:
    """Return the refunds of a payment or of unapplied money, also those that failed."""
    return Refund.objects.filter(**_owner(money))


def why_not_refundable(money: Money) -> str:
    """Return why the money cannot be sent back, as a sentence for staff; empty if it can be."""
    if not money.charge_id:
        return "This was not paid online. Send the money back the way it came, and reverse the payment."
    # An inquiry takes no money, and a refund is what ends it best.
    if Dispute.objects.open().filter(charge_id=money.charge_id).exclude(status__startswith="warning").exists():
        return "The payer’s bank has taken the money back until the dispute is decided. Wait until then."
    if Dispute.objects.filter(charge_id=money.charge_id, status="lost").exists():
        return "The payer’s bank has taken the money back: the dispute was lost."
    if of(money).filter(status__in=(Status.PENDING, Status.SUCCEEDED)).exists():
        return "This was refunded already."
    if isinstance(money, UnappliedMoney) and money.resolution == UnappliedMoney.Resolution.APPLIED:
        return "This was applied to an invoice. Refund the payment of that invoice."
    return ""


def meaning(money: Money) -> str:
    """Return what happens if the money is sent back, for staff to read beforehand.

    The cycle of a payment's invoice must be loaded.
    """
    if isinstance(money, UnappliedMoney):
        return f"{NOT_AS_A_RULE} No invoice changes."
    if money.reversed_at:
        return f"{NOT_AS_A_RULE} The payment was reversed before, and no invoice changes."
    back = "The money goes back to the card or the bank account."
    return f"{NOT_AS_A_RULE} {invoices.meaning_of_reversal(money.invoice, money=back)}"


def give(*, money: Money, reason: str, by: User, at: datetime) -> Refund:
    """Send the whole of a charge back, and return the refund as the provider has it.

    If the provider does not answer now, the refund is on record as asked for, and ``settle`` asks
    again. Raises ``Refused`` with a sentence for staff.
    """
    refund = _begin(money, reason.strip(), by, at)
    try:
        return _ask(refund, at=at)
    except provider.ProviderAway:
        return refund
    except provider.ProviderRefused as refused:
        raise Refused(f"The payment provider refuses the refund: {refused}") from refused


def apply_state(state: provider.RefundState, *, at: datetime, told: Told | None = None) -> Refund | None:
    """Make it so that the portal says what the provider says of a refund.

    Return the refund as it is then, or None if it is about no money of the portal or about a part
    of a charge only. To repeat it changes nothing. ``told`` is called in the same transaction with
    what was done.
    """
    with transaction.atomic():
        refund = _refund_of(state) or _given_there(state)
        if refund:
            return _apply(refund, state, at, told)
        if told:
            told(f"{state.id} changes nothing in the portal")
        return None


def settle(*, at: datetime) -> tuple[int, list[str]]:
    """Ask the provider about every refund that is not finished, and make it so.

    Return how many were asked about, and a sentence for each that could not be.
    """

    def ask(refund: Refund) -> None:
        if refund.refund_id:
            apply_state(provider.refund_state(refund.refund_id), at=at)
        else:
            _ask(refund, at=at)

    waiting = Refund.objects.filter(status__in=(Status.OPENING, Status.PENDING)).order_by("pk")
    return ask_about_each(waiting.exclude(status=Status.OPENING, requested_at__gt=at - ANSWERED), ask)


def _owner(money: Money) -> dict[str, Money]:
    return {"payment" if isinstance(money, Payment) else "unapplied": money}


def _locked(money: Money) -> Money:
    """Lock what the money paid for, and return the money as it is now."""
    if isinstance(money, Payment):
        invoices.locked(money.invoice)
        return Payment.objects.select_for_update(of=("self",)).select_related("invoice__cycle").get(pk=money.pk)
    return UnappliedMoney.objects.select_for_update().get(pk=money.pk)


@transaction.atomic
def _begin(money: Money, reason: str, by: User, at: datetime) -> Refund:
    """Return the refund that is to be asked for: the one that waits for an answer, or a new one."""
    money = _locked(money)
    if problem := why_not_refundable(money):
        raise Refused(problem)
    if not reason:
        raise Refused("Say why the money is sent back.", "reason")
    refund = of(money).filter(status=Status.OPENING).first()
    if refund is None:
        assert money.charge_id
        refund = Refund(
            **_owner(money),
            charge_id=money.charge_id,
            amount=money.amount,
            currency=money.currency if isinstance(money, UnappliedMoney) else "usd",
            reason=reason,
            idempotency_key=uuid4(),
            requested_at=at,
            requested_by=by,
        )
        sign(refund, by=by, at=at)
        refund.save()
    return refund


def _ask(refund: Refund, *, at: datetime) -> Refund:
    try:
        state = provider.refund(charge_id=refund.charge_id, amount=refund.amount, key=refund.idempotency_key)
    except provider.ProviderRefused as refused:
        _fail(refund, str(refused), at)
        if _was_given(refund, at):
            return Refund.objects.get(pk=refund.pk)
        raise
    return _apply(refund, state, at, None)


def _was_given(refund: Refund, at: datetime) -> bool:
    """Learn which refunds of the charge the provider has, and return whether the refused one is among them.

    The provider forgets a key after a day, and then refuses to send money back that is already back.
    """
    with suppress(provider.ProviderAway, provider.ProviderRefused):
        for state in provider.refunds_of(refund.charge_id):
            apply_state(state, at=at)
    return Refund.objects.filter(pk=refund.pk).exclude(status=Status.FAILED).exists()


def _refund_of(state: provider.RefundState) -> Refund | None:
    """Return the refund by its name, or by the key with which it was asked for."""
    named = Q(refund_id=state.id)
    with suppress(ValueError):
        named |= Q(refund_id="", idempotency_key=UUID(state.reference))
    return Refund.objects.filter(named).first()


def _given_there(state: provider.RefundState) -> Refund | None:
    """Return a new refund for one that somebody gave at the provider itself; None if there is nothing to follow."""
    money: Money | None = Payment.objects.select_related("invoice").filter(charge_id=state.charge_id).first()
    money = money or UnappliedMoney.objects.filter(charge_id=state.charge_id).first()
    if money is None or state.status == "failed":
        return None
    money = _locked(money)
    currency = money.currency if isinstance(money, UnappliedMoney) else "usd"
    if (state.amount, state.currency) != (money.amount, currency):
        return None
    if (found := _refund_of(state)) or of(money).exclude(status=Status.FAILED).exists():
        return found  # somebody was faster, or one that was asked for has no answer yet
    return Refund(
        **_owner(money),
        charge_id=state.charge_id,
        amount=state.amount,
        currency=state.currency,
        reason=GIVEN_THERE,
        idempotency_key=uuid4(),
        requested_at=state.created_at,
    )


@transaction.atomic
def _fail(refund: Refund, failure: str, at: datetime) -> None:
    refund = Refund.objects.select_for_update().get(pk=refund.pk)
    if refund.status == Status.OPENING:
        refund.status, refund.failure, refund.finished_at = Status.FAILED, failure[:300], at
        sign(refund, by=None, at=at)
        refund.save()


@transaction.atomic
def _apply(refund: Refund, state: provider.RefundState, at: datetime, told: Told | None) -> Refund:
    money = _locked(refund.payment or refund.unapplied)  # type: ignore[arg-type]  # one of them, by constraint
    if refund.pk:
        refund = Refund.objects.select_for_update(of=("self",)).select_related("requested_by").get(pk=refund.pk)
    if refund.refund_id == state.id and _ORDER.index(Status(state.status)) <= _ORDER.index(Status(refund.status)):
        done = NOTHING_NEW
    else:
        is_on_its_way = bool(refund.refund_id)
        refund.refund_id, refund.status, refund.failure = state.id, Status(state.status), state.failure[:300]
        refund.finished_at = None if refund.status == Status.PENDING else at
        # Who asked for it did this, also when the answer came later.
        sign(refund, by=refund.requested_by, at=at)
        refund.save()
        if refund.status == Status.FAILED:
            _money_is_back(refund, money, at)
        else:
            _money_is_gone(refund, money, at)
            if not is_on_its_way:
                receipts.send_refund(refund)
        done = f"{refund}: {refund.get_status_display().lower()}"
    if told:
        told(done)
    return refund


def _money_is_gone(refund: Refund, money: Money, at: datetime) -> None:
    """Let the payment or the unapplied money follow its refund."""
    by = refund.requested_by
    if isinstance(money, Payment):
        if money.reversed_at is None:
            invoices.reverse_payment(payment=money, reason=f"Refunded. {refund.reason}"[:300], by=by, at=at)
    elif money.resolution == "":
        money.resolution, money.resolved_at = UnappliedMoney.Resolution.REFUNDED, at
        money.resolved_by, money.explanation = by, refund.reason
        sign(money, by=by, at=at)
        money.save()


def _money_is_back(refund: Refund, money: Money, at: datetime) -> None:
    """Unapplied money whose refund failed waits for staff again. A payment stays reversed."""
    if isinstance(money, UnappliedMoney) and money.resolution == UnappliedMoney.Resolution.REFUNDED:
        money.resolution, money.resolved_at, money.resolved_by, money.explanation = "", None, None, ""
        sign(money, by=None, at=at)
        money.save()


def without_money() -> QuerySet[Refund]:
    """Return the refunds that need somebody: those that failed and were not made up for."""
    made_up_for = Refund.objects.exclude(status=Status.FAILED).values("charge_id")
    return Refund.objects.filter(status=Status.FAILED, payment__isnull=False).exclude(charge_id__in=made_up_for)


def unanswered() -> QuerySet[Refund]:
    """Return the refunds that were asked for and that the provider has not answered."""
    return Refund.objects.filter(status=Status.OPENING).select_related("payment__invoice")
