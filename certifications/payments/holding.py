"""Money by check, money order or phone that came before its invoice opened.

- It is kept as unapplied money with its invoice, and the member reads that AMT holds it. Nobody is
  asked to pay twice: while AMT holds money for an invoice, no more is taken for it.
- On the day on which the invoice opens, the portal applies it: each night (``apply_held_money``), and
  at once where something else opens the invoice (``invoices.opening_kept``). To repeat it changes
  nothing.
- Before that, staff can send it back or move it to another invoice.
- Where the invoice cannot open any more (it was voided, its cycle was closed, the certification is
  not in force), the money stays, and staff find it under *Money to look at*.

Locks are taken in this order: the cycle, the invoice, the unapplied money.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from amtportal.after_commit import after_commit
from amtportal.chunks import CHUNK, chunks
from amtportal.dates import day_of, today
from amtportal.formatting import dollars, format_day
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Problem, Refused
from certifications import invoices
from certifications.invoices import Receipt
from certifications.models import Payment, RenewalInvoice
from certifications.payments import checkout
from certifications.payments.models import UnappliedMoney
from certifications.payments.resolving import resolve, unresolved
from certifications.payments.signals import about_to_decide

Cause = UnappliedMoney.Cause
Resolution = UnappliedMoney.Resolution


@dataclass
class AppliedTally:
    """How much the portal applied, in US cents, and a sentence for each sum that its invoice did not take."""

    number: int = 0
    amount: int = 0
    left: list[str] = field(default_factory=list)


def meaning(invoice: RenewalInvoice) -> str:
    """Return what becomes of money that is recorded for an invoice that is not open yet, for staff.

    The invoice's cycle and certification must be loaded.
    """
    opens_on = invoices.opening_of(invoice).opens_on
    when = f"on {format_day(opens_on)}, when" if opens_on else "on the day when"
    return f"{invoice.number} is not open yet. AMT holds the money, and the portal applies it {when} the invoice opens."


def why_now(money: UnappliedMoney, on: date) -> str:
    """Return why no invoice has taken the money, as of that day, in a few words for staff.

    The invoice's cycle and certification must be loaded.
    """
    invoice = money.invoice
    if money.cause != Cause.EARLY or invoice is None or money.resolution:
        return str(money.get_cause_display())
    state = invoices.state_of(invoice, on)
    if state in ("paid", "void"):
        return str((Cause.PAID if state == "paid" else Cause.VOID).label)
    if invoices.held_by(invoice, state) or invoice.cycle.closed_on:
        return str(Cause.HELD.label)
    if state == "open":
        return "The invoice is open and did not take it"
    opens_on = invoices.opening_of(invoice).opens_on
    return f"The invoice opens {f'on {format_day(opens_on)}' if opens_on else 'once the CCP requirement is met'}"


def problem_with_receipt(
    invoice: RenewalInvoice, *, amount: int, received_on: date, on: date, held: UnappliedMoney | None
) -> Problem | None:
    """Return why money of a file can be neither recorded for the invoice nor held until it opens, or None.

    Its cycle and certification must be loaded. ``held``: what AMT holds for the invoice already.
    """
    try:
        if held:
            raise _held_already(invoice, held)
        if invoices.is_early(invoice, on):
            check_waits(invoice, amount=amount, received_on=received_on, on=on)
            return None
    except Refused as refusal:
        return refusal.problem
    return invoices.problem_with_payment(invoice, amount=amount, received_on=received_on, on=on)


@transaction.atomic
def hold(*, receipts: Sequence[Receipt], by: User | None, at: datetime, file_name: str) -> list[UnappliedMoney]:
    """Hold the money of a file for invoices that are not open yet: all of it, or nothing.

    ``by`` is None if the command brought the file. Raises ``Refused`` with the first broken rule.
    """
    on = day_of(at)
    locked = invoices.locked_for_payment(receipt.invoice.pk for receipt in receipts)
    for some in chunks(locked):
        for earlier in UnappliedMoney.objects.early().filter(invoice__in=some).select_related("invoice"):
            raise _held_already(locked[earlier.invoice_id or 0], earlier)
    held = []
    for receipt in receipts:
        invoice = locked[receipt.invoice.pk]
        check_waits(invoice, amount=receipt.amount, received_on=receipt.received_on, on=on)
        held.append(_early(receipt, by=by, at=at, file_name=file_name))
    bulk_create_with_history(held, UnappliedMoney, batch_size=CHUNK, default_user=by, default_date=at)
    return held


def _early(receipt: Receipt, *, by: User | None, at: datetime, file_name: str = "") -> UnappliedMoney:
    """Return the money of a receipt, not yet saved, that waits until its invoice opens."""
    return UnappliedMoney(
        invoice=receipt.invoice,
        amount=receipt.amount,
        currency=checkout.CURRENCY,
        method=receipt.method,
        reference=receipt.reference,
        received_on=receipt.received_on,
        received_at=at,
        recorded_by=by,
        file_name=file_name,
        cause=Cause.EARLY,
    )


@transaction.atomic
def receive(
    *,
    invoice: RenewalInvoice,
    amount: int,
    method: str,
    reference: str,
    received_on: date,
    by: User,
    at: datetime,
    although_held: bool = False,
) -> Payment | UnappliedMoney:
    """Record money, in US cents, that AMT received for an invoice: its payment, or held until it opens.

    Raises ``Refused`` as ``invoices.record_payment`` does, and if AMT already holds money for the invoice.
    """
    invoice = invoices.locked(invoice)
    check_nothing_held(invoice)
    if not invoices.is_early(invoice, day_of(at)):
        return invoices.record_payment(
            invoice=invoice,
            amount=amount,
            method=method,
            reference=reference,
            received_on=received_on,
            by=by,
            at=at,
            although_held=although_held,
        )
    check_waits(invoice, amount=amount, received_on=received_on, on=day_of(at), although_held=although_held)
    held = _early(Receipt(invoice, amount, method, reference, received_on), by=by, at=at)
    sign(held, by=by, at=at)
    held.save()
    return held


def check_waits(
    invoice: RenewalInvoice, *, amount: int, received_on: date, on: date, although_held: bool = False
) -> None:
    """Raise ``Refused`` if money of that amount cannot be held until the invoice opens."""
    invoices.check_waits(invoice, amount=amount, on=on, although_held=although_held)
    invoices.check_receipt(invoice, received_on, on=on)


def check_nothing_held(invoice: RenewalInvoice) -> None:
    """Raise ``Refused`` if AMT already holds money for the invoice."""
    if held := UnappliedMoney.objects.early().filter(invoice=invoice).first():
        raise _held_already(invoice, held)


def _held_already(invoice: RenewalInvoice, held: UnappliedMoney) -> Refused:
    return Refused(
        f"AMT holds {dollars(held.amount)} for {invoice.number} already, received on {format_day(held.day)}. Send "
        "one of the two back."
    )


def apply_waiting(*, at: datetime, by: User | None = None, of: Collection[int] | None = None) -> AppliedTally:
    """Apply the money that AMT holds for invoices that are open now; ``of``: only for these invoices.

    Each sum has its own transaction, and one that its invoice cannot take stops none of the others.
    """
    early = UnappliedMoney.objects.early().filter(invoice__status="issued", invoice__opens_on__lte=day_of(at))
    if of is not None:
        early = early.filter(invoice__in=of)
    tally = AppliedTally()
    for money in early.select_related("invoice__cycle__certification__member").order_by("received_on", "pk"):
        assert money.invoice is not None  # by constraint
        try:
            payment = _apply_in_time(money, money.invoice, by, at)
        except Refused as refusal:
            tally.left.append(f"{money} for {money.invoice.number}: {refusal.sentence}")
        else:
            tally.number, tally.amount = tally.number + 1, tally.amount + payment.amount
    return tally


def apply_after_opening(*, keys: Collection[int], opens_on: date | None, **signal: object) -> None:
    """Apply what AMT holds for invoices that something has just opened, once that is committed."""
    if opens_on and opens_on <= today():
        after_commit(_apply_now, list(keys))


def _apply_now(keys: Collection[int]) -> None:
    apply_waiting(at=timezone.now(), of=keys)


def move(
    *, money: UnappliedMoney, invoice: RenewalInvoice, by: User, at: datetime, although_held: bool = False
) -> Payment | UnappliedMoney:
    """Let another invoice take money that did not come online: at once, or when it opens. Raises ``Refused``."""
    about_to_decide.send(sender=UnappliedMoney, member=invoice.cycle.certification.member, at=at)
    invoice = RenewalInvoice.objects.select_related("cycle__certification__member").get(pk=invoice.pk)
    if not invoices.is_early(invoice, day_of(at)):
        return _apply_in_time(money, invoice, by, at, although_held)
    return _wait(money, invoice, by, at, although_held)


@transaction.atomic
def send_back(*, money: UnappliedMoney, reason: str, by: User, at: datetime) -> UnappliedMoney:
    """Note that money that did not come online was sent back the way it came. Raises ``Refused``."""
    money = unresolved(money)
    if money.charge_id:
        raise Refused("This was paid online. Refund it, so that the payment provider sends it back.")
    if not reason.strip():
        raise Refused("Say why the money is sent back.", "reason")
    resolve(money, Resolution.REFUNDED, by, at, explanation=reason.strip())
    return money


@transaction.atomic
def _wait(
    money: UnappliedMoney, invoice: RenewalInvoice, by: User, at: datetime, although_held: bool
) -> UnappliedMoney:
    invoice = invoices.locked(invoice)
    money = unresolved(money)
    if money.cause == Cause.EARLY and money.invoice_id == invoice.pk:
        raise Refused(f"AMT holds it for {invoice.number} already.", "invoice")
    check_nothing_held(invoice)
    check_waits(invoice, amount=money.amount, received_on=money.day, on=day_of(at), although_held=although_held)
    money.invoice, money.cause = invoice, Cause.EARLY
    sign(money, by=by, at=at)
    money.save()
    return money


def _apply_in_time(
    money: UnappliedMoney, invoice: RenewalInvoice, by: User | None, at: datetime, although_held: bool = False
) -> Payment:
    """Apply the money, after cycles that are due were closed and the provider's page of the invoice, too."""
    about_to_decide.send(sender=UnappliedMoney, member=invoice.cycle.certification.member, at=at)
    apply = partial(_apply, money, invoice, by, at, although_held)
    checkout.close(invoice=invoice, at=at, before=apply)
    return apply()


@transaction.atomic
def _apply(
    money: UnappliedMoney, invoice: RenewalInvoice, by: User | None, at: datetime, although_held: bool
) -> Payment:
    invoice = invoices.locked(invoice)
    money = unresolved(money)
    if money.charge_id:
        raise Refused("This was paid online. Apply it as such.")
    invoices.check_takes(invoice, amount=money.amount, on=day_of(at), although_held=although_held)
    payment = invoices.record_held_payment(
        invoice=invoice,
        at=at,
        by=by,
        amount=money.amount,
        method=money.method,
        reference=money.reference,
        received_on=money.day,
        recorded_by=money.recorded_by,
        file_name=money.file_name,
    )
    resolve(money, Resolution.APPLIED, by, at, applied_to=invoice)
    return payment
