"""``manage.py settle_payments``: ask the provider about every payment that is under way."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from certifications.payments import checkout, disputes, provider, refunds


class Command(BaseCommand):
    help = """Ask the payment provider about all that is not finished, make it so, and print a tally.

- what was paid is applied, what is over is ended, and what a crash has left halfway is finished; so everything comes
  right without any webhook
- refunds that are under way and disputes that are open are asked about too
- where nobody pays online, nothing is done
- exit status 1 if the provider did not answer; the rest waits for the next run"""

    def handle(self, **options: Any) -> None:
        if not provider.is_on():
            self.stdout.write("Nobody pays online here.")
            return
        at, unanswered, tally = timezone.now(), 0, []
        for name, module in (("checkouts", checkout), ("refunds", refunds), ("disputes", disputes)):
            asked, left = module.settle(at=at)
            for sentence in left:
                self.stderr.write(sentence)
            unanswered += len(left)
            tally.append(f"{asked:,} {name}")
        self.stdout.write(f"Unfinished {', '.join(tally)} asked about, {unanswered:,} without an answer.")
        if unanswered:
            raise SystemExit(1)
