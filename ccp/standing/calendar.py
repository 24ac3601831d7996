"""A member's dates as a calendar for other programs, under a secret address that can be revoked.

- Each line of the unlock ledger that has a day becomes an event for that whole day. A line without
  a day becomes no event.
- An event keeps its identity forever (its UID), and its text stays the same as long as the record
  does: the sentence does not depend on the day on which it is read, and the timestamp is the last
  change of the cycle, its invoices or its certification. The language is chosen by the address,
  never by the program that reads it.
- Whoever has the address can read the calendar. It shows the credential and its days, but nothing
  about the person: no name, AMT ID, certificate, points or amount.
- What the member still has to do by its day has alarms: a renewal invoice that is not paid, and the
  end of a cycle and of its grace period while points are missing. Like the text, they follow from
  the record and not from the day on which it is read.
- A member has at most one address. A new address ends the previous one at once. So does a program
  that asks for it without encryption: whoever listened on the way has read it.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext, gettext_lazy

from amtportal.dates import day_of
from amtportal.history.lines import sign
from amtportal.members.models import Member
from ccp.models import CalendarFeed
from ccp.standing.ledger import Line
from ccp.standing.standing import Standing
from certifications.models import Certification, Cycle, RenewalInvoice

TOKEN_BYTES = 32  # 256 bits: beyond guessing
NAME = gettext_lazy("AMT certification dates")
READ_AGAIN = timedelta(hours=12)
ALARMS = (timedelta(days=60), timedelta(days=14), timedelta(days=1))
"""How long before the day of an event that asks for something."""
MORNING = timedelta(hours=9)
"""How long after midnight an event of a day rings, in the reader's time."""


@dataclass(frozen=True)
class Event:
    """One all-day event.

    ``uid`` is without the portal's host. ``changed_at``: when the event's content last changed.
    ``asks``: the member still has to do something by this day. ``rings``: it has an alarm in the
    morning of the day itself.
    """

    uid: str
    on: date
    title: str
    sentence: str
    changed_at: datetime
    asks: bool = False
    rings: bool = False


def events(credential: str, cycle: int, lines: Iterable[Line], changed_at: datetime) -> list[Event]:
    """Return an event for each line of a cycle that has a day, titled with the credential's code.

    ``cycle``: the key of the cycle.
    """
    lines = list(lines)
    is_short = any(line.key == "requirement" and line.on is None for line in lines)
    return [
        Event(
            f"cycle-{cycle}-{line.key}",
            line.on,
            gettext("%(credential)s %(event)s") % {"credential": credential, "event": line.title},
            line.sentence,
            changed_at,
            asks=_asks(line, is_short=is_short),
        )
        for line in lines
        if line.on
    ]


def _asks(line: Line, *, is_short: bool) -> bool:
    if line.key in ("cycle-ends", "grace-ends"):
        return is_short
    return line.key.endswith(("-due", "-pay-by")) and line.when != "done"


def reminders(standings: Iterable[Standing], *, at: datetime) -> list[Event]:
    """Return the days ahead of these certifications of which a member asks to be reminded once.

    The day on which a renewal invoice opens rings in its morning. Days by which something is to be
    done have the alarms of the calendar, the last day to pay an invoice that is not open yet too.
    """
    on = day_of(at)
    found = of_standings(standings, otherwise=at)
    wanted = [event for event in found if event.on > on and not event.uid.endswith("-cycle-closed")]
    return [
        changed(event, rings=event.uid.endswith("-opens"), asks=event.asks or event.uid.endswith(("-due", "-pay-by")))
        for event in wanted
    ]


def to_ical(day_events: Iterable[Event], *, host: str, page: str, is_feed: bool = True) -> bytes:
    """Return the events as an iCalendar file (RFC 5545).

    ``page`` is the address at which a person can read more. ``is_feed``: programs read it again.
    """
    import icalendar  # few processes send a calendar, and loading it takes a while

    calendar = icalendar.Calendar()
    calendar.add("prodid", f"-//{host}//AMT Portal//EN")
    calendar.add("version", "2.0")
    calendar.add("name", str(NAME))
    calendar.add("x-wr-calname", str(NAME))
    if is_feed:
        calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", icalendar.vDuration(READ_AGAIN))  # the same for Outlook
    for event in day_events:
        entry = icalendar.Event()
        entry.add("uid", f"{event.uid}@{host}")
        entry.add("dtstamp", event.changed_at.astimezone(UTC).replace(microsecond=0))
        entry.add("dtstart", event.on)
        entry.add("dtend", event.on + timedelta(days=1))
        entry.add("summary", event.title)
        entry.add("description", event.sentence)
        entry.add("url", page)
        entry.add("transp", "TRANSPARENT")  # the day still shows as free time
        for trigger in [*(-before for before in ALARMS if event.asks), *([MORNING] if event.rings else [])]:
            alarm = icalendar.Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", event.title)
            alarm.add("trigger", trigger)
            entry.add_component(alarm)
        calendar.add_component(entry)
    return calendar.to_ical()


def changes(cycles: Iterable[Cycle]) -> Mapping[int, datetime]:
    """Return when the calendar's content for each cycle last changed, by key; three queries."""
    certifications = {cycle.certification_id: cycle.pk for cycle in cycles}
    keys = certifications.values()
    changed_at: dict[int, datetime] = {}
    for history, key in (
        (Cycle.history.filter(id__in=keys), "id"),
        (RenewalInvoice.history.filter(cycle_id__in=keys), "cycle_id"),
        (Certification.history.filter(id__in=certifications), "id"),
    ):
        for row, at in history.order_by().values_list(key).annotate(Max("history_date")):
            cycle = certifications[row] if history.model is Certification.history.model else row
            changed_at[cycle] = max(at, changed_at.get(cycle, at))
    return changed_at


def of_standings(standings: Iterable[Standing], *, otherwise: datetime) -> list[Event]:
    """Return the events of a member's certifications.

    ``otherwise``: the timestamp for a cycle that has no history.
    """
    standings = list(standings)
    changed_at = changes(standing.cycle for standing in standings)
    return [
        event
        for standing in standings
        for event in events(
            standing.certification.credential.code,
            standing.cycle.pk,
            standing.ledger_lines,
            changed_at.get(standing.cycle.pk, otherwise),
        )
    ]


def feed_at(token: str) -> CalendarFeed | None:
    """Return the feed at that address with its member; None for a revoked or unknown address.

    None also for the address of a member whose account is not active.
    """
    feeds = CalendarFeed.objects.filter(revoked_at=None, member__user__is_active=True)
    return feeds.select_related("member").filter(token=token).first()


def feed_of(member: Member) -> CalendarFeed | None:
    """Return the member's feed that is not revoked, or None."""
    return CalendarFeed.objects.filter(member=member, revoked_at=None).first()


def exposed_feed_of(member: Member) -> CalendarFeed | None:
    """Return the member's last feed if the portal revoked it, or None."""
    last = CalendarFeed.objects.filter(member=member).order_by("-pk").first()
    return last if last and last.was_in_the_open else None


@transaction.atomic
def create(*, member: Member, at: datetime) -> CalendarFeed:
    """Give the member an address, and return its feed; if there is one already, return that one."""
    Member.objects.select_for_update().get(pk=member.pk)
    return feed_of(member) or CalendarFeed.objects.create(
        member=member, token=secrets.token_urlsafe(TOKEN_BYTES), created_at=at
    )


@transaction.atomic
def revoke(*, member: Member, feed: int, at: datetime) -> None:
    """Revoke the address with that key forever.

    Nothing changes if it is not the member's address or is already revoked.
    """
    standing = CalendarFeed.objects.select_for_update().filter(pk=feed, member=member, revoked_at=None).first()
    if standing:
        standing.revoked_at = at
        standing.save(update_fields=["revoked_at"])


@transaction.atomic
def revoke_exposed(*, token: str, at: datetime) -> None:
    """Revoke the address with this token, which came without encryption. Nothing changes if it does not work anyway."""
    feed = CalendarFeed.objects.select_for_update().filter(token=token, revoked_at=None).first()
    if feed:
        feed.revoked_at, feed.was_in_the_open = at, True
        sign(feed, by=None, at=at, reason="Asked for without encryption")
        feed.save(update_fields=["revoked_at", "was_in_the_open"])


@transaction.atomic
def replace(*, member: Member, feed: int, at: datetime) -> CalendarFeed:
    """Revoke the address with that key, and give the member a new one.

    If the button is pressed twice, the second request finds the new address and keeps it.
    """
    Member.objects.select_for_update().get(pk=member.pk)
    revoke(member=member, feed=feed, at=at)
    return create(member=member, at=at)
