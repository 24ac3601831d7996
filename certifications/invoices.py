"""Renewal invoices: one for each year of a cycle, due on the anniversary that ends the year.

- The invoices of years 1 and 2 open 60 days before they are due.
- The invoice of year 3 opens on the later of two days: 60 days before it is due, and *the day
  after* the cycle's CCP requirement was met. While the requirement is not met, the invoice is
  locked.
- If CCP is voluntary, the requirement does not matter: year 3 opens like the other years.

Whether an invoice is open is not stored but calculated from the day in Chicago, so no scheduler is
needed. A correction that reduces the record below the requirement locks an unpaid invoice again; a
paid one stays paid.

An import can settle what fell due before AMT used the portal (``settled_before``): the roster says
that it was *paid before the portal*, or staff choose that it is *not asked for*. No payment and no
receipt is made up for it.

The day on which it opens is kept with the invoice, so that a list of open ones needs no other table
(``keep_openings``). Whatever decides about one invoice derives the day again.
An unpaid invoice is *held* if its certification is not in force, or if its cycle is closed and no
payment was reversed. AMT asks nobody to pay a held invoice, and takes nothing for it online.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from amtportal import plausible
from amtportal.chunks import CHUNK, chunks
from amtportal.dates import anniversary, day_of
from amtportal.formatting import dollars, format_day
from amtportal.history.lines import LONGEST_REASON, sign
from amtportal.members.models import User
from amtportal.refusals import Problem, Refused, refuse_if
from certifications.models import Certification, Cycle, Payment, RenewalInvoice, RenewalInvoiceQuerySet

NOTICE = timedelta(days=60)
LAST_YEAR = 3

State = Literal["locked", "upcoming", "open", "paid", "void"]
Gate = Literal["none", "unmet", "met"]
Held = Literal["", "certification", "cycle"]

# Sent by ``keep_openings``, in its transaction, with ``keys`` (of invoices) and ``opens_on``, the day on which they
# open now; None if they are locked.
opening_kept = Signal()


@dataclass(frozen=True)
class Opening:
    """When an invoice opens for payment. ``opens_on`` is None while the requirement is not met."""

    due_on: date
    gate: Gate
    met_on: date | None
    opens_on: date | None

    @property
    def waits_for_requirement(self) -> bool:
        """Return whether the requirement sets the opening, not the 60 days before the due date."""
        return self.opens_on is not None and self.gate == "met" and self.opens_on > self.due_on - NOTICE


def due_on(awarded_on: date, cycle_number: int, year: int) -> date:
    """Return the anniversary of the award that ends this year (1, 2 or 3) of the cycle."""
    return anniversary(awarded_on, 3 * (cycle_number - 1) + year)


def year_of_cycle(awarded_on: date, cycle_number: int, on: date) -> int:
    """Return the year of the cycle that a day is in: 1, 2 or 3, and 3 after the cycle's end."""
    return next((year for year in (1, 2) if on < due_on(awarded_on, cycle_number, year)), LAST_YEAR)


def opening(*, due_on: date, year: int, mandatory: bool, met_on: date | None) -> Opening:
    """Return when the invoice of that year opens.

    ``met_on`` is the day on which the requirement was met; None if it is not met.
    """
    noticed_on = due_on - NOTICE
    if year < LAST_YEAR or not mandatory:
        return Opening(due_on, "none", met_on, noticed_on)
    if met_on is None:
        return Opening(due_on, "unmet", None, None)
    return Opening(due_on, "met", met_on, max(noticed_on, met_on + timedelta(days=1)))


def state(*, status: str, opens_on: date | None, on: date) -> State:
    """Return the state on that day: locked, upcoming (opens on a known day), open, paid or void."""
    if status == RenewalInvoice.Status.PAID:
        return "paid"
    if status == RenewalInvoice.Status.VOID:
        return "void"
    if opens_on is None:
        return "locked"
    return "upcoming" if on < opens_on else "open"


def in_state(queryset: RenewalInvoiceQuerySet, wanted: State, on: date) -> RenewalInvoiceQuerySet:
    """Return the invoices that are in the wanted state on that day.

    This is the rule of ``state`` for the database; ``tests/certifications/test_invoice_states.py``
    checks that the two agree.
    """
    if wanted in ("paid", "void"):
        return queryset.filter(status=wanted)
    condition = {"locked": Q(opens_on=None), "open": Q(opens_on__lte=on), "upcoming": Q(opens_on__gt=on)}[wanted]
    return queryset.filter(condition, status=RenewalInvoice.Status.ISSUED)


def is_overdue(invoice_state: State, due_on: date, on: date) -> bool:
    return invoice_state == "open" and on > due_on


def pay_by(*, due_on: date, opens_on: date, grace_ends_on: date) -> date:
    """Return the last day to pay: the due date, unless the invoice opens only after it.

    An invoice opens late if the requirement was met in the grace period of its cycle. It is then to
    be paid by the end of the grace period, but not before it opens.
    """
    return due_on if opens_on <= due_on else max(opens_on, grace_ends_on)


def opening_of(invoice: RenewalInvoice) -> Opening:
    """Return the ``opening`` of a stored invoice. Its cycle and certification must be loaded."""
    return opening(
        due_on=invoice.due_on,
        year=invoice.year,
        mandatory=invoice.cycle.is_mandatory,
        met_on=invoice.cycle.requirement_met_on,
    )


def state_of(invoice: RenewalInvoice, on: date) -> State:
    """Return the ``state`` of a stored invoice. Its cycle and certification must be loaded."""
    return state(status=invoice.status, opens_on=opening_of(invoice).opens_on, on=on)


def with_what_follows(invoice: RenewalInvoice) -> RenewalInvoice:
    """Set the day on which a new invoice opens, and its credential, and return it.

    Its cycle and certification must be loaded.
    """
    invoice.opens_on = opening_of(invoice).opens_on
    invoice.listed_credential_id = invoice.cycle.certification.credential_id
    return invoice


def keep_openings(**of: Any) -> None:
    """Keep the day on which these invoices open, after something changed that it follows from.

    ``of``: which invoices, as ``filter`` takes it. The caller holds the locks on their cycles. The
    history does not have the day, because it follows from what the history has.
    """
    invoices = RenewalInvoice.objects.filter(**of).select_related("cycle__certification").order_by("pk")
    changed: dict[date | None, list[int]] = {}
    for invoice in invoices:
        opens_on = opening_of(invoice).opens_on
        if opens_on != invoice.opens_on:
            changed.setdefault(opens_on, []).append(invoice.pk)
    for opens_on, keys in changed.items():
        RenewalInvoice.objects.filter(pk__in=keys).update(opens_on=opens_on)
        opening_kept.send(RenewalInvoice, keys=keys, opens_on=opens_on)


def held_by(invoice: RenewalInvoice, state: State) -> Held:
    """Return what keeps the invoice from opening whatever is recorded; empty if nothing does.

    The invoice's cycle and certification must be loaded.
    """
    cycle = invoice.cycle
    if state in ("paid", "void"):
        return ""
    if cycle.certification.status not in Certification.IN_FORCE:
        return "certification"
    if cycle.closed_on and (state == "locked" or cycle.outcome == Cycle.Outcome.NON_COMPLIANT):
        return "cycle"
    return ""


def what_holds(invoice: RenewalInvoice, held: Held) -> str:
    """Return what holds the invoice, and what its member sees, for staff."""
    status = invoice.cycle.certification.get_status_display().lower()
    cause = f"The certification is {status}" if held == "certification" else "The cycle is closed"
    return f"{cause}: the member sees it locked, with a request to call AMT."


@dataclass(frozen=True)
class Settled:
    """How an import leaves an invoice: issued, paid before the portal, or not asked for.

    ``before_portal`` is the day that the import gave; None for an invoice that is to be paid.
    """

    status: str = RenewalInvoice.Status.ISSUED
    void_reason: str = ""
    before_portal: date | None = None

    @property
    def values(self) -> dict[str, Any]:
        return vars(self)


def settled_before(due_on: date, *, paid_through: date | None, not_asked_before: date | None = None) -> Settled:
    """Return how an invoice that is due on that day begins in the portal.

    Fees due up to ``paid_through`` were paid before the portal. Where the roster does not say so,
    fees due before ``not_asked_before`` are not asked for.
    """
    if paid_through:
        is_paid = due_on <= paid_through
        return Settled(RenewalInvoice.Status.PAID, before_portal=paid_through) if is_paid else Settled()
    if not_asked_before and due_on < not_asked_before:
        reason = f"Not asked for: it fell due before {format_day(not_asked_before)}, before AMT used this portal."
        return Settled(RenewalInvoice.Status.VOID, reason, not_asked_before)
    return Settled()


def build(cycle: Cycle, *, amount: int, on: date, not_asked_before: date | None = None) -> list[RenewalInvoice]:
    """Return the three invoices of a cycle, not saved yet. ``amount`` is in US cents."""
    certification = cycle.certification
    due = {year: due_on(certification.awarded_on, cycle.number, year) for year in (1, 2, LAST_YEAR)}
    return [
        with_what_follows(
            RenewalInvoice(
                cycle=cycle,
                year=year,
                due_on=day,
                amount=amount,
                issued_on=on,
                **settled_before(
                    day, paid_through=certification.fees_paid_through, not_asked_before=not_asked_before
                ).values,
            )
        )
        for year, day in due.items()
    ]


def locked(invoice: RenewalInvoice) -> RenewalInvoice:
    """Lock the invoice's cycle and then the invoice, and return the invoice as it is now.

    Recording CE locks the cycle first, too.
    """
    Cycle.objects.select_for_update().get(pk=invoice.cycle_id)
    RenewalInvoice.objects.select_for_update().get(pk=invoice.pk)
    return RenewalInvoice.objects.select_related("cycle__certification").get(pk=invoice.pk)


def check_takes(invoice: RenewalInvoice, *, amount: int, on: date, although_held: bool) -> None:
    """Raise ``Refused`` with a sentence for staff if the invoice cannot take a payment of that amount.

    The invoice's cycle and certification must be loaded. ``although_held``: staff have confirmed
    that a held invoice is to be paid all the same.
    """
    state_now = state_of(invoice, on)
    if state_now == "paid" and invoice.before_portal:
        raise Refused(f"{invoice.number} was paid before the portal. If that is wrong, ask for payment first.")
    if state_now == "paid":
        raise Refused(f"{invoice.number} is already paid. To fix a wrong payment, reverse it first.")
    if state_now == "void":
        raise Refused(f"{invoice.number} is void. Issue it again and record the payment on the new invoice.")
    if state_now == "locked" and invoice.cycle.closed_on:
        raise Refused(
            f"{invoice.number} was locked when its cycle was closed on {format_day(invoice.cycle.closed_on)}, "
            "and stays locked. Send the payment back."
        )
    if state_now == "locked":
        raise Refused(
            f"{invoice.number} is locked until the day after the CCP requirement is met. Hold the payment until then."
        )
    if state_now == "upcoming":
        opens_on = opening_of(invoice).opens_on
        assert opens_on is not None
        raise Refused(f"{invoice.number} opens on {format_day(opens_on)}. Hold the payment until that day.")
    _check_amount_and_hold(invoice, state_now, amount=amount, although_held=although_held)


def is_early(invoice: RenewalInvoice, on: date) -> bool:
    """Return whether the invoice is not open yet and may still open, so that money for it is held until then.

    The invoice's cycle and certification must be loaded.
    """
    return state_of(invoice, on) in ("locked", "upcoming") and invoice.cycle.closed_on is None


def check_waits(invoice: RenewalInvoice, *, amount: int, on: date, although_held: bool) -> None:
    """Raise ``Refused`` with a sentence for staff if money of that amount cannot be held until the invoice opens.

    The invoice is early (``is_early``).
    """
    _check_amount_and_hold(invoice, state_of(invoice, on), amount=amount, although_held=although_held)


def _check_amount_and_hold(invoice: RenewalInvoice, state: State, *, amount: int, although_held: bool) -> None:
    if (held := held_by(invoice, state)) and not although_held:
        raise Refused(
            f"{what_holds(invoice, held)} Confirm that the payment is to be recorded all the same, or send it back.",
            "although_held",
        )
    if amount != invoice.amount:
        raise Refused(
            f"{invoice.number} is for {dollars(invoice.amount)}. Record a payment of exactly that amount.", "amount"
        )


def problem_with_payment(invoice: RenewalInvoice, *, amount: int, received_on: date, on: date) -> Problem | None:
    """Return why a payment of a file cannot be recorded for the invoice on that day, or None.

    Its cycle and certification must be loaded.
    """
    try:
        check_takes(invoice, amount=amount, on=on, although_held=False)
        check_receipt(invoice, received_on, on=on)
    except Refused as refusal:
        return refusal.problem
    return None


def check_receipt(invoice: RenewalInvoice, received_on: date, *, on: date) -> None:
    """Raise ``Refused`` if money for the invoice cannot have arrived on that day."""
    of_invoice = {"awarded_on": invoice.cycle.certification.awarded_on, "cycle_starts_on": invoice.cycle.starts_on}
    if problem := plausible.problem_with_receipt(received_on, **of_invoice, on=on):
        raise Refused(problem, "received_on")


@transaction.atomic
def record_payment(
    *,
    invoice: RenewalInvoice,
    amount: int,
    method: str,
    reference: str,
    received_on: date,
    by: User,
    at: datetime,
    although_held: bool = False,
) -> Payment:
    """Record money, in US cents, that AMT received for an open invoice. The invoice is then paid.

    Raises ``Refused`` if the invoice is not open or the amount or day is wrong, or if the invoice
    is held and staff have not confirmed that it is to be paid all the same (``although_held``).
    """
    on = day_of(at)
    invoice = locked(invoice)
    check_takes(invoice, amount=amount, on=on, although_held=although_held)
    check_receipt(invoice, received_on, on=on)
    payment = Payment(
        invoice=invoice,
        amount=amount,
        method=method,
        reference=reference,
        received_on=received_on,
        recorded_at=at,
        recorded_by=by,
    )
    payment.save()
    invoice.status = RenewalInvoice.Status.PAID
    invoice.save(update_fields=["status"])
    return payment


@dataclass(frozen=True)
class Receipt:
    """Money, in US cents, that AMT received for an invoice, as a file has it."""

    invoice: RenewalInvoice
    amount: int
    method: str
    reference: str
    received_on: date


def locked_for_payment(keys: Iterable[int]) -> dict[int, RenewalInvoice]:
    """Lock these invoices and, before them, their cycles; return the invoices as they are now, by key."""
    invoices: dict[int, RenewalInvoice] = {}
    for some in chunks(sorted(set(keys))):
        of_cycles = Cycle.objects.filter(invoices__in=some).order_by("pk").distinct().values_list("pk", flat=True)
        list(Cycle.objects.select_for_update().filter(pk__in=list(of_cycles)).order_by("pk"))
        list(RenewalInvoice.objects.select_for_update().filter(pk__in=some).order_by("pk"))
        certification = "cycle__certification"
        loaded = RenewalInvoice.objects.select_related(f"{certification}__credential", f"{certification}__member")
        invoices |= loaded.in_bulk(some)
    return invoices


@transaction.atomic
def record_payments(*, receipts: Sequence[Receipt], by: User | None, at: datetime, file_name: str) -> list[Payment]:
    """Record the payments of a file, by the rules of ``record_payment``: all of them, or none.

    ``by`` is None if the command brought the file. Raises ``Refused`` with the first broken rule.
    """
    on = day_of(at)
    invoices = locked_for_payment(receipt.invoice.pk for receipt in receipts)
    payments = []
    for receipt in receipts:
        invoice = invoices[receipt.invoice.pk]
        refuse_if(problem_with_payment(invoice, amount=receipt.amount, received_on=receipt.received_on, on=on))
        invoice.status = RenewalInvoice.Status.PAID
        payments.append(
            Payment(
                invoice=invoice,
                amount=receipt.amount,
                method=receipt.method,
                reference=receipt.reference,
                received_on=receipt.received_on,
                recorded_at=at,
                recorded_by=by,
                file_name=file_name,
            )
        )
    history = {
        "batch_size": CHUNK,
        "default_user": by,
        "default_date": at,
        "default_change_reason": f"Payments imported: {file_name}"[:LONGEST_REASON],
    }
    paid = [payment.invoice for payment in payments]
    bulk_create_with_history(payments, Payment, **history)
    bulk_update_with_history(paid, RenewalInvoice, ["status"], **history)
    return payments


@transaction.atomic
def record_online_payment(
    *,
    invoice: RenewalInvoice,
    method: str,
    charge_id: str,
    last4: str,
    received_on: date,
    at: datetime,
    by: User | None = None,
) -> Payment:
    """Record that the whole amount of an open invoice was paid online. The invoice is then paid.

    The caller holds the lock (``locked``) and has found that the invoice can take the money. Nobody
    records it: the provider says that it came. ``by`` is who applied it, if it was not the portal.
    """
    payment = Payment(
        invoice=invoice,
        amount=invoice.amount,
        method=method,
        charge_id=charge_id,
        last4=last4,
        received_on=received_on,
        recorded_at=at,
    )
    sign(payment, by=by, at=at)
    payment.save()
    invoice.status = RenewalInvoice.Status.PAID
    sign(invoice, by=by, at=at)
    invoice.save(update_fields=["status"])
    return payment


@transaction.atomic
def record_held_payment(*, invoice: RenewalInvoice, at: datetime, by: User | None, **received: Any) -> Payment:
    """Record the payment of an open invoice with money that AMT has held for it. The invoice is then paid.

    The caller holds the lock (``locked``) and has found that the invoice can take the money.
    ``received``: the amount, method, reference and day, who recorded it and from which file. ``by`` is
    who applied it, if it was not the portal.
    """
    payment = Payment(invoice=invoice, recorded_at=at, **received)
    sign(payment, by=by, at=at)
    payment.save()
    invoice.status = RenewalInvoice.Status.PAID
    sign(invoice, by=by, at=at)
    invoice.save(update_fields=["status"])
    return payment


def meaning_of_reversal(invoice: RenewalInvoice, *, money: str = "This sends no money back.") -> str:
    """Return what happens if the invoice's payment is reversed, for staff to read beforehand.

    ``money`` says what becomes of it. The invoice's cycle must be loaded.
    """
    unpaid = f"{invoice.number} is then unpaid again. {money}"
    cycle = invoice.cycle
    if cycle.closed_on is None:
        return unpaid
    return (
        f"{unpaid} The cycle {format_day(cycle.starts_on)} to {format_day(cycle.ends_on)} "
        f"was closed on {format_day(cycle.closed_on)} and stays closed as it was. "
        "The member continues as before, and is asked to pay this invoice."
    )


@transaction.atomic
def reverse_payment(*, payment: Payment, reason: str, by: User | None, at: datetime) -> Payment:
    """Reverse a payment recorded by mistake or returned by the bank; the invoice is unpaid again.

    Nobody (``by`` is None) reverses a payment that was paid online and that the bank took back.
    Raises ``Refused`` without a reason. A payment that was reversed already is returned as it is.
    """
    invoice = locked(payment.invoice)
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    if payment.reversed_at:
        return payment
    if not reason.strip():
        raise Refused("Say why the payment is reversed.")
    payment.reversed_at, payment.reversed_by, payment.reversal_reason = at, by, reason.strip()
    payment.save(update_fields=["reversed_at", "reversed_by", "reversal_reason"])
    invoice.status = RenewalInvoice.Status.ISSUED
    invoice.save(update_fields=["status"])
    return payment


@transaction.atomic
def void(*, invoice: RenewalInvoice, reason: str) -> RenewalInvoice:
    """Void an unpaid invoice, with a reason. Raises ``Refused``.

    For a paid invoice, reverse the payment first.
    """
    invoice = locked(invoice)
    if invoice.status == RenewalInvoice.Status.VOID:
        return invoice
    if invoice.status == RenewalInvoice.Status.PAID and invoice.before_portal:
        raise Refused(f"{invoice.number} was paid before the portal. Ask for payment before you void it.")
    if invoice.status == RenewalInvoice.Status.PAID:
        raise Refused(f"{invoice.number} is paid. Reverse the payment before you void the invoice.")
    if not reason.strip():
        raise Refused("Say why the invoice is void.")
    invoice.status, invoice.void_reason = RenewalInvoice.Status.VOID, reason.strip()
    invoice.save(update_fields=["status", "void_reason"])
    return invoice


@transaction.atomic
def ask_for(*, invoice: RenewalInvoice, reason: str, by: User, at: datetime) -> RenewalInvoice:
    """Ask for the payment of an invoice that a roster says was paid before the portal. Raises ``Refused``.

    The roster does not settle it again: it settles only what falls due after its last day.
    """
    invoice = locked(invoice)
    if invoice.status == RenewalInvoice.Status.ISSUED:
        return invoice
    if invoice.status == RenewalInvoice.Status.VOID or not invoice.before_portal:
        raise Refused(f"{invoice.number} was not paid before the portal, so this does not apply to it.")
    if invoice.cycle.closed_on:
        raise Refused(f"{invoice.number} belongs to a cycle that is closed, and a closed cycle does not change.")
    if not reason.strip():
        raise Refused("Say why the payment is asked for: the reason stays on record.", "reason")
    invoice.status, invoice.before_portal = RenewalInvoice.Status.ISSUED, None
    sign(invoice, by=by, at=at, reason=reason.strip())
    invoice.save(update_fields=["status", "before_portal"])
    return invoice


@transaction.atomic
def reissue(*, invoice: RenewalInvoice, at: datetime) -> RenewalInvoice:
    """Issue an invoice in place of a void one, with today's fee. Raises ``Refused``.

    If this was done already, return the invoice that replaced the void one.
    """
    invoice = locked(invoice)
    if invoice.status != RenewalInvoice.Status.VOID:
        raise Refused(f"{invoice.number} is not void. Void it first, with the reason.")
    if invoice.cycle.closed_on:
        raise Refused(f"{invoice.number} belongs to a cycle that is closed, and a closed cycle does not change.")
    standing = RenewalInvoice.objects.standing().filter(cycle=invoice.cycle_id, year=invoice.year).first()
    if standing:
        return standing
    new = RenewalInvoice(
        cycle=invoice.cycle,
        year=invoice.year,
        due_on=invoice.due_on,
        amount=invoice.cycle.certification.credential.annual_fee,
        issued_on=day_of(at),
    )
    with_what_follows(new).save()
    return new
