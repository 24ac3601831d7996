"""``manage.py import_credits FILE.csv``: import credits from AMT on the command line."""

from typing import Any

from django.utils import timezone
from import_export.results import Result

from amtportal.imports.command import ImportCommand, counted
from ccp.amt_credits import holding as held_credits
from ccp.amt_credits.resource import CreditsResource
from ccp.amt_credits.rows import COLUMNS


class Command(ImportCommand):
    help = f"""Load credits for AMT's own courses from a CSV file in UTF-8, one credit per row.

- columns: {", ".join(COLUMNS)} (title and ends_on may be left out)
- a reference that is on record changes nothing; with other values it is a bad row
- credits of unknown people, and those that no open cycle covers, are held until they can be recorded
- credits that were held before are matched again
- all or nothing: bad rows are named with line and column, and nothing is written"""

    def make_resource(self, *, show_progress: bool, options: dict[str, Any]) -> CreditsResource:
        return CreditsResource(show_progress=show_progress)

    def conclude(self, resource: CreditsResource, result: Result, *, dry_run: bool) -> str:
        """Match what was held before. ``3 rows: 1 recorded, 1 held, 1 unchanged; 2 held before now recorded.``"""
        matched = held_credits.MatchTally() if dry_run else held_credits.match(by=None, at=timezone.now())
        rows, tally = len(resource.entries), resource.tally
        return (
            f"{counted(rows, 'row')}: {tally.recorded:,} recorded, {tally.held:,} held, "
            f"{rows - tally.recorded - tally.held:,} unchanged; {matched.recorded:,} held before now recorded."
        )
