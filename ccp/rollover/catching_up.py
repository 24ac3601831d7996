"""Close the member's cycles that are due, just before a page or an operation uses them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.members.models import Member
from ccp.rollover.closing import ClosingTally, close_batch
from ccp.rollover.verdicts import CLOSING, judged
from certifications import cycles as cycle_rules
from certifications.models import Cycle


def catch_up(member: Member, *, at: datetime, shown: Iterable[Cycle] | None = None) -> bool:
    """Close the member's cycles that are due, and return whether any cycle was closed.

    So no page has to wait for the next run. ``shown``: the member's cycles if a page has already
    read them; unless one of them has ended, nothing is queried. Nothing is locked unless a cycle is
    due. A cycle that cannot be closed is left to the next run.
    """
    on = day_of(at)
    if shown is not None and not any(cycle.closed_on is None and cycle.ends_on < on for cycle in shown):
        return False
    ended = Cycle.objects.for_member(member).ended(on).select_related("certification").order_by("pk")
    closed = False
    while _close_due(list(ended.all()), at=at):
        closed = True  # ask again: the cycle that opened may have ended too
    return closed


def catch_up_before_payment(*, member: Member, at: datetime, **kwargs: object) -> None:
    """Close what is due before it is decided whether an invoice can be paid online."""
    catch_up(member, at=at)


def open_for_records(member: Member, *, at: datetime, lock: bool = False) -> list[Cycle]:
    """Close what is due, then return the cycles that take the member's records now.

    With ``lock``, all cycles that are not closed are locked in the order of their keys, and the due
    ones are closed under the same locks.
    """
    cycles = cycle_rules.unclosed(member, lock=lock)
    if catch_up(member, at=at, shown=cycles):
        cycles = cycle_rules.unclosed(member, lock=lock)
    return cycle_rules.taking_records(cycles, day_of(at))


def open_by_member(members: Collection[int], *, at: datetime, lock: bool = False) -> dict[int, list[Cycle]]:
    """Do what ``open_for_records`` does for several members, and return their cycles by member key.

    While nothing is due, the number of queries does not depend on the number of members.
    """
    cycles = cycle_rules.unclosed_of(members, lock=lock)
    while _close_due(cycles, at=at):
        cycles = cycle_rules.unclosed_of(members, lock=lock)
    by_member: dict[int, list[Cycle]] = defaultdict(list)
    for cycle in cycle_rules.taking_records(cycles, day_of(at)):
        by_member[cycle.certification.member_id].append(cycle)
    return by_member


def close_ended(keys: Collection[int], *, at: datetime) -> None:
    """Close those of these cycles (by key) that are due, before something is decided about them."""
    on = day_of(at)
    for some in chunks(keys):
        _close_due(Cycle.objects.ended(on).filter(pk__in=some).select_related("certification").order_by("pk"), at=at)


def _close_due(cycles: Iterable[Cycle], *, at: datetime) -> bool:
    """Close those of the cycles that are due, and return whether any cycle was closed.

    ``cycles`` come in the order of their keys, with their certifications loaded.
    """
    on = day_of(at)
    tally = ClosingTally()
    for some in chunks(cycle for cycle in cycles if cycle.ends_on < on):
        if due := [cycle.pk for cycle, verdict, _ in judged(some, on) if verdict in CLOSING]:
            close_batch(due, tally, at=at)
    return tally.closed > 0
