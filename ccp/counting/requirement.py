"""The CCP requirement of a cycle: whether it is met, and since which day.

The requirement is met when the points that count reach the required points. *Met on* is the date in
Chicago on which the **record** reached the requirement, not the date of the activity. This date
stays as long as the record suffices. A correction that takes the record below the requirement
clears it; then the day on which the record suffices again becomes the new date. The exception is a
withdrawal that is undone on the same day (``ccp.counting.replay``).
"""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from amtportal.prepared import prepared
from ccp.models import Credit
from certifications import invoices
from certifications.models import Cycle
from certifications.quarters import ZERO


def to_go(*, counted: Decimal, required: Decimal) -> Decimal:
    """Return the points that are still missing; 0 once the requirement is met."""
    return max(required - counted, ZERO)


def met_on(*, counted: Decimal, required: Decimal, met_before: date | None, on: date) -> date | None:
    """Return the day since which the requirement is met.

    ``on``: the day on which the record changed. None means that the requirement is not met.
    """
    if counted < required:
        return None
    return met_before or on


def counted_by_cycle(cycles: Collection[int]) -> dict[int, Decimal]:
    """Return the total of each cycle, by key: the sum of its credits. Totals are never stored."""
    totals = dict.fromkeys(cycles, ZERO)
    totals.update((cycle, total.quantize(Decimal("0.01"))) for cycle, total in _totals(list(totals)))
    return totals


@prepared
def _totals(cycles: list[int]) -> QuerySet[Credit, tuple[int, Decimal]]:
    return Credit.objects.filter(cycle__in=cycles).values_list("cycle").annotate(total=Sum("points")).order_by()


def with_totals(cycles: QuerySet[Cycle]) -> QuerySet[Cycle]:
    """Return the cycles, each with its total (``total_of``), in the same query."""
    of_cycle = Credit.objects.filter(cycle=OuterRef("pk")).order_by().values("cycle")
    return cycles.annotate(total=Subquery(of_cycle.annotate(total=Sum("points")).values("total")))


def total_of(cycle: Cycle) -> Decimal:
    """Return the total of a cycle that was read ``with_totals``."""
    total: Decimal | None = cycle.total  # type: ignore[attr-defined]
    return (total or ZERO).quantize(Decimal("0.01"))


def counted_points(cycle: Cycle) -> Decimal:
    """Return the total of one cycle."""
    return counted_by_cycle([cycle.pk])[cycle.pk]


def settle_all(cycles: Collection[Cycle], counted: Mapping[int, Decimal], on: date) -> None:
    """Set ``requirement_met_on`` of each cycle after its credits changed. The caller holds the locks on the cycles.

    ``counted``: the points that count now, by the key of the cycle.
    """
    for cycle in cycles:
        settled = met_on(
            counted=counted[cycle.pk],
            required=cycle.points_required,
            met_before=cycle.requirement_met_on,
            on=on,
        )
        set_met_on(cycle, settled)


def set_met_on(cycle: Cycle, on: date | None) -> None:
    """Store the day since which the requirement is met. The caller holds the lock on the cycle."""
    if cycle.requirement_met_on != on:
        cycle.requirement_met_on = on
        cycle.save(update_fields=["requirement_met_on"])
        invoices.keep_openings(cycle=cycle, year=invoices.LAST_YEAR)
