"""Renewal invoices: one for each year of a cycle, due on the anniversary that ends the year.

- The invoices of years 1 and 2 open 60 days before they are due.
- The invoice of year 3 opens on the later of two days: 60 days before it is due, and *the day
  after* the cycle's CCP requirement was met. While the requirement is not met, the invoice is
  locked.
- If CCP is voluntary, the requirement does not matter: year 3 opens like the other years.

Whether an invoice is open is not stored but calculated from the day in Chicago, so no scheduler is
needed. A correction that reduces the record below the requirement locks an unpaid invoice again; a
paid one stays paid.

The day on which it opens is kept with the invoice, so that a list of open ones needs no other table
(``keep_openings``). Whatever decides about one invoice derives the day again.
An unpaid invoice is *held* if its certification is not in force, or if its cycle is closed and no
payment was reversed. AMT asks nobody to pay a held invoice, and takes nothing for it online.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db import transaction
from django.db.models import Q

from amtportal import plausible
from amtportal.dates import anniversary, day_of
from amtportal.formatting import dollars, format_day
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Refused
from certifications.models import Certification, Cycle, Payment, RenewalInvoice, RenewalInvoiceQuerySet

NOTICE = timedelta(days=60)
LAST_YEAR = 3

State = Literal["locked", "upcoming", "open", "paid", "void"]
Gate = Literal["none", "unmet", "met"]
Held = Literal["", "certification", "cycle"]


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


def with_opening(invoice: RenewalInvoice) -> RenewalInvoice:
    """Set the day on which the invoice opens, and return it. Its cycle and certification must be loaded."""
    invoice.opens_on = opening_of(invoice).opens_on
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


def build(cycle: Cycle, *, amount: int, on: date) -> list[RenewalInvoice]:
    """Return the three invoices of a cycle, not saved yet. ``amount`` is in US cents."""
    awarded_on = cycle.certification.awarded_on
    return [
        with_opening(
            RenewalInvoice(
                cycle=cycle, year=year, due_on=due_on(awarded_on, cycle.number, year), amount=amount, issued_on=on
            )
        )
        for year in (1, 2, LAST_YEAR)
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
    if (held := held_by(invoice, state_now)) and not although_held:
        raise Refused(
            f"{what_holds(invoice, held)} Confirm that the payment is to be recorded all the same, or send it back.",
            "although_held",
        )
    if amount != invoice.amount:
        raise Refused(f"{invoice.number} is for {dollars(invoice.amount)}. Record a payment of exactly that amount.")


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
    of_invoice = {"awarded_on": invoice.cycle.certification.awarded_on, "cycle_starts_on": invoice.cycle.starts_on}
    if problem := plausible.problem_with_receipt(received_on, **of_invoice, on=on):
        raise Refused(problem, "received_on")
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
    if invoice.status == RenewalInvoice.Status.PAID:
        raise Refused(f"{invoice.number} is paid. Reverse the payment before you void the invoice.")
    if not reason.strip():
        raise Refused("Say why the invoice is void.")
    invoice.status, invoice.void_reason = RenewalInvoice.Status.VOID, reason.strip()
    invoice.save(update_fields=["status", "void_reason"])
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
    with_opening(new).save()
    return new
