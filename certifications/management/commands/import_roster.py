"""``manage.py import_roster FILE.csv``: the roster import on the command line."""

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from import_export.results import Result, RowResult

from amtportal.imports import csv_files as roster_files
from certifications.roster.resource import RosterResource
from certifications.roster.rows import OPTIONAL, REQUIRED, Problem

PRINTED_ON_A_TERMINAL = 200


class Command(BaseCommand):
    help = f"""Load members and their certifications from a CSV file in UTF-8, one certification a row.

- columns: {", ".join(REQUIRED)}
- optional columns: {", ".join(OPTIONAL)}
- new certifications get their current CCP cycle and its three renewal invoices
- rows that differ from the record change it; the same file again changes nothing
- members who are not in the file are left alone
- all or nothing: bad rows are named with line and column, and nothing is written"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="Check the file and say what would change.")
        parser.add_argument(
            "--on", type=_day, metavar="YYYY-MM-DD", help="Import as if on that day, by which cycles are opened."
        )

    def handle(self, *, file: Path, dry_run: bool, on: date | None, verbosity: int, **options: Any) -> None:
        try:
            dataset = roster_files.read(file.read_bytes())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        resource = RosterResource(on=on, show_progress=verbosity > 0)
        try:
            result = resource.import_data(dataset, dry_run=dry_run, file_name=file.name)
        except DatabaseError as error:
            raise CommandError(f"The database is busy or gone ({error}). Nothing was written. Try again.") from None
        if resource.problems:
            self._print(resource.problems)
            bad = len({problem.line for problem in resource.problems})
            rows = "1 bad line" if bad == 1 else f"{bad:,} bad lines"
            raise CommandError(f"{rows} in {file.name}. Nothing was written. Mend the file and import it again.")
        if result.has_errors():
            raise CommandError(" ".join(str(error.error) for error in result.base_errors) or "Nothing was written.")
        self.stdout.write(f"{'Nothing written; would be ' if dry_run else ''}{tally(result, resource.new_members)}")

    def _print(self, problems: list[Problem]) -> None:
        most = PRINTED_ON_A_TERMINAL if self.stderr.isatty() else len(problems)
        for problem in problems[:most]:
            self.stderr.write(str(problem))
        if len(problems) > most:
            self.stderr.write(f"… and {len(problems) - most:,} more problems. Send the output to a file to see all.")


def tally(result: Result, new_members: int) -> str:
    """Return what happened to the rows.

    ``3 rows: 2 new certifications (1 new member), 0 updated, 1 unchanged.``
    """
    new = result.totals[RowResult.IMPORT_TYPE_NEW]
    updated = result.totals[RowResult.IMPORT_TYPE_UPDATE]
    unchanged = result.totals[RowResult.IMPORT_TYPE_SKIP]
    return (
        f"{_count(new + updated + unchanged, 'row')}: {_count(new, 'new certification')} "
        f"({_count(new_members, 'new member')}), {updated:,} updated, {unchanged:,} unchanged."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ArgumentTypeError(f"“{value}” is not a day; write it as 2026-03-14.") from None
