"""``manage.py seal_history``: seal the lines that were added to history since the last run."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import CommandError
from django.db import IntegrityError

from amtportal.commands import NightlyCommand
from amtportal.history import seals


class Command(NightlyCommand):
    help = """Seal the lines that were added to history since the last run, and print the head of the chain.

- run it every night, and keep the heads that it prints on another machine
- safe to stop, to repeat, and to run while members record
- a table in which somebody writes for more than 5 seconds is left to the next run, and named
- verify_records says whether history is still what was sealed"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def handle(self, **options: Any) -> None:
        total = 0
        try:
            for table, count in seals.seal():
                if count is None:
                    self.stderr.write(f"{table}: in use, left to the next run")
                total += count or 0
        except IntegrityError as taken:
            raise CommandError("Another run is sealing at this moment; it continues.") from taken
        self.stdout.write(f"{total:,} lines sealed. Head: {seals.head()}")
