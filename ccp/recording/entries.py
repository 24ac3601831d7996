"""An entry as the member's pages show it: what it counts for in each cycle, and similar entries."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch
from django.shortcuts import get_object_or_404

from ccp.counting import reasons
from ccp.models import Activity, Credit
from ccp.recording import duplicates
from ccp.recording.eligibility import applies_to
from ccp.rollover import catching_up
from certifications import cycles as cycle_rules
from certifications.deadlines import by_deadline
from certifications.models import Certification, Cycle


@dataclass(frozen=True)
class CreditLine:
    """What an activity counts for in one certification, and why it was cut."""

    certification_code: str
    cycle: Cycle
    claimed: Decimal
    counted: Decimal
    sentence: str


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
            sentence=str(reasons.CUT_SENTENCES[Credit.Cut(credit.cut)]),
        )
        for credit in map(claimed.__getitem__, by_deadline(claimed))
    ]


def with_elsewhere(activities: Any) -> Any:
    """Add ``elsewhere``: whether an open cycle covers the entry's days and the entry is not claimed for it."""
    covering = Cycle.objects.unclosed().filter(
        certification__member=OuterRef("member"),
        certification__status__in=Certification.IN_FORCE,
        starts_on__lte=OuterRef("starts_on"),
        ends_on__gte=OuterRef("ends_on"),
    )
    claimed = Credit.objects.filter(activity=OuterRef(OuterRef("pk"))).exclude(cut=Credit.Cut.UNCLAIMED)
    return activities.annotate(elsewhere=Exists(covering.exclude(pk__in=claimed.values("cycle"))))


def could_count_for(activity: Activity, on: date) -> list[Cycle]:
    """Return the other cycles in which an entry could count, by deadline.

    They take records, cover its days, and its type counts for their certification. The entry must
    be one that its member may amend, and read ``with_elsewhere``: without such a cycle, this makes
    no query.
    """
    if not getattr(activity, "elsewhere", True):
        return []
    claimed = {line.cycle.pk for line in credit_lines(activity)}
    others = [
        cycle
        for cycle in cycle_rules.taking_records(cycle_rules.unclosed(activity.member), on)
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


def look_alikes(activity: Activity) -> list[duplicates.SimilarEntry]:
    return duplicates.similar_entries(activity, [line.cycle.pk for line in credit_lines(activity)])
