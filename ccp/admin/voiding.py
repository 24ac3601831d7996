"""Voiding entries: the consequences, and the operation that the action pages call."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from amtportal.formatting import format_day, format_points
from amtportal.members.models import User
from amtportal.staff.actions import AlreadyDone
from ccp.counting import requirement
from ccp.models import Activity, Credit
from ccp.recording import verbs as recording
from certifications.models import Cycle
from certifications.payments import checkout


@dataclass(frozen=True)
class Effect:
    """What voiding an entry does to one cycle."""

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
        points = f"{before} points now, {after} after, of {required}"
        if self.met_before and not self.met_after:
            return f"{points}. The requirement, met on {format_day(self.met_before)}, is then no longer met."
        return f"{points}."


def effects(activity: Activity, *, by: User, at: datetime) -> list[Effect]:
    """Return what voiding the entry would do to each cycle.

    The entry is really voided, and the transaction is rolled back, so that the page cannot differ
    from what will happen.
    """
    cycles = [credit.cycle for credit in _claimed(activity)]
    before = {cycle.pk: requirement.counted_points(cycle) for cycle in cycles}
    with transaction.atomic():
        recording.void(activity=activity, reason="Shown to staff beforehand", by=by, at=at)
        after = {cycle.pk: requirement.counted_points(cycle) for cycle in cycles}
        met_after = dict(Cycle.objects.filter(pk__in=before).values_list("pk", "requirement_met_on"))
        transaction.set_rollback(True)
    return [
        Effect(cycle, before[cycle.pk], after[cycle.pk], cycle.requirement_met_on, met_after[cycle.pk])
        for cycle in cycles
    ]


def void(activity: Activity, reason: str, *, by: User, at: datetime) -> str:
    """Void the entry, and return a sentence that says so.

    If this locks an invoice again that the member is paying online, the provider's page is closed
    first. Raises ``AlreadyDone`` if the entry no longer stood.
    """
    _close_payments(activity, by=by, at=at)
    voided = recording.void(activity=activity, reason=reason, by=by, at=at)
    if voided.withdrawn_at != at:
        raise AlreadyDone(no_longer_stands(voided))
    return f"Voided {voided.reference}: {reason}"


def _close_payments(activity: Activity, *, by: User, at: datetime) -> None:
    if not (activity.is_standing and any(checkout.under_way(credit.cycle, at) for credit in _claimed(activity))):
        return
    for effect in effects(activity, by=by, at=at):
        if effect.met_before and not effect.met_after:
            checkout.close_of_cycle(effect.cycle, at=at)


def no_longer_stands(activity: Activity) -> str:
    return f"{activity.reference} {'is already void' if activity.is_void else 'was already withdrawn'}."


def _claimed(activity: Activity) -> list[Credit]:
    claimed = activity.credits.exclude(cut=Credit.Cut.UNCLAIMED)
    return list(claimed.select_related("cycle__certification__credential").order_by("cycle"))
