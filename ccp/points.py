"""What counts: the points of a cycle's standing entries under the caps, and the reason for every cut.

Entries are taken in the order of the activity's first day, then of its reference, so that the order in which they were
recorded changes nothing. Each counts for its claim, as far as there is room under the cap of its type and under
the cap of its category. What is over a cap stays on record and counts for nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

STEP = Decimal("0.25")
MOST = Decimal(99)
ZERO = Decimal(0)

Cut = Literal["", "type-cap", "category-cap"]


@dataclass(frozen=True)
class Entry:
    """A standing entry as the caps see it. A cap of None is no cap."""

    reference: int
    starts_on: date
    claimed: Decimal
    activity_type: str
    category: str
    type_cap: Decimal | None = None
    category_cap: Decimal | None = None


@dataclass(frozen=True)
class Counted:
    """What an entry counts for. ``cut`` names the cap that left the least room, where less than the claim counts."""

    counted: Decimal
    cut: Cut


def in_quarter_steps(points: Decimal) -> bool:
    return points % STEP == 0


def credited(entries: Iterable[Entry]) -> Mapping[int, Counted]:
    """What each entry counts for, by reference."""
    type_used: dict[str, Decimal] = defaultdict(Decimal)
    category_used: dict[str, Decimal] = defaultdict(Decimal)
    result = {}
    for entry in sorted(entries, key=lambda entry: (entry.starts_on, entry.reference)):
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


def _room(cap: Decimal | None, used: Decimal) -> Decimal | None:
    return None if cap is None else max(cap - used, ZERO)
