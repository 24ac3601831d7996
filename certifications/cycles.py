"""CCP cycles. Each one lasts 3 years, counted from the day of the award.

For a certification awarded on 5/1/2006, the first cycle is 5/1/2006 to 4/30/2009, and the next one
starts on 5/1/2009. Every cycle is counted from the day of the award, never from the last cycle. A
cycle takes records from its first day until the end of the grace period after its last day, unless
it has been closed.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from amtportal.chunks import chunks
from amtportal.dates import anniversary, day_of
from amtportal.formatting import format_day
from amtportal.history.lines import sign
from amtportal.members.models import Member, User
from amtportal.prepared import prepared
from amtportal.refusals import Problem, Refused, refuse_if
from certifications import invoices
from certifications.models import Certification, Cycle
from certifications.models.cycles import CycleQuerySet

YEARS = 3
OPENED_LATE = "The cycle was opened after its last day."


class Days(Protocol):
    """The first and the last day, both inclusive, of a cycle, stored or not."""

    @property
    def starts_on(self) -> date: ...

    @property
    def ends_on(self) -> date: ...


@dataclass(frozen=True)
class Span:
    """The days of one cycle, both inclusive, and its number; number 1 begins with the award."""

    number: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Moved:
    """A date that an extension of the grace period moves."""

    what: str
    before: date
    after: date


def span(awarded_on: date, number: int) -> Span:
    """Return the cycle with that number, from 1, of a certification awarded on that day."""
    if number < 1:
        raise ValueError("Cycles are numbered from 1.")
    return Span(
        number=number,
        starts_on=anniversary(awarded_on, YEARS * (number - 1)),
        ends_on=anniversary(awarded_on, YEARS * number) - timedelta(days=1),
    )


def span_on(awarded_on: date, on: date) -> Span:
    """Return the cycle to which a day belongs. Raises ``ValueError`` if it is before the award."""
    if on < awarded_on:
        raise ValueError(f"{on} is before the award on {awarded_on}: no cycle had begun.")
    # The calendar years give the cycle, except before the anniversary in a year when a new cycle
    # starts.
    candidate = span(awarded_on, (on.year - awarded_on.year) // YEARS + 1)
    return candidate if candidate.starts_on <= on else span(awarded_on, candidate.number - 1)


def covers(days: Days, first: date, last: date) -> bool:
    """Return whether an activity from the first day to the last is within the cycle."""
    return days.starts_on <= first and last <= days.ends_on


def records_until(ends_on: date) -> date:
    """Return the last day of the usual grace period of a cycle that ends on ``ends_on``."""
    return ends_on + timedelta(days=settings.CCP_GRACE_DAYS)


def grace_ends_on(cycle: Cycle) -> date:
    """Return the last day of the cycle's grace period: the usual one, unless staff extended it."""
    return cycle.grace_extended_to or records_until(cycle.ends_on)


def takes_records(cycle: Cycle, on: date) -> bool:
    """Return whether activities can be recorded, amended and withdrawn in the cycle on that day.

    The cycle's certification must be loaded.
    """
    return (
        cycle.certification.status in Certification.IN_FORCE
        and cycle.closed_on is None
        and cycle.starts_on <= on <= grace_ends_on(cycle)
    )


def unclosed(member: Member, *, lock: bool = False) -> list[Cycle]:
    """Return the member's cycles that are not closed, by key. ``lock``: lock them first."""
    if not lock:
        return _unclosed(member.pk)
    while True:
        locked = _locked(member.pk)
        # They are read only after they are locked, because a query that had to wait for the lock
        # returns the certifications as they were before. If a cycle was closed in the meantime, the
        # locked rows contain neither it nor the cycle that follows it, so this tries again.
        unclosed_now = _unclosed(member.pk)
        if [key for (key,) in locked] == [cycle.pk for cycle in unclosed_now]:
            return unclosed_now


def _of(member: int) -> CycleQuerySet:
    return Cycle.objects.unclosed().filter(certification__member=member).order_by("pk")


@prepared
def _unclosed(member: int) -> QuerySet[Cycle]:
    return _of(member).select_related("certification__credential")


@prepared
def _locked(member: int) -> QuerySet[Cycle, tuple[int]]:
    return _of(member).select_for_update(of=("self",)).values_list("pk")


def taking_records(cycles: Iterable[Cycle], on: date) -> list[Cycle]:
    """Return the cycles that take records on that day. Their certifications must be loaded."""
    return [cycle for cycle in cycles if takes_records(cycle, on)]


def unclosed_of(members: Collection[int], *, lock: bool = False) -> list[Cycle]:
    """Return what ``unclosed`` returns, but for several members, given by key."""
    while True:
        keys = _unclosed_keys(members)
        if lock:
            lock_all(keys)  # before they are read, as in ``unclosed``
        unclosed_now: list[Cycle] = []
        for some in chunks(keys):
            cycles = Cycle.objects.unclosed().filter(pk__in=some)
            unclosed_now += cycles.select_related("certification__credential").order_by("pk")
        if not lock or [cycle.pk for cycle in unclosed_now] == _unclosed_keys(members):
            return unclosed_now


def lock_all(keys: Iterable[int]) -> None:
    """Lock these cycles, given by key, in the order of their keys."""
    for some in chunks(sorted(keys)):
        list(Cycle.objects.select_for_update().filter(pk__in=some).order_by("pk").values_list("pk", flat=True))


def _unclosed_keys(members: Collection[int]) -> list[int]:
    keys: list[int] = []
    for some in chunks(members):
        unclosed = Cycle.objects.unclosed().filter(certification__member__in=some)
        keys += unclosed.order_by().values_list("pk", flat=True)
    return sorted(keys)


def extension(cycle: Cycle, until: date) -> list[Moved]:
    """Return the dates that move if the grace period of the cycle ends on that day instead."""
    before = grace_ends_on(cycle)
    day = timedelta(days=1)
    return [
        Moved("Last day of the grace period", before, until),
        Moved("Closes as non-compliant, if the requirement is not met then", before + day, until + day),
    ]


def problem_with_extension(cycle: Cycle, until: date, on: date) -> Problem | None:
    """Return why the grace period of the cycle cannot end on that day.

    It lasts at most three years from the end of the cycle or, once the cycle has ended, from today.
    The usual last day, while it is not past, cancels an extension.
    """
    if cycle.closed_on:
        return Problem(
            "until", f"This cycle was closed on {format_day(cycle.closed_on)}, and a closed cycle does not change."
        )
    if on > grace_ends_on(cycle):
        return Problem(
            "until", "The grace period of this cycle is over. Once the certification has lapsed, it can be reinstated."
        )
    usual = records_until(cycle.ends_on)
    if until < usual and cycle.grace_extended_to:
        ends = f"The usual grace period ends {format_day(usual)}."
        return Problem("until", f"{ends} Enter a later day, or that day to take the extension back.")
    if until <= usual and not cycle.grace_extended_to:
        return Problem("until", f"The usual grace period ends {format_day(usual)}. Enter a later day.")
    if until < on:
        return Problem("until", f"{format_day(until)} is past. Enter a day from today on.")
    latest = anniversary(max(cycle.ends_on, on), YEARS)
    if until > latest:
        return Problem(
            "until", f"The grace period can be extended to {format_day(latest)}, not further. Enter an earlier day."
        )
    return None


def grace_from(
    ends_on: date, on: date, because: str, *, extended_to: date | None = None, reason: str = ""
) -> tuple[date | None, str]:
    """Return the extension of the grace period, with its reason, once the cycle could not take records until now.

    ``because``: why it could not. If the cycle has ended, the usual number of days is counted from today. An
    extension that is later stays; one that ends before the usual grace period falls away.
    """
    usual = records_until(ends_on)
    kept = (extended_to, reason) if extended_to and extended_to > usual else (None, "")
    from_now = records_until(on)
    if ends_on < on and from_now > (kept[0] or usual):
        return from_now, because
    return kept


def days_left(ends_on: date, on: date) -> int:
    """Return the days until the last day of the cycle: 0 on that day, negative after it."""
    return (ends_on - on).days


def build(certification: Certification, on: date, *, points_required: Decimal) -> Cycle:
    """Return the cycle of that day, not saved yet, with these required points."""
    return _unsaved(certification, span_on(certification.awarded_on, on), points_required)


def following(cycle: Cycle, on: date) -> Cycle:
    """Return the cycle after this one, opened on that day, not saved yet.

    It requires the points that the credential requires now. If it is opened after its own last day,
    its grace period starts on the day of opening, because nothing could be recorded in it before.
    """
    certification = cycle.certification
    days = span(certification.awarded_on, cycle.number + 1)
    opened = _unsaved(certification, days, certification.credential.points_required)
    if opened.ends_on < on:
        opened.grace_extended_to = records_until(on)
        opened.grace_extension_reason = OPENED_LATE
    return opened


def _unsaved(certification: Certification, days: Span, points_required: Decimal) -> Cycle:
    return Cycle(
        certification=certification,
        listed_credential_id=certification.credential_id,
        number=days.number,
        starts_on=days.starts_on,
        ends_on=days.ends_on,
        points_required=points_required,
    )


@transaction.atomic
def open_current(*, certification: Certification, on: date) -> Cycle:
    """Open the cycle to which the day belongs and issue its three invoices.

    If the cycle exists already, return it.
    """
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


@transaction.atomic
def extend_grace(*, cycle: Cycle, until: date, reason: str, by: User, at: datetime) -> Cycle:
    """Make the grace period of a cycle that is not closed end on that day. Raises ``Refused``.

    Repeating the same extension changes nothing. The usual last day cancels the extension: the
    cycle is as it was before, and its history has the reason.
    """
    cycle = Cycle.objects.select_for_update().get(pk=cycle.pk)
    if (cycle.grace_extended_to, cycle.grace_extension_reason) == (until, reason.strip()):
        return cycle
    refuse_if(problem_with_extension(cycle, until, day_of(at)))
    if not reason.strip():
        raise Refused("Give the reason for the extension: it stays on record.")
    if until == records_until(cycle.ends_on):
        cycle.grace_extended_to, cycle.grace_extension_reason = None, ""
        sign(cycle, reason=reason.strip())
    else:
        cycle.grace_extended_to, cycle.grace_extension_reason = until, reason.strip()
    sign(cycle, by=by, at=at)
    cycle.save(update_fields=["grace_extended_to", "grace_extension_reason"])
    return cycle
