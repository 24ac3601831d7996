"""What the pages show a member: one card for each certification, and the latest entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from amtportal.members.models import Member
from ccp.models import Activity
from ccp.standing import chart as charts
from ccp.standing.chart import Chart, Earned
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
    """Return a card with its chart for each certification.

    This takes one query, however many certifications and entries there are.
    """
    earned = charts.earned_by_cycle([standing.cycle for standing in standings])
    return [Card(standing, tasks_of(standing), _chart(standing, earned[standing.cycle.pk])) for standing in standings]


def _chart(standing: Standing, earned: list[Earned]) -> Chart | None:
    if not earned:
        return None
    return charts.chart(
        earned,
        [category.name for category in standing.categories if category.points],
        starts_on=standing.cycle.starts_on,
        ends_on=standing.cycle.ends_on,
        required=standing.required,
        on=standing.on,
    )


def recent(member: Member) -> list[Activity]:
    """Return the latest standing entries, the last recorded first; one query."""
    entries = Activity.objects.for_member(member).filter(withdrawn_at=None).select_related("activity_type")
    return list(entries.order_by("-recorded_at", "-pk")[:RECENT])
