"""What the pages show a member: one card for each certification, and the latest entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from amtportal.members.models import Member
from amtportal.prepared import prepared
from ccp.models import Activity
from ccp.standing import chart as charts
from ccp.standing.chart import Chart
from ccp.standing.standing import Standing
from ccp.standing.tasks import Task, tasks_of

RECENT = 4


@dataclass(frozen=True)
class Card:
    """A certification with its tasks and the chart of its cycle; no chart while nothing counts."""

    standing: Standing
    tasks: list[Task]
    chart: Chart | None = None


def cards(standings: Sequence[Standing]) -> list[Card]:
    """Return a card without a chart for each certification; no query."""
    return [Card(standing, tasks_of(standing)) for standing in standings]


def cards_with_charts(standings: Sequence[Standing]) -> list[Card]:
    """Return a card with its chart for each certification; no query."""
    return [Card(standing, tasks_of(standing), _chart(standing)) for standing in standings]


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


def recent(member: Member) -> list[Activity]:
    """Return the latest standing entries, the last recorded first; one query."""
    return _recent(member.pk)


@prepared
def _recent(member: int) -> QuerySet[Activity]:
    entries = Activity.objects.filter(member=member, withdrawn_at=None).select_related("activity_type")
    shown = entries.only("title", "starts_on", "ends_on", "points", "activity_type__name")
    return shown.order_by("-recorded_at", "-pk")[:RECENT]
