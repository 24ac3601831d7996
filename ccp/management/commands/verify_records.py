"""``manage.py verify_records``: check that all stored values are what the rules derive."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from amtportal import clean
from amtportal.history import seals
from amtportal.members.models import Member
from ccp.rollover import verification
from certifications.models import Cycle


class Command(BaseCommand):
    help = """Calculate again what is stored, and print each difference on a line. Nothing is changed.

- credits of cycles that are not closed: the points that count and why they were cut
- the day since which each requirement is met, replayed from the history
- credits and entries against the last line of their history
- points and outcome of closed cycles
- invoices: three for each cycle, their due dates, and that the paid ones have a payment
- every sealed line of history against its seal, and the chain of the seals (not with --member)
- exit status 1 where there are differences, else 0"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--member", type=clean.identifier, metavar="AMT_ID", help="Verify the cycles of this member only."
        )
        parser.add_argument("--head", help="A head that seal_history printed earlier: it must still be in the chain.")

    def handle(self, *, member: str | None, head: str | None, verbosity: int, **options: Any) -> None:
        cycles = Cycle.objects.all()
        if member is not None:
            if not Member.objects.filter(amt_id=member).exists():
                raise CommandError(f"No member has the AMT ID {member}.")
            cycles = cycles.filter(certification__member__amt_id=member)
        tally = verification.VerificationTally()
        # With None, tqdm shows a bar on a terminal and nothing elsewhere.
        disable = None if verbosity > 0 else True
        with tqdm(total=cycles.count(), unit=" cycles", file=sys.stderr, disable=disable, leave=False) as progress:
            for differences in verification.verify(cycles, tally):
                progress.update(tally.cycles - progress.n)
                for difference in differences:
                    self.stdout.write(str(difference))
        history = seals.SealTally()
        if member is None:
            for sentence in seals.verify(history, since=head):
                self.stdout.write(sentence)
            self.stdout.write(str(history))
        self.stdout.write(str(tally))
        if tally.differences or history.differences:
            sys.exit(1)
