"""The import of credits from AMT's own courses, from the CSV that AMT's course system exports.

- All or nothing: if one row is bad, nothing is written. Every bad row is reported with its line and
  column and how to fix it.
- A provider's reference identifies one credit forever: the same row again changes nothing, and a
  row with other values under a reference that is on record is bad.
- A row is not bad because the person is unknown or because no open cycle of the person covers the
  days. Such a credit is held.

The command and the admin both use ``CreditsResource``. ``rows`` judges the rows, and ``holding``
records what can be recorded and holds the rest. ``amtportal.imports`` does what is the same for
every import.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from import_export.fields import Field

from amtportal.dates import day_of
from amtportal.formatting import format_day_in_table, format_points
from amtportal.imports.cells import Problem, before_a_spreadsheet, zeros_in
from amtportal.imports.resource import ImportResource
from amtportal.refusals import Refused
from ccp.amt_credits import credits as amt_credits
from ccp.amt_credits import holding as held_credits
from ccp.amt_credits import rows as credit_rows
from ccp.amt_credits.holding import MatchTally, Received
from ccp.amt_credits.rows import COLUMNS, REQUIRED, CreditRow
from ccp.counting.terms import catalogue
from ccp.models import Activity, ActivityType, HeldCredit
from ccp.recording.eligibility import Claim


@dataclass(frozen=True)
class CreditEntry:
    """A good row, whether it is new, and why it would be held."""

    row: CreditRow
    is_new: bool
    reason: str = ""

    @property
    def changes_nothing(self) -> bool:
        return not self.is_new

    def preview(self) -> list[str]:
        row = self.row
        return [
            row.provider_reference,
            row.amt_id,
            row.last_name,
            row.activity_type,
            row.title,
            format_day_in_table(row.starts_on),
            format_day_in_table(row.ends_on),
            format_points(row.points),
            f"Held: {self.reason}" if self.reason else "Recorded",
        ]


class CreditsResource(ImportResource[CreditRow, CreditEntry]):
    """One import of credits. Make a new instance for each file."""

    noun = "credits"
    columns = COLUMNS
    required = REQUIRED
    overtaken = "Somebody recorded credits"
    collisions = (IntegrityError, Refused)

    provider_reference = Field("provider_reference")
    amt_id = Field("member__amt_id")
    last_name = Field("member__last_name")
    activity_type = Field("activity_type__code")
    title = Field("title")
    starts_on = Field("starts_on")
    ends_on = Field("ends_on")
    points = Field("points")
    outcome = Field(readonly=True)

    class Meta:
        name = "Credits from AMT"
        model = Activity
        fields = (*COLUMNS, "outcome")
        import_order = export_order = (*COLUMNS, "outcome")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tally = MatchTally()
        self._activity_types: dict[str, ActivityType] = {}
        self._stored: dict[str, dict[str, object]] = {}

    def lock(self) -> None:
        list(ActivityType.objects.select_for_update(no_key=True).order_by("pk"))
        self._activity_types = {
            activity_type.code: activity_type
            for activity_type in ActivityType.objects.select_related("category").prefetch_related("credentials")
        }

    def read_row(self, cells: dict[str, str], line: int) -> tuple[CreditRow | None, list[Problem]]:
        return credit_rows.read_credit_row(cells, line=line, activity_types=self._activity_types)

    def judge(self, rows: list[CreditRow]) -> Iterator[Problem]:
        self._stored = _on_record(rows)
        yield from credit_rows.contradictions(rows)
        yield from self._problems_with_record(rows)
        yield from _spoiled_references(row for row in rows if row.provider_reference not in self._stored)

    def enter(self, rows: list[CreditRow]) -> list[CreditEntry]:
        new = [self._received(row) for row in rows if row.provider_reference not in self._stored]
        # The reasons are needed here only for the preview. An import finds them out itself after it
        # has locked every cycle, and closes no cycle before that.
        reasons = held_credits.reasons_to_hold(new, at=self.at) if self.is_preview else {}
        self.tally = MatchTally(recorded=len(new) - len(reasons), held=len(reasons))
        return [
            CreditEntry(row, row.provider_reference not in self._stored, reasons.get(row.provider_reference, ""))
            for row in rows
        ]

    def write(self, new: list[CreditEntry]) -> None:
        credits = [self._received(entry.row) for entry in new]
        self.tally = held_credits.receive(credits=credits, by=self.by, at=self.at)

    def _problems_with_record(self, rows: list[CreditRow]) -> Iterator[Problem]:
        """Find rows that contradict the record, and new credits that break the rules.

        A row whose reference is known must not differ from the record.
        """
        on = day_of(self.at)
        terms = catalogue()
        of_day = {code: terms.terms(activity_type, on) for code, activity_type in self._activity_types.items()}
        for row in rows:
            if (known := self._stored.get(row.provider_reference)) is None:
                activity_type = self._activity_types[row.activity_type]
                yield from credit_rows.problems_with(row, activity_type, of_day[activity_type.code], on)
            elif differences := credit_rows.differences(row, known):
                yield Problem(
                    row.line,
                    "provider_reference",
                    f"{row.provider_reference} is on record with other values: {differences}. "
                    "Send a correction under a new reference, and have the old entry voided (a held one deleted).",
                )

    def _received(self, row: CreditRow) -> Received:
        claim = Claim(
            activity_type=self._activity_types[row.activity_type],
            points=row.points,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            title=row.title,
            provider=amt_credits.PROVIDER,
        )
        return Received(row.provider_reference, row.amt_id, claim, row.last_name)


def _on_record(rows: list[CreditRow]) -> dict[str, dict[str, object]]:
    """Return what is on record under the references of these rows, by reference and column."""
    references = [row.provider_reference for row in rows]
    held = held_credits.by_reference(references)
    recorded = amt_credits.by_reference(references).values()
    stored = {
        **{credit.provider_reference: _values(credit, credit.amt_id) for credit in held.values()},
        **{credit.provider_reference: _values(credit, credit.member.amt_id) for credit in recorded},
    }
    for row in rows:
        credit = held.get(row.provider_reference)
        if credit and row.amt_id in (credit.amt_id, credit.sent_amt_id):
            # Staff have corrected the AMT ID since, and the file still has what was sent.
            stored[row.provider_reference]["amt_id"] = row.amt_id
    return stored


def _spoiled_references(new: Iterable[CreditRow]) -> Iterator[Problem]:
    """Find new references that are on record with other zeros at the beginning.

    A spreadsheet takes these zeros away. The credit would be recorded a second time.
    """
    lines = {row.provider_reference: row.line for row in new}
    of_amt = Activity.objects.filter(source=Activity.Source.AMT)
    most_zeros = max(zeros_in(rows.order_by(), "provider_reference") for rows in (of_amt, HeldCredit.objects))
    forms = {
        form: reference
        for reference in lines
        for form in before_a_spreadsheet(reference, most_zeros=most_zeros)
        if form not in lines
    }
    known = {*held_credits.by_reference(list(forms)), *amt_credits.by_reference(list(forms))}
    for stored in sorted(known):
        yield Problem(
            lines[forms[stored]],
            "provider_reference",
            f"“{forms[stored]}” differs from “{stored}”, which is on record, only as a spreadsheet changes numbers. "
            f"Write {stored}.",
        )


def _values(credit: Activity | HeldCredit, amt_id: str) -> dict[str, object]:
    return {
        "amt_id": amt_id,
        "activity_type": credit.activity_type.code,
        "title": credit.title,
        "starts_on": credit.starts_on,
        "ends_on": credit.ends_on,
        "points": credit.points,
    }
