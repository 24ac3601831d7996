"""Verification: check that all stored values are what the rules derive from the record.

Nothing is changed here. For each cycle:

- *Credits*: what each entry counts for, and why it was cut, is calculated again under the caps and
  under the terms of the day on which the entry was recorded. This is done only for cycles that are
  not closed, because a closed cycle is frozen.
- *Met on*: the day is calculated again without the stored day. The history of the credits is
  replayed, change by change, to find the day since which the record has sufficed without
  interruption (``ccp.counting.replay``).
- *Closed cycles*: the points must be the sum of the credits, and the outcome must follow from them.
- *Invoices*: each of the three years has one invoice that is not void, due on the anniversary. In a
  closed cycle, a year may have only a void invoice; so may a year that an import did not ask for. An
  invoice is paid if and only if it has a payment that stands, with the invoice's amount, or an
  import says that it was paid before the portal; not both. A payment that was made online is that
  of a checkout of the invoice, or staff applied the money to it, and it does not stand if it was
  refunded or lost in a dispute. The day kept as the one on which an invoice opens must follow from
  its cycle.

A change made behind the portal's back that agrees with the rules is found elsewhere
(``amtportal.history.comparison``).

A difference consists of the cycle, the stored value and the recalculated value, and becomes one
line for the operator.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from amtportal.formatting import dollars, format_day, format_points
from ccp.counting import points
from ccp.counting.credits import entry
from ccp.counting.replay import changes, in_order, met_since
from ccp.counting.terms import Catalogue, catalogue
from ccp.models import Activity, ActivityType, CategoryTerms, Credit, TypeTerms
from ccp.rollover.cycle_record import CycleRecord, StoredInvoice, StoredPayment, read_cycles
from certifications import invoices as invoice_rules
from certifications import quarters
from certifications.models import Certification, Cycle, RenewalInvoice
from certifications.models.invoices import ONLINE
from certifications.payments.models import UnappliedMoney

BATCH = 500
YEARS = (1, 2, invoice_rules.LAST_YEAR)


@dataclass(frozen=True)
class Difference:
    """A stored value that differs from what the rules derive from the record.

    ``cycle``: the key of the cycle.
    """

    cycle: int
    what: str
    stored: str
    recomputed: str

    def __str__(self) -> str:
        return f"cycle {self.cycle}: {self.what}: stored {self.stored}, recomputed {self.recomputed}"


@dataclass
class VerificationTally:
    """What a run has verified so far."""

    cycles: int = 0
    credits: int = 0
    invoices: int = 0
    differences: int = 0

    def __str__(self) -> str:
        result = _number(self.differences, "difference") if self.differences else "no differences"
        cycles, credits = _number(self.cycles, "cycle"), _number(self.credits, "credit")
        return f"{cycles}, {credits} and {_number(self.invoices, 'invoice')} verified: {result}."


def outcome_of(certification: Certification, cycle: Cycle, total: Decimal) -> str:
    """Return the outcome with which a closed cycle had to be closed.

    The outcome depends on the cycle's points and on whether CCP was mandatory when the cycle
    closed. Where that was not stored, CCP was not mandatory for anyone who has recertified since
    then.
    """
    bound = cycle.mandatory_at_close
    if bound is None:
        recertified_on = certification.recertified_on
        bound = certification.ccp_mandatory and not (
            recertified_on and cycle.closed_on and recertified_on > cycle.closed_on
        )
    return Cycle.Outcome.NON_COMPLIANT if bound and total < cycle.points_required else Cycle.Outcome.COMPLIANT


def differences(record: CycleRecord, terms: Catalogue) -> Iterator[Difference]:
    """Yield all differences of a cycle."""
    if record.cycle.closed_on is None:
        yield from _credits(record, terms)
    since = met_since(changes(in_order(record.versions, record.came_in)), record.cycle.points_required)
    if since != record.cycle.requirement_met_on:
        yield Difference(record.cycle.pk, "requirement met on", _day(record.cycle.requirement_met_on), _day(since))
    yield from _closed(record)
    yield from _invoices(record, since)


def _credits(record: CycleRecord, terms: Catalogue) -> Iterator[Difference]:
    """Yield each credit that should count for something else."""
    claimed = [credit for credit in record.credits if credit.cut not in Credit.NOT_CLAIMED]
    counted = points.credited(entry(credit.activity, terms) for credit in claimed if credit.activity.is_standing)
    for credit in claimed:
        result = counted.get(credit.activity.pk)
        value = (result.counted, result.cut) if result else (quarters.ZERO, Credit.Cut.NOT_STANDING)
        if (credit.points, credit.cut) != value:
            what = f"credit {credit.pk} of {Activity(pk=credit.activity.pk).reference}"
            stored = _counted_in_words(credit.points, credit.cut)
            yield Difference(record.cycle.pk, what, stored, _counted_in_words(*value))


def _closed(record: CycleRecord) -> Iterator[Difference]:
    cycle = record.cycle
    if cycle.closed_on is None or cycle.points_at_close is None:
        return
    total = sum((credit.points for credit in record.credits), quarters.ZERO)
    if cycle.points_at_close != total:
        yield Difference(cycle.pk, "points at close", format_points(cycle.points_at_close), format_points(total))
    outcome = outcome_of(cycle.certification, cycle, cycle.points_at_close)
    if cycle.outcome != outcome:
        yield Difference(cycle.pk, "outcome", cycle.outcome, outcome)


def _invoices(record: CycleRecord, since: date | None) -> Iterator[Difference]:
    """Yield what is wrong with the invoices. ``since``: the day since which the requirement is met."""
    cycle = record.cycle
    standing = [invoice for invoice in record.invoices if invoice.status != RenewalInvoice.Status.VOID]
    years = sorted(invoice.year for invoice in standing)
    # In a closed cycle a void invoice stays void: none is issued in its place. The same is so of one
    # that an import did not ask for.
    void = {invoice.year for invoice in record.invoices if cycle.closed_on or invoice.before_portal} - set(years)
    if sorted([*years, *void]) != list(YEARS):
        stored_years = ", ".join(map(str, years)) or "none"
        yield Difference(cycle.pk, "years with an invoice", stored_years, ", ".join(map(str, YEARS)))
    for invoice in record.invoices:
        number = RenewalInvoice(pk=invoice.pk).number
        due_on = invoice_rules.due_on(cycle.certification.awarded_on, cycle.number, invoice.year)
        if invoice.due_on != due_on and invoice in standing:
            yield Difference(cycle.pk, f"{number} due", format_day(invoice.due_on), format_day(due_on))
        opens_on = invoice_rules.opening(
            due_on=due_on, year=invoice.year, mandatory=cycle.is_mandatory, met_on=since
        ).opens_on
        if invoice.opens_on != opens_on:
            yield Difference(cycle.pk, f"{number} opens", _day(invoice.opens_on), _day(opens_on))
        payments = invoice.standing_payments
        status = RenewalInvoice.Status.PAID if payments else invoice.status
        if bool(payments) is bool(invoice.before_portal) and invoice.status == RenewalInvoice.Status.PAID:
            status = RenewalInvoice.Status.ISSUED
        if invoice.status != status:
            yield Difference(cycle.pk, number, invoice.status, status)
        for payment in payments:
            if payment.became:
                yield Difference(cycle.pk, f"payment {payment.pk} of {number}", "stands", payment.became)
            if payment.amount != invoice.amount:
                what = f"payment {payment.pk} of {number}"
                yield Difference(cycle.pk, what, dollars(payment.amount), dollars(invoice.amount))
        for payment in invoice.payments:
            if payment.method in ONLINE and not _was_paid_online(payment, invoice):
                what = f"payment {payment.pk} of {number}"
                yield Difference(cycle.pk, what, "paid online", "no checkout that was paid")


def _was_paid_online(payment: StoredPayment, invoice: StoredInvoice) -> bool:
    """Return whether the payment is that of a checkout of its invoice, or was applied by staff."""
    if payment.checked_out is None:
        applied = UnappliedMoney.objects.filter(charge_id=payment.charge_id, resolution="applied")
        return applied.filter(applied_to=invoice.pk).exists()
    return payment.checked_out == invoice.pk


def _counted_in_words(counted: Decimal, cut: str) -> str:
    return f"{format_points(counted)} points ({cut or 'not cut'})"


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _day(day: date | None) -> str:
    return format_day(day) if day else "never"


def uncountable() -> list[int]:
    """Return the keys of the activity types of entries that are gone or have no terms.

    While there are any, no cycle can be counted again.
    """
    whole = ActivityType.objects.filter(
        Exists(TypeTerms.objects.filter(activity_type=OuterRef("pk"))),
        Exists(CategoryTerms.objects.filter(category=OuterRef("category__pk"))),
    )
    kinds = Activity.objects.exclude(activity_type__in=whole).order_by("activity_type_id")
    return list(kinds.values_list("activity_type_id", flat=True).distinct())


def verify(cycles: QuerySet[Cycle], tally: VerificationTally) -> Iterator[list[Difference]]:
    """Yield the differences of these cycles, batch by batch; ``tally`` is kept up to date.

    Each batch takes the same few queries. Members may record while this runs, between two queries
    of a batch. So a cycle that seems to differ is read again under its lock before it is reported.
    """
    terms = catalogue()
    last = 0
    while keys := list(cycles.order_by("pk").filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        last = keys[-1]
        batch = read_cycles(keys)
        batch_differences = _all_differences(batch, terms)
        if batch_differences:
            batch_differences = _again(sorted({difference.cycle for difference in batch_differences}))
        tally.cycles += len(batch)
        tally.credits += sum(len(record.credits) for record in batch)
        tally.invoices += sum(len(record.invoices) for record in batch)
        tally.differences += len(batch_differences)
        yield batch_differences


@transaction.atomic
def _again(keys: Sequence[int]) -> list[Difference]:
    """Return the differences of these cycles while nobody can change them."""
    list(Cycle.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    return _all_differences(read_cycles(keys), catalogue())


def _all_differences(batch: Sequence[CycleRecord], terms: Catalogue) -> list[Difference]:
    return [difference for record in batch for difference in differences(record, terms)]
