"""What a CE transcript says. ``ccp.issuing`` gives it a code and prints it.

There are three: of the present cycle, of a past cycle, and of a member's whole history. Each lists the standing entries
that are claimed for a cycle, by category with subtotals: what was claimed, what counts, and why something does not
count. A closed cycle says how it was closed, with the points as they were then; corrections stand beside them.

The record alone makes the contents: no day of reading is in them. What identifies them is ``content_hash``.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amtportal.members.models import Member
from amtportal.words import plain, us
from ccp import points, requirement
from ccp.models import Activity, Credit
from certifications.models import Certification, Credential, Cycle, CycleCorrection

ZERO = Decimal(0)
# So many rows take 3 seconds of a processor, so long titles and providers another 3. A longer document would keep
# others waiting: it tells the totals.
MOST_PRINTED = 500
MOST_PRINTED_TEXT = 60_000
# So many rows of a page take 0.7 seconds. A longer page tells the totals and leads to the entries.
MOST_LISTED = 2000

CUT_SENTENCES: dict[Credit.Cut, str | Promise] = {
    **{Credit.Cut(cut): reason for cut, reason in points.REASONS.items()},
    Credit.Cut.NOT_STANDING: gettext_lazy("No longer stands, so it counts for nothing."),
    Credit.Cut.UNCLAIMED: gettext_lazy("No longer claimed for this certification."),
}


@dataclass(frozen=True)
class Row:
    """One activity on the transcript; ``note`` says why less than the claim counts."""

    reference: str
    kind: str
    type: str
    title: str
    provider: str
    starts_on: date
    ends_on: date
    claimed: Decimal
    counted: Decimal
    cut: str
    by_amt: bool

    @property
    def note(self) -> str:
        """In the language of the page or document that it is put into."""
        return str(CUT_SENTENCES[Credit.Cut(self.cut)])


@dataclass(frozen=True)
class CategoryRows:
    """The rows of one category with their subtotals."""

    name: str
    rows: list[Row]

    @property
    def by_type(self) -> list[tuple[str, list[Row]]]:
        """The rows under the name of their type, in the order in which the types come up."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.type, []).append(row)
        return list(found.items())

    @property
    def claimed(self) -> Decimal:
        return sum((row.claimed for row in self.rows), ZERO)

    @property
    def counted(self) -> Decimal:
        return sum((row.counted for row in self.rows), ZERO)


@dataclass(frozen=True)
class Sheet:
    """What a member has on record for one cycle (its certification and credential are read)."""

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
    def rows(self) -> list[Row]:
        return [row for category in self.categories for row in category.rows]

    @property
    def required(self) -> Decimal:
        return self.cycle.points_required

    @property
    def claimed(self) -> Decimal:
        return sum((category.claimed for category in self.categories), ZERO)

    @property
    def counted(self) -> Decimal:
        """The points that count: of a closed cycle those with which it was closed."""
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
        """How the cycle was closed; empty for one that was not."""
        return closing_sentence(self.cycle.closed_on, self.cycle.outcome)


@dataclass(frozen=True)
class Contents:
    """What a transcript says. ``cycle`` is None for the whole history."""

    member: Member
    sheets: list[Sheet]
    cycle: Cycle | None

    @property
    def row_count(self) -> int:
        return sum(len(sheet.rows) for sheet in self.sheets)

    @property
    def has_amt_credits(self) -> bool:
        """Whether AMT, and not the member, recorded any of it."""
        return any(row.by_amt for sheet in self.sheets for row in sheet.rows)

    @property
    def are_rows_printed(self) -> bool:
        """Whether the document has each entry."""
        typed = sum(len(row.title) + len(row.provider) for sheet in self.sheets for row in sheet.rows)
        return self.row_count <= MOST_PRINTED and typed <= MOST_PRINTED_TEXT

    @property
    def are_rows_listed(self) -> bool:
        """Whether the page has each entry."""
        return self.row_count <= MOST_LISTED

    @property
    def filename(self) -> str:
        """``ce-transcript-RMA-2024-03-14.pdf``: no part of it is typed by a member."""
        if self.cycle is None:
            return "ce-transcript-all.pdf"
        return f"ce-transcript-{self.cycle.certification.credential.code}-{self.cycle.starts_on.isoformat()}.pdf"


def requirement_sentence(*, met_on: date | None, to_go: Decimal, is_closed: bool) -> str:
    if met_on:
        return _("Met on %(day)s") % {"day": us(met_on)}
    figures = {"points": plain(to_go)}
    one = 1 if to_go == 1 else 2  # 0.25 points is written as several are
    if is_closed:
        return ngettext("Not met: %(points)s point short", "Not met: %(points)s points short", one) % figures
    return ngettext("%(points)s point to go", "%(points)s points to go", one) % figures


def closing_sentence(closed_on: date | None, outcome: str) -> str:
    if not closed_on:
        return ""
    words = {"day": us(closed_on), "outcome": str(Cycle.Outcome(outcome).label).lower()}
    return _("Closed on %(day)s as %(outcome)s") % words


def by_category(credits: Iterable[Credit]) -> list[CategoryRows]:
    """Credits in the order of category and day (types and categories read) as rows with subtotals."""
    return [
        CategoryRows(category.name, [_row(credit.activity, credit) for credit in group])
        for category, group in groupby(credits, key=lambda credit: credit.activity.activity_type.category)
    ]


def snapshot(contents: Contents) -> dict[str, Any]:
    """What is kept with an issue: whose it is, the figures of each cycle, and what each entry counted."""
    return {
        "amt_id": contents.member.amt_id,
        "name": contents.member.name,
        "cycle": contents.cycle.pk if contents.cycle else None,
        "sheets": [_figures(sheet) for sheet in contents.sheets],
    }


def content_hash(contents: Contents) -> str:
    """The SHA-256 of the record that the transcript shows. How AMT names categories and types is not part of it."""
    rows = [_facts(row) for sheet in contents.sheets for row in sheet.rows]
    record = json.dumps([snapshot(contents), rows], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(record.encode()).hexdigest()


def _facts(row: Row) -> list[str]:
    days = [str(row.starts_on), str(row.ends_on)]
    figures = [plain(row.claimed), plain(row.counted), row.cut]
    return [row.reference, row.kind, row.title, row.provider, *days, *figures]


def _figures(sheet: Sheet) -> dict[str, Any]:
    cycle, certification = sheet.cycle, sheet.certification
    return {
        "cycle": cycle.pk,
        "credential": sheet.credential.code,
        "credential_name": sheet.credential.name,
        "certificate": certification.certificate_number,
        "awarded_on": str(certification.awarded_on),
        "mandatory": cycle.is_mandatory,
        "status": certification.status,
        "starts_on": str(cycle.starts_on),
        "ends_on": str(cycle.ends_on),
        "required": plain(sheet.required),
        "claimed": plain(sheet.claimed),
        "counted": plain(sheet.counted),
        "met_on": _iso(sheet.met_on),
        "closed_on": _iso(cycle.closed_on),
        "outcome": cycle.outcome,
        "corrections": [
            [plain(correction.points), correction.outcome, str(correction.signed_on), correction.statement]
            for correction in sheet.corrections
        ],
        "entries": {row.reference: plain(row.counted) for row in sheet.rows},
    }


def _iso(day: date | None) -> str | None:
    return str(day) if day else None


def of_cycle(cycle: Cycle) -> Contents:
    """The transcript of a cycle (certification, credential and member read), in one query; two for a closed cycle."""
    return Contents(cycle.certification.member, sheets([cycle]), cycle)


def of_member(member: Member, cycles: Iterable[Cycle]) -> Contents:
    """The whole history of a member, whose cycles these are (certification and credential read), in two queries."""
    return Contents(member, sheets(list(cycles)), None)


def cycles_of(member: Member) -> QuerySet[Cycle]:
    """All cycles of the member, certification by certification in the order of award, the first cycle first."""
    return (
        Cycle.objects.for_member(member)
        .select_related("certification__credential")
        .order_by("certification__awarded_on", "certification_id", "number")
    )


def sheets(cycles: list[Cycle]) -> list[Sheet]:
    """The cycles with what is claimed for them.

    A cycle is read again in the statement that reads its credits: nobody sees the new points with the old day on which
    the requirement was met, and no lock is taken.
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
    found = {key: list(group) for key, group in groupby(credits, key=lambda credit: credit.cycle_id)}
    corrections: dict[int, list[CycleCorrection]] = {}
    if any(cycle.closed_on for cycle in cycles):
        for correction in CycleCorrection.objects.filter(cycle__in=[cycle.pk for cycle in cycles]):
            corrections.setdefault(correction.cycle_id, []).append(correction)
    sheets = []
    for cycle in cycles:
        of_cycle = found.get(cycle.pk, [])
        if of_cycle:
            of_cycle[0].cycle.certification = cycle.certification
            cycle = of_cycle[0].cycle
        sheets.append(Sheet(cycle, by_category(of_cycle), corrections.get(cycle.pk, [])))
    return sheets


def _row(activity: Activity, credit: Credit) -> Row:
    return Row(
        reference=activity.reference,
        kind=activity.activity_type.code,
        type=activity.activity_type.name,
        title=activity.title,
        provider=activity.provider,
        starts_on=activity.starts_on,
        ends_on=activity.ends_on,
        claimed=activity.points,
        counted=credit.points,
        cut=credit.cut,
        by_amt=activity.source == Activity.Source.AMT,
    )
