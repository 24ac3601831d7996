"""The code that all imports share.

It reads a file, judges it as a whole, and writes all of it or nothing.

- If one row is bad, nothing is written. Every bad row is reported with its line and column and how
  to fix it.
- Two imports of the same kind wait for each other: the second reads what the first has written.
- The preview and the list of rows that it shows are limited in length.

An import is a subclass of ``ImportResource`` with its columns and its rules. The command and the
admin share it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, NoReturn, Protocol, TypeVar

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import Result, RowResult
from tqdm import tqdm

from amtportal import clean
from amtportal.imports.cells import Problem, problems_with_header
from amtportal.imports.csv_files import CsvDataset, lines_of
from amtportal.members.models import User
from amtportal.refusals import Refused

PREVIEWED = 500


class FileEntry(Protocol):
    """A good row with what is on record about it."""

    @property
    def is_new(self) -> bool: ...

    @property
    def changes_nothing(self) -> bool: ...

    def preview(self) -> list[str]: ...


class FileRow(Protocol):
    """A good row by itself."""

    @property
    def line(self) -> int: ...


RowT = TypeVar("RowT", bound=FileRow)
EntryT = TypeVar("EntryT", bound=FileEntry)


class ImportResult(Result):
    """A result whose rows are a preview: nobody reads 100,000 rows on a page.

    ``notes``: the rows that are not imported as they are. ``left_as_is``: what the file says that
    changes nothing. ``differing``: what waits for staff, because somebody changed it on record.
    ``for_staff``: what is left to staff.
    """

    notes: Sequence[Problem] = ()
    left_as_is: Sequence[Problem] = ()
    differing: Sequence[Problem] = ()
    for_staff: Sequence[str] = ()


class ImportResource(ModelResource, Generic[RowT, EntryT]):
    """One import. Make a new instance for each file."""

    noun: ClassVar[str]  # what the file brings
    columns: ClassVar[tuple[str, ...]]
    required: ClassVar[tuple[str, ...]]
    # Says what somebody else did if the record changed after the rows were judged.
    overtaken: ClassVar[str]
    # The exceptions that writing raises in that case.
    collisions: ClassVar[tuple[type[Exception], ...]] = (IntegrityError,)

    def __init__(self, *, at: datetime | None = None, show_progress: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.at = at or timezone.now()
        self.by: User | None = None
        self.file_name = ""
        self.problems: list[Problem] = []
        self.entries: list[EntryT] = []
        self.is_preview = False
        self._show_progress = show_progress

    # Methods that each import defines

    def lock(self) -> None:
        """Take the locks and load what is needed to judge the cells.

        Two imports of this kind wait for each other at these locks.
        """
        raise NotImplementedError

    def read_row(self, cells: dict[str, str], line: int) -> tuple[RowT | None, list[Problem]]:
        """Return the row that the cells (by column) make, or everything that is wrong with them."""
        raise NotImplementedError

    def judge(self, rows: list[RowT]) -> Iterable[Problem]:
        """Find rows, each good by itself, that contradict each other or the record."""
        raise NotImplementedError

    def without_waiting(self, rows: list[RowT]) -> list[RowT]:
        """Return the rows without those that are not imported yet. The file has no problems."""
        return rows

    def enter(self, rows: list[RowT]) -> list[EntryT]:
        """Return one entry for each row, with what is on record. The file has no problems."""
        raise NotImplementedError

    def write(self, new: list[EntryT]) -> None:
        """Write what the file changes and what it adds, which are the new entries."""
        raise NotImplementedError

    # Methods that are the same for all imports

    def get_user_visible_fields(self) -> list[Field]:
        """Return the columns that a file has."""
        return [self.fields[name] for name in self.columns]

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **kwargs: Any) -> Result:
        """Import all or nothing, even if the caller does not ask for it.

        The second step in the admin does not ask for it. Raises ``DatabaseError`` if the database is
        busy or gone: that is no fault of the file, and the library would print it as one.
        """
        kwargs.update(use_transactions=True, rollback_on_validation_errors=True)
        self.is_preview = dry_run
        result = super().import_data(dataset, dry_run, **kwargs)
        for base_error in result.base_errors:
            if isinstance(base_error.error, DatabaseError):
                raise base_error.error
        return result

    def import_data_inner(
        self,
        dataset: tablib.Dataset,
        dry_run: bool,
        raise_errors: bool,
        using_transactions: bool,
        collect_failed_rows: bool,
        **kwargs: Any,
    ) -> Result:
        """Judge the whole file, then write it as a whole; a dry run writes nothing.

        The library goes through the rows one by one and keeps a result and an instance for each. The
        entries know what they change, and a hundred thousand of them need no more than that.
        """
        result = ImportResult()
        result.diff_headers = self.get_diff_headers()
        try:
            with transaction.atomic():
                self.before_import(dataset, **kwargs)
        except Exception as error:
            self.handle_import_error(result, error, raise_errors)
        else:
            self._count(result, dry_run=dry_run)
            if not (dry_run or self.problems):
                self._write(result, raise_errors)
        try:
            with transaction.atomic():
                self.after_import(dataset, result, **kwargs)
        except Exception as error:
            self.handle_import_error(result, error, raise_errors)
        return result

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """Judge the whole file.

        If there is a problem, there are no entries. ``after_import`` reports all problems.
        """
        self.by, self.file_name = kwargs.get("user"), kwargs.get("file_name") or ""
        self.lock()
        rows, problems = self._read(dataset)
        problems += self.judge(rows)
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.column))
        if not self.problems:
            self.entries = self.enter(self.without_waiting(rows))

    def _count(self, result: Result, *, dry_run: bool) -> None:
        """Count what the entries do, and in a dry run preview the first of those that do anything."""
        result.total_rows = len(self.entries)
        for entry in self.entries:
            if entry.changes_nothing:
                import_type = RowResult.IMPORT_TYPE_SKIP
            else:
                import_type = RowResult.IMPORT_TYPE_NEW if entry.is_new else RowResult.IMPORT_TYPE_UPDATE
                if dry_run and len(result.rows) < PREVIEWED:
                    row = RowResult()
                    row.import_type, row.diff = import_type, entry.preview()
                    result.append_row_result(row)
            result.totals[import_type] += 1

    def _write(self, result: Result, raise_errors: bool) -> None:
        failures: tuple[type[Exception], ...] = (DatabaseError, *self.collisions)
        try:
            with transaction.atomic():
                self.write([entry for entry in self.entries if entry.is_new])
        except failures as error:
            self.handle_import_error(result, self._explained(error), raise_errors)

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """Report the problems, one entry for each line.

        The base class would reset the sequences of the database here. That is not needed, because
        no keys are imported.
        """
        by_line: dict[int, dict[str, list[str]]] = {}
        for problem in self.problems:
            by_line.setdefault(problem.line, {}).setdefault(problem.column or NON_FIELD_ERRORS, []).append(
                problem.sentence
            )
        for line, sentences in by_line.items():
            result.append_invalid_row(line, {}, ValidationError(sentences))
        result.totals[RowResult.IMPORT_TYPE_INVALID] = len(by_line)

    def progress(self, description: str, total: int) -> "tqdm[NoReturn]":
        """Return a progress bar, which appears only on a terminal.

        ``disable=None`` leaves it to tqdm to find out whether this is a terminal.
        """
        return tqdm(
            desc=description, total=total, unit=" rows", leave=False, disable=None if self._show_progress else True
        )

    def _read(self, dataset: tablib.Dataset) -> tuple[list[RowT], list[Problem]]:
        problems = list(dataset.problems) if isinstance(dataset, CsvDataset) else []
        header = [clean.identifier(str(name or "")).lower() for name in dataset.headers or []]
        line_of_header = dataset.header_line if isinstance(dataset, CsvDataset) else 1
        if header or not problems:
            problems += problems_with_header(header, columns=self.columns, required=self.required, line=line_of_header)
        if any(problem.line <= line_of_header for problem in problems):
            return [], problems
        rows = []
        with self.progress("Checking", len(dataset)) as bar:
            for line, cells in zip(lines_of(dataset), dataset, strict=True):
                named = dict(zip(header, ("" if cell is None else str(cell) for cell in cells), strict=True))
                row, wrong = self.read_row(named, line)
                problems += wrong
                if row:
                    rows.append(row)
                bar.update()
        if isinstance(dataset, CsvDataset):
            dataset.forget_records()
        return rows, problems

    def _explained(self, error: Exception) -> Refused:
        if isinstance(error, self.collisions):
            return Refused(
                f"{self.overtaken} of this file while it was imported. Nothing was written. Import the file again."
            )
        return Refused(
            f"The database could not store the {self.noun} ({error}). Nothing was written. Import the file again."
        )
