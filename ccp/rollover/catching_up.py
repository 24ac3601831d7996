"""Closing what is due of a member's cycles when a page, or a verb, is about to look at them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.members.models import Member
from ccp.rollover.closing import Tally, close_batch
from ccp.rollover.verdicts import CLOSING, judged
from certifications import cycles as cycle_rules
from certifications.models import Cycle


def catch_up(member: Member, *, at: datetime, shown: Iterable[Cycle] | None = None) -> bool:
    """Close the member's cycles that are due, so that nobody waits for the next run. Whether any was closed.

    ``shown``: the member's cycles as a page has read them. Unless one of them has ended there is nothing to ask.
    Nothing is locked unless a cycle is due, and a cycle that cannot be closed is left to the next run.
    """
    on = day_of(at)
    if shown is not None and not any(cycle.closed_on is None and cycle.ends_on < on for cycle in shown):
        return False
    ended = Cycle.objects.for_member(member).ended(on).select_related("certification").order_by("pk")
    closed = False
    while _close_due(list(ended.all()), at=at):
        closed = True  # and the cycle that opened may have ended too
    return closed


def open_for_records(member: Member, *, at: datetime, lock: bool = False) -> list[Cycle]:
    """The cycles that take the member's records now, once those that are due are closed.

    Locked on demand, all that are not closed in the order of their keys: what is due is closed under the same locks.
    """
    cycles = cycle_rules.unclosed(member, lock=lock)
    if catch_up(member, at=at, shown=cycles):
        cycles = cycle_rules.unclosed(member, lock=lock)
    return cycle_rules.taking_records(cycles, day_of(at))


def open_by_member(members: Collection[int], *, at: datetime, lock: bool = False) -> dict[int, list[Cycle]]:
    """``open_for_records`` for several members, by their keys. While nothing is due it costs no query a member."""
    cycles = cycle_rules.unclosed_of(members, lock=lock)
    while _close_due(cycles, at=at):
        cycles = cycle_rules.unclosed_of(members, lock=lock)
    found: dict[int, list[Cycle]] = defaultdict(list)
    for cycle in cycle_rules.taking_records(cycles, day_of(at)):
        found[cycle.certification.member_id].append(cycle)
    return found


def close_ended(keys: Collection[int], *, at: datetime) -> None:
    """Close those of these cycles (by key) that are due, before something is decided about them."""
    on = day_of(at)
    for some in chunks(keys):
        _close_due(Cycle.objects.ended(on).filter(pk__in=some).select_related("certification").order_by("pk"), at=at)


def _close_due(cycles: Iterable[Cycle], *, at: datetime) -> bool:
    """Close those of the cycles (certifications read, in key order) that are due. Whether any was closed."""
    on = day_of(at)
    tally = Tally()
    for some in chunks(cycle for cycle in cycles if cycle.ends_on < on):
        if due := [cycle.pk for cycle, verdict, _ in judged(some, on) if verdict in CLOSING]:
            close_batch(due, tally, at=at)
    return tally.closed > 0
