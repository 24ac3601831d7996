"""``manage.py settle_payments``: ask the provider about every payment that is under way."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from certifications.payments import checkout, provider


class Command(BaseCommand):
    help = """Ask the payment provider about every checkout that is not finished, make it so, and print a tally.

- what was paid is applied, what is over is ended, and what a crash has left halfway is finished; so everything comes
  right without any webhook
- where nobody pays online, nothing is done
- exit status 1 if the provider did not answer; the rest waits for the next run"""

    def handle(self, **options: Any) -> None:
        if not provider.is_on():
            self.stdout.write("Nobody pays online here.")
            return
        asked, left = checkout.settle(at=timezone.now())
        for sentence in left:
            self.stderr.write(sentence)
        self.stdout.write(f"{asked:,} unfinished checkouts asked about, {len(left):,} without an answer.")
        if left:
            raise SystemExit(1)
