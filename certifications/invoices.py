"""Renewal invoices: one for each year of a cycle, due on the anniversary that ends the year.

- The invoices of years 1 and 2 open 60 days before they are due.
- The invoice of year 3 opens on the later of that day and *the day after* the cycle's CCP requirement was met. While
  the requirement is not met it is locked.
- Where CCP is voluntary nothing is gated: year 3 opens like the other years.

Opening is read from the day, never written: an invoice is open as soon as the day in Chicago says so, with no
scheduler. A correction that takes the record below the requirement locks an unpaid invoice again; a paid
one stays paid.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.db import transaction
from django.db.models import Q

from amtportal.dates import anniversary, day_of
from amtportal.formatting import dollars, format_day
from amtportal.members.models import User
from amtportal.refusals import Refused
from certifications.models import Cycle, Payment, RenewalInvoice, RenewalInvoiceQuerySet

NOTICE = timedelta(days=60)
LAST_YEAR = 3

State = Literal["locked", "upcoming", "open", "paid", "void"]
Gate = Literal["none", "unmet", "met"]


@dataclass(frozen=True)
class Opening:
    """When an invoice opens for payment. ``opens_on`` is None while the requirement is not met."""

    due_on: date
    gate: Gate
    met_on: date | None
    opens_on: date | None

    @property
    def waits_for_requirement(self) -> bool:
        """The day after the requirement decides, not the 60 days before the due date."""
        return self.opens_on is not None and self.gate == "met" and self.opens_on > self.due_on - NOTICE


def due_on(awarded_on: date, cycle_number: int, year: int) -> date:
    """The anniversary that ends the year of the cycle, counted from the award."""
    return anniversary(awarded_on, 3 * (cycle_number - 1) + year)


def year_of_cycle(awarded_on: date, cycle_number: int, on: date) -> int:
    """The year of the cycle in which a day lies: 1, 2 or 3. Days past the cycle's end count to year 3."""
    return next((year for year in (1, 2) if on < due_on(awarded_on, cycle_number, year)), LAST_YEAR)


def opening(*, due_on: date, year: int, mandatory: bool, met_on: date | None) -> Opening:
    """When the invoice of that year opens, from its due date and the day on which the requirement was met."""
    noticed_on = due_on - NOTICE
    if year < LAST_YEAR or not mandatory:
        return Opening(due_on, "none", met_on, noticed_on)
    if met_on is None:
        return Opening(due_on, "unmet", None, None)
    return Opening(due_on, "met", met_on, max(noticed_on, met_on + timedelta(days=1)))


def state(*, status: str, opens_on: date | None, on: date) -> State:
    """What the invoice is on that day: locked, upcoming (it opens on a known day), open, paid or void."""
    if status == RenewalInvoice.Status.PAID:
        return "paid"
    if status == RenewalInvoice.Status.VOID:
        return "void"
    if opens_on is None:
        return "locked"
    return "upcoming" if on < opens_on else "open"


def in_state(found: RenewalInvoiceQuerySet, wanted: State, on: date) -> RenewalInvoiceQuerySet:
    """Return those of the invoices that ``state`` calls so on that day.

    It is the rule of ``state`` for the database; ``tests/certifications/test_invoice_states.py``
    holds the two together.
    """
    if wanted in ("paid", "void"):
        return found.filter(status=wanted)
    frozen = Q(cycle__mandatory_at_close__isnull=False)
    mandatory = Q(cycle__mandatory_at_close=True) | ~frozen & Q(cycle__certification__ccp_mandatory=True)
    gated = Q(year=LAST_YEAR) & mandatory
    unmet = gated & Q(cycle__requirement_met_on=None)
    opened = Q(due_on__lte=on + NOTICE) & (~gated | Q(cycle__requirement_met_on__lt=on))
    condition = {"locked": unmet, "open": opened, "upcoming": ~unmet & ~opened}[wanted]
    return found.filter(condition, status=RenewalInvoice.Status.ISSUED)


def is_overdue(invoice_state: State, due_on: date, on: date) -> bool:
    return invoice_state == "open" and on > due_on


def opening_of(invoice: RenewalInvoice) -> Opening:
    """``opening`` asked of a stored invoice (its cycle and certification are read)."""
    return opening(
        due_on=invoice.due_on,
        year=invoice.year,
        mandatory=invoice.cycle.is_mandatory,
        met_on=invoice.cycle.requirement_met_on,
    )


def state_of(invoice: RenewalInvoice, on: date) -> State:
    """``state`` asked of a stored invoice (its cycle and certification are read)."""
    return state(status=invoice.status, opens_on=opening_of(invoice).opens_on, on=on)


def build(cycle: Cycle, *, amount: int, on: date) -> list[RenewalInvoice]:
    """The three invoices of a cycle, not yet saved, with the fee as it is now."""
    awarded_on = cycle.certification.awarded_on
    return [
        RenewalInvoice(
            cycle=cycle, year=year, due_on=due_on(awarded_on, cycle.number, year), amount=amount, issued_on=on
        )
        for year in (1, 2, LAST_YEAR)
    ]


def _locked(invoice: RenewalInvoice) -> RenewalInvoice:
    """The invoice as it is now, with its cycle and itself locked: the cycle first, as recording CE does."""
    Cycle.objects.select_for_update().get(pk=invoice.cycle_id)
    RenewalInvoice.objects.select_for_update().get(pk=invoice.pk)
    return RenewalInvoice.objects.select_related("cycle__certification").get(pk=invoice.pk)


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
) -> Payment:
    """Record money that AMT received for an open invoice, which is then paid. Refused for any other state."""
    on = day_of(at)
    invoice = _locked(invoice)
    found = state_of(invoice, on)
    if found == "paid":
        raise Refused(f"{invoice.number} is already paid. To fix a wrong payment, reverse it first.")
    if found == "void":
        raise Refused(f"{invoice.number} is void. Issue it again and record the payment on the new invoice.")
    if found == "locked" and invoice.cycle.closed_on:
        raise Refused(
            f"{invoice.number} was locked when its cycle was closed on {format_day(invoice.cycle.closed_on)}, "
            "and stays locked. Send the payment back."
        )
    if found == "locked":
        raise Refused(
            f"{invoice.number} is locked until the day after the CCP requirement is met. Hold the payment until then."
        )
    if found == "upcoming":
        opens_on = opening_of(invoice).opens_on
        assert opens_on is not None
        raise Refused(f"{invoice.number} opens on {format_day(opens_on)}. Hold the payment until that day.")
    if amount != invoice.amount:
        raise Refused(f"{invoice.number} is for {dollars(invoice.amount)}. Record a payment of exactly that amount.")
    if received_on > on:
        raise Refused("The payment cannot be received in the future. Enter the day on which it arrived.")
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


def meaning_of_reversal(invoice: RenewalInvoice) -> str:
    """What follows if the payment of the invoice (cycle read) is reversed, for staff to read beforehand."""
    unpaid = f"{invoice.number} is then unpaid again. This sends no money back."
    cycle = invoice.cycle
    if cycle.closed_on is None:
        return unpaid
    return (
        f"{unpaid} The cycle {format_day(cycle.starts_on)} to {format_day(cycle.ends_on)} "
        f"was closed on {format_day(cycle.closed_on)} and stays closed as it was. "
        "The member continues as before, and is asked to pay this invoice."
    )


@transaction.atomic
def reverse_payment(*, payment: Payment, reason: str, by: User, at: datetime) -> Payment:
    """Take back a payment recorded by mistake or returned by the bank; the invoice is unpaid again."""
    invoice = _locked(payment.invoice)
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
    """Void an unpaid invoice, with a reason. A paid one is voided by reversing its payment first."""
    invoice = _locked(invoice)
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
def issue_anew(*, invoice: RenewalInvoice, at: datetime) -> RenewalInvoice:
    """Issue an invoice in the place of a void one, with the fee of that day; the one that stands if it was done."""
    invoice = _locked(invoice)
    if invoice.status != RenewalInvoice.Status.VOID:
        raise Refused(f"{invoice.number} is not void. Void it first, with the reason.")
    if invoice.cycle.closed_on:
        raise Refused(f"{invoice.number} belongs to a cycle that is closed, and a closed cycle does not change.")
    standing = RenewalInvoice.objects.standing().filter(cycle=invoice.cycle_id, year=invoice.year).first()
    if standing:
        return standing
    anew = RenewalInvoice(
        cycle=invoice.cycle,
        year=invoice.year,
        due_on=invoice.due_on,
        amount=invoice.cycle.certification.credential.annual_fee,
        issued_on=day_of(at),
    )
    anew.save()
    return anew
