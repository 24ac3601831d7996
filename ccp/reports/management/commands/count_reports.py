"""``manage.py count_reports``: count the figures of every report."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from ccp.reports.figures import counting
from ccp.reports.figures.registry import REPORTS


class Command(BaseCommand):
    help = """Count the figures of the reports under /admin/reports/, and keep them with the moment of the count.

- each report is one query over the whole record, asked of the standby if DATABASE_STANDBY_URL names one
- run it each night: the pages of the reports show the newest count"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", choices=sorted(REPORTS), metavar="REPORT", help=f"One of {', '.join(REPORTS)}.")

    def handle(self, *, only: str | None, **options: Any) -> None:
        for name in [only] if only else REPORTS:
            counted = counting.count(name, at=timezone.now())
            self.stdout.write(f"{REPORTS[name].title}: {len(counted.rows):,} rows in {counted.seconds:.1f} seconds.")
