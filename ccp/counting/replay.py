"""The history of a cycle's credits, replayed: since which day the record has sufficed.

What counted at each moment is read and not computed, because staff may have changed the terms, and counted anew,
since then. Lines of one instant are one change: an amendment that replaces 10 points by 10 others never passes
through 0. And a withdrawal that is undone on the same day (Chicago) interrupts nothing: what the record was in between
is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from amtportal.dates import day_of
from ccp.models import Credit
from certifications import quarters
from certifications.models import Cycle


@dataclass(frozen=True)
class Version:
    """A line in the history of a credit."""

    credit: int
    points: Decimal
    cut: str
    at: datetime


def changes(versions: Iterable[Version]) -> list[tuple[date, Decimal]]:
    """The total of a cycle after each change, with its day. ``versions``: in the order in which they were written."""
    counted: dict[int, Decimal] = {}
    withdrawn: dict[int, int] = {}  # the credit, and the place of the change that withdrew its entry
    undone: set[int] = set()
    found: list[tuple[date, Decimal]] = []
    for at, written in groupby(versions, key=lambda version: version.at):
        for version in written:
            counted[version.credit] = version.points
            if version.cut == Credit.Cut.NOT_STANDING:
                withdrawn.setdefault(version.credit, len(found))
            elif version.credit in withdrawn:
                between = range(withdrawn.pop(version.credit), len(found))
                undone.update(place for place in between if found[between.start][0] == day_of(at))
        found.append((day_of(at), sum(counted.values(), quarters.ZERO)))
    return [change for place, change in enumerate(found) if place not in undone]


def met_since(changes: Iterable[tuple[date, Decimal]], required: Decimal) -> date | None:
    """The day since which the total has been at the requirement without interruption; None where it is below."""
    since = None
    for on, total in changes:
        if total < required:
            since = None
        elif since is None:
            since = on
    return since


def since_when(cycle: Cycle) -> date | None:
    """The day since which the record of a cycle has sufficed, from the history of its credits; one query."""
    lines = Credit.history.filter(cycle_id=cycle.pk).order_by("history_id")
    versions = [Version(*line) for line in lines.values_list("id", "points", "cut", "history_date")]
    return met_since(changes(versions), cycle.points_required)
