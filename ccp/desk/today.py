"""The figures of the day, for the start page: what was recorded, met and paid today, and how the night went."""

from collections.abc import Iterator
from datetime import datetime, time

from django.db.models import Sum
from django.urls import reverse

from amtportal.dates import CHICAGO, day_of
from amtportal.formatting import dollars_in_words
from amtportal.members.models import User
from ccp.desk import nightly
from ccp.models import Activity
from certifications.models import Cycle, Payment

MOST_READ = 10_000
"""How many of the newest entries are looked at: more are not recorded on a day but by a file."""


def figures(user: User, now: datetime) -> list[tuple[str, str, str]]:
    """Return the figures that this person may see: its hook, the words, and the address of the list, if there is one.

    Each figure is one query, of rows that an index finds by their day or by their age.
    """
    return list(_figures(user, now))


def _figures(user: User, now: datetime) -> Iterator[tuple[str, str, str]]:
    on = day_of(now)
    if user.has_perm("ccp.view_activity"):
        midnight = datetime.combine(on, time(0), CHICAGO)
        newest = Activity.objects.order_by("-pk").values_list("recorded_at", flat=True)[:MOST_READ]
        recorded = sum(recorded_at >= midnight for recorded_at in newest)
        yield "recorded", _up_to(recorded), reverse("admin:ccp_activity_changelist")
    if user.has_perm("certifications.view_cycle"):
        met = Cycle.objects.filter(requirement_met_on=on).count()
        yield "met", f"{met:,} met", f"{reverse('admin:certifications_cycle_changelist')}?requirement=met"
    if user.has_perm("certifications.view_payment"):
        paid = Payment.objects.filter(received_on=on, reversed_at=None).aggregate(amount=Sum("amount"))
        words = f"{dollars_in_words(paid['amount'] or 0)} paid"
        yield "paid", words, f"{reverse('admin:certifications_payment_changelist')}?received=today"
    if user.has_perm("desk.view_nightlyrun"):
        night = nightly.of_last_night(now)
        yield "night", night.in_words, reverse("admin:desk_nightlyrun_changelist")


def _up_to(recorded: int) -> str:
    return f"{recorded:,} recorded" if recorded < MOST_READ else f"{MOST_READ:,} or more recorded"
