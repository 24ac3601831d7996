"""Imports on the command line: ``manage.py import_… FILE.csv [--dry-run]``."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from import_export.results import Result

from amtportal.imports import csv_files
from amtportal.imports.cells import Problem
from amtportal.imports.resource import ImportResource

PRINTED_ON_A_TERMINAL = 200


class ImportCommand(BaseCommand):
    """A command that loads a file, or says what is wrong with the file and fails.

    A subclass has its own help text and two methods: ``make_resource`` and ``conclude``.
    """

    # Checking loads every page and staff page, which takes memory that a large file needs.
    requires_system_checks = ()

    def make_resource(self, *, show_progress: bool, options: dict[str, Any]) -> ImportResource[Any, Any]:
        """Return the import, set up with the command's own options."""
        raise NotImplementedError

    def conclude(self, resource: Any, result: Result, *, dry_run: bool) -> str:
        """Do what follows a good import.

        Return the line that says what happened to the rows.
        """
        raise NotImplementedError

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="Check the file and say what would change.")

    def handle(self, *, file: Path, dry_run: bool, verbosity: int, **options: Any) -> None:
        try:
            dataset = csv_files.read_csv(file.read_bytes())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        resource = self.make_resource(show_progress=verbosity > 0, options=options)
        try:
            result = resource.import_data(dataset, dry_run=dry_run, file_name=file.name)
        except DatabaseError as error:
            raise CommandError(f"The database is busy or gone ({error}). Nothing was written. Try again.") from None
        if resource.problems:
            self._print(resource.problems)
            bad = counted(len({problem.line for problem in resource.problems}), "bad line")
            raise CommandError(f"{bad} in {file.name}. Nothing was written. Fix the file and import it again.")
        if result.has_errors():
            raise CommandError(" ".join(str(error.error) for error in result.base_errors) or "Nothing was written.")
        line = self.conclude(resource, result, dry_run=dry_run)
        self.stdout.write(f"{'Nothing written; would be ' if dry_run else ''}{line}")

    def _print(self, problems: list[Problem]) -> None:
        most = PRINTED_ON_A_TERMINAL if self.stderr.isatty() else len(problems)
        for problem in problems[:most]:
            self.stderr.write(str(problem))
        if len(problems) > most:
            self.stderr.write(f"… and {len(problems) - most:,} more problems. Send the output to a file to see all.")


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
