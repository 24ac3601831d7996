"""Near-duplicates: entries that look like one another, so that the member can say what differs.

Two standing entries of a member look alike if they have the same activity type and their dates
overlap, or if they have the same title in the same cycle. When titles are compared, spaces at the
ends, repeated spaces, case and accents do not matter. The member gets a notice, and the entry is
never refused for this: many courses are held twice.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Literal

from django.db.models import Q
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

    @cached_property
    def folded_title(self) -> str:
        return folded(self.title)


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
    if title.isascii():  # then nothing has to be taken apart
        return " ".join(title.casefold().split())
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", title).casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def likeness(one: Comparable, other: Comparable) -> Likeness:
    """Return what looks alike in two entries; an empty string if they do not look alike."""
    overlap = one.starts_on <= other.ends_on and other.starts_on <= one.ends_on
    same_type = overlap and one.activity_type == other.activity_type
    same_title = bool(one.cycles & other.cycles) and one.folded_title == other.folded_title != ""
    if same_type and same_title:
        return "both"
    if same_type:
        return "type"
    return "title" if same_title else ""


def like(entry: Comparable, member: Member, *, among: Q) -> list[SimilarEntry]:
    """Return the member's standing entries that look like this one, in the order of recording.

    ``among`` says which credits are compared, so that an entry is not compared with itself. One
    query, and one more if something looks alike: the database leaves out what has neither a day nor
    a cycle in common.
    """
    may_be_alike = Q(
        activity__activity_type=entry.activity_type,
        activity__starts_on__lte=entry.ends_on,
        activity__ends_on__gte=entry.starts_on,
    )
    if entry.folded_title:
        may_be_alike |= Q(cycle__in=entry.cycles) & ~Q(activity__title="")
    columns = ("activity__pk", "activity__activity_type", "activity__title", "activity__starts_on", "activity__ends_on")
    claims = (
        Credit.objects.filter(among, may_be_alike, activity__member=member, activity__withdrawn_at=None)
        .exclude(cut=Credit.Cut.UNCLAIMED)
        .order_by("activity_id")
        .values_list(*columns, "cycle")
    )
    found: dict[int, Likeness] = {}
    for (pk, *values), rows in groupby(claims, key=lambda claim: claim[:-1]):
        if alike := likeness(entry, Comparable(*values, frozenset(row[-1] for row in rows))):
            found[pk] = alike
    activities = Activity.objects.select_related("activity_type").in_bulk(found) if found else {}
    return [SimilarEntry(activities[pk], alike) for pk, alike in found.items()]


def similar_entries(activity: Activity, cycles: Iterable[int]) -> list[SimilarEntry]:
    """Return the standing entries that look like this entry of the member's own.

    Only entries that were recorded before it or credited by AMT are compared.
    """
    if not activity.is_standing or activity.source == Activity.Source.AMT:
        return []
    entry = Comparable(
        activity.activity_type_id, activity.title, activity.starts_on, activity.ends_on, frozenset(cycles)
    )
    among = Q(activity__lt=activity.pk) | Q(activity__source=Activity.Source.AMT)
    return like(entry, activity.member, among=among)
