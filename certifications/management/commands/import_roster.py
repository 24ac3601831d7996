"""``manage.py import_roster FILE.csv``: the roster import on the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from import_export.results import Result, RowResult

from amtportal import plausible
from amtportal.dates import today
from amtportal.imports.command import ImportCommand, counted
from amtportal.run_days import run_day
from certifications.roster.resource import RosterResource
from certifications.roster.rows import OPTIONAL, REQUIRED


class Command(ImportCommand):
    help = f"""Load members and their certifications from a CSV file in UTF-8, one certification per row.

- columns: {", ".join(REQUIRED)}
- optional columns: {", ".join(OPTIONAL)}
- new certifications get their current CCP cycle and its three renewal invoices
- rows that differ from the record change it; the same file again changes nothing
- members who are not in the file are left alone
- fees due up to a row's fees_paid_through are issued as paid before the portal
- what a member or staff changed since stays; if the roster has something new there, staff decide
- a row about whose person staff must decide first waits in the admin; the others are imported
- all or nothing: bad rows are named with line and column, and nothing is written"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--on",
            type=run_day,
            metavar="YYYY-MM-DD",
            help="Import as if it were that day: it decides which cycles are opened.",
        )

        parser.add_argument(
            "--not-asked-before",
            type=run_day,
            nargs="?",
            const=today(),
            metavar="YYYY-MM-DD",
            help="New certifications without fees_paid_through: do not ask for fees that fell due before that day "
            "(before today, if no day is given).",
        )

    def make_resource(self, *, show_progress: bool, options: dict[str, Any]) -> RosterResource:
        on = options["on"] or today()
        not_asked_before = options["not_asked_before"]
        if not_asked_before and (problem := plausible.problem_with_not_asked_before(not_asked_before, on)):
            raise CommandError(f"--not-asked-before: {problem}")
        return RosterResource(on=on, not_asked_before=not_asked_before, show_progress=show_progress)

    def conclude(self, resource: RosterResource, result: Result, *, dry_run: bool) -> str:
        """Return the summary of the import as one line.

        Example: ``3 rows: 2 new certifications (1 new member), 0 updated, 1 unchanged.`` Before it
        come the rows that wait for staff.
        """
        new = result.totals[RowResult.IMPORT_TYPE_NEW]
        updated = result.totals[RowResult.IMPORT_TYPE_UPDATE]
        unchanged = result.totals[RowResult.IMPORT_TYPE_SKIP]
        for note in resource.notes:
            self.stdout.write(str(note.problem))
        for problem in (*resource.differing, *resource.fee_notes):
            self.stdout.write(str(problem))
        rows = new + updated + unchanged + len(resource.waiting)
        tally = (
            f"{counted(rows, 'row')}: {counted(new, 'new certification')} "
            f"({counted(resource.new_members, 'new member')}), {updated:,} updated, {unchanged:,} unchanged."
        )
        return " ".join([tally, *resource.for_staff()])
