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
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any, Literal, NamedTuple

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from amtportal.members.models import Member
from amtportal.prepared import prepared
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


class Claim(NamedTuple):
    """What a standing entry counts for in one cycle, with the values by which it is compared."""

    activity: int
    activity_type: int
    title: str
    starts_on: date
    ends_on: date
    source: str
    cycle: int
    counted: Decimal


CLAIM_COLUMNS = (
    "activity_id",
    "activity__activity_type",
    "activity__title",
    "activity__starts_on",
    "activity__ends_on",
    "activity__source",
    "cycle_id",
    "points",
)


def claims_near(entry: Comparable, member: Member) -> list[Claim]:
    """Return every claim of the member for the cycles of an entry, or of its activity type.

    They come in the order of recording, the entry's own among them; one query.
    """
    return [Claim(*values) for values in _claims_near(member.pk, entry.activity_type, sorted(entry.cycles))]


@prepared
def _claims_near(member: int, activity_type: int, cycles: list[int]) -> QuerySet[Credit, tuple[Any, ...]]:
    return (
        Credit.objects.filter(Q(activity__activity_type=activity_type) | Q(cycle__in=cycles), activity__member=member)
        .exclude(cut__in=[Credit.Cut.NOT_STANDING, *Credit.NOT_CLAIMED])
        .order_by("activity_id")
        .values_list(*CLAIM_COLUMNS)
    )


def counted(claims: Iterable[Claim]) -> dict[int, Decimal]:
    """Return the points that count in each cycle, by its key.

    They are the whole total of a cycle only for the cycles of the entry that the claims are near to.
    """
    totals: dict[int, Decimal] = {}
    for claim in claims:
        totals[claim.cycle] = totals.get(claim.cycle, Decimal(0)) + claim.counted
    return totals


def like(entry: Comparable, claims: Iterable[Claim]) -> list[SimilarEntry]:
    """Return the entries among ``claims_near`` that look like this one, in the order of recording.

    One query, if there are any.
    """
    found: dict[int, Likeness] = {}
    for pk, of_entry in groupby(claims, key=lambda claim: claim.activity):
        first, *more = of_entry
        other = Comparable(
            first.activity_type,
            first.title,
            first.starts_on,
            first.ends_on,
            frozenset(claim.cycle for claim in (first, *more)),
        )
        if alike := likeness(entry, other):
            found[pk] = alike
    activities = Activity.objects.select_related("activity_type").in_bulk(found) if found else {}
    return [SimilarEntry(activities[pk], alike) for pk, alike in found.items()]


def comparable_of(activity: Activity, cycles: Iterable[int]) -> Comparable:
    """Return the values by which an entry that is claimed for these cycles is compared."""
    return Comparable(
        activity.activity_type_id, activity.title, activity.starts_on, activity.ends_on, frozenset(cycles)
    )


def on_record_of(members: Collection[int]) -> dict[int, list[tuple[int, Comparable]]]:
    """Return the standing entries of these members by which others are compared, by member; one query.

    Each comes with its key, in the order of recording.
    """
    claims = (
        Credit.objects.filter(activity__member__in=members)
        .exclude(cut__in=[Credit.Cut.NOT_STANDING, *Credit.NOT_CLAIMED])
        .order_by("activity__member_id", "activity_id")
        .values_list("activity__member_id", *CLAIM_COLUMNS)
    )
    found: dict[int, list[tuple[int, Comparable]]] = {}
    for (member, pk), rows in groupby(claims, key=lambda row: row[:2]):
        of_entry = [Claim(*row[1:]) for row in rows]
        first = of_entry[0]
        cycles = frozenset(claim.cycle for claim in of_entry)
        comparable = Comparable(first.activity_type, first.title, first.starts_on, first.ends_on, cycles)
        found.setdefault(member, []).append((pk, comparable))
    return found


def similar_entries(
    activity: Activity, cycles: Iterable[int], claims: Iterable[Claim] | None = None
) -> list[SimilarEntry]:
    """Return the standing entries that look like this entry of the member's own.

    Only entries that were recorded before it, or that a file of AMT's brought, are compared.
    ``claims``: those of ``claims_near``, if they have been read.
    """
    if not activity.is_standing or not activity.is_members_own:
        return []
    entry = comparable_of(activity, cycles)
    if claims is None:
        claims = claims_near(entry, activity.member)
    return like(
        entry,
        [
            claim
            for claim in claims
            if claim.activity < activity.pk
            or (claim.source != Activity.Source.MEMBER and claim.activity != activity.pk)
        ],
    )
