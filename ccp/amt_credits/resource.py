"""The import of credits from AMT's own courses, from the CSV that AMT's course system exports.

- All or nothing: with one bad row nothing is written, and every bad row is named with its line, column and remedy.
- A provider's reference is one credit for ever: the same row again changes nothing, and other values under a reference
  that is on record are a bad row.
- Unknown people, and people whose open cycles do not cover the days, are not bad rows: their credits are held.

``CreditsResource`` is the one import, for the command and for the admin. ``rows`` judges the rows, ``holding`` records
what can be recorded and holds the rest; ``amtportal.imports`` does what every import does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from import_export.fields import Field

from amtportal.dates import day_of
from amtportal.formatting import format_day, format_points
from amtportal.imports.cells import Problem
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
            row.activity_type,
            row.title,
            format_day(row.starts_on),
            format_day(row.ends_on),
            format_points(row.points),
            f"Held: {self.reason}" if self.reason else "Recorded",
        ]


class CreditsResource(ImportResource[CreditRow, CreditEntry]):
    """One import of credits: make a new one for each file."""

    noun = "credits"
    columns = COLUMNS
    required = REQUIRED
    overtaken = "Somebody recorded credits"
    collisions = (IntegrityError, Refused)

    provider_reference = Field("provider_reference")
    amt_id = Field("member__amt_id")
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

    def enter(self, rows: list[CreditRow]) -> list[CreditEntry]:
        new = [self._received(row) for row in rows if row.provider_reference not in self._stored]
        # For the preview. An import itself finds out once it has locked every cycle, and closes nothing before.
        reasons = held_credits.reasons_to_hold(new, at=self.at) if self.is_preview else {}
        self.tally = MatchTally(recorded=len(new) - len(reasons), held=len(reasons))
        return [
            CreditEntry(row, row.provider_reference not in self._stored, reasons.get(row.provider_reference, ""))
            for row in rows
        ]

    def instance_of(self, entry: CreditEntry) -> Activity:
        """Nothing on record is changed by an import, and what is new gets its instance when it is received."""
        return Activity()

    def write(self, new: list[tuple[CreditEntry, Activity]]) -> None:
        credits = [self._received(entry.row) for entry, _ in new]
        self.tally = held_credits.receive(credits=credits, by=self.by, at=self.at)

    def _problems_with_record(self, rows: list[CreditRow]) -> Iterator[Problem]:
        """Under a known reference nothing may differ from the record; a new one keeps the rules."""
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
        return Received(row.provider_reference, row.amt_id, claim)


def _on_record(rows: list[CreditRow]) -> dict[str, dict[str, object]]:
    """What the record says under the references of these rows, column by column."""
    references = [row.provider_reference for row in rows]
    held = held_credits.by_reference(references).values()
    recorded = amt_credits.by_reference(references).values()
    return {
        **{found.provider_reference: _values(found, found.amt_id) for found in held},
        **{found.provider_reference: _values(found, found.member.amt_id) for found in recorded},
    }


def _values(found: Activity | HeldCredit, amt_id: str) -> dict[str, object]:
    return {
        "amt_id": amt_id,
        "activity_type": found.activity_type.code,
        "title": found.title,
        "starts_on": found.starts_on,
        "ends_on": found.ends_on,
        "points": found.points,
    }
