"""An entry as the member's pages show it: what it counts for in each cycle, and similar entries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, FilteredRelation, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from amtportal.members.models import User
from amtportal.prepared import prepared
from ccp.counting import reasons
from ccp.models import Activity, Credit, Evidence
from ccp.models.activities import CreditCut, claim_in_words
from ccp.recording import duplicates
from ccp.recording.eligibility import applies_to
from ccp.rollover import catching_up
from certifications import cycles as cycle_rules
from certifications.deadlines import by_deadline
from certifications.models import Cycle


@dataclass(frozen=True)
class CreditLine:
    """What an activity counts for in one certification, and why it was cut."""

    certification_code: str
    cycle: Cycle
    claimed: Decimal | None
    counted: Decimal
    sentence: str

    @property
    def claim_in_words(self) -> str:
        return claim_in_words(self.claimed)


def credit_lines(activity: Activity) -> list[CreditLine]:
    """Return the credits of an activity as a page shows them, by the deadline of the certifications.

    The credits must be read with their cycle, certification and credential.
    """
    claimed = {credit.cycle: credit for credit in activity.credits.all() if credit.cut != Credit.Cut.UNCLAIMED}
    return [
        CreditLine(
            certification_code=credit.cycle.certification.credential.code,
            cycle=credit.cycle,
            claimed=activity.points,
            counted=credit.points,
            sentence=_sentence(activity, credit),
        )
        for credit in map(claimed.__getitem__, by_deadline(claimed))
    ]


def _sentence(activity: Activity, credit: Credit) -> str:
    """Return why the entry counts for less than its claim in the cycle of the credit."""
    if not activity.is_standing:
        return str(reasons.CUT_SENTENCES[Credit.Cut.NOT_STANDING])
    if not activity.awaits_points or credit.cut != Credit.Cut.NONE:
        return reasons.why(CreditCut(credit.cut), claimed=activity.points, counted=credit.points)
    if credit.cycle.closed_on:
        return _("AMT did not set its points before this cycle was closed. Call AMT if it must count.")
    return _("It counts from the day on which AMT sets its points. AMT then tells you.")


def could_count_for(activity: Activity, cycles: Iterable[Cycle], on: date) -> list[Cycle]:
    """Return the other cycles in which an entry could count, by deadline.

    They take records, cover its days, and its type counts for their certification. The entry must
    be one that its member may amend. ``cycles``: all cycles of the member.
    """
    claimed = {line.cycle.pk for line in credit_lines(activity)}
    others = [
        cycle
        for cycle in cycle_rules.taking_records(cycles, on)
        if cycle.pk not in claimed and cycle_rules.covers(cycle, activity.starts_on, activity.ends_on)
    ]
    return by_deadline(cycle for cycle in others if applies_to(activity.activity_type, cycle))


def read() -> Any:
    """Return a queryset of activities with everything that a page shows of them, in two queries."""
    credits = Credit.objects.select_related("cycle__certification__credential").order_by("cycle_id")
    return Activity.objects.select_related("activity_type__category", "member__user").prefetch_related(
        Prefetch("credits", queryset=credits)
    )


def found(among: Any, pk: int, *, at: datetime) -> Activity:
    """Return the entry with this key. Raises ``Http404`` if it is not among those given.

    Cycles of its member that are due are closed first.
    """
    activity: Activity = get_object_or_404(among, pk=pk)
    if catching_up.catch_up(activity.member, at=at, shown=[credit.cycle for credit in activity.credits.all()]):
        activity = among.get(pk=pk)
    return activity


def with_cycles(viewer: User, pk: int, *, at: datetime) -> tuple[Activity, list[Cycle]]:
    """Return an entry that this account may see, and all cycles of its member. Raises ``Http404``.

    Two queries: the cycles are read together with what the entry counts for in them. ``has_files``
    says whether evidence is or was attached. Cycles that are due are closed first.
    """
    activity = _read_whole(viewer, pk)
    cycles = _read_with_credits(activity)
    if catching_up.catch_up(activity.member, at=at, shown=cycles):
        activity = _read_whole(viewer, pk)
        cycles = _read_with_credits(activity)
    return activity, cycles


def _read_whole(viewer: User, pk: int) -> Activity:
    found = list(_whole(Activity.objects.visible_to(viewer), pk)) if viewer.is_staff else _own(pk, viewer.pk)
    if not found:
        raise Http404
    return found[0]


def _whole(among: QuerySet[Activity], pk: int) -> QuerySet[Activity]:
    files = Evidence.objects.filter(activity=OuterRef("pk")).order_by()
    whole = among.filter(pk=pk).select_related("activity_type__category", "member")
    return whole.order_by().annotate(has_files=Exists(files))


@prepared
def _own(pk: int, user: int) -> QuerySet[Activity]:
    return _whole(Activity.objects.filter(member__user=user), pk)


@prepared
def _cycles_with_credit(member: int, activity: int) -> QuerySet[Cycle]:
    return (
        Cycle.objects.filter(certification__member=member)
        .select_related("certification__credential")
        .annotate(credit=FilteredRelation("credits", condition=Q(credits__activity=activity)))
        .annotate(credit_key=F("credit__pk"), credit_points=F("credit__points"), credit_cut=F("credit__cut"))
        .order_by("pk")
    )


def _read_with_credits(activity: Activity) -> list[Cycle]:
    """Return the cycles of the entry's member, and give the entry its credits."""
    cycles: list[Any] = _cycles_with_credit(activity.member_id, activity.pk)
    activity._prefetched_objects_cache = {  # type: ignore[attr-defined]
        "credits": [
            Credit(
                pk=cycle.credit_key,
                activity=activity,
                cycle=cycle,
                points=cycle.credit_points,
                cut=cycle.credit_cut,
            )
            for cycle in cycles
            if cycle.credit_key is not None
        ]
    }
    return cycles


def look_alikes(activity: Activity, claims: Iterable[duplicates.Claim] | None = None) -> list[duplicates.SimilarEntry]:
    """Return what looks like the entry. ``claims``: the claims near it, if they have been read."""
    return duplicates.similar_entries(activity, [line.cycle.pk for line in credit_lines(activity)], claims)
