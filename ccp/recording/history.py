"""The history of an entry as people read it: who changed what and when, with old and new values."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from amtportal.formatting import format_day, format_points, translated
from amtportal.history.comparison import history_model
from amtportal.members.models import Member, User
from amtportal.prepared import prepared
from ccp.models import Activity, Credit, Evidence
from ccp.models.activities import claim_in_words

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


class Version(NamedTuple):
    """An entry as it was after one change, and who made the change."""

    at: datetime
    kind: str
    by: int | None
    email: str | None
    member: int
    withdrawn_at: datetime | None
    void_reason: str
    change_reason: str | None
    points_set_at: datetime | None
    activity_type: str
    title: str
    provider: str
    points: Decimal | None
    starts_on: date
    ends_on: date
    quantity: Decimal | None
    difference: str


COLUMNS = (
    "history_date",
    "history_type",
    "history_user",
    "history_user__email",
    "member",
    "withdrawn_at",
    "void_reason",
    "history_change_reason",
    "points_set_at",
    "activity_type__name",
    "title",
    "provider",
    "points",
    "starts_on",
    "ends_on",
    "quantity",
    "difference",
)
"""What a ``Version`` is read from, in its order."""


@prepared
def _versions(activity: int) -> QuerySet[Any, tuple[Any, ...]]:
    lines = history_model(Activity)._base_manager.filter(id=activity)
    return lines.order_by("history_date", "history_id").values_list(*COLUMNS)


@prepared
def _credits(activity: int) -> QuerySet[Any, tuple[datetime, int, str, str]]:
    lines = history_model(Credit)._base_manager.filter(activity=activity)
    return lines.order_by("history_date", "history_id").values_list(
        "history_date", "cycle", "cut", "cycle__certification__credential__code"
    )


def of_activity(activity: Activity, *, viewer: User) -> list[Change]:
    """Return every change of the entry, newest first, in two queries."""
    versions = [Version(*values) for values in _versions(activity.pk)]
    credits = _credits(activity.pk)
    changes = []
    before: dict[str, str] = {}
    stood, was_void, set_at, member = True, False, None, versions[0].member if versions else None
    own = _accounts_of(activity, {version.by for version in versions}, viewer)
    for version in versions:
        after = _values(version, credits)
        fields = [
            (str(LABELS[name]), before[name] or _("(empty)"), value or _("(empty)"))
            for name, value in after.items()
            if before and before[name] != value
        ]
        set_now = version.points_set_at is not None and version.points_set_at != set_at
        says_why = set_now or (was_void and version.withdrawn_at is None)
        changes.append(
            Change(
                version.at,
                _who(version.by, version.email, viewer, own),
                _what(version, stood=stood, moved=version.member != member, set_now=set_now),
                (version.change_reason or "") if says_why else version.void_reason,
                fields,
            )
        )
        before, stood, was_void = after, version.withdrawn_at is None, bool(version.void_reason)
        set_at, member = version.points_set_at, version.member
    return changes[::-1]


def of_evidence(files: Iterable[Evidence], *, viewer: User) -> list[Change]:
    """Return when each file was attached and removed, newest first.

    The files must be read with the people who added and removed them.
    """
    changes = []
    for file in files:
        name = {"name": file.original_name}
        changes.append(Change(file.added_at, _name(file.added_by, viewer), _("Attached %(name)s") % name, "", []))
        if file.removed_at:
            removed_by = _name(file.removed_by, viewer)
            changes.append(Change(file.removed_at, removed_by, _("Removed %(name)s") % name, "", []))
    return changes[::-1]


def newest_first(*several: Iterable[Change]) -> list[Change]:
    """Return several of these lists as one, newest first.

    Changes of the same instant stay in the order of the lists.
    """
    return sorted((change for changes in several for change in changes), key=lambda change: change.at, reverse=True)


def _values(version: Version, credits: Sequence[tuple[datetime, int, str, str]]) -> dict[str, str]:
    """Return the entry's values in that version, in words.

    ``credits``: the instant, the cycle, the cut and the code of each version of its credits.
    """
    claimed = {cycle: (code, cut) for at, cycle, cut, code in credits if at <= version.at}
    return {
        "activity_type": translated(version.activity_type),
        "title": version.title,
        "provider": version.provider,
        "points": claim_in_words(version.points),
        "starts_on": format_day(version.starts_on),
        "ends_on": format_day(version.ends_on),
        "quantity": format_points(version.quantity) if version.quantity else "",
        "difference": version.difference,
        "certifications": ", ".join(sorted(code for code, cut in claimed.values() if cut not in Credit.NOT_CLAIMED)),
    }


def _what(version: Version, *, stood: bool, moved: bool, set_now: bool) -> str:
    if version.kind == "+":
        return pgettext("what was done to an entry", "Recorded")
    if set_now:
        return _("Points set by AMT")
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


def _name(user: User | None, viewer: User) -> str:
    return _who(user.pk, user.email, viewer) if user else _who(None, None, viewer)


def _who(user: int | None, email: str | None, viewer: User, own: Container[int] = ()) -> str:
    if user is None or email is None:
        return _("The portal")
    if user == viewer.pk or user in own:
        return _("You")
    return email if viewer.is_staff else _("AMT staff")
