"""What counts of a cycle's standing entries under the caps, and the reason for every cut.

Entries are taken in the order of the activity's first day, then of their reference, so the order in
which they were recorded makes no difference. Each entry counts for its claim, as far as there is
room under the cap of its type and under the cap of its category. Points over a cap stay on record
but count for nothing. An entry whose days lie outside the days in which its type can be claimed
counts for nothing and uses no room under the caps.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext

from amtportal.formatting import format_points
from ccp.counting.reasons import Cut
from certifications.quarters import ZERO


@dataclass(frozen=True)
class Entry:
    """A standing entry as the caps see it.

    A cap of None means that there is no cap. ``in_window``: whether the activity's days can be
    claimed.
    """

    reference: int
    starts_on: date
    claimed: Decimal
    activity_type: str
    category: str
    type_cap: Decimal | None = None
    category_cap: Decimal | None = None
    in_window: bool = True


@dataclass(frozen=True)
class Counted:
    """What an entry counts for.

    Where that is less than the claim, ``cut`` gives the reason: the days, or the tighter cap.
    """

    counted: Decimal
    cut: Cut


@dataclass(frozen=True)
class Used:
    """How much of a cap a cycle's entries use."""

    points: Decimal
    cap: Decimal

    @property
    def room(self) -> Decimal:
        return max(self.cap - self.points, ZERO)

    def __str__(self) -> str:
        used = {"points": format_points(self.points), "cap": format_points(self.cap)}
        return gettext("%(points)s of %(cap)s used in this cycle") % used


def credited(entries: Iterable[Entry]) -> Mapping[int, Counted]:
    """Return what each entry counts for, by reference."""
    type_used: dict[str, Decimal] = defaultdict(Decimal)
    category_used: dict[str, Decimal] = defaultdict(Decimal)
    result = {}
    for entry in sorted(entries, key=lambda entry: (entry.starts_on, entry.reference)):
        if not entry.in_window:
            result[entry.reference] = Counted(ZERO, "window")
            continue
        type_room = _room(entry.type_cap, type_used[entry.activity_type])
        category_room = _room(entry.category_cap, category_used[entry.category])
        counted = entry.claimed
        cut: Cut = ""
        if type_room is not None and type_room < counted:
            counted, cut = type_room, "type-cap"
        if category_room is not None and category_room < counted:
            counted, cut = category_room, "category-cap"
        type_used[entry.activity_type] += counted
        category_used[entry.category] += counted
        result[entry.reference] = Counted(counted, cut)
    return result


def used(entries: Sequence[Entry], *, activity_type: str = "", category: str = "") -> Decimal:
    """Return the points that count for an activity type, or for a category."""
    counted = credited(entries)
    return sum(
        (
            counted[entry.reference].counted
            for entry in entries
            if activity_type == entry.activity_type or category == entry.category
        ),
        ZERO,
    )


def _room(cap: Decimal | None, used: Decimal) -> Decimal | None:
    return None if cap is None else max(cap - used, ZERO)
