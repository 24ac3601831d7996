"""Which notices are due on a day: pure functions of facts and the day.

A notice is due from its *anchor* day on, until it is on record. Nothing is due "only today": a run
that comes late still finds it. Of a series, only the newest reminder whose anchor has come is due.
For a cycle that ends on 1/8/2027 and is short of points, the reminders have the anchors 9/10, 10/10,
11/9, 12/9, 12/25, 1/1 and 1/7. A first run on 12/20 finds that of 12/9 due, with 19 days left.

What happens once, such as a payment, is due for ``LATE`` days. A portal that begins to send notices
does not tell what happened more than ``BEFORE`` days before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from ccp.notices.kinds import KINDS
from ccp.notices.models import NoticeKind as Kind
from ccp.rollover.verdicts import Verdict

LATE = 30
"""For so many days what happened once is told."""
BEFORE = 3
"""So many days before the portal's first notice are told, too."""
QUIET_MONTHS = 6
OPTIONAL_LATE = 7
"""For so many days what can be switched off is told."""
LONGEST = max(KINDS[Kind.CYCLE_ENDS].before)


@dataclass(frozen=True)
class Due:
    """A notice that is due: to whom, what about, and since when."""

    member: int
    kind: Kind
    subject: str
    anchor_on: date


@dataclass(frozen=True)
class Owed:
    """An invoice that its member is asked to pay. ``pay_by``: the last day to pay it."""

    invoice: int
    year: int
    opens_on: date
    pay_by: date


@dataclass(frozen=True)
class CycleFacts:
    """A cycle and its invoices on a day. ``is_short``: CCP is mandatory, and points are missing.

    ``quiet_since``: the day of the last entry that counts in it, or its first day.
    """

    member: int
    cycle: int
    ends_on: date
    grace_ends_on: date
    verdict: Verdict | None
    is_short: bool
    owed: tuple[Owed, ...]
    quiet_since: date | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened once."""

    member: int
    kind: Kind
    subject: str
    on: date


def since(on: date, began_on: date) -> date:
    """Return the first day of which something that happened once is told on that day."""
    return max(on - timedelta(days=LATE), began_on - timedelta(days=BEFORE))


def newest(last_day: date, before: Iterable[int], on: date) -> date | None:
    """Return the newest anchor of a series that has come: the last of those up to that day."""
    anchors = (last_day - timedelta(days=days) for days in before)
    return max((anchor for anchor in anchors if anchor <= on), default=None)


def cycle_ends(cycle: CycleFacts, on: date) -> date | None:
    """Return the anchor of the reminder that the cycle ends.

    While only an invoice is to be paid, reminders from before it opened are none: the notice that it
    is open says when it is due.
    """
    if cycle.verdict != "running" or not (cycle.is_short or cycle.owed):
        return None
    anchor = newest(cycle.ends_on, KINDS[Kind.CYCLE_ENDS].before, on)
    if anchor and not cycle.is_short and all(owed.opens_on >= anchor for owed in cycle.owed):
        return None
    return anchor


def grace(cycle: CycleFacts, on: date) -> date | None:
    """Return the anchor of the reminder of the grace period: its first day, or days before its last one."""
    if cycle.verdict != "grace":
        return None
    began_on = cycle.ends_on + timedelta(days=1)
    reminder = newest(cycle.grace_ends_on, KINDS[Kind.GRACE].before, on)
    return max(began_on, reminder) if reminder else began_on


def invoice_open(owed: Owed, on: date, told_since: date) -> date | None:
    return owed.opens_on if told_since <= owed.opens_on <= on else None


def invoice_due(owed: Owed, cycle: CycleFacts, on: date) -> date | None:
    """Return the anchor of the reminder that the invoice is due.

    The last invoice of a cycle is due on the day after it. Its reminders are counted to the last day
    of the cycle, so that they come in one mail with those of the cycle. A reminder from before the
    invoice opened is none.
    """
    before = KINDS[Kind.INVOICE_DUE].before
    if on > owed.pay_by:
        return None
    is_last = owed.pay_by == cycle.ends_on + timedelta(days=1)
    days = [days + 1 if is_last and days else days for days in before]
    anchor = newest(owed.pay_by, days, on)
    return anchor if anchor and anchor > owed.opens_on else None


def invoice_overdue(owed: Owed, on: date, told_since: date) -> date | None:
    anchor = newest(owed.pay_by, KINDS[Kind.INVOICE_OVERDUE].before, on)
    return anchor if anchor and anchor >= told_since else None


def nothing_recorded(cycle: CycleFacts, on: date, told_since: date) -> date | None:
    """Return the day 6 months after the last entry, while points are missing and the end is not near.

    From 120 days before the end on, the reminders of the cycle say the same with more weight.
    """
    if cycle.verdict != "running" or not cycle.is_short or cycle.quiet_since is None:
        return None
    anchor = quiet_anchor(cycle.quiet_since)
    is_near = (cycle.ends_on - on).days <= LONGEST
    return anchor if told_since <= anchor and 0 <= (on - anchor).days < OPTIONAL_LATE and not is_near else None


def quiet_anchor(quiet_since: date) -> date:
    """Return from when on nothing was recorded for 6 months: from 8/31 it is 2/28, or 2/29."""
    return quiet_since + relativedelta(months=QUIET_MONTHS)


def monthly(on: date, told_since: date) -> date | None:
    """Return the first day of the month, while the month before is still told."""
    first = on.replace(day=1)
    return first if first >= told_since and (on - first).days < OPTIONAL_LATE else None


def of_cycle(cycle: CycleFacts, on: date, told_since: date) -> Iterator[Due]:
    """Yield what is due of a cycle and its invoices."""
    subject = f"cycle-{cycle.cycle}"
    if anchor := cycle_ends(cycle, on):
        yield Due(cycle.member, Kind.CYCLE_ENDS, subject, anchor)
    if anchor := grace(cycle, on):
        yield Due(cycle.member, Kind.GRACE, subject, anchor)
    if anchor := nothing_recorded(cycle, on, told_since):
        yield Due(cycle.member, Kind.NOTHING_RECORDED, subject, anchor)
    for owed in cycle.owed:
        invoice = f"invoice-{owed.invoice}"
        if anchor := invoice_overdue(owed, on, told_since):
            yield Due(cycle.member, Kind.INVOICE_OVERDUE, invoice, anchor)
        if anchor := invoice_due(owed, cycle, on):
            yield Due(cycle.member, Kind.INVOICE_DUE, invoice, anchor)
        if anchor := invoice_open(owed, on, told_since):
            yield Due(cycle.member, Kind.INVOICE_OPEN, invoice, anchor)


def of_event(event: Event, on: date, told_since: date) -> Iterator[Due]:
    if told_since <= event.on <= on:
        yield Due(event.member, event.kind, event.subject, event.on)
