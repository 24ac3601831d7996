"""The cycle as a chart: the points that count, stacked by category, over the days of the cycle.

What an activity counts for is drawn on the day it ended, or on the nearest day of the cycle. Beside the stack stand
the required points, the even pace that would just reach them on the last day, and today.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from amtportal.formatting import format_points, translated
from ccp.models import Credit
from certifications.models import Cycle

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 4, 356, 46, 164
TEXTURES = 6  # in templates/ccp/standing/_textures.html


@dataclass(frozen=True)
class Earned:
    """Points that count in a category from a day on."""

    on: date
    category: str
    points: Decimal


@dataclass(frozen=True)
class Band:
    """A category's part of the stack, as the outline of an SVG path, with the number of its texture."""

    category: str
    points: Decimal
    outline: str
    texture: int


@dataclass(frozen=True)
class Chart:
    starts_on: date
    ends_on: date
    required: Decimal
    bands: list[Band]
    required_y: int
    today_x: int | None
    """None: the day lies outside the cycle."""
    sentence: str

    @property
    def label_y(self) -> int:
        """Where the words above the line of the required points stand."""
        return self.required_y - 6

    @property
    def is_early(self) -> bool:
        """Today stands in the left half. Words take the side where there is room: "Today" to its right, say."""
        return self.today_x is not None and self.today_x < (LEFT + RIGHT) // 2


def chart(
    earned: Sequence[Earned], categories: Sequence[str], *, starts_on: date, ends_on: date, required: Decimal, on: date
) -> Chart:
    """The chart of a cycle on a day; ``categories`` are stacked in that order, the first at the bottom."""
    days = (ends_on - starts_on).days or 1

    def x(day: date) -> int:
        return LEFT + round((RIGHT - LEFT) * min(max((day - starts_on).days, 0), days) / days)

    total = sum((found.points for found in earned), Decimal(0))
    top = max(required, total) or Decimal(1)

    def y(points: Decimal) -> int:
        return BOTTOM - round(points / top * (BOTTOM - TOP))

    steps: dict[str, dict[int, Decimal]] = {category: defaultdict(Decimal) for category in categories}
    for found in earned:
        steps[found.category][x(found.on)] += found.points
    now_x, bands, below = x(on), [], dict[int, Decimal]()
    for number, category in enumerate(categories):
        above = dict(below)
        for at, points in steps[category].items():
            above[at] = above.get(at, Decimal(0)) + points
        outline = f"{_stairs(above, now_x, y)} {_stairs(below, now_x, y, back=True)}Z"
        bands.append(Band(category, sum(steps[category].values(), Decimal(0)), outline, number % TEXTURES))
        below = above
    return Chart(
        starts_on=starts_on,
        ends_on=ends_on,
        required=required,
        bands=bands,
        required_y=y(required),
        today_x=now_x if starts_on <= on <= ends_on else None,
        sentence=_sentence(total, required, (on - starts_on).days + 1, days + 1),
    )


def _stairs(rises: dict[int, Decimal], end: int, y: Callable[[Decimal], int], *, back: bool = False) -> str:
    """The upper edge of a stack that rises at these places, drawn to the right up to ``end``, or back from there."""
    corners, height = [(LEFT, y(Decimal(0)))], Decimal(0)
    for at in sorted(rises):
        corners.append((at, y(height)))
        height += rises[at]
        corners.append((at, y(height)))
    corners.append((max(end, max(rises, default=end)), y(height)))
    if back:
        corners.reverse()
    return ("L" if back else "M") + "L".join(f"{across} {down}" for across, down in dict.fromkeys(corners))


def _sentence(total: Decimal, required: Decimal, day: int, days: int) -> str:
    """The chart in words: what is on record, against an even pace as long as that says something."""
    figures = {
        "total": format_points(total),
        "required": format_points(required),
        "day": f"{day:,}",
        "days": f"{days:,}",
    }
    if total >= required or not 0 < day <= days:
        return _("%(total)s of %(required)s points are on record.") % figures
    pace = format_points((required * day / days).quantize(Decimal(1)))
    return _(
        "%(total)s of %(required)s points are on record on day %(day)s of %(days)s. "
        "An even pace would be at about %(pace)s."
    ) % (figures | {"pace": pace})


def earned_by_cycle(cycles: Iterable[Cycle]) -> dict[int, list[Earned]]:
    """What counts in each of the cycles, by day and category: one query."""
    found: dict[int, list[Earned]] = defaultdict(list)
    category = "activity__activity_type__category__name"
    rows = (
        Credit.objects.filter(cycle__in=cycles, points__gt=0)
        .values_list("cycle", "activity__ends_on", category)
        .annotate(total=Sum("points"))
        .order_by("activity__ends_on")
    )
    for cycle, on, name, total in rows:
        found[cycle].append(Earned(on, translated(name), total.quantize(Decimal("0.01"))))
    return found
