"""The history of a cycle's credits, replayed: since which day the record has sufficed.

What counted at each moment is read and not computed, because staff may have changed the terms, and counted anew,
since then. Lines of one instant are one change: an amendment that replaces 10 points by 10 others never passes
through 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from amtportal.dates import day_of
from ccp import points


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
    found = []
    for at, written in groupby(versions, key=lambda version: version.at):
        counted.update((version.credit, version.points) for version in written)
        found.append((day_of(at), sum(counted.values(), points.ZERO)))
    return found


def met_since(changes: Iterable[tuple[date, Decimal]], required: Decimal) -> date | None:
    """The day since which the total has been at the requirement without interruption; None where it is below."""
    since = None
    for on, total in changes:
        if total < required:
            since = None
        elif since is None:
            since = on
    return since
