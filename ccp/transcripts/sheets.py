"""What a member has on record for a cycle, as a CE transcript lists it.

A sheet lists the standing entries that are claimed for the cycle, by category with subtotals: what
was claimed, what counts, and why something does not count. The sheet of a closed cycle says how the
cycle was closed, with the points as they were then. Corrections are shown beside them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import format_day, format_points
from ccp.counting import requirement
from ccp.counting.reasons import CUT_SENTENCES
from ccp.models import Activity, Credit
from certifications.models import Certification, Credential, Cycle, CycleCorrection
from certifications.quarters import ZERO


@dataclass(frozen=True)
class SheetRow:
    """One activity on the transcript; ``note`` says why less than the claim counts."""

    reference: str
    activity_type: str
    type: str
    title: str
    provider: str
    starts_on: date
    ends_on: date
    claimed: Decimal
    counted: Decimal
    cut: str
    source: str

    @property
    def by_amt(self) -> bool:
        return self.source == Activity.Source.AMT

    @property
    def source_in_words(self) -> str:
        """Return where the entry comes from; empty for what the member recorded in the portal."""
        return "" if self.source == Activity.Source.MEMBER else str(Activity.Source(self.source).label)

    @property
    def note(self) -> str:
        """Return the note in the language of the page or document that contains it."""
        return str(CUT_SENTENCES[Credit.Cut(self.cut)])


@dataclass(frozen=True)
class CategoryRows:
    """The rows of one category with their subtotals."""

    name: str
    rows: list[SheetRow]

    @property
    def by_type(self) -> list[tuple[str, list[SheetRow]]]:
        """Return the rows by the name of their type, in the order in which the types appear."""
        rows_by_type: dict[str, list[SheetRow]] = {}
        for row in self.rows:
            rows_by_type.setdefault(row.type, []).append(row)
        return list(rows_by_type.items())

    @property
    def claimed(self) -> Decimal:
        return sum((row.claimed for row in self.rows), ZERO)

    @property
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

    @property
    def rows(self) -> list[SheetRow]:
        return [row for category in self.categories for row in category.rows]

    @property
    def required(self) -> Decimal:
        return self.cycle.points_required

    @property
    def claimed(self) -> Decimal:
        return sum((category.claimed for category in self.categories), ZERO)

    @property
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


def by_category(credits: Iterable[Credit]) -> list[CategoryRows]:
    """Return credits as rows grouped by category, with subtotals.

    ``credits`` come in the order of category and day, with types and categories loaded.
    """
    return [
        CategoryRows(category.name, [_row(credit.activity, credit) for credit in group])
        for category, group in groupby(credits, key=lambda credit: credit.activity.activity_type.category)
    ]


def of_cycles(cycles: list[Cycle]) -> list[Sheet]:
    """Return a sheet for each of the cycles, with what is claimed for it.

    Each cycle is read again in the statement that reads its credits, so that nobody sees the new
    points with the old day on which the requirement was met. No lock is taken.
    """
    credits = (
        Credit.objects.filter(cycle__in=[cycle.pk for cycle in cycles])
        .exclude(cut__in=[Credit.Cut.NOT_STANDING, Credit.Cut.UNCLAIMED])
        .select_related("activity__activity_type__category", "cycle")
        .order_by(
            "cycle_id",
            "activity__activity_type__category__order",
            "activity__activity_type__category_id",
            "activity__starts_on",
            "activity_id",
        )
    )
    by_cycle = {key: list(group) for key, group in groupby(credits, key=lambda credit: credit.cycle_id)}
    corrections: dict[int, list[CycleCorrection]] = {}
    if any(cycle.closed_on for cycle in cycles):
        for correction in CycleCorrection.objects.filter(cycle__in=[cycle.pk for cycle in cycles]):
            corrections.setdefault(correction.cycle_id, []).append(correction)
    sheets = []
    for cycle in cycles:
        claimed = by_cycle.get(cycle.pk, [])
        if claimed:
            claimed[0].cycle.certification = cycle.certification
            cycle = claimed[0].cycle
        sheets.append(Sheet(cycle, by_category(claimed), corrections.get(cycle.pk, [])))
    return sheets


def _row(activity: Activity, credit: Credit) -> SheetRow:
    return SheetRow(
        reference=activity.reference,
        activity_type=activity.activity_type.code,
        type=activity.activity_type.name,
        title=activity.title,
        provider=activity.provider,
        starts_on=activity.starts_on,
        ends_on=activity.ends_on,
        claimed=activity.points,
        counted=credit.points,
        cut=credit.cut,
        source=activity.source,
    )
