"""Replay the history of a cycle's credits to find the day since which the record has sufficed.

What counted at each moment is read from the history and not calculated again, because staff may
have changed the terms since then, and the cycle may have been counted again. History lines with the
same instant are one change: an amendment that replaces 10 points with another 10 never passes
through 0. A withdrawal that is undone on the same day (in Chicago) does not interrupt anything: the
changes in between are left out.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from amtportal.dates import day_of
from ccp.models import Credit
from certifications import quarters
from certifications.models import Cycle


class Version(NamedTuple):
    """One line in the history of a credit."""

    credit: int
    points: Decimal
    cut: str
    at: datetime


def changes(versions: Iterable[Version]) -> list[tuple[date, Decimal]]:
    """Return the total of a cycle after each change, with the day of the change.

    ``versions`` must be in the order in which they were written.
    """
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
    """Return the day since which the record of a cycle has sufficed, or None; one query.

    The day comes from the history of the cycle's credits.
    """
    lines = Credit.history.filter(cycle_id=cycle.pk).order_by("history_id")
    versions = [Version(*line) for line in lines.values_list("id", "points", "cut", "history_date")]
    return met_since(changes(versions), cycle.points_required)
