"""The pace that reaches the requirement on the last day: "about 1 point every 2 weeks".

A pace is rounded to what people can keep to, and never to less than is needed: whoever keeps it
has the points on the last day. 2 points in 40 days are 1 point every 20 days; "every 3 weeks" would
be 1.9 points in 40 days, so the pace is 1 point every 2 weeks.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import as_count, format_points

Unit = Literal["day", "week"]
DAYS: dict[Unit, int] = {"day": 1, "week": 7}
HALF = Decimal("0.5")


@dataclass(frozen=True)
class Pace:
    """So many points in each period of ``every`` days or weeks."""

    points: Decimal
    every: int
    unit: Unit

    @property
    def days(self) -> int:
        return self.every * DAYS[self.unit]


def pace(to_go: Decimal, days: int) -> Pace | None:
    """Return the pace at which ``to_go`` points are reached in that number of days.

    More than 1 point a day is rounded up to half points; fewer, to whole days up to a week, and then
    to whole weeks. None for 1 point or less, which is one activity and no pace, and on the last day.
    """
    if to_go <= 1 or days < 1:
        return None
    if to_go >= days:
        return Pace((to_go / days / HALF).to_integral_value(ROUND_CEILING) * HALF, 1, "day")
    days_each = int(days // to_go)
    if days_each < DAYS["week"]:
        return Pace(Decimal(1), days_each, "day")
    return Pace(Decimal(1), days_each // DAYS["week"], "week")


def pace_in_words(found: Pace) -> str:
    """Return the pace as a sentence."""
    points = {"points": format_points(found.points)}
    if found.unit == "week":
        sentence = ngettext(
            "That is about 1 point a week.", "That is about 1 point every %(every)s weeks.", found.every
        )
        return sentence % {"every": found.every}
    if found.every > 1:
        return _("That is about 1 point every %(every)s days.") % {"every": found.every}
    sentence = ngettext(
        "That is about %(points)s point a day.", "That is about %(points)s points a day.", as_count(found.points)
    )
    return sentence % points
