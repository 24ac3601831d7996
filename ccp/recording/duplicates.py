"""Near-duplicates: entries that look like one another, so that the member can say what differs.

Two standing entries of a member look alike if they have the same activity type and their dates
overlap, or if they have the same title in the same cycle. When titles are compared, spaces at the
ends, repeated spaces, case and accents do not matter. The member gets a notice, and the entry is
never refused for this: many courses are held twice.
"""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from amtportal.members.models import Member
from ccp.models import Activity, Credit

Likeness = Literal["", "type", "title", "both"]
# What looks alike. The text follows "This looks like CE-0000012:".
REASONS: dict[Likeness, str | Promise] = {
    "": "",
    "type": _("the same activity type, and the dates overlap"),
    "title": _("the same title in this cycle"),
    "both": _("the same activity type and title, and the dates overlap"),
}


@dataclass(frozen=True)
class Comparable:
    """The values by which entries are compared.

    ``cycles`` holds the keys of the cycles for which the entry is claimed.
    """

    activity_type: int
    title: str
    starts_on: date
    ends_on: date
    cycles: frozenset[int]


@dataclass(frozen=True)
class SimilarEntry:
    """An entry on record that looks like another entry, and what looks alike."""

    activity: Activity
    likeness: Likeness

    @property
    def reason(self) -> str:
        return str(REASONS[self.likeness])


def folded(title: str) -> str:
    """Return the title without case, accents and needless spaces.

    For example, ``  Café  TALK`` and ``cafe talk`` are the same.
    """
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", title).casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def likeness(one: Comparable, other: Comparable) -> Likeness:
    """Return what looks alike in two entries; an empty string if they do not look alike."""
    overlap = one.starts_on <= other.ends_on and other.starts_on <= one.ends_on
    same_type = overlap and one.activity_type == other.activity_type
    same_title = (
        bool(one.cycles & other.cycles) and folded(one.title) != "" and folded(one.title) == folded(other.title)
    )
    if same_type and same_title:
        return "both"
    if same_type:
        return "type"
    return "title" if same_title else ""


def like(entry: Comparable, others: Iterable[tuple[Activity, Comparable]]) -> list[SimilarEntry]:
    """Return those of the others that look like the entry, in their order."""
    compared = [SimilarEntry(activity, likeness(entry, other)) for activity, other in others]
    return [similar for similar in compared if similar.likeness]


def comparable_of(activity: Activity, cycles: Iterable[int]) -> Comparable:
    """Return the values by which an entry, or a claim with the same fields, is compared."""
    return Comparable(
        activity.activity_type_id, activity.title, activity.starts_on, activity.ends_on, frozenset(cycles)
    )


def on_record(member: Member) -> list[tuple[Activity, Comparable]]:
    """Return the member's standing entries in the order in which they were recorded; one query."""
    return on_record_of([member.pk]).get(member.pk, [])


def on_record_of(members: Collection[int]) -> dict[int, list[tuple[Activity, Comparable]]]:
    """Return what ``on_record`` returns for several members, by their keys; one query."""
    credits = (
        Credit.objects.filter(activity__member__in=members, activity__withdrawn_at=None)
        .exclude(cut=Credit.Cut.UNCLAIMED)
        .select_related("activity__activity_type")
        .order_by("activity_id")
    )
    activities: dict[int, Activity] = {}
    cycles: dict[int, set[int]] = {}
    for credit in credits:
        activities.setdefault(credit.activity_id, credit.activity)
        cycles.setdefault(credit.activity_id, set()).add(credit.cycle_id)
    found: dict[int, list[tuple[Activity, Comparable]]] = {}
    for key, activity in activities.items():
        found.setdefault(activity.member_id, []).append((activity, comparable_of(activity, cycles[key])))
    return found


def similar_entries(activity: Activity, cycles: Iterable[int]) -> list[SimilarEntry]:
    """Return the standing entries that look like this entry of the member's own.

    Only entries that were recorded before it, or that a file of AMT's brought, are compared.
    """
    if not activity.is_standing or not activity.is_members_own:
        return []
    others = [
        (other, comparable)
        for other, comparable in on_record(activity.member)
        if other.pk < activity.pk or not other.is_members_own
    ]
    return like(comparable_of(activity, cycles), others)
