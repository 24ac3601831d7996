"""CCP cycles: the 3 years between two third anniversaries of the award.

Certified on 5/1/2006: the first cycle is 5/1/2006 to 4/30/2009, the next starts on 5/1/2009. Every cycle is counted
from the day of the award, never from the last cycle. A cycle takes records from its first day until the
grace period after its last day is over, unless it has been closed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from amtportal.dates import anniversary
from amtportal.members.models import Member
from certifications import invoices
from certifications.models import Certification, Cycle

YEARS = 3


@dataclass(frozen=True)
class Span:
    """The days of one cycle, both inclusive, and its number (1 begins with the award)."""

    number: int
    starts_on: date
    ends_on: date

    def covers(self, first: date, last: date) -> bool:
        return self.starts_on <= first and last <= self.ends_on


def span(awarded_on: date, number: int) -> Span:
    """The ``number``-th cycle of a certification awarded on that day."""
    if number < 1:
        raise ValueError("Cycles are numbered from 1.")
    return Span(
        number=number,
        starts_on=anniversary(awarded_on, YEARS * (number - 1)),
        ends_on=anniversary(awarded_on, YEARS * number) - timedelta(days=1),
    )


def span_on(awarded_on: date, on: date) -> Span:
    """The cycle to which a day belongs. The day must not be before the award."""
    if on < awarded_on:
        raise ValueError(f"{on} is before the award on {awarded_on}: no cycle had begun.")
    # The calendar years tell the cycle, except before the anniversary in a year in which a cycle changes.
    candidate = span(awarded_on, (on.year - awarded_on.year) // YEARS + 1)
    return candidate if candidate.starts_on <= on else span(awarded_on, candidate.number - 1)


def records_until(ends_on: date, *, grace_days: int) -> date:
    """The last day on which a cycle that ended on ``ends_on`` takes records."""
    return ends_on + timedelta(days=grace_days)


def takes_records(cycle: Cycle, on: date, *, grace_days: int) -> bool:
    """Whether activities can be recorded, amended and withdrawn in the cycle on that day."""
    return cycle.closed_on is None and cycle.starts_on <= on <= records_until(cycle.ends_on, grace_days=grace_days)


def open_for_records(member: Member, on: date, *, lock: bool = False) -> list[Cycle]:
    """The member's cycles that take records on that day, in the order of their keys; locked on demand."""
    cycles = Cycle.objects.for_member(member).unclosed().filter(certification__status=Certification.Status.ACTIVE)
    if lock:
        cycles = cycles.select_for_update(of=("self",))
    return [
        cycle
        for cycle in cycles.select_related("certification__credential").order_by("pk")
        if takes_records(cycle, on, grace_days=settings.CCP_GRACE_DAYS)
    ]


def days_left(ends_on: date, on: date) -> int:
    """Days from today to the last day of the cycle: 0 on the last day itself, negative after it."""
    return (ends_on - on).days


def build(certification: Certification, on: date, *, points_required: Decimal) -> Cycle:
    """The cycle of that day, not yet saved, with the points required as they are now."""
    current = span_on(certification.awarded_on, on)
    return Cycle(
        certification=certification,
        number=current.number,
        starts_on=current.starts_on,
        ends_on=current.ends_on,
        points_required=points_required,
    )


@transaction.atomic
def open_current(*, certification: Certification, on: date) -> Cycle:
    """Open the cycle to which the day belongs and issue its three invoices; the same cycle if it is open already."""
    Certification.objects.select_for_update().get(pk=certification.pk)
    number = span_on(certification.awarded_on, on).number
    existing = Cycle.objects.filter(certification=certification, number=number).first()
    if existing:
        return existing
    cycle = build(certification, on, points_required=certification.credential.points_required)
    cycle.save()
    for invoice in invoices.build(cycle, amount=certification.credential.annual_fee, on=on):
        invoice.save()
    return cycle
