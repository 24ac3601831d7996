"""Replay the history of a cycle's credits to find the day since which the record has sufficed.

What counted at each moment is read from the history and not calculated again, because staff may
have changed the terms since then, and the cycle may have been counted again. History lines with the
same instant are one change: an amendment that replaces 10 points with another 10 never passes
through 0. A withdrawal that is undone on the same day (in Chicago) does not interrupt anything: the
changes in between are left out.

An entry that a file of AMTrax brought counted before the portal had it. Where the file says since
which day, the lines that were written when it came in stand at that day.

An entry that is outside its cycle, since the day of the award was corrected, is left out with all of
its lines: it never was in the cycle that this now is. One that was outside for a while, until the day
was corrected back, counts as if it had been inside all the time.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from amtportal.dates import CHICAGO, day_of
from ccp.models import Credit
from certifications import quarters
from certifications.models import Cycle


class Version(NamedTuple):
    """One line in the history of a credit."""

    credit: int
    points: Decimal
    cut: str
    at: datetime


@dataclass(frozen=True)
class CameIn:
    """When a file brought an entry, and the day since which it had counted in AMTrax."""

    at: datetime
    recorded_on: date


def in_order(versions: Iterable[Version], came_in: Mapping[int, CameIn]) -> list[Version]:
    """Return the lines in the order of their effect; ``versions`` come as they were written.

    ``came_in``: the entries of AMTrax whose file says since when they count, by credit.
    """
    if not came_in:
        return list(versions)
    moved = [
        version._replace(at=datetime.combine(entry.recorded_on, time.min, CHICAGO))
        if (entry := came_in.get(version.credit)) and version.at == entry.at
        else version
        for version in versions
    ]
    return sorted(moved, key=lambda version: version.at)  # of one instant, as they were written


def changes(versions: Iterable[Version]) -> list[tuple[date, Decimal]]:
    """Return the total of a cycle after each change, with the day of the change.

    ``versions`` must be in the order in which they were written.
    """
    versions = list(versions)
    last = {version.credit: version.cut for version in versions}
    outside = Credit.Cut.OUTSIDE
    versions = [version for version in versions if outside not in (version.cut, last[version.credit])]
    counted: dict[int, Decimal] = {}
    withdrawn: dict[int, int] = {}  # credit: the index in ``totals`` of the change that withdrew it
    undone: set[int] = set()
    totals: list[tuple[date, Decimal]] = []
    for at, written in groupby(versions, key=attrgetter("at")):
        for version in written:
            counted[version.credit] = version.points
            if version.cut == Credit.Cut.NOT_STANDING:
                withdrawn.setdefault(version.credit, len(totals))
            elif version.credit in withdrawn:
                between = range(withdrawn.pop(version.credit), len(totals))
                undone.update(place for place in between if totals[between.start][0] == day_of(at))
        totals.append((day_of(at), sum(counted.values(), quarters.ZERO)))
    return [change for place, change in enumerate(totals) if place not in undone]


def met_since(changes: Iterable[tuple[date, Decimal]], required: Decimal) -> date | None:
    """Return the day since which the total has met the requirement without interruption, or None.

    None means that the total is below the requirement.
    """
    since = None
    for on, total in changes:
        if total < required:
            since = None
        elif since is None:
            since = on
    return since


def since_when(cycle: Cycle) -> date | None:
    """Return the day since which the record of a cycle has sufficed, or None; two queries.

    The day comes from the history of the cycle's credits.
    """
    return since_when_all([cycle])[cycle.pk]


def since_when_all(cycles: Collection[Cycle]) -> dict[int, date | None]:
    """Return what ``since_when`` returns, by the key of the cycle; two queries."""
    keys = [cycle.pk for cycle in cycles]
    versions: dict[int, list[Version]] = {key: [] for key in keys}
    lines = Credit.history.filter(cycle_id__in=keys).order_by("history_id")
    for key, *values in lines.values_list("cycle_id", "id", "points", "cut", "history_date"):
        versions[key].append(Version(*values))
    from_amtrax = Credit.objects.filter(cycle__in=keys, activity__recorded_in_amtrax_on__isnull=False).order_by()
    came_in = {
        credit: CameIn(at, recorded_on)
        for credit, at, recorded_on in from_amtrax.values_list(
            "pk", "activity__recorded_at", "activity__recorded_in_amtrax_on"
        )
        if recorded_on
    }
    return {
        cycle.pk: met_since(changes(in_order(versions[cycle.pk], came_in)), cycle.points_required) for cycle in cycles
    }
