"""What a CE transcript says. ``ccp.transcripts.issuing`` gives it a code and prints it.

There are three: of the present cycle, of a past cycle, and of a member's whole history. For every cycle it is about it
has a sheet (``ccp.transcripts.sheets``).

The record alone makes the contents: no day of reading is in them. What identifies them is ``content_hash``.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from amtportal.formatting import format_points
from amtportal.members.models import Member
from ccp.transcripts import sheets
from ccp.transcripts.sheets import Row, Sheet
from certifications.models import Cycle

# So many rows take 3 seconds of a processor, so long titles and providers another 3. A longer document would keep
# others waiting: it tells the totals.
MOST_PRINTED = 500
MOST_PRINTED_TEXT = 60_000
# So many rows of a page take 0.7 seconds. A longer page tells the totals and leads to the entries.
MOST_LISTED = 2000


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
    figures = [format_points(row.claimed), format_points(row.counted), row.cut]
    return [row.reference, row.activity_type, row.title, row.provider, *days, *figures]


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
        "required": format_points(sheet.required),
        "claimed": format_points(sheet.claimed),
        "counted": format_points(sheet.counted),
        "met_on": _iso(sheet.met_on),
        "closed_on": _iso(cycle.closed_on),
        "outcome": cycle.outcome,
        "corrections": [
            [format_points(correction.points), correction.outcome, str(correction.signed_on), correction.statement]
            for correction in sheet.corrections
        ],
        "entries": {row.reference: format_points(row.counted) for row in sheet.rows},
    }


def _iso(day: date | None) -> str | None:
    return str(day) if day else None


def of_cycle(cycle: Cycle) -> Contents:
    """The transcript of a cycle (certification, credential and member read), in one query; two for a closed cycle."""
    return Contents(cycle.certification.member, sheets.of_cycles([cycle]), cycle)


def of_member(member: Member, cycles: Iterable[Cycle]) -> Contents:
    """The whole history of a member, whose cycles these are (certification and credential read), in two queries."""
    return Contents(member, sheets.of_cycles(list(cycles)), None)


def cycles_of(member: Member) -> QuerySet[Cycle]:
    """All cycles of the member, certification by certification in the order of award, the first cycle first."""
    return (
        Cycle.objects.for_member(member)
        .select_related("certification__credential")
        .order_by("certification__awarded_on", "certification_id", "number")
    )
