"""Which waiting mail a sender takes in hand, and for how long.

- A sender takes a batch that no other sender has: the lowest priority number first, then the
  oldest. On PostgreSQL, senders skip the rows that others are taking; on SQLite one takes at a
  time.
- What is taken is held for ``LEASE``, which is renewed while the sender works. A sender that was
  killed is noticed sooner by another one on the same machine (``release_orphans``).
- A domain that asks to come later is paused for all senders: 1, 2, 4 minutes, up to an hour.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from amtportal.members.mail import settling, system
from amtportal.members.models import MailDelivery, MailPause, OutgoingMail

LEASE = timedelta(seconds=150)
"""Longer than one mail can take: six exchanges with the server, of ``EMAIL_TIMEOUT`` each."""
RENEWED_AFTER = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)


def pause(times: int) -> timedelta:
    """Return how long to wait after that many failures: 1, 2, 4 minutes, up to an hour."""
    return min(timedelta(minutes=2 ** min(times - 1, 10)), LONGEST_PAUSE)


def due(now: datetime) -> QuerySet[OutgoingMail]:
    """Return the mail that can be sent now and that no sender has in hand."""
    paused = MailPause.objects.filter(until__gt=now)
    return OutgoingMail.objects.filter(next_try_at__lte=now).exclude(domain__in=paused.values("domain"))


def take(most: int, *, now: datetime) -> list[OutgoingMail]:
    """Take so many mails in hand, at most. Nobody else sends them until they are released or ``LEASE`` is over."""
    settling.settle_rest()
    with transaction.atomic():
        rows = list(due(now).order_by("priority", "pk").select_for_update(skip_locked=True)[:most])
        _hold(rows, until=now + LEASE)
    return rows


def renew(rows: Sequence[OutgoingMail], *, now: datetime) -> bool:
    """Hold these mails for another ``LEASE``. False: another sender has taken some of them meanwhile."""
    return _hold(rows, until=now + LEASE) == len(rows)


def _hold(rows: Sequence[OutgoingMail], *, until: datetime) -> int:
    held = _mine(rows).update(next_try_at=until, claimed_by=system.this_process())
    for row in rows:
        row.next_try_at = until
    return held


def _mine(rows: Sequence[OutgoingMail]) -> QuerySet[OutgoingMail]:
    """Return those that nobody has taken since: they still have the time at which they were read."""
    at = {row.next_try_at for row in rows}
    return OutgoingMail.objects.filter(pk__in=[row.pk for row in rows], next_try_at__in=at)


def release(rows: Sequence[OutgoingMail], *, now: datetime) -> None:
    """Let any sender take these mails now."""
    if rows:
        _mine(rows).update(next_try_at=now, claimed_by="")


def readdress(row: OutgoingMail, *, domain: str, now: datetime) -> None:
    """Let a mail wait for the domain to which it turned out to go."""
    _mine([row]).update(next_try_at=now, claimed_by="", domain=domain)


def postpone(row: OutgoingMail, *, until: datetime) -> None:
    """Try this mail again at that time."""
    _mine([row]).update(next_try_at=until, claimed_by="", tries=F("tries") + 1)


def pauses(now: datetime) -> dict[str, bool]:
    """Return the domains that asked to come later, and for each whether it is still paused."""
    return {each.domain: each.until > now for each in MailPause.objects.all()}


def pause_domain(domain: str, *, reason: str, now: datetime) -> datetime:
    """Let all mail to this domain wait, longer each time in a row. Return until when.

    If several senders are told the same at once, it is paused once.
    """
    reason = reason[: settling.LONGEST_REASON]
    with transaction.atomic():
        row, is_new = MailPause.objects.select_for_update().get_or_create(
            domain=domain, defaults={"until": now + pause(1), "reason": reason}
        )
        if not is_new and row.until <= now:
            row.times += 1
            row.until, row.reason = now + pause(row.times), reason
            row.save()
    return row.until


def end_pause(domain: str) -> None:
    MailPause.objects.filter(domain=domain).delete()


def release_orphans(*, now: datetime) -> int:
    """Release what senders of this machine had in hand when they were killed. Return how many."""
    settling.settle_for_killed()
    held = OutgoingMail.objects.exclude(claimed_by="").filter(next_try_at__gt=now)
    gone = [each for each in held.values_list("claimed_by", flat=True).distinct() if system.has_ended(each)]
    return held.filter(claimed_by__in=gone).update(next_try_at=now, claimed_by="") if gone else 0


def clean_up(*, now: datetime, kept: timedelta) -> None:
    """Remove what became of mail that is older than it is kept, and what asked to come later a day ago."""
    MailDelivery.objects.filter(queued_at__lt=now - kept).delete()
    MailPause.objects.filter(until__lt=now - timedelta(days=1)).delete()
