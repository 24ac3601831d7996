"""What a CE transcript says. ``ccp.transcripts.issuing`` gives it a code and prints it.

There are three transcripts: of the current cycle, of a past cycle, and of a member's whole history.
A transcript has a sheet (``ccp.transcripts.sheets``) for every cycle that it covers.

The contents depend on the record alone: the day of reading is not part of them. They are identified
by ``content_hash``.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from amtportal.formatting import format_points
from amtportal.members.models import Member
from amtportal.prepared import prepared
from ccp.models import Activity
from ccp.transcripts import sheets
from ccp.transcripts.rows import SheetRow
from ccp.transcripts.sheets import Sheet
from certifications.deadlines import by_deadline
from certifications.models import Cycle, CycleCorrection

# This many rows take 3 seconds of processor time, and titles and providers of this length take
# another 3. A longer document would keep others waiting, so it shows only the totals.
MOST_PRINTED = 500
MOST_PRINTED_TEXT = 60_000
# This many rows of a page take 0.7 seconds. A longer page shows the totals and a link to the
# entries.
MOST_LISTED = 2000
# The places of a document where somebody's words stand.
NAME, AMT_ID = gettext_lazy("Name"), gettext_lazy("AMT ID")
CERTIFICATION = gettext_lazy("Certification %(code)s")
CORRECTION = gettext_lazy("Correction of %(code)s by AMT")
ACTIVITIES = gettext_lazy("List of activities")
TITLE, PROVIDER = gettext_lazy("Title of %(entry)s"), gettext_lazy("Provider of %(entry)s")


@dataclass(frozen=True)
class Contents:
    """What a transcript says. ``cycle`` is None for the whole history.

    The sheets are in the order of the awards, which never changes: ``content_hash`` depends on it.
    """

    member: Member
    sheets: list[Sheet]
    cycle: Cycle | None

    @cached_property
    def shown(self) -> list[Sheet]:
        """Return the sheets as they are read: by the deadline of the certifications."""
        sheet_of = {sheet.cycle: sheet for sheet in self.sheets}
        return [sheet_of[cycle] for cycle in by_deadline(sheet_of)]

    @cached_property
    def row_count(self) -> int:
        return sum(len(sheet.rows) for sheet in self.sheets)

    @cached_property
    def has_amt_credits(self) -> bool:
        """Return whether AMT, and not the member, recorded any of the entries."""
        return any(row.by_amt for sheet in self.sheets for row in sheet.rows)

    @cached_property
    def has_amtrax_entries(self) -> bool:
        """Return whether any of the entries comes from AMTrax and was not attested in the portal."""
        return any(row.source == Activity.Source.AMTRAX for sheet in self.sheets for row in sheet.rows)

    @cached_property
    def are_rows_printed(self) -> bool:
        """Return whether the document lists each entry."""
        typed = sum(len(row.title) + len(row.provider) for sheet in self.sheets for row in sheet.rows)
        return self.row_count <= MOST_PRINTED and typed <= MOST_PRINTED_TEXT

    @property
    def are_rows_listed(self) -> bool:
        """Return whether the page lists each entry."""
        return self.row_count <= MOST_LISTED

    def typed(self) -> Iterator[tuple[str, str]]:
        """Yield all text of the document that somebody typed, each after the name of its place."""
        for place, values, text in self._typed():
            yield str(place) % values, text

    def texts(self) -> Iterator[str]:
        """Yield the same texts without their places, which take longer to name than to check."""
        return (text for _place, _values, text in self._typed())

    def _typed(self) -> Iterator[tuple[str | Promise, dict[str, str], str]]:
        yield NAME, {}, self.member.name
        yield AMT_ID, {}, self.member.amt_id
        for sheet in self.sheets:
            credential = sheet.credential
            where = {"code": credential.code}
            yield CERTIFICATION, where, f"{credential.name} {credential.code} {sheet.certification.certificate_number}"
            for correction in sheet.corrections:
                yield CORRECTION, where, correction.statement
            yield from ((ACTIVITIES, {}, category.name) for category in sheet.categories)
            if not self.are_rows_printed:
                continue
            for row in sheet.rows:
                entry = {"entry": row.reference}
                yield ACTIVITIES, {}, row.type
                yield TITLE, entry, row.title
                yield PROVIDER, entry, row.provider


def snapshot(contents: Contents) -> dict[str, Any]:
    """Return what is stored with an issue.

    That is: whose it is, the figures of each cycle, and what each entry counted for.
    """
    return {
        "amt_id": contents.member.amt_id,
        "name": contents.member.name,
        "cycle": contents.cycle.pk if contents.cycle else None,
        "sheets": [_figures(sheet) for sheet in contents.sheets],
    }


def content_hash(contents: Contents) -> str:
    """Return the SHA-256 of the record that the transcript shows.

    The names that AMT gives categories and types are not part of it.
    """
    rows = [_facts(row) for sheet in contents.sheets for row in sheet.rows]
    record = json.dumps([snapshot(contents), rows], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(record.encode()).hexdigest()


def _facts(row: SheetRow) -> list[str]:
    days = [str(row.starts_on), str(row.ends_on)]
    claimed = "" if row.claimed is None else format_points(row.claimed)
    figures = [claimed, format_points(row.counted), row.cut]
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
        "corrections": [_correction(correction) for correction in sheet.corrections],
        "entries": {row.reference: format_points(row.counted) for row in sheet.rows},
    }


def _correction(correction: CycleCorrection) -> list[str]:
    """Return points, outcome, day and statement of a correction, and the audit that it follows from, if one."""
    facts = [format_points(correction.points), correction.outcome, str(correction.signed_on), correction.statement]
    return [*facts, correction.audit] if correction.audit else facts


def _iso(day: date | None) -> str | None:
    return str(day) if day else None


def of_cycle(cycle: Cycle) -> Contents:
    """Return the transcript of a cycle; one query, two for a closed cycle.

    The cycle's certification, credential and member must be loaded.
    """
    return Contents(cycle.certification.member, sheets.of_cycles([cycle]), cycle)


def of_member(member: Member, cycles: Iterable[Cycle]) -> Contents:
    """Return the whole history of a member; two queries.

    ``cycles`` are the member's cycles, with certification and credential loaded.
    """
    return Contents(member, sheets.of_cycles(list(cycles)), None)


def cycles_of(member: Member) -> list[Cycle]:
    """Return all cycles of the member, by certification in order of award, the first one first."""
    cycles = _cycles_of(member.pk)
    for cycle in cycles:
        cycle.certification.member = member
    return cycles


@prepared
def _cycles_of(member: int) -> QuerySet[Cycle]:
    return (
        Cycle.objects.filter(certification__member=member)
        .select_related("certification__credential")
        .order_by("certification__awarded_on", "certification_id", "number")
    )
