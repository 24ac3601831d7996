"""What Home says at a glance: the status of each certification, what comes next, and one way to act.

Everything else (charts, reasons, the ledger, past cycles) is on My Certifications.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from amtportal.prepared import prepared
from ccp.models import CourseLink
from ccp.standing.agenda import Item, agenda_of, in_order
from ccp.standing.standing import Standing
from ccp.standing.status import Status, status_of
from certifications.invoice_standing import InvoiceStanding

NEXT = 2
"""So many items of the agenda are open on the page. The rest is folded, by day."""
COURSES_WITHIN = 90
"""AMT's own CE is pointed to with this many days left, or fewer."""
TONIGHT = Decimal(4)
"""So many points can be earned in an evening."""
MOST_COURSES = 3


@dataclass(frozen=True)
class Glance:
    """``statuses``: the most urgent first. ``pay``: the most urgent fee, once no points are missing, or None.

    ``recording``: how many of the certifications take records.
    ``wanted``: the points that are missing soon, for which AMT's own CE is pointed to; None if none are.
    """

    statuses: list[Status]
    next: list[Item]
    rest: list[Item]
    recording: int
    needs_points: bool
    pay: InvoiceStanding | None
    wanted: Decimal | None

    @property
    def is_one(self) -> bool:
        return len(self.statuses) == 1

    @property
    def tonight(self) -> bool:
        """Return whether the wanted points can be earned in an evening."""
        return self.wanted is not None and self.wanted <= TONIGHT


def glance(standings: Sequence[Standing]) -> Glance:
    """Return what Home says about the certifications, which come most urgent first; no query."""
    items = in_order(
        [item for standing in standings if _has_agenda(standing, standings) for item in agenda_of(standing)]
    )
    short = [standing for standing in standings if _is_short(standing)]
    payable = [item.owed for item in items if item.owed and item.owed.is_payable]
    return Glance(
        statuses=[status_of(standing, in_a_row=len(standings) > 1) for standing in standings],
        next=items[:NEXT],
        rest=sorted(items[NEXT:], key=lambda item: item.on),
        recording=sum(standing.takes_records for standing in standings),
        needs_points=bool(short),
        pay=payable[0] if payable and not short else None,
        wanted=next((each.to_go for each in short if 0 <= each.days_left <= COURSES_WITHIN), None),
    )


def _has_agenda(standing: Standing, standings: Sequence[Standing]) -> bool:
    """Return whether the agenda adds to the status, which says itself to call AMT if nothing else is shown."""
    return standing.is_in_force or len(standings) > 1


def _is_short(standing: Standing) -> bool:
    return standing.cycle.is_mandatory and not standing.is_met and standing.takes_records


@prepared
def courses() -> QuerySet[CourseLink]:
    """Return the links to AMT's own CE; one query."""
    return CourseLink.objects.filter(is_shown=True).order_by("order", "pk")[:MOST_COURSES]
