"""``manage.py read_bounces``: read the delivery reports of mail that came back."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from amtportal.members.mail import bounces, mailboxes
from amtportal.members.mail.bounces import Verdict


class Command(BaseCommand):
    help = """Read the delivery reports in BOUNCE_MAILBOX, mark the addresses whose mail comes back, and print a tally.

- a report counts only for a mail that the portal sent to that address, and only once
- what was read is moved to the folder Read of the mailbox; what nobody can read is moved to Unclear, for staff to look
  at, and the exit status is then 1
- without BOUNCE_MAILBOX, nothing is done"""

    def handle(self, **options: Any) -> None:
        if not settings.BOUNCE_MAILBOX:
            self.stdout.write("BOUNCE_MAILBOX is not set: no reports are read.")
            return
        tally: Counter[Verdict] = Counter()
        try:
            with mailboxes.opened(settings.BOUNCE_MAILBOX) as box:
                for key, content in list(box.messages()):
                    verdict = bounces.read(content, at=timezone.now())
                    is_unclear = verdict is Verdict.UNREADABLE
                    box.put_away(key, mailboxes.UNCLEAR if is_unclear else mailboxes.READ)
                    tally[verdict] += 1
        except OSError as error:
            raise CommandError(f"The mailbox of the reports cannot be read: {error}") from error
        numbers = ", ".join(f"{tally[verdict]:,} {verdict.value}" for verdict in Verdict)
        self.stdout.write(f"{tally.total():,} read: {numbers}.")
        if tally[Verdict.UNREADABLE]:
            raise SystemExit(1)
