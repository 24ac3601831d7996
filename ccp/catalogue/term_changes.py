"""How a change of the terms affects the points of members, shown to staff before it is saved.

Terms apply to the entries that are recorded while they are in force. So a change affects an open
cycle only if an entry of the type (or category) was recorded on or after the day from which the
change applies. Only what counts can change, through the caps and through the window in which the
type can be claimed. The points claimed stay as they were recorded. Closed cycles never change.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import transaction

from amtportal import plausible
from amtportal.after_commit import after_commit
from amtportal.chunks import chunks
from amtportal.dates import CHICAGO, day_of
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Problem, refuse_if
from ccp.counting import credits as counting
from ccp.counting import points, terms_lock
from ccp.counting.terms import Catalogue, catalogue
from ccp.models import Activity, ActivityType, CategoryTerms, Credit, TypeTerms
from ccp.rollover import catching_up
from certifications import quarters
from certifications.cycles import lock_all
from certifications.models import Cycle

AnyTerms = TypeTerms | CategoryTerms
_READ = ("activity_type", "pk", "starts_on", "ends_on", "points", "recorded_at")


@dataclass(frozen=True)
class Counting:
    """An open cycle with its standing entries, with the fields that the caps need."""

    cycle: int
    member: int
    required: Decimal
    entries: Sequence[Activity]


@dataclass(frozen=True)
class Effect:
    """What counts in one cycle under the current terms and under the proposed terms."""

    cycle: int
    member: int
    required: Decimal
    before: Decimal
    after: Decimal

    @property
    def gains(self) -> bool:
        return self.after > self.before

    @property
    def loses(self) -> bool:
        return self.after < self.before

    @property
    def crosses_up(self) -> bool:
        return self.before < self.required <= self.after

    @property
    def crosses_down(self) -> bool:
        return self.after < self.required <= self.before


@dataclass(frozen=True)
class Impact:
    """The cycles in which something changes, and how many members are affected in which way.

    Members may gain, lose, reach the requirement or fall below it. A member with several
    certifications may be in more than one of the numbers, but is counted only once in each.
    """

    effects: Sequence[Effect]
    cycles: Sequence[int]
    """The open cycles that are counted again, whether or not their points change."""

    @property
    def gaining(self) -> int:
        return _members(effect for effect in self.effects if effect.gains)

    @property
    def losing(self) -> int:
        return _members(effect for effect in self.effects if effect.loses)

    @property
    def crossing_up(self) -> int:
        return _members(effect for effect in self.effects if effect.crosses_up)

    @property
    def crossing_down(self) -> int:
        return _members(effect for effect in self.effects if effect.crosses_down)

    @property
    def digest(self) -> str:
        """Return a fingerprint of the effects, so that staff confirm exactly what they saw."""
        lines = sorted(f"{effect.cycle}:{effect.before}:{effect.after}" for effect in self.effects)
        return sha256("\n".join(lines).encode()).hexdigest()


def problems_with_days(days: Mapping[str, Any], on: date) -> Iterator[Problem]:
    """Yield the problems with the days of terms, by field. Fields without a day have none."""
    rules = {
        "effective_from": plausible.problem_with_terms_day,
        "claimable_from": plausible.problem_with_window_day,
        "claimable_until": plausible.problem_with_window_day,
    }
    for name, rule in rules.items():
        day = days.get(name)
        if day and (sentence := rule(day, on)):
            yield Problem(name, sentence)


def impact(cycles: Iterable[Counting], present: Catalogue, proposed: Catalogue) -> Impact:
    """Return what the proposed terms change in these cycles."""
    effects = []
    keys = []
    for of_cycle in cycles:
        keys.append(of_cycle.cycle)
        before, after = _counted(of_cycle.entries, present), _counted(of_cycle.entries, proposed)
        if before != after:
            effects.append(Effect(of_cycle.cycle, of_cycle.member, of_cycle.required, before, after))
    return Impact(effects, keys)


def with_terms(present: Catalogue, terms: AnyTerms) -> Catalogue:
    """Return the catalogue as it will be once these terms are saved.

    The terms replace a version with the same day.
    """
    if isinstance(terms, TypeTerms):
        return Catalogue(_with_version(present.types, terms.activity_type_id, terms), present.categories)
    return Catalogue(present.types, _with_version(present.categories, terms.category_id, terms))


def impact_of(terms: AnyTerms) -> Impact:
    """Return what saving these terms would change now. Nothing is written."""
    present = catalogue()
    return impact(_read(_concerned(terms)), present, with_terms(present, terms))


def catch_up(terms: AnyTerms, *, at: datetime) -> None:
    """Close those of the affected cycles that are due.

    A cycle that should already have been closed keeps what counted in it.
    """
    catching_up.close_ended(_concerned(terms), at=at)


@transaction.atomic
def put_in_force(*, terms: AnyTerms, by: User, at: datetime) -> None:
    """Save the terms and count the affected open cycles again.

    The terms replace a version with the same day. Raises ``Refused`` if a day cannot be right.
    """
    for problem in problems_with_days(vars(terms), day_of(at)):
        refuse_if(problem)
    # These locks make two changes wait for each other, and a change wait for an import of credits.
    list(ActivityType.objects.select_for_update(no_key=True).filter(pk__in=_activity_types(terms)).order_by("pk"))
    concerned = _concerned(terms)
    lock_all(concerned)  # lock all before closing some, so that all are locked in order
    catching_up.close_ended(concerned, at=at)
    sign(terms, by=by, at=at)
    terms.save()
    counting.recount_by_key(cycles=concerned, by=by, at=at)
    after_commit(_count_stragglers, terms, by, at)


def _count_stragglers(terms: AnyTerms, by: User, at: datetime) -> None:
    """Count what was recorded in the meantime by those who read the terms before these were saved."""
    terms_lock.wait_for_holders()
    counting.recount_by_key(cycles=_concerned(terms), by=by, at=at)


def _counted(entries: Sequence[Activity], terms: Catalogue) -> Decimal:
    counted = points.credited(counting.entry(activity, terms) for activity in entries)
    return sum((result.counted for result in counted.values()), quarters.ZERO)


def _with_version(versions: Mapping[int, Sequence[Any]], key: int, terms: AnyTerms) -> dict[int, Sequence[Any]]:
    others = [version for version in versions.get(key, []) if version.effective_from != terms.effective_from]
    return {**versions, key: [*others, terms]}


def _activity_types(terms: AnyTerms) -> list[int]:
    """Return the keys of the activity types to which the terms apply."""
    if isinstance(terms, TypeTerms):
        return [terms.activity_type_id]
    return list(ActivityType.objects.filter(category=terms.category_id).order_by("pk").values_list("pk", flat=True))


def _concerned(terms: AnyTerms) -> list[int]:
    """Return the keys of the open cycles with an entry recorded since the terms took effect."""
    since = datetime.combine(terms.effective_from, time.min, tzinfo=CHICAGO)
    credits = Credit.objects.filter(
        cycle__closed_on=None,
        activity__activity_type__in=_activity_types(terms),
        activity__recorded_at__gte=since,
        activity__withdrawn_at=None,
    ).exclude(cut__in=Credit.NOT_CLAIMED)
    return list(credits.order_by("cycle").values_list("cycle", flat=True).distinct())


def _read(keys: Collection[int]) -> Iterable[Counting]:
    """Yield these cycles with their standing entries, reading one batch at a time."""
    activity_types = ActivityType.objects.select_related("category").in_bulk()
    for batch in chunks(keys):
        entries: dict[int, list[Activity]] = {key: [] for key in batch}
        standing = (
            Credit.objects.filter(cycle__in=batch, activity__withdrawn_at=None)
            .exclude(cut__in=Credit.NOT_CLAIMED)
            .order_by("pk")
            .values_list("cycle", *(f"activity__{name}" for name in _READ))
        )
        for cycle, activity_type, *values in standing:
            entries[cycle].append(
                Activity(activity_type=activity_types[activity_type], **dict(zip(_READ[1:], values, strict=True)))
            )
        cycles = Cycle.objects.filter(pk__in=batch).order_by("pk")
        for cycle, member, required in cycles.values_list("pk", "certification__member", "points_required"):
            yield Counting(cycle, member, required, entries[cycle])


def _members(effects: Iterable[Effect]) -> int:
    return len({effect.member for effect in effects})
