"""``manage.py send_mail_queue``: send the waiting mail."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from amtportal.members.mail import outbox
from amtportal.members.models import OutgoingMail

REFUSED_KEPT = timedelta(days=30)


class Command(BaseCommand):
    help = """Send the mail whose time has come, and print a tally.

- the exit status is 1 where a mail could not be sent; it is tried again later
- mail that was given up (refused for good, or not taken for five days) is kept for 30 days, to be looked at in the
  admin; the tally counts it"""

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        OutgoingMail.objects.exclude(refused="").filter(made_at__lt=now - REFUSED_KEPT).delete()
        sent, failed = outbox.send_due(now=now)
        waiting = OutgoingMail.objects.filter(refused="").count()
        given_up = OutgoingMail.objects.exclude(refused="").count()
        self.stdout.write(f"{sent:,} sent, {failed:,} not taken, {waiting:,} waiting, {given_up:,} given up.")
        if failed:
            raise SystemExit(1)
