"""The import of credits from AMT's own courses, from the CSV that AMT's course system exports.

- All or nothing: with one bad row nothing is written, and every bad row is named with its line, column and remedy.
- A provider's reference is one credit for ever: the same row again changes nothing, and other values under a reference
  that is on record are a bad row.
- Unknown people, and people whose open cycles do not cover the days, are not bad rows: their credits are held.

``CreditsResource`` is the one import, for the command and for the admin. ``credit_rows`` judges the rows,
``held_credits`` records what can be recorded and holds the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import Result, RowResult

from amtportal.dates import day_of
from amtportal.formatting import format_day, format_points
from amtportal.imports.csv_files import RosterDataset, lines_of
from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.amt_credits import credits as amt_credits
from ccp.amt_credits import holding as held_credits
from ccp.amt_credits import rows as credit_rows
from ccp.amt_credits.holding import Received, Tally
from ccp.amt_credits.rows import COLUMNS, REQUIRED, Row
from ccp.counting.terms import catalogue
from ccp.models import Activity, ActivityType, HeldCredit
from ccp.recording.eligibility import Claim
from certifications.roster import rows as roster_rows
from certifications.roster.resource import PREVIEWED, RosterResult
from certifications.roster.rows import Problem


@dataclass(frozen=True)
class Entry:
    """A good row, whether it is new, and why it would be held."""

    row: Row
    is_new: bool
    reason: str = ""

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


class CreditsResource(ModelResource):
    """One import of credits: make a new one for each file."""

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
        use_bulk = True
        batch_size = None  # everything is written at the end
        skip_diff = True
        report_skipped = False

    def __init__(self, *, at: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.at = at or timezone.now()
        self.problems: list[Problem] = []
        self.tally = Tally()
        self._activity_types: dict[str, ActivityType] = {}
        self._entries: list[Entry] = []
        self._entry: Entry
        self._by: User | None = None
        self._previewed = 0
        self._is_preview = False

    @classmethod
    def get_result_class(cls) -> type[Result]:
        return RosterResult

    def get_user_visible_fields(self) -> list[Field]:
        """The columns that a file has."""
        return [self.fields[name] for name in COLUMNS]

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **kwargs: Any) -> Result:
        """All or nothing, whatever the caller forgets to ask for."""
        kwargs.update(use_transactions=True, rollback_on_validation_errors=True)
        self._is_preview = dry_run
        return super().import_data(dataset, dry_run, **kwargs)

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """Judge the whole file. With a problem no row is processed; ``after_import`` reports them all."""
        self._by = kwargs.get("user")
        # Two imports wait for each other here: the second reads what the first has written.
        list(ActivityType.objects.select_for_update(no_key=True).order_by("pk"))
        self._activity_types = {
            activity_type.code: activity_type
            for activity_type in ActivityType.objects.select_related("category").prefetch_related("credentials")
        }
        rows, problems = self._read(dataset)
        problems += credit_rows.contradictions(rows)
        stored = _on_record(rows)
        problems += self._judged(rows, stored)
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.column))
        if self.problems:
            del dataset[:]
            return
        new = [self._received(row) for row in rows if row.provider_reference not in stored]
        # For the preview. An import itself finds out once it has locked every cycle, and closes nothing before.
        reasons = held_credits.reasons_to_hold(new, at=self.at) if self._is_preview else {}
        self._entries = [
            Entry(row, row.provider_reference not in stored, reasons.get(row.provider_reference, "")) for row in rows
        ]
        self.tally = Tally(recorded=len(new) - len(reasons), held=len(reasons))

    def before_import_row(self, row: dict[str, str], **kwargs: Any) -> None:
        self._entry = self._entries[kwargs["row_number"] - 1]

    def get_or_init_instance(self, instance_loader: Any, row: dict[str, str]) -> tuple[Activity, bool]:
        return Activity(), self._entry.is_new

    def import_instance(self, instance: Activity, row: dict[str, str], **kwargs: Any) -> None:
        """Nothing: the rows were read as a whole."""

    def skip_row(self, instance: Activity, original: None, row: dict[str, str], *args: Any) -> bool:
        return not self._entry.is_new

    def save_instance(self, instance: Activity, is_create: bool, row: dict[str, str], **kwargs: Any) -> None:
        self.create_instances.append(self._entry.row)

    def after_import_row(self, row: dict[str, str], row_result: RowResult, **kwargs: Any) -> None:
        if kwargs["dry_run"] and self._previewed < PREVIEWED and not row_result.is_skip():
            row_result.diff = self._entry.preview()
            self._previewed += 1

    def bulk_create(
        self,
        using_transactions: bool,
        dry_run: bool,
        raise_errors: bool,
        batch_size: int | None = None,
        result: Result | None = None,
    ) -> None:
        """Record and hold. A dry run has judged the whole file and writes nothing."""
        if not dry_run:
            credits = [self._received(row) for row in self.create_instances]
            try:
                with transaction.atomic():
                    self.tally = held_credits.receive(credits=credits, by=self._by, at=self.at)
            except (DatabaseError, Refused) as error:
                self.handle_import_error(result, _explained(error), raise_errors)
        self.create_instances.clear()

    def bulk_update(self, *args: Any, **kwargs: Any) -> None:
        """Nothing on record is changed by an import."""

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """Report the problems, one entry a line."""
        by_line: dict[int, dict[str, list[str]]] = {}
        for problem in self.problems:
            by_line.setdefault(problem.line, {}).setdefault(problem.column or NON_FIELD_ERRORS, []).append(
                problem.sentence
            )
        for line, sentences in by_line.items():
            result.append_invalid_row(line, {}, ValidationError(sentences))
        result.totals[RowResult.IMPORT_TYPE_INVALID] = len(by_line)

    def _read(self, dataset: tablib.Dataset) -> tuple[list[Row], list[Problem]]:
        problems = list(dataset.problems) if isinstance(dataset, RosterDataset) else []
        header = [str(name or "").strip().lower() for name in dataset.headers or []]
        if header or not problems:
            problems += roster_rows.problems_with_header(header, columns=COLUMNS, required=REQUIRED)
        if any(problem.line == 1 for problem in problems):
            return [], problems
        rows = []
        for line, cells in zip(lines_of(dataset), dataset, strict=True):
            named = dict(zip(header, ("" if cell is None else str(cell) for cell in cells), strict=True))
            row, wrong = credit_rows.read(named, line=line, activity_types=self._activity_types)
            problems += wrong
            if row:
                rows.append(row)
        return rows, problems

    def _judged(self, rows: list[Row], stored: Mapping[str, Mapping[str, object]]) -> list[Problem]:
        """Under a known reference nothing may differ from the record; a new one keeps the rules."""
        on = day_of(self.at)
        terms = catalogue()
        of_day = {code: terms.terms(activity_type, on) for code, activity_type in self._activity_types.items()}
        problems = []
        for row in rows:
            if (known := stored.get(row.provider_reference)) is None:
                activity_type = self._activity_types[row.activity_type]
                problems += credit_rows.problems_with(row, activity_type, of_day[activity_type.code], on)
            elif differences := credit_rows.differences(row, known):
                problems.append(
                    Problem(
                        row.line,
                        "provider_reference",
                        f"{row.provider_reference} is on record with other values: {differences}. "
                        "Send a correction under a new reference, and have the old entry voided (a held one deleted).",
                    )
                )
        return problems

    def _received(self, row: Row) -> Received:
        claim = Claim(
            activity_type=self._activity_types[row.activity_type],
            points=row.points,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            title=row.title,
            provider=amt_credits.PROVIDER,
        )
        return Received(row.provider_reference, row.amt_id, claim)


def _on_record(rows: list[Row]) -> dict[str, dict[str, object]]:
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


def _explained(error: Exception) -> Refused:
    if isinstance(error, (IntegrityError, Refused)):
        return Refused(
            "Somebody recorded credits of this file while it was imported. Nothing was written. Import the file again."
        )
    return Refused(f"The database could not store the credits ({error}). Nothing was written. Import the file again.")
