"""``manage.py import_payments FILE.csv``: record payments on the command line."""

from typing import Any

from import_export.results import Result

from amtportal.formatting import dollars
from amtportal.imports.command import ImportCommand, counted
from ccp.rollover.payment_file import CaughtUpPaymentsResource
from certifications.payment_files.rows import COLUMNS, METHODS


class Command(ImportCommand):
    help = f"""Record payments that AMT received from a CSV file in UTF-8, one payment per row.

- columns: {", ".join(COLUMNS)}
- the invoice is named by its number, or by amt_id, credential and year (of the due date, or 1, 2, 3)
- methods: {", ".join(METHODS)}
- the amount is exactly that of the invoice; money for one that is not open yet is held until it opens
- the same invoice, reference, amount and day again change nothing
- all or nothing: bad rows are named with line and column, and nothing is written"""

    def make_resource(self, *, show_progress: bool, options: dict[str, Any]) -> CaughtUpPaymentsResource:
        return CaughtUpPaymentsResource(show_progress=show_progress)

    def conclude(self, resource: CaughtUpPaymentsResource, result: Result, *, dry_run: bool) -> str:
        """Return the summary as one line: ``3 rows: 2 recorded ($190.00), 1 unchanged.``"""
        for problem in resource.reversed_since:
            self.stdout.write(str(problem))
        rows, recorded = len(resource.entries), sum(entry.is_new for entry in resource.entries)
        held = f", {resource.held:,} of them held until the invoice opens" if resource.held else ""
        return (
            f"{counted(rows, 'row')}: {recorded:,} recorded ({dollars(resource.total)}){held}, "
            f"{rows - recorded:,} unchanged."
        )
