"""What a member has on record for a cycle, as a CE transcript lists it.

A sheet lists the standing entries that are claimed for the cycle, by category with subtotals: what
was claimed, what counts, and why something does not count. The sheet of a closed cycle says how the
cycle was closed, with the points as they were then. Corrections are shown beside them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import format_day, format_points
from amtportal.prepared import prepared
from ccp.counting import requirement
from ccp.models import Credit
from ccp.models.activities import reference_of
from ccp.transcripts.rows import SheetRow, in_document, on_page
from certifications.models import Certification, Credential, Cycle, CycleCorrection
from certifications.quarters import ZERO


@dataclass(frozen=True)
class CategoryRows:
    """The rows of one category with their subtotals."""

    name: str
    rows: list[SheetRow]

    @property
    def lines(self) -> SafeString:
        """Return the rows as the page shows them."""
        return on_page(self.rows)

    @property
    def lines_by_type(self) -> list[tuple[str, SafeString]]:
        """Return the rows as the document shows them, by the name of their type.

        The types come in the order in which they appear.
        """
        rows_by_type: dict[str, list[SheetRow]] = {}
        for row in self.rows:
            rows_by_type.setdefault(row.type, []).append(row)
        return [(name, in_document(rows)) for name, rows in rows_by_type.items()]

    @cached_property
    def claimed(self) -> Decimal:
        return sum((row.claimed for row in self.rows if row.claimed is not None), ZERO)

    @cached_property
    def counted(self) -> Decimal:
        return sum((row.counted for row in self.rows), ZERO)


@dataclass(frozen=True)
class Sheet:
    """What a member has on record for one cycle.

    The cycle's certification and credential must be loaded.
    """

    cycle: Cycle
    categories: list[CategoryRows]
    corrections: list[CycleCorrection] = field(default_factory=list)

    @property
    def certification(self) -> Certification:
        return self.cycle.certification

    @property
    def credential(self) -> Credential:
        return self.certification.credential

    @cached_property
    def rows(self) -> list[SheetRow]:
        return [row for category in self.categories for row in category.rows]

    @property
    def required(self) -> Decimal:
        return self.cycle.points_required

    @cached_property
    def claimed(self) -> Decimal:
        return sum((category.claimed for category in self.categories), ZERO)

    @cached_property
    def counted(self) -> Decimal:
        """Return the points that count; for a closed cycle, the points with which it was closed."""
        if self.cycle.points_at_close is not None:
            return self.cycle.points_at_close
        return sum((category.counted for category in self.categories), ZERO)

    @property
    def to_go(self) -> Decimal:
        return requirement.to_go(counted=self.counted, required=self.required)

    @property
    def met_on(self) -> date | None:
        return self.cycle.requirement_met_on

    @property
    def requirement_sentence(self) -> str:
        return requirement_sentence(met_on=self.met_on, to_go=self.to_go, is_closed=self.cycle.closed_on is not None)

    @property
    def closing_sentence(self) -> str:
        """Return how the cycle was closed; empty if it is not closed."""
        return closing_sentence(self.cycle.closed_on, self.cycle.outcome)


def requirement_sentence(*, met_on: date | None, to_go: Decimal, is_closed: bool) -> str:
    if met_on:
        return _("Met on %(day)s") % {"day": format_day(met_on)}
    figures = {"points": format_points(to_go)}
    one = 1 if to_go == 1 else 2  # 0.25 points is written in the plural
    if is_closed:
        return ngettext("Not met: %(points)s point short", "Not met: %(points)s points short", one) % figures
    return ngettext("%(points)s point to go", "%(points)s points to go", one) % figures


def closing_sentence(closed_on: date | None, outcome: str) -> str:
    if not closed_on:
        return ""
    words = {"day": format_day(closed_on), "outcome": str(Cycle.Outcome(outcome).label).lower()}
    return _("Closed on %(day)s as %(outcome)s") % words


CYCLE_COLUMNS = [field.attname for field in Cycle._meta.concrete_fields]
ROW_COLUMNS = (
    "activity__activity_type__category_id",
    "activity__activity_type__category__name",
    "activity_id",
    "activity__activity_type__code",
    "activity__activity_type__name",
    "activity__title",
    "activity__provider",
    "activity__starts_on",
    "activity__ends_on",
    "activity__points",
    "points",
    "cut",
    "activity__source",
)


def of_cycles(cycles: list[Cycle]) -> list[Sheet]:
    """Return a sheet for each of the cycles, with what is claimed for it.

    Each cycle is read again in the statement that reads its credits, so that nobody sees the new
    points with the old day on which the requirement was met. No lock is taken.
    """
    credits = _claimed([cycle.pk for cycle in cycles])
    width = len(CYCLE_COLUMNS)
    claimed = {}
    for values, found in groupby(credits, key=lambda row: row[:width]):
        cycle = Cycle.from_db(DEFAULT_DB_ALIAS, CYCLE_COLUMNS, values)
        claimed[cycle.pk] = cycle, by_category([row[width:] for row in found])
    corrections: dict[int, list[CycleCorrection]] = {}
    if any(cycle.closed_on for cycle in cycles):
        for correction in CycleCorrection.objects.filter(cycle__in=[cycle.pk for cycle in cycles]):
            corrections.setdefault(correction.cycle_id, []).append(correction)
    sheets = []
    for given in cycles:
        cycle, categories = claimed.get(given.pk, (given, []))
        cycle.certification = given.certification
        sheets.append(Sheet(cycle, categories, corrections.get(cycle.pk, [])))
    return sheets


@prepared
def _claimed(cycles: list[int]) -> QuerySet[Credit, tuple[Any, ...]]:
    return (
        Credit.objects.filter(cycle__in=cycles)
        .exclude(cut__in=[Credit.Cut.NOT_STANDING, *Credit.NOT_CLAIMED])
        .filter(activity__withdrawn_at=None)  # one that waited for points may be void since a cycle was closed
        .order_by(
            "cycle_id",
            "activity__activity_type__category__order",
            "activity__activity_type__category_id",
            "activity__starts_on",
            "activity_id",
        )
        .values_list(*(f"cycle__{name}" for name in CYCLE_COLUMNS), *ROW_COLUMNS)
    )


def by_category(credits: Iterable[Sequence[Any]]) -> list[CategoryRows]:
    """Return what was read by ``ROW_COLUMNS`` as rows grouped by category, in its order."""
    return [
        CategoryRows(name, [_row(*values) for _category, _name, *values in group])
        for (_key, name), group in groupby(credits, key=lambda row: row[:2])
    ]


def _row(
    activity: int,
    code: str,
    type_name: str,
    title: str,
    provider: str,
    starts_on: date,
    ends_on: date,
    claimed: Decimal,
    counted: Decimal,
    cut: str,
    source: str,
) -> SheetRow:
    return SheetRow(
        reference=reference_of(activity),
        activity_type=code,
        type=type_name,
        title=title,
        provider=provider,
        starts_on=starts_on,
        ends_on=ends_on,
        claimed=claimed,
        counted=counted,
        cut=cut,
        source=source,
    )
