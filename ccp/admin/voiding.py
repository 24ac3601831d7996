"""Voiding entries: the consequences, and the operation that the action pages call."""

from datetime import datetime

from amtportal.members.models import User
from amtportal.staff.actions import AlreadyDone
from ccp.admin.effects import Effect, claimed
from ccp.admin.effects import effects as effects_of
from ccp.models import Activity
from ccp.recording import verbs as recording
from certifications.payments import checkout


def effects(activity: Activity, *, by: User, at: datetime) -> list[Effect]:
    """Return what voiding the entry would do to each cycle."""
    return effects_of(
        activity, lambda: recording.void(activity=activity, reason="Shown to staff beforehand", by=by, at=at)
    )


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
    if not (activity.is_standing and any(checkout.under_way(credit.cycle, at) for credit in claimed(activity))):
        return
    for effect in effects(activity, by=by, at=at):
        if effect.met_before and not effect.met_after:
            checkout.close_of_cycle(effect.cycle, at=at)


def no_longer_stands(activity: Activity) -> str:
    return f"{activity.reference} {'is already void' if activity.is_void else 'was already withdrawn'}."
