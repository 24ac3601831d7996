"""``manage.py send_mail_queue``: send the waiting mail."""

from argparse import SUPPRESS, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from amtportal.members.mail import claims, outbox, sending
from amtportal.members.models import MailDelivery, OutgoingMail


class Command(BaseCommand):
    help = """Send the mail whose time has come, and print a tally.

- the exit status is 1 where a mail could not be sent; it is tried again later
- mail that was given up (refused for good, or not taken for five days) is counted for 90 days, and can be looked at in
  the admin under mail deliveries
- several can run at once, each sends other mails
- with --forever, it goes on until it is stopped, as the worker does, and prints nothing"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forever", action="store_true", help="Send mail as soon as it is stored, until stopped.")
        parser.add_argument("--parent", type=int, help=SUPPRESS)

    def handle(self, *, forever: bool, parent: int | None, **options: Any) -> None:
        stop = sending.Stop(parent=parent)
        with stop.on_signals():
            if forever:
                sending.keep_sending(stop)
                return
            claims.clean_up(now=timezone.now(), kept=outbox.KEPT)
            sent, failed = sending.send_due(stop=stop)
        waiting = OutgoingMail.objects.count()
        given_up = MailDelivery.objects.filter(refused_at__isnull=False).count()
        self.stdout.write(f"{sent:,} sent, {failed:,} not taken, {waiting:,} waiting, {given_up:,} given up.")
        if failed:
            raise SystemExit(1)
