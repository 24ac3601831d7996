"""``manage.py close_cycles``: close the cycles that are due, and open the next ones."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import date, datetime, time
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from amtportal.commands import NightlyCommand
from amtportal.dates import CHICAGO, day_of
from amtportal.formatting import format_day
from amtportal.run_days import run_day
from ccp.rollover import closing as rollover
from ccp.rollover import points_owed
from certifications.models import Cycle


class Command(NightlyCommand):
    help = """Close the CCP cycles that are due, and open those that follow.

- requirement met (or CCP voluntary) and every invoice paid: closed as compliant; the next cycle opens, counted from the
  award, with the points and the fee of the day and its three renewal invoices
- requirement met (or CCP voluntary) and an invoice unpaid: left open, awaiting payment
- requirement not met, grace period running: left open
- requirement not met, grace period over: closed as non-compliant; the certification lapses
- the same while an entry waits for points that AMT has not set: left open until AMT has set them
- cycles that have not ended, and closed ones, are left alone
- run it daily, at any hour, beside people who record and pay; a second run changes nothing
- if it is stopped anywhere, it continues where it was when it is started again
- a cycle that cannot be closed is named and stops nothing else; the exit status is then 1
- entries that wait for points from AMT are listed once their cycle ends within 60 days, and mailed to OFFICE_EMAIL, at
  most once a day"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--on",
            type=run_day,
            metavar="YYYY-MM-DD",
            help="Close what was due on that day, by what was on record then. A future day needs --dry-run.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would be closed, and write nothing.")

    def handle(self, *, on: date | None, dry_run: bool, verbosity: int, **options: Any) -> None:
        at = timezone.now()
        today = day_of(at)
        if on and on > today and not dry_run:
            raise CommandError(
                f"{format_day(on)} is in the future. Give a day up to today, {format_day(today)}, "
                "or add --dry-run to see what is due."
            )
        if on and on != today:
            at = datetime.combine(on, time(12), CHICAGO)
        ended = Cycle.objects.ended(day_of(at)).count() if verbosity > 0 else 0
        # With disable=None, tqdm shows no bar unless the output is a terminal.
        with tqdm(total=ended, unit="cycle", disable=None if verbosity > 0 else True) as bar:
            tally = rollover.close_due(at=at, dry_run=dry_run, progress=bar.update)
        for key in tally.failed:
            self.stderr.write(f"Cycle {key} could not be closed; the log says why.")
        self.stdout.write(f"{'Nothing written; would be: ' if dry_run else ''}{tally}")
        if urgent := points_owed.urgent(day_of(at)):
            self.stdout.write(points_owed.heading(urgent))
            for owed in urgent[: points_owed.MOST_LISTED]:
                self.stdout.write(f"  {owed.reference}: {owed.in_words(day_of(at))}")
            if day_of(at) == today and not dry_run:
                points_owed.tell_office(urgent, at=at)
        if tally.failed:
            sys.exit(1)
