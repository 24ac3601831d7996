"""What the home page shows a member: a card for each certification, and what was recorded last."""

from collections.abc import Sequence
from dataclasses import dataclass

from amtportal.members.models import Member
from ccp.models import Activity
from ccp.standing import chart as picture
from ccp.standing.standing import Standing

RECENT = 4


@dataclass(frozen=True)
class Card:
    """A certification with the picture of its cycle; no picture as long as nothing counts."""

    standing: Standing
    picture: picture.Picture | None


def cards(standings: Sequence[Standing]) -> list[Card]:
    """One query, however many certifications and entries there are."""
    earned = picture.earned_by_cycle([standing.cycle for standing in standings])
    return [Card(standing, _picture(standing, earned[standing.cycle.pk])) for standing in standings]


def _picture(standing: Standing, earned: list[picture.Earned]) -> picture.Picture | None:
    if not earned:
        return None
    return picture.picture(
        earned,
        [category.name for category in standing.categories if category.points],
        starts_on=standing.cycle.starts_on,
        ends_on=standing.cycle.ends_on,
        required=standing.required,
        on=standing.on,
    )


def recent(member: Member) -> list[Activity]:
    """The entries that stand, the last one recorded first: one query."""
    entries = Activity.objects.for_member(member).filter(withdrawn_at=None).select_related("activity_type")
    return list(entries.order_by("-recorded_at", "-pk")[:RECENT])
