"""``manage.py import_credits FILE.csv``: the import of credits from AMT on the command line."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from amtportal.imports import csv_files as roster_files
from ccp.amt_credits import holding as held_credits
from ccp.amt_credits.resource import CreditsResource
from ccp.amt_credits.rows import COLUMNS
from certifications.roster.rows import Problem

PRINTED_ON_A_TERMINAL = 200


class Command(BaseCommand):
    help = f"""Load credits for AMT's own courses from a CSV file in UTF-8, one credit per row.

- columns: {", ".join(COLUMNS)} (title and ends_on may be left out)
- a reference that is on record changes nothing; with other values it is a bad row
- credits of unknown people, and those that no open cycle covers, are held until they can be recorded
- credits that were held before are matched again
- all or nothing: bad rows are named with line and column, and nothing is written"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="Check the file and say what would change.")

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            dataset = roster_files.read(file.read_bytes())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        rows = len(dataset)
        resource = CreditsResource()
        try:
            result = resource.import_data(dataset, dry_run=dry_run, file_name=file.name)
        except DatabaseError as error:
            raise CommandError(f"The database is busy or gone ({error}). Nothing was written. Try again.") from None
        if resource.problems:
            self._print(resource.problems)
            bad = len({problem.line for problem in resource.problems})
            lines = "1 bad line" if bad == 1 else f"{bad:,} bad lines"
            raise CommandError(f"{lines} in {file.name}. Nothing was written. Fix the file and import it again.")
        if result.has_errors():
            raise CommandError(" ".join(str(error.error) for error in result.base_errors) or "Nothing was written.")
        matched = held_credits.Tally() if dry_run else held_credits.match(by=None, at=timezone.now())
        self.stdout.write(
            f"{'Nothing written; would be ' if dry_run else ''}{rows:,} {'row' if rows == 1 else 'rows'}: "
            f"{resource.tally.recorded:,} recorded, {resource.tally.held:,} held, "
            f"{rows - resource.tally.recorded - resource.tally.held:,} unchanged; "
            f"{matched.recorded:,} held before now recorded."
        )

    def _print(self, problems: list[Problem]) -> None:
        most = PRINTED_ON_A_TERMINAL if self.stderr.isatty() else len(problems)
        for problem in problems[:most]:
            self.stderr.write(str(problem))
        if len(problems) > most:
            self.stderr.write(f"… and {len(problems) - most:,} more problems. Send the output to a file to see all.")
