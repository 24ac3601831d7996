"""``manage.py erasure_minutes``: print the minutes of all erasures by law, to be kept outside the database."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand

from ccp.erasure import minutes


class Command(BaseCommand):
    help = """Print the minutes of every erasure by law, a line of JSON for each, the oldest first.

- keep the output where backups are not, as the heads of seal_history: a backup from before an erasure still has
  the person, and repeat_erasures reads this file after a restore
- of the erased it holds the AMT IDs, and nothing else"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def handle(self, **options: Any) -> None:
        for line in minutes.lines():
            self.stdout.write(line)
