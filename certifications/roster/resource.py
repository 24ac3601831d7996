"""The roster import: members and their certifications from the CSV that a membership system exports.

- All or nothing: with one bad row nothing is written, and every bad row is named with its line, column and remedy.
- A new member gets an account that nobody can sign in to until its owner activates it by mail.
- A new certification gets the cycle to which the day of the import belongs, with the cycle's three renewal invoices.
- A row that differs from the record changes it; a row that does not differ leaves no trace. Who is on record and not
  in the file is left alone, and an import opens no second cycle.

``RosterResource`` is the one import, for the command and for the admin. ``roster_files`` reads the file,
``roster_rows`` judges the rows, ``roster_records`` judges them against the record, ``roster_changes`` writes.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NoReturn

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, IntegrityError, models, transaction
from django.utils import timezone
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import Result, RowResult
from import_export.widgets import BooleanWidget, DateWidget
from tqdm import tqdm

from amtportal.dates import today
from amtportal.imports.csv_files import RosterDataset, lines_of
from amtportal.refusals import Refused
from certifications.models import Certification, Credential
from certifications.roster import changes as roster_changes
from certifications.roster import record as roster_records
from certifications.roster import rows as roster_rows
from certifications.roster.changes import Occasion
from certifications.roster.record import Entry
from certifications.roster.rows import COLUMNS, Problem, Row

BATCH = 1000
PREVIEWED = 500

# What follows once a roster is on record. Apps that build on this one put their verbs here (see their ``apps.py``).
AFTERWARDS: list[Callable[[Occasion], object]] = []


class RosterResult(Result):
    """A result whose preview has an end: nobody reads 100,000 rows on a page."""

    def valid_rows(self) -> list[RowResult]:
        return [row for row in super().valid_rows() if row.diff][:PREVIEWED]


class RosterResource(ModelResource):
    """One import of a roster: make a new one for each file."""

    amt_id = Field("member__amt_id")
    email = Field("member__user__email")
    first_name = Field("member__first_name")
    last_name = Field("member__last_name")
    credential = Field("credential__code")
    certificate_number = Field("certificate_number")
    awarded_on = Field("awarded_on", widget=DateWidget("%Y-%m-%d"))
    phone = Field("member__phone")
    address_line1 = Field("member__address_line1")
    address_line2 = Field("member__address_line2")
    city = Field("member__city")
    state = Field("member__state")
    postal_code = Field("member__postal_code")
    country = Field("member__country")
    ccp_mandatory = Field("ccp_mandatory", widget=BooleanWidget())

    class Meta:
        name = "Roster"
        model = Certification
        fields = COLUMNS
        import_order = export_order = COLUMNS
        use_bulk = True
        batch_size = None  # Everything is written at the end, changes first: a new row may take a number set free.
        skip_diff = True  # We know what a row changes, and copying every instance to find out takes minutes.
        report_skipped = False

    def __init__(self, *, on: date | None = None, show_progress: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.on = on or today()
        self.problems: list[Problem] = []
        self.new_members = 0
        self._entries: list[Entry] = []
        self._entry: Entry
        self._credentials: dict[str, Credential] = {}
        self._occasion = Occasion(timezone.now(), "Roster import")
        self._previewed = 0
        self._show_progress = show_progress

    @classmethod
    def get_result_class(cls) -> type[Result]:
        return RosterResult

    def get_queryset(self) -> models.QuerySet[Certification]:
        return super().get_queryset().select_related("member__user", "credential")

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **kwargs: Any) -> Result:
        """All or nothing, whatever the caller forgets to ask for: the admin's second step asks for less."""
        kwargs.update(use_transactions=True, rollback_on_validation_errors=True)
        return super().import_data(dataset, dry_run, **kwargs)

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """Judge the whole file. With a problem no row is processed; ``after_import`` reports them all."""
        file_name = kwargs.get("file_name")
        reason = f"Roster import: {file_name}" if file_name else "Roster import"
        self._occasion = Occasion(timezone.now(), reason, kwargs.get("user"))
        # Two imports wait for each other here: the second reads what the first has written.
        self._credentials = {
            credential.code: credential
            for credential in Credential.objects.select_for_update(no_key=True).order_by("pk")
        }
        rows, problems = self._read(dataset)
        record = roster_records.look_up(rows)
        problems += roster_rows.contradictions(rows)
        problems += roster_records.conflicts(rows, record)
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.column))
        if self.problems:
            del dataset[:]
            return
        self._entries = [
            Entry(row, record.members.get(row.amt_id), record.certifications.get((row.amt_id, row.credential)))
            for row in rows
        ]
        self.new_members = len({entry.row.amt_id for entry in self._entries if entry.member is None})

    def before_import_row(self, row: dict[str, str], **kwargs: Any) -> None:
        self._entry = self._entries[kwargs["row_number"] - 1]

    def get_or_init_instance(self, instance_loader: Any, row: dict[str, str]) -> tuple[Certification, bool]:
        """From what was looked up for the whole file: a query for each row would take hours."""
        stored = self._entry.certification
        certification = Certification(credential=self._credentials[self._entry.row.credential])
        if stored:
            certification.pk, certification.member_id = stored.pk, stored.member_pk
        return certification, stored is None

    def import_instance(self, instance: Certification, row: dict[str, str], **kwargs: Any) -> None:
        judged = self._entry.row
        instance.certificate_number = judged.certificate_number
        instance.awarded_on = judged.awarded_on
        instance.ccp_mandatory = judged.is_mandatory

    def skip_row(self, instance: Certification, original: None, row: dict[str, str], *args: Any) -> bool:
        return self._entry.changes_nothing

    def save_instance(self, instance: Certification, is_create: bool, row: dict[str, str], **kwargs: Any) -> None:
        if is_create:
            self.create_instances.append((self._entry.row, instance))

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
        """Write what the file changes and what it adds. A dry run has judged the whole file and writes nothing."""
        if not dry_run:
            try:
                with transaction.atomic():
                    self._write()
                    for follow in AFTERWARDS:
                        self._do_afterwards(follow)
            except DatabaseError as error:
                self.handle_import_error(result, _explained(error), raise_errors)
        self.create_instances.clear()

    def _do_afterwards(self, follow: Callable[[Occasion], object]) -> None:
        # No partial: Django asks what has failed for its name.
        transaction.on_commit(lambda: follow(self._occasion), robust=True)

    def bulk_update(self, *args: Any, **kwargs: Any) -> None:
        """Changes are written before anything is added, by ``bulk_create``."""

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """Report the problems, one entry a line. (No keys are imported, so no sequence needs the reset of the base.)"""
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
            problems += roster_rows.problems_with_header(header)
        if any(problem.line == 1 for problem in problems):
            return [], problems
        rows = []
        with self._progress("Checking", len(dataset)) as bar:
            for line, cells in zip(lines_of(dataset), dataset, strict=True):
                row, wrong = roster_rows.read(
                    dict(zip(header, ("" if cell is None else str(cell) for cell in cells), strict=True)),
                    line=line,
                    credentials=self._credentials,
                    on=self.on,
                )
                problems += wrong
                if row:
                    rows.append(row)
                bar.update()
        return rows, problems

    def _write(self) -> None:
        changed_members = {
            entry.row.amt_id: (entry.row, entry.member)
            for entry in self._entries
            if entry.member is not None and entry.changes_member
        }
        roster_changes.write_changes(
            list(changed_members.values()),
            [
                (entry.row, entry.certification)
                for entry in self._entries
                if entry.certification is not None and entry.changes_certification
            ],
            on=self.on,
            occasion=self._occasion,
        )
        members = {entry.row.amt_id: entry.member.pk for entry in self._entries if entry.member}
        with self._progress("Writing", len(self.create_instances)) as bar:
            for batch in self._batches():
                roster_changes.write_new(batch, members, on=self.on, occasion=self._occasion)
                bar.update(len(batch))

    def _batches(self) -> Iterator[list[tuple[Row, Certification]]]:
        for start in range(0, len(self.create_instances), BATCH):
            yield self.create_instances[start : start + BATCH]

    def _progress(self, description: str, total: int) -> "tqdm[NoReturn]":
        """A bar on a terminal (None leaves that choice to tqdm), elsewhere nothing."""
        return tqdm(
            desc=description, total=total, unit=" rows", leave=False, disable=None if self._show_progress else True
        )


def _explained(error: DatabaseError) -> Refused:
    if isinstance(error, IntegrityError):
        return Refused(
            "Somebody added or changed a member or certification of this file while it was imported. "
            "Nothing was written. Import the file again."
        )
    return Refused(f"The database could not store the roster ({error}). Nothing was written. Import the file again.")
