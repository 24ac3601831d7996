"""What an action on an entry does to each of its cycles, before it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from amtportal.formatting import format_day, format_points
from ccp.counting import requirement
from ccp.models import Activity, Credit
from certifications.models import Cycle


@dataclass(frozen=True)
class Effect:
    """What an action does to one cycle."""

    cycle: Cycle
    before: Decimal
    after: Decimal
    met_before: date | None
    met_after: date | None

    @property
    def heading(self) -> str:
        cycle = self.cycle
        return f"{cycle.certification}, cycle {format_day(cycle.starts_on)} to {format_day(cycle.ends_on)}"

    def __str__(self) -> str:
        before, after, required = map(format_points, (self.before, self.after, self.cycle.points_required))
        if self.cycle.closed_on:
            closed = f"Closed on {format_day(self.cycle.closed_on)} as {self.cycle.get_outcome_display().lower()}"
            return f"{closed}: it keeps its {before} of {required} points."
        points = f"{before} points now, {after} after, of {required}"
        if self.met_before and not self.met_after:
            return f"{points}. The requirement, met on {format_day(self.met_before)}, is then no longer met."
        if self.met_after and not self.met_before:
            return f"{points}. The requirement is then met."
        return f"{points}."


def effects(activity: Activity, act: Callable[[], object]) -> list[Effect]:
    """Return what ``act`` would do to each cycle for which the entry is claimed.

    It is really done, and the transaction is rolled back, so that the page cannot differ from what
    will happen.
    """
    cycles = [credit.cycle for credit in claimed(activity)]
    before = {cycle.pk: requirement.counted_points(cycle) for cycle in cycles}
    with transaction.atomic():
        act()
        after = {cycle.pk: requirement.counted_points(cycle) for cycle in cycles}
        met_after = dict(Cycle.objects.filter(pk__in=before).values_list("pk", "requirement_met_on"))
        transaction.set_rollback(True)
    return [
        Effect(cycle, before[cycle.pk], after[cycle.pk], cycle.requirement_met_on, met_after[cycle.pk])
        for cycle in cycles
    ]


def claimed(activity: Activity) -> list[Credit]:
    """Return the credits of the cycles for which the entry is claimed."""
    found = activity.credits.exclude(cut__in=Credit.NOT_CLAIMED)
    return list(found.select_related("cycle__certification__credential").order_by("cycle"))
