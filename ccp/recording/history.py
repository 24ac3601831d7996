"""The history of an entry as people read it: who changed what and when, with old and new values."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from amtportal.formatting import format_day, format_points, translated
from amtportal.members.models import Member, User
from ccp.models import Activity, Credit, Evidence

LABELS = {
    "activity_type": gettext_lazy("Activity type"),
    "title": gettext_lazy("Title"),
    "provider": gettext_lazy("Provider"),
    "points": gettext_lazy("Points claimed"),
    "starts_on": gettext_lazy("Start date"),
    "ends_on": gettext_lazy("End date"),
    "quantity": gettext_lazy("How many"),
    "difference": gettext_lazy("What differs"),
    "certifications": gettext_lazy("Counts towards"),
}


@dataclass(frozen=True)
class Change:
    """One line of history. ``fields`` holds (label, before, after) for an amendment."""

    at: datetime
    who: str
    what: str
    reason: str
    fields: list[tuple[str, str, str]]


def of_activity(activity: Activity, *, viewer: User) -> list[Change]:
    """Return every change of the entry, newest first, in two queries."""
    versions = list(
        activity.history.select_related("activity_type", "history_user").order_by("history_date", "history_id")
    )
    credits = list(
        Credit.history.filter(activity=activity)
        .select_related("cycle__certification__credential")
        .order_by("history_date", "history_id")
    )
    changes = []
    before: dict[str, str] = {}
    stood, member = True, versions[0].member_id if versions else None
    own = _accounts_of(activity, {version.history_user_id for version in versions}, viewer)
    for version in versions:
        after = _values(version, credits)
        fields = [
            (str(LABELS[name]), before[name] or _("(empty)"), value or _("(empty)"))
            for name, value in after.items()
            if before and before[name] != value
        ]
        changes.append(
            Change(
                version.history_date,
                _who(version.history_user, viewer, own),
                _what(version, stood=stood, moved=version.member_id != member),
                version.void_reason,
                fields,
            )
        )
        before, stood, member = after, version.withdrawn_at is None, version.member_id
    return changes[::-1]


def of_evidence(files: Iterable[Evidence], *, viewer: User) -> list[Change]:
    """Return when each file was attached and removed, newest first.

    The files must be read with the people who added and removed them.
    """
    changes = []
    for file in files:
        name = {"name": file.original_name}
        changes.append(Change(file.added_at, _who(file.added_by, viewer), _("Attached %(name)s") % name, "", []))
        if file.removed_at:
            changes.append(Change(file.removed_at, _who(file.removed_by, viewer), _("Removed %(name)s") % name, "", []))
    return changes[::-1]


def newest_first(*several: Iterable[Change]) -> list[Change]:
    """Return several of these lists as one, newest first.

    Changes of the same instant stay in the order of the lists.
    """
    return sorted((change for changes in several for change in changes), key=lambda change: change.at, reverse=True)


def _values(version: Any, credits: Sequence[Any]) -> dict[str, str]:
    """Return the entry's values in that version, in words."""
    claimed = {}
    for credit in credits:
        if credit.history_date <= version.history_date:
            claimed[credit.cycle_id] = (credit.cycle.certification.credential.code, credit.cut)
    return {
        "activity_type": translated(version.activity_type.name),
        "title": version.title,
        "provider": version.provider,
        "points": format_points(version.points),
        "starts_on": format_day(version.starts_on),
        "ends_on": format_day(version.ends_on),
        "quantity": format_points(version.quantity) if version.quantity else "",
        "difference": version.difference,
        "certifications": ", ".join(sorted(code for code, cut in claimed.values() if cut != Credit.Cut.UNCLAIMED)),
    }


def _what(version: Any, *, stood: bool, moved: bool) -> str:
    if version.history_type == "+":
        return pgettext("what was done to an entry", "Recorded")
    if moved:
        return _("Moved here when two records of the same person were joined")
    if version.void_reason:
        return _("Voided by AMT")
    if version.withdrawn_at:
        return pgettext("what was done to an entry", "Withdrawn")
    return pgettext("what was done to an entry", "Amended") if stood else _("Put back on record")


def _accounts_of(activity: Activity, people: set[int | None], viewer: User) -> set[int]:
    """Return the accounts that were the member's own before two records were joined."""
    if viewer.is_staff or people <= {None, viewer.pk}:
        return set()
    merged = Member.objects.filter(merged_into=activity.member_id, user__in=people - {None})
    return set(merged.values_list("user", flat=True))


def _who(user: User | None, viewer: User, own: Container[int] = ()) -> str:
    if user is None:
        return _("The portal")
    if user == viewer or user.pk in own:
        return _("You")
    return user.email if viewer.is_staff else _("AMT staff")
