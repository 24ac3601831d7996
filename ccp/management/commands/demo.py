"""``manage.py demo``: load the demo association, and print who can sign in to it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from amtportal.dates import day_of
from amtportal.formatting import format_day
from amtportal.refusals import Refused
from ccp import demo
from ccp.demo import cast


class Command(BaseCommand):
    help = """Load the demo association into an empty portal, and print its sign-ins.

- 300 members from a roster, and a cast in telling situations dated from today
- a second run changes nothing: the figures age as a real record does
- refused where there are members who are not the demo's
- refused on a portal that other machines reach: the password is public"""

    def handle(self, *, verbosity: int, **options: Any) -> None:
        if settings.HTTPS:
            raise CommandError("The demo has a public password. Load it only where AMTPORTAL_URL is this machine.")
        now = timezone.now()
        try:
            demo.load(on=day_of(now), now=now)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        if verbosity > 0:
            loaded_on = cast.entered_on() or day_of(now)
            self.stdout.write(f"Demo sign-ins, as of {format_day(loaded_on)}; the password is: {cast.PASSWORD}")
            events = cast.events(loaded_on)
            width = max(map(len, events))
            for email, situation in events.items():
                self.stdout.write(f"  {email:<{width}} {situation}")
