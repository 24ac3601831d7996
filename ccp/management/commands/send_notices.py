"""``manage.py send_notices``: store the mail of the day with what members are to be told."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import date
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from amtportal.commands import NightlyCommand
from amtportal.dates import day_of
from amtportal.formatting import format_day
from amtportal.run_days import run_day
from ccp.notices import sending


class Command(NightlyCommand):
    help = """Tell members what is due: invoices, the end of the cycle, the grace period, payments, credits.

- the kinds, and when each is due, are in docs/notices.md
- one mail for each member and day; it goes to the queue and is written when it is sent, with the figures of that moment
- each notice is made once: a second run on the same day makes none, and neither do two at once
- if it is stopped anywhere, it continues where it was when it is started again
- a late run sends only the newest of a series of reminders
- run it daily from 8:00 in Chicago on; before, it says so and does nothing"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--on",
            type=run_day,
            metavar="YYYY-MM-DD",
            help="Make the notices that were due on that day. A future day needs --dry-run.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would be sent, and write nothing.")

    def handle(self, *, on: date | None, dry_run: bool, verbosity: int, **options: Any) -> None:
        now = timezone.now()
        today = day_of(now)
        on = on or today
        if on > today and not dry_run:
            raise CommandError(
                f"{format_day(on)} is in the future. Give a day up to today, {format_day(today)}, "
                "or add --dry-run to see what is due."
            )
        if not dry_run and sending.is_early(today, now):
            self.stdout.write("Nothing sent: notices are sent from 8:00 AM in Chicago on.")
            return
        # With disable=None, tqdm shows no bar unless the output is a terminal.
        with tqdm(unit="member", disable=None if verbosity > 0 else True) as bar:
            tally = sending.send_due(on=on, now=now, dry_run=dry_run, progress=bar.update)
        for kind, number in tally.by_kind():
            self.stdout.write(f"{number:7,}  {kind}")
        self.stdout.write(f"{'Nothing written; would be: ' if dry_run else ''}{tally}")
