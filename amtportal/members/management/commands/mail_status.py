"""``manage.py mail_status``: what waits to be sent, and for how long."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count, Min
from django.utils import timezone

from amtportal.members.models import MailPause, MailPriority, OutgoingMail

LONGEST = timedelta(minutes=2)
"""After this time a link that waits says that no sender runs, or that the mail server is away."""


class Command(BaseCommand):
    help = """Say how many mails of each kind wait, for how long the oldest has waited, and which domains are paused.

The exit status is 1 where a link that somebody is waiting for has waited longer than two minutes, unless its domain is
paused: then no worker runs, or the mail server is away. Have this watched every few minutes."""

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        waiting = OutgoingMail.objects.order_by("priority").values_list("priority")
        for priority, number, oldest in waiting.annotate(Count("pk"), Min("made_at")):
            self.stdout.write(f"{MailPriority(priority).label}: {number:,}, the oldest for {_minutes(now - oldest)}")
        if not waiting:
            self.stdout.write("No mail waits.")
        pauses = MailPause.objects.filter(until__gt=now).order_by("domain")
        for pause in pauses:
            at = timezone.localtime(pause.until)
            self.stdout.write(f"{pause.domain} is paused until {at:%H:%M} ({pause.times} in a row): {pause.reason}")
        links = OutgoingMail.objects.filter(priority=MailPriority.LINK, made_at__lt=now - LONGEST)
        if links.exclude(domain__in=[pause.domain for pause in pauses]).exists():
            self.stderr.write("A link has waited too long: does a worker run, and does the mail server answer?")
            raise SystemExit(1)


def _minutes(age: timedelta) -> str:
    return f"{age.total_seconds() / 60:,.0f} minutes"
