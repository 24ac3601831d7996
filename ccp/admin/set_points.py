"""Setting the points that members left to AMT: the form, the consequences, and the operation."""

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import forms
from django.http import QueryDict

from amtportal.fields import LineField
from amtportal.history.lines import LONGEST_REASON
from amtportal.members.models import User
from amtportal.staff.actions import AlreadyDone
from amtportal.staff.forms import ReadBy
from ccp.admin.effects import Effect
from ccp.admin.effects import effects as effects_of
from ccp.models import Activity
from ccp.recording import amounts, claims
from ccp.recording import verbs as recording
from ccp.recording.forms.fields import TypedNumberField

WHERE_FROM = ReadBy.MEMBER.says("Write where the figure comes from: it stands with the entry.")


class PointsForm(forms.Form):
    """Asks how many points, and where they come from. The verb decides whether they are possible.

    ``seen`` is a digest of the consequences that staff were shown.
    """

    points = TypedNumberField(
        label="Points",
        read=amounts.read_points,
        unreadable="Enter the points as a number, for example 2 or 1.5.",
        rule=claims.problem_with_points,
        error_messages={"required": "Enter the points, for example 1.5."},
        help_text="In quarter steps, at most 99.",
    )
    reason = LineField(
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        error_messages={"required": "Say where the points come from: the member will read it."},
        help_text=WHERE_FROM,
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class PointsOfOneForm(PointsForm):
    """The points of one entry, as it was when the page was opened (``revision``)."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def confirming(cls, posted: QueryDict, seen: str) -> "PointsOfOneForm":
        """Return the form as it was posted, for staff who have now seen the consequences."""
        data = posted.copy()
        data["seen"] = seen
        form = cls(data)
        form.is_valid()
        return form


def can_be_set(activity: Activity) -> bool:
    """Return whether the points of the entry are AMT's to set."""
    return activity.is_standing and (activity.awaits_points or activity.points_set_at is not None)


def is_done(activity: Activity, typed: dict[str, Any]) -> bool:
    """Return whether the form was sent before, and did its work."""
    is_next = activity.revision == typed["revision"] + 1
    return is_next and activity.points_set_at is not None and activity.points == typed["points"]


def effects(activity: Activity, typed: dict[str, Any], *, by: User, at: datetime) -> list[Effect]:
    """Return what setting these points would do to each cycle."""
    return effects_of(activity, lambda: _set(activity, typed, by=by, at=at))


def digest(typed: dict[str, Any], following: list[Effect]) -> str:
    """Return a digest of what the page shows: the points and their consequences."""
    return sha256("\n".join([str(typed["points"]), *map(str, following)]).encode()).hexdigest()


def set_points(activity: Activity, typed: dict[str, Any], *, by: User, at: datetime) -> str:
    """Set the points, and return a sentence that says so. Raises ``AlreadyDone`` for a repeat."""
    changed = _set(activity, typed, by=by, at=at)
    if changed.points_set_at != at:
        raise AlreadyDone(already_set(changed))
    return f"Set the points of {changed.reference} to {changed.claim_in_words}: {typed['reason']}"


def already_set(activity: Activity) -> str:
    return f"The points of {activity.reference} are already set: {activity.claim_in_words}."


def _set(activity: Activity, typed: dict[str, Any], *, by: User, at: datetime) -> Activity:
    points: Decimal = typed["points"]
    return recording.set_points(
        activity=activity, points=points, reason=typed["reason"], revision=typed["revision"], by=by, at=at
    )
