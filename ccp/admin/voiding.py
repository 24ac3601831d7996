"""Voiding entries and taking that back: the consequences, and the operations that the action pages call."""

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction

from amtportal.dates import day_of
from amtportal.fields import LineField
from amtportal.history.lines import LONGEST_REASON
from amtportal.members.models import User
from amtportal.staff.actions import AlreadyDone
from amtportal.staff.forms import ReasonForm
from ccp.admin.effects import Effect, claimed
from ccp.admin.effects import effects as effects_of
from ccp.models import Activity
from ccp.notices import telling
from ccp.notices.models import NoticeKind
from ccp.recording import verbs as recording
from certifications.payments import checkout


class TakeBackForm(ReasonForm):
    """The reason stands with the line of history, whose column is shorter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = LineField(
            max_length=LONGEST_REASON,
            widget=forms.TextInput(attrs={"class": "vTextField"}),
            error_messages={"required": "Say why: the reason stays on record."},
            help_text=self.fields["reason"].help_text,
        )


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


def effects_of_taking_back(activity: Activity, *, by: User, at: datetime) -> list[Effect]:
    """Return what putting the voided entry back on record would do to each cycle. Raises ``Refused``."""
    return effects_of(
        activity, lambda: recording.take_back_void(activity=activity, reason="Shown to staff beforehand", by=by, at=at)
    )


def take_back(activity: Activity, reason: str, *, by: User, at: datetime) -> str:
    """Put the voided entry back on record, and return a sentence that says so.

    Raises ``AlreadyDone`` if the entry stood already.
    """
    with transaction.atomic():
        before = activity.revision
        restored = recording.take_back_void(activity=activity, reason=reason, by=by, at=at)
        if restored.revision == before:
            raise AlreadyDone(f"{restored.reference} is on record already.")
        telling.tell(
            member=restored.member,
            kind=NoticeKind.ENTRY_RESTORED,
            subject=f"entry-{restored.pk}",
            anchor_on=day_of(at),
        )
    return f"Put {restored.reference} back on record: {reason}"


def _close_payments(activity: Activity, *, by: User, at: datetime) -> None:
    if not (activity.is_standing and any(checkout.under_way(credit.cycle, at) for credit in claimed(activity))):
        return
    for effect in effects(activity, by=by, at=at):
        if effect.met_before and not effect.met_after:
            checkout.close_of_cycle(effect.cycle, at=at)


def no_longer_stands(activity: Activity) -> str:
    return f"{activity.reference} {'is already void' if activity.is_void else 'was already withdrawn'}."
