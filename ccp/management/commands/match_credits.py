"""``manage.py match_credits``: record held credits from AMT whose members are now on the roster."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.utils import timezone

from amtportal.commands import NightlyCommand
from ccp.amt_credits import holding as held_credits


class Command(NightlyCommand):
    help = """Record every held credit from AMT that can now be recorded.

- its member is on the roster, and an open CCP cycle covers its days
- the others stay held, with the reason of today
- runs by itself after each import of credits and of the roster; run it daily for cycles that have opened since"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def handle(self, **options: Any) -> None:
        tally = held_credits.match(by=None, at=timezone.now())
        self.stdout.write(f"{tally.recorded:,} recorded, {tally.held:,} still held.")
