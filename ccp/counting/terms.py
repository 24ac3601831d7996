"""The terms of the program: what an activity type is worth, how much of it counts, and from when.

Terms are dated. A change takes effect from a given day: an entry keeps the terms of the day (in
Chicago) on which it was recorded, whatever is changed later. An activity type begins with its first
terms: nothing can be recorded under it before their day. The figures are rows that staff edit. Each
row says where its figures come from: AMT publishes them, we assumed them, or staff set them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Protocol, TypeVar

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from amtportal.formatting import as_count, format_points
from ccp.counting import stamp
from ccp.models import ActivityType, Category, CategoryTerms, TypeTerms
from certifications import cycles as cycle_rules
from certifications.models import Credential
from certifications.quarters import MOST, STEP


class Dated(Protocol):
    effective_from: date


Version = TypeVar("Version", bound=Dated)


@dataclass(frozen=True)
class Terms:
    """The terms that apply to an activity type on a day.

    All points are points within one cycle. None means no cap, no limit or no unit. ``begins_on``:
    the day of the type's first terms while that day is still in the future; otherwise None.
    ``is_over``: every cycle with work that can be claimed has ended, with its usual grace period.
    """

    unit: str
    points_per_unit: Decimal | None
    least: Decimal
    most: Decimal
    type_cap: Decimal | None
    category_cap: Decimal | None
    claimable_from: date | None
    claimable_until: date | None
    begins_on: date | None = None
    is_over: bool = False

    @property
    def takes_quantity(self) -> bool:
        """Return whether points can be calculated from a number of units."""
        return self.points_per_unit is not None

    def can_be_claimed(self, first: date, last: date) -> bool:
        """Return whether the days from the first to the last lie within the window of the type."""
        return (self.claimable_from is None or self.claimable_from <= first) and (
            self.claimable_until is None or last <= self.claimable_until
        )

    def has_a_day_between(self, first: date, last: date) -> bool:
        """Return whether the window of the type has a day from the first to the last."""
        return (self.claimable_from is None or self.claimable_from <= last) and (
            self.claimable_until is None or first <= self.claimable_until
        )

    @property
    def unit_name(self) -> str:
        """Return the name of the unit in words; an empty string where points are given directly."""
        return str(TypeTerms.Unit(self.unit).label) if self.unit else ""

    @property
    def claim_limits(self) -> str:
        """Return the smallest and largest claim as a sentence; empty for the usual limits."""
        if self.least > STEP and self.most < MOST:
            limits = {"least": format_points(self.least), "most": format_points(self.most)}
            return _("%(least)s to %(most)s points for one entry.") % limits
        if self.least > STEP:
            return _("At least %(least)s points for one entry.") % {"least": format_points(self.least)}
        if self.most < MOST:
            return _("At most %(most)s points for one entry.") % {"most": format_points(self.most)}
        return ""


@dataclass(frozen=True)
class Offer:
    """An activity type with the terms under which it is recorded."""

    activity_type: ActivityType
    terms: Terms


@dataclass(frozen=True)
class CategoryOffer:
    """A category, its cap and its activity types, as the lists of qualifying activities show it."""

    category: Category
    cap: Decimal | None
    offers: list[Offer]


def in_force(versions: Sequence[Version], on: date) -> Version:
    """Return the version with the latest day up to ``on``.

    If no version has begun by then, return the first one.
    """
    if len(versions) == 1:
        return versions[0]
    ordered = sorted(versions, key=lambda version: version.effective_from)
    begun = [version for version in ordered if version.effective_from <= on]
    return begun[-1] if begun else ordered[0]


def is_over(claimable_until: date | None, on: date) -> bool:
    """Return whether no cycle can take work up to this day any more, unless AMT extended its grace period.

    The last cycle that can begins on that day itself.
    """
    if claimable_until is None:
        return False
    return cycle_rules.records_until(cycle_rules.span(claimable_until, 1).ends_on) < on


def points_for(quantity: Decimal, points_per_unit: Decimal) -> Decimal:
    """Return the points for a number of units, rounded down to a quarter of a point.

    For example, 0.4 CEU at 10 points per CEU make 4 points.
    """
    steps = (quantity * points_per_unit / STEP).to_integral_value(rounding=ROUND_FLOOR)
    return steps * STEP


# A number of each unit in words; ``count`` chooses the singular or the plural.
UNITS = {
    TypeTerms.Unit.HOUR: ngettext_lazy("%(number)s contact hour", "%(number)s contact hours", "count"),
    TypeTerms.Unit.SEMESTER_HOUR: ngettext_lazy("%(number)s semester hour", "%(number)s semester hours", "count"),
    TypeTerms.Unit.QUARTER_HOUR: ngettext_lazy("%(number)s quarter hour", "%(number)s quarter hours", "count"),
    TypeTerms.Unit.CEU: ngettext_lazy("%(number)s CEU", "%(number)s CEU", "count"),
    TypeTerms.Unit.YEAR: ngettext_lazy("%(number)s year", "%(number)s years", "count"),
    TypeTerms.Unit.WORK: ngettext_lazy("%(number)s work", "%(number)s works", "count"),
}


def in_units(quantity: Decimal, unit: str) -> str:
    """Return a number of units in words: ``1 contact hour``, ``3 contact hours``, ``0.4 CEU``."""
    return UNITS[TypeTerms.Unit(unit)] % {"number": format_points(quantity), "count": as_count(quantity)}


@dataclass(frozen=True)
class Catalogue:
    """All terms, by the key of the activity type and of the category.

    Every type and every category has at least one version.
    """

    types: Mapping[int, Sequence[TypeTerms]]
    categories: Mapping[int, Sequence[CategoryTerms]]
    _of_day: dict[tuple[int, date], Terms] = field(default_factory=dict, init=False, repr=False, compare=False)

    def terms(self, activity_type: ActivityType, on: date) -> Terms:
        """Return the terms of the type on that day, which are found once for each type and day.

        For a stored entry, pass the day on which it was recorded.
        """
        terms = self._of_day.get((activity_type.pk, on))
        if terms is None:
            terms = self._of_day[activity_type.pk, on] = self._find(activity_type, on)
        return terms

    def _find(self, activity_type: ActivityType, on: date) -> Terms:
        own = in_force(self.types[activity_type.pk], on)
        return Terms(
            unit=own.unit,
            points_per_unit=own.points_per_unit,
            least=own.least,
            most=own.most,
            type_cap=own.cap,
            category_cap=in_force(self.categories[activity_type.category_id], on).cap,
            claimable_from=own.claimable_from,
            claimable_until=own.claimable_until,
            begins_on=own.effective_from if own.effective_from > on else None,
            is_over=is_over(own.claimable_until, on),
        )

    def cap_of(self, category: Category, on: date) -> Decimal | None:
        """Return the cap of a category for entries that are recorded on that day."""
        return in_force(self.categories[category.pk], on).cap

    @property
    def activity_types(self) -> list[ActivityType]:
        """Return every activity type, in the catalogue's order, with its category loaded."""
        return [versions[0].activity_type for versions in self.types.values()]

    def activity_type(self, key: int) -> ActivityType:
        """Return the activity type of that key, with its category loaded."""
        return self.types[key][0].activity_type

    def offers(self, activity_types: Iterable[ActivityType], on: date) -> list[CategoryOffer]:
        """Return the types under the terms of that day, grouped by category.

        ``activity_types`` come in their order, with their categories loaded.
        """
        by_category: dict[Category, list[Offer]] = defaultdict(list)
        for activity_type in activity_types:
            by_category[activity_type.category].append(Offer(activity_type, self.terms(activity_type, on)))
        return [CategoryOffer(category, self.cap_of(category, on), offers) for category, offers in by_category.items()]


def catalogue() -> Catalogue:
    """Return the terms on record, with the credentials that each type names; one query while they are as before.

    The rows belong to all threads of the process: nobody changes them.
    """
    global _kept
    on_record = stamp.of(*_TABLES)
    if _kept and _kept[0] == on_record:
        return _kept[1]
    read = _read()
    if stamp.of(*_TABLES) == on_record:  # else they were changed while they were read
        _kept = (on_record, read)
    return read


_TABLES = (TypeTerms, CategoryTerms, ActivityType, Category, ActivityType.credentials.through, Credential)
_kept: tuple[str, Catalogue] | None = None


def _read() -> Catalogue:
    """Read the terms. They are sorted here: an ORDER BY across the joins costs more to compile than to run."""
    types: dict[int, list[TypeTerms]] = defaultdict(list)
    for terms in sorted(TypeTerms.objects.select_related("activity_type__category").order_by(), key=_place):
        types[terms.activity_type_id].append(terms)
    prefetch_related_objects([versions[0].activity_type for versions in types.values()], "credentials")
    categories: dict[int, list[CategoryTerms]] = defaultdict(list)
    for category in CategoryTerms.objects.order_by("effective_from"):
        categories[category.category_id].append(category)
    return Catalogue(dict(types), dict(categories))


def _place(terms: TypeTerms) -> tuple[int, int, str, date]:
    """Return the place of these terms in the catalogue's order."""
    activity_type = terms.activity_type
    return activity_type.category.order, activity_type.order, activity_type.name, terms.effective_from
