"""The cycle as a chart: the points that count, stacked by category, over the days of the cycle.

The points of an activity are drawn on the day on which it ended, or on the nearest day of the
cycle. The chart also shows the required points, the even pace that would just reach them on the
last day, and today.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from amtportal.formatting import format_points

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 4, 356, 46, 164
TEXTURES = 6  # in templates/ccp/standing/_textures.html


@dataclass(frozen=True)
class Earned:
    """The points that count in a category from a given day on."""

    on: date
    category: str
    points: Decimal


@dataclass(frozen=True)
class Band:
    """One category's part of the stack: the outline of an SVG path, and its texture's number."""

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
    """None if the day lies outside the cycle."""
    sentence: str

    @property
    def label_y(self) -> int:
        """Return the y position of the label above the line of the required points."""
        return self.required_y - 6

    @property
    def is_early(self) -> bool:
        """Return whether today lies in the left half of the chart.

        Labels go on the side where there is room: for example, "Today" goes to the right of its
        line.
        """
        return self.today_x is not None and self.today_x < (LEFT + RIGHT) // 2


def chart(
    earned: Sequence[Earned], categories: Sequence[str], *, starts_on: date, ends_on: date, required: Decimal, on: date
) -> Chart:
    """Return the chart of a cycle on a day.

    ``categories`` are stacked in their order, the first one at the bottom.
    """
    days = (ends_on - starts_on).days or 1

    def x(day: date) -> int:
        return LEFT + round((RIGHT - LEFT) * min(max((day - starts_on).days, 0), days) / days)

    total = sum((gain.points for gain in earned), Decimal(0))
    top = max(required, total) or Decimal(1)

    def y(points: Decimal) -> int:
        return BOTTOM - round(points / top * (BOTTOM - TOP))

    steps: dict[str, dict[int, Decimal]] = {category: defaultdict(Decimal) for category in categories}
    for gain in earned:
        steps[gain.category][x(gain.on)] += gain.points
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
    """Return the upper edge of a stack that rises at these places, as part of an SVG path.

    The edge is drawn to the right up to ``end``; with ``back``, from there to the left.
    """
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
    """Return the chart in words: the points on record, and the even pace while that is useful."""
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
