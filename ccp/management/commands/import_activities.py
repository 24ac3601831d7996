"""``manage.py import_activities FILE.csv``: bring CE from AMTrax on the command line."""

from argparse import ArgumentParser
from typing import Any

from import_export.results import Result

from amtportal.imports.command import ImportCommand, counted
from ccp.amtrax.resource import AmtraxResource
from ccp.amtrax.rows import COLUMNS, REQUIRED


class Command(ImportCommand):
    help = f"""Load the CE that members recorded in AMTrax from a CSV file in UTF-8, one activity per row.

- columns: {", ".join(REQUIRED)}
- optional columns: {", ".join(column for column in COLUMNS if column not in REQUIRED)}
- the entries count in the open cycles that cover them, since recorded_on, or else since today
- a reference that is on record changes nothing; with other values it is a bad row
- rows that look like another entry are told, and imported
- all or nothing: bad rows are named with line and column, and nothing is written"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--leave-out-past",
            action="store_true",
            help="Leave out the rows of cycles before the open one, instead of calling them bad.",
        )

    def make_resource(self, *, show_progress: bool, options: dict[str, Any]) -> AmtraxResource:
        return AmtraxResource(leave_out_past=options["leave_out_past"], show_progress=show_progress)

    def conclude(self, resource: AmtraxResource, result: Result, *, dry_run: bool) -> str:
        """Return the summary as one line: ``3 rows: 2 recorded, 1 unchanged, 0 left out.``"""
        for problem in resource.told:
            self.stdout.write(str(problem))
        recorded = sum(entry.is_new for entry in resource.entries)
        rows, left_out = len(resource.entries) + len(resource.left_out), len(resource.left_out)
        tally = f"{counted(rows, 'row')}: {recorded:,} recorded, {rows - recorded - left_out:,} unchanged"
        return f"{tally}, {left_out:,} left out."
