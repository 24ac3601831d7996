"""Points that AMT owes: which entries wait for them, for how long, and which cycles miss them.

- A cycle *misses* the points of an entry if CCP is mandatory, its requirement is not met, and points
  that AMT sets for the entry could count in it.
- They are *urgent* from ``URGENT`` before the last day of such a cycle on. ``manage.py close_cycles``
  lists them then, and the office gets them by mail, once a day.
- Until they are set, the cycle is not closed as non-compliant (``ccp.rollover.verdicts``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation

from amtportal import links
from amtportal.dates import day_of
from amtportal.formatting import format_day, format_points
from amtportal.members import tallies
from amtportal.members.mail.layout import Button, Content, Part, compose
from amtportal.members.models import MailPriority
from ccp.counting import requirement
from ccp.models import Credit
from ccp.models.activities import reference_of
from ccp.rollover.verdicts import COUNTABLE
from certifications import cycles as cycle_rules
from certifications.models import Certification, Cycle

URGENT = timedelta(days=60)
MOST_LISTED = 20
ONCE = timedelta(days=2)
"""For so long it is remembered that the office was told on a day."""


@dataclass(frozen=True)
class Owed:
    """An entry that waits for its points, and a cycle that misses them. ``to_go``: how many it misses."""

    entry: int
    recorded_on: date
    cycle: Cycle
    to_go: Decimal

    @property
    def reference(self) -> str:
        return reference_of(self.entry)

    def in_words(self, on: date) -> str:
        code, ends_on = self.cycle.certification.credential.code, self.cycle.ends_on
        words = (
            f"waits {days_in_words((on - self.recorded_on).days)}; {code}, {format_points(self.to_go)} to go, cycle "
            f"ends {format_day(ends_on)} ({how_near(ends_on, on)})"
        )
        if on > (last := cycle_rules.grace_ends_on(self.cycle)):
            words += f"; its grace period ended {format_day(last)}, and it stays open only for these points"
        return words


def missing() -> QuerySet[Credit]:
    """Return the credits of entries that wait for their points, in cycles that miss them."""
    return Credit.objects.filter(
        activity__points=None,
        activity__withdrawn_at=None,
        cut__in=COUNTABLE,
        cycle__closed_on=None,
        cycle__requirement_met_on=None,
        cycle__certification__ccp_mandatory=True,
        cycle__certification__status__in=Certification.IN_FORCE,
    )


def urgent(on: date) -> list[Owed]:
    """Return what is urgent on that day, the first cycle to end first; two queries."""
    found = missing().filter(cycle__ends_on__lte=on + URGENT).order_by("cycle__ends_on", "activity")
    credits = list(found.select_related("activity", "cycle__certification__credential"))
    counted = requirement.counted_by_cycle({credit.cycle_id for credit in credits})
    return [
        Owed(
            credit.activity_id,
            credit.activity.recorded_on,
            credit.cycle,
            requirement.to_go(counted=counted[credit.cycle_id], required=credit.cycle.points_required),
        )
        for credit in credits
    ]


def heading(owed: Sequence[Owed]) -> str:
    entries = len({each.entry for each in owed})
    return f"AMT owes the points of {entries:,} {'entry' if entries == 1 else 'entries'}, the most urgent first:"


def tell_office(owed: Sequence[Owed], *, at: datetime) -> bool:
    """Mail to the office what is urgent, unless that was done today. Return whether it is mailed."""
    on = day_of(at)
    with transaction.atomic():
        if tallies.count(tallies.digest("points-owed", on), seconds=ONCE.total_seconds()).number > 1:
            return False
        with translation.override("en"):
            mail = compose(to_office(owed, on), to=settings.OFFICE_EMAIL, language="en", priority=MailPriority.ACCOUNT)
        get_connection().send_messages([mail])
    return True


def to_office(owed: Sequence[Owed], on: date) -> Content:
    first = owed[0].cycle.ends_on
    when = f"{'ends' if first >= on else 'ended'} {format_day(first)}"
    sentences = [
        heading(owed),
        "Members record these entries without points, because AMT has not published any. They count from the day on "
        "which you set the points. A certification does not lapse before, but its renewal invoice waits.",
    ]
    if (more := len(owed) - MOST_LISTED) > 0:
        sentences.append(f"{more:,} more are in the list.")
    page = f"{links.absolute(reverse('admin:ccp_activity_changelist'))}?points=to-be-set"
    return Content(
        subject=f"Points to set: the first cycle {when}",
        parts=[
            Part(
                sentences=sentences,
                facts=[(each.reference, each.in_words(on)) for each in owed[:MOST_LISTED]],
                button=Button("Set the points", page),
            )
        ],
        why="You get this mail because what My AMT Portal has to tell the office goes to this address.",
    )


def days_in_words(days: int) -> str:
    return f"{days:,} {'day' if days == 1 else 'days'}"


def how_near(ends_on: date, on: date) -> str:
    """Return how long it is until the last day of a cycle, or since then."""
    days = cycle_rules.days_left(ends_on, on)
    if days < 0:
        return f"{days_in_words(-days)} ago"
    return "today" if days == 0 else f"in {days_in_words(days)}"
