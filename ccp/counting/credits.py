"""Counting: what each entry counts for in the cycles for which it is claimed.

Credits are written here and nowhere else. A credit stands for one entry in one cycle. Code that
changes entries states the cycles for which they are claimed. Then every affected cycle is counted
again: what each entry counts for under the caps, and since when the requirement has been met. The
caller holds the locks on the cycles.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db import transaction
from django.db.models import QuerySet
from simple_history.utils import bulk_update_with_history

from amtportal.chunks import CHUNK, chunks
from amtportal.dates import day_of
from amtportal.history.lines import create_with_lines
from amtportal.members.models import User
from amtportal.prepared import prepared
from ccp.counting import points, replay, requirement
from ccp.counting.terms import Catalogue, catalogue
from ccp.models import Activity, ActivityType, Credit
from certifications.models import Cycle
from certifications.quarters import ZERO

# What counting needs of a credit and its entry; the texts of an entry are many times as long.
_COUNTED = (
    "pk",
    "activity_id",
    "cycle_id",
    "points",
    "cut",
    *(
        f"activity__{name}"
        for name in ("activity_type_id", "starts_on", "ends_on", "points", "recorded_at", "withdrawn_at")
    ),
)


@prepared
def _claimed(cycles: list[int]) -> QuerySet[Credit, tuple[Any, ...]]:
    claimed = Credit.objects.filter(cycle__in=cycles).exclude(cut__in=Credit.NOT_CLAIMED)
    return claimed.order_by("pk").values_list(*_COUNTED)


class Countable(Protocol):
    """A stored entry: an activity, or the columns of one that decide what it counts for."""

    @property
    def pk(self) -> int: ...

    @property
    def activity_type(self) -> ActivityType: ...

    @property
    def points(self) -> Decimal | None: ...

    @property
    def starts_on(self) -> date: ...

    @property
    def ends_on(self) -> date: ...

    @property
    def recorded_at(self) -> datetime: ...


def entry(activity: Countable, terms: Catalogue) -> points.Entry:
    """Return a stored entry as the caps see it, under the terms of the day it was recorded."""
    return _entry(
        activity.pk,
        activity.activity_type,
        activity.starts_on,
        activity.ends_on,
        activity.points,
        activity.recorded_at,
        terms=terms,
    )


def _entry(
    key: int,
    activity_type: ActivityType,
    starts_on: date,
    ends_on: date,
    claimed: Decimal | None,
    recorded_at: datetime,
    *,
    terms: Catalogue,
) -> points.Entry:
    held = terms.terms(activity_type, day_of(recorded_at))
    return points.Entry(
        reference=key,
        starts_on=starts_on,
        claimed=ZERO if claimed is None else claimed,  # until AMT has set the points
        activity_type=activity_type.code,
        category=activity_type.category.code,
        type_cap=held.type_cap,
        category_cap=held.category_cap,
        in_window=held.can_be_claimed(starts_on, ends_on),
    )


def set_claims(activity: Activity, cycles: Collection[Cycle], by: User, at: datetime) -> None:
    """Claim the activity for these cycles and for no others.

    The caps are applied when the cycles are counted.
    """
    keys = {cycle.pk for cycle in cycles}
    credits = {credit.cycle_id: credit for credit in activity.credits.all()}
    add_claims([(activity, [cycle for cycle in cycles if cycle.pk not in credits])], by, at)
    changed = []
    for key, credit in credits.items():
        if (key in keys) is (credit.cut in Credit.NOT_CLAIMED):
            credit.points, credit.cut = (
                (activity.claimed, Credit.Cut.NONE) if key in keys else (ZERO, Credit.Cut.UNCLAIMED)
            )
            changed.append(credit)
    _update(changed, by, at)


def add_claims(claimed: Iterable[tuple[Activity, Collection[Cycle]]], by: User | None, at: datetime) -> None:
    """Claim each new entry for its cycles."""
    credits = [
        Credit(activity=activity, cycle=cycle, points=activity.claimed)
        for activity, cycles in claimed
        for cycle in cycles
    ]
    create_with_lines(Credit, credits, by=by, at=at)


def recount(
    cycles: Collection[Cycle], terms: Catalogue, by: User | None, at: datetime, *, from_history: bool = False
) -> None:
    """Store what each entry of these locked cycles counts for now, and settle their requirement.

    ``terms`` are read under the locks. A caller that puts entries on record shares the lock on the
    terms (``ccp.counting.terms_lock``). ``from_history``: entries may have counted since an earlier
    day, so the day since which the requirement is met comes from the history (``replay``).
    """
    for batch in chunks(cycles):
        counted_by_cycle = _count(batch, terms, by, at)
        if from_history:
            since = replay.since_when_all(batch)
            for cycle in batch:
                requirement.set_met_on(cycle, since[cycle.pk])
        else:
            requirement.settle_all(batch, counted_by_cycle, day_of(at))


def _count(
    cycles: Collection[Cycle], terms: Catalogue, by: User | None, at: datetime, *, moved: Collection[int] = ()
) -> dict[int, Decimal]:
    """Store what each entry of these locked cycles counts for now, and return the total of each cycle, by key.

    ``moved``: the keys of credits that were changed and have no line of history of that yet.
    """
    claimed: dict[int, list[tuple[int, int, Decimal, str]]] = {cycle.pk: [] for cycle in cycles}
    standing: dict[int, list[points.Entry]] = {cycle.pk: [] for cycle in cycles}
    for key, activity, cycle, counts, cut, kind, *of_entry, withdrawn_at in _claimed(list(claimed)):
        claimed[cycle].append((key, activity, counts, cut))
        if withdrawn_at is None:
            standing[cycle].append(_entry(activity, terms.activity_type(kind), *of_entry, terms=terms))
    changed, counted_by_cycle = [], dict.fromkeys(claimed, ZERO)
    for key_of_cycle, credits in claimed.items():
        counted = points.credited(standing[key_of_cycle])
        for key, activity, *before in credits:
            result = counted.get(activity)
            counts, cut = (result.counted, result.cut) if result else (ZERO, Credit.Cut.NOT_STANDING)
            counted_by_cycle[key_of_cycle] += counts
            if before != [counts, cut] or key in moved:
                changed.append(Credit(pk=key, activity_id=activity, cycle_id=key_of_cycle, points=counts, cut=cut))
    _update(changed, by, at)
    return counted_by_cycle


def count_under_new_days(
    cycle: Cycle, covers: Callable[[date, date], bool], terms: Catalogue, by: User, at: datetime
) -> None:
    """Store what each entry of this locked cycle counts for under other days than the stored ones.

    Entries that ``covers`` does not hold are set aside: they count for nothing. Entries that were set
    aside before and are covered now count again. ``requirement_met_on`` is set on the instance, from
    the history, and the caller saves it with the days.
    """
    outside, inside = [], []
    credits = Credit.objects.filter(cycle=cycle).exclude(cut=Credit.Cut.UNCLAIMED).select_related("activity")
    for credit in credits.order_by("pk"):
        is_covered = covers(credit.activity.starts_on, credit.activity.ends_on)
        if is_covered and credit.cut == Credit.Cut.OUTSIDE:
            inside.append(credit.pk)
        elif not is_covered and credit.cut != Credit.Cut.OUTSIDE:
            credit.points, credit.cut = ZERO, Credit.Cut.OUTSIDE
            outside.append(credit)
    _update(outside, by, at)
    Credit.objects.filter(pk__in=inside).update(cut=Credit.Cut.NONE)
    _count([cycle], terms, by, at, moved=inside)
    cycle.requirement_met_on = replay.since_when(cycle)


def claim_set_aside(following: Mapping[int, Cycle], by: User | None, at: datetime) -> list[Cycle]:
    """Claim the entries that a cycle set aside for the cycle after it, where that covers them.

    ``following``: the new cycle, by the key of the one before it. Returns the cycles that gained an
    entry; the caller counts them.
    """
    aside = Credit.objects.filter(cycle__in=list(following), cut=Credit.Cut.OUTSIDE, activity__withdrawn_at=None)
    claimed: dict[Activity, list[Cycle]] = {}
    for credit in aside.select_related("activity").order_by("activity_id"):
        cycle = following[credit.cycle_id]
        if cycle.starts_on <= credit.activity.starts_on and credit.activity.ends_on <= cycle.ends_on:
            claimed.setdefault(credit.activity, []).append(cycle)
    add_claims(claimed.items(), by, at)
    return in_key_order(cycle for cycles in claimed.values() for cycle in cycles)


@transaction.atomic
def recount_by_key(*, cycles: Collection[int], by: User | None, at: datetime) -> None:
    """Do what ``recount`` does for cycles given by key; they are locked here.

    The locks are taken in the order of the keys. Closed cycles stay as they are.
    """
    locked: list[Cycle] = []
    for keys in chunks(sorted(set(cycles))):
        unclosed = Cycle.objects.unclosed().filter(pk__in=keys).select_for_update(of=("self",))
        locked += unclosed.select_related("certification__credential").order_by("pk")
    recount(locked, catalogue(), by, at)


def in_key_order(cycles: Iterable[Cycle]) -> list[Cycle]:
    """Return each of the cycles once, in the order in which all code locks them."""
    return sorted({cycle.pk: cycle for cycle in cycles}.values(), key=lambda cycle: cycle.pk)


def _update(credits: Collection[Credit], by: User | None, at: datetime) -> None:
    if not credits:
        return
    bulk_update_with_history(credits, Credit, ["points", "cut"], batch_size=CHUNK, default_user=by, default_date=at)
