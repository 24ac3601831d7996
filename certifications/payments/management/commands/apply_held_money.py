"""``manage.py apply_held_money``: apply the checks that came too early, once their invoices are open."""

from typing import Any

from django.utils import timezone

from amtportal.commands import NightlyCommand
from amtportal.formatting import dollars
from certifications.payments import holding


class Command(NightlyCommand):
    help = """Apply the money that AMT holds for invoices that are open now, and print a tally.

- what an invoice cannot take stays, with the reason, and staff find it under "Money to look at"
- to run it again changes nothing
- exit status 0 in both cases"""

    def handle(self, **options: Any) -> None:
        tally = holding.apply_waiting(at=timezone.now())
        for sentence in tally.left:
            self.stdout.write(sentence)
        self.stdout.write(f"{tally.number:,} applied ({dollars(tally.amount)}), {len(tally.left):,} left.")
