"""What My Certifications shows of each certification, and the latest entry on Home."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from amtportal.members.models import Member
from amtportal.prepared import prepared
from ccp.models import Activity
from ccp.standing import chart as charts
from ccp.standing.agenda import Item, agenda_of, done_of
from ccp.standing.chart import Chart
from ccp.standing.standing import Standing
from ccp.standing.status import Status, status_of


@dataclass(frozen=True)
class Category:
    """The points that count in a category. ``texture``: how the chart draws them; None if it does not."""

    name: str
    points: Decimal
    texture: int | None


@dataclass(frozen=True)
class Card:
    """A certification with its status, what comes next, and its points; no chart while nothing counts."""

    standing: Standing
    status: Status
    tasks: list[Item]
    categories: list[Category]
    chart: Chart | None


def cards(standings: Sequence[Standing]) -> list[Card]:
    """Return a card for each certification; no query."""
    return [_card(standing) for standing in standings]


def _card(standing: Standing) -> Card:
    chart = _chart(standing)
    textures = {band.category: band.texture for band in chart.bands} if chart else {}
    categories = [Category(each.name, each.points, textures.get(each.name)) for each in standing.categories]
    return Card(standing, status_of(standing), _tasks(standing), categories, chart)


def _tasks(standing: Standing) -> list[Item]:
    """Return what to do and what is done. The days ahead are in the ledger.

    A certification that is not in force has none: its status says to call AMT.
    """
    if not standing.is_in_force:
        return []
    return [*(item for item in agenda_of(standing) if item.state != "day"), *done_of(standing)]


def _chart(standing: Standing) -> Chart | None:
    if not standing.earned:
        return None
    return charts.chart(
        standing.earned,
        [category.name for category in standing.categories if category.points],
        starts_on=standing.cycle.starts_on,
        ends_on=standing.cycle.ends_on,
        required=standing.required,
        on=standing.on,
    )


def latest(member: Member) -> Activity | None:
    """Return the entry that was recorded last and is not withdrawn; one query."""
    return next(iter(_latest(member.pk)), None)


@prepared
def _latest(member: int) -> QuerySet[Activity]:
    entries = Activity.objects.filter(member=member, withdrawn_at=None).select_related("activity_type")
    shown = entries.only("title", "starts_on", "ends_on", "points", "activity_type__name")
    return shown.order_by("-recorded_at", "-pk")[:1]
