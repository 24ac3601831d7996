"""``manage.py send_webhooks``: send course systems what waits, and forget what is over."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from ccp.api import idempotency, keys, webhooks


class Command(BaseCommand):
    help = """Send course systems the messages that are due, and forget what is over.

- the worker sends them by itself; this sends what a worker that was killed has left
- removes the tokens that are over, and the answers that are kept no longer"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def handle(self, **options: Any) -> None:
        sent = webhooks.send_all_due()
        tokens, answers = keys.forget_tokens(), idempotency.forget(at=timezone.now())
        self.stdout.write(f"{sent:,} messages sent. {tokens:,} tokens and {answers:,} kept answers removed.")
