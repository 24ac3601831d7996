"""``manage.py reconcile_payments [--day 2026-05-01]``: compare the provider's book with the portal's records."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import date
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from amtportal.commands import NightlyCommand
from amtportal.run_days import run_day
from certifications.payments import provider, settlements


class Command(NightlyCommand):
    help = """Compare the payment provider's book with the portal's records, and print a tally for each day.

- each line of the book has its payment, refund or dispute, and each of them has its line
- without --day: yesterday, each earlier day that was never compared, and each day that is not paid out or differs
- a day whose differences staff have explained in the admin counts as one without, until they change
- a second run changes nothing, but the days of deposit are brought up to date
- where nobody pays online, nothing is done
- exit status 1 with a line for each difference, or if the provider does not answer"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--day", type=run_day, metavar="YYYY-MM-DD", help="Compare only this day, by the time in Chicago."
        )

    def handle(self, *, day: date | None, **options: Any) -> None:
        if not provider.is_on():
            self.stdout.write("Nobody pays online here.")
            return
        at, differences = timezone.now(), 0
        try:
            for one in [day] if day else settlements.days_to_reconcile(at):
                compared = settlements.reconcile(one, at=at)
                if not compared.is_explained:
                    for difference in compared.differences:
                        self.stderr.write(f"{one}: {difference}")
                    differences += len(compared.differences)
                self.stdout.write(f"{compared}.")
        except (provider.ProviderAway, provider.ProviderRefused) as error:
            raise CommandError(f"The payment provider does not tell its book: {error}") from error
        if differences:
            raise SystemExit(1)
