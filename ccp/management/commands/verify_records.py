"""``manage.py verify_records``: check that all stored values are what the rules derive."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError
from django.db import connection
from django.db.models import QuerySet
from tqdm import tqdm

from amtportal import clean
from amtportal.commands import NightlyCommand
from amtportal.history import comparison, seals, triggers
from amtportal.members.models import Member, User
from ccp.erasure import minutes
from ccp.rollover import verification
from certifications.models import Cycle


class Command(NightlyCommand):
    help = """Compare and calculate again what is stored, and print each difference on a line. Nothing is changed.

- every row that has a history against the last line of it: rows that are gone, that have no history, or that have
  other values in any column; groups and permissions of accounts too
- credits of cycles that are not closed: the points that count and why they were cut
- the day since which each requirement is met, replayed from the history
- points and outcome of closed cycles
- invoices: three for each cycle, their due dates, that the paid ones have a payment, and that those paid online have
  their checkout
- every sealed line of history against its seal, and the chain of the seals (not with --member)
- the named gaps that erasures by law left in the seals, against the minutes (not with --member); a gap is told and is
  no difference
- the triggers that keep history as it is: their definition, their function, and that they are on (not with --member)
- exit status 1 where there are differences, else 0

clean_evidence compares the files that members attached."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--member", type=clean.identifier, metavar="AMT_ID", help="Verify the rows and cycles of this member only."
        )
        parser.add_argument("--head", help="A head that seal_history printed earlier: it must still be in the chain.")

    def handle(self, *, member: str | None, head: str | None, verbosity: int, **options: Any) -> None:
        cycles, person = Cycle.objects.all(), None
        if member is not None:
            person = Member.objects.filter(amt_id=member).first()
            if person is None:
                raise CommandError(f"No member has the AMT ID {member}.")
            cycles = cycles.filter(certification__member=person)
        rows = comparison.ComparisonTally()
        for different in comparison.compare(rows) if person is None else _rows_of(person, rows):
            self.stdout.write(str(different))
        tally = verification.VerificationTally()
        uncountable = verification.uncountable()
        if uncountable:
            kinds = ", ".join(map(str, uncountable))
            self.stdout.write(f"No cycle is counted again: ccp_activitytype {kinds}: gone, or without terms.")
        else:
            self._count(cycles, tally, verbosity)
        history = seals.SealTally()
        idle, strange = [], []
        if person is None:
            idle = triggers.differences(connection)
            strange = list(minutes.problems())
            for sentence in (*seals.verify(history, since=head), *map(str, idle), *strange):
                self.stdout.write(sentence)
            for gap, lines in sorted(history.blanked.items()):
                self.stdout.write(f"Gap {gap}: {lines:,} sealed lines blanked by law, as the minutes say.")
            self.stdout.write(str(history))
        self.stdout.write(str(rows))
        self.stdout.write(str(tally))
        if rows.differences or tally.differences or history.differences or idle or strange or uncountable:
            sys.exit(1)

    def _count(self, cycles: QuerySet[Cycle], tally: verification.VerificationTally, verbosity: int) -> None:
        # With None, tqdm shows a bar on a terminal and nothing elsewhere.
        disable = None if verbosity > 0 else True
        with tqdm(total=cycles.count(), unit=" cycles", file=sys.stderr, disable=disable, leave=False) as progress:
            for differences in verification.verify(cycles, tally):
                progress.update(tally.cycles - progress.n)
                for difference in differences:
                    self.stdout.write(str(difference))


def _rows_of(member: Member, tally: comparison.ComparisonTally) -> Iterator[comparison.Difference]:
    """Yield the differences of the member's row, of all rows that refer to it, and of the account."""
    for model, keys in comparison.rows_under(Member, member.pk).items():
        yield from comparison.compare_rows(model, keys, tally)
    if member.user_id:
        yield from comparison.compare_rows(User, [member.user_id], tally)
