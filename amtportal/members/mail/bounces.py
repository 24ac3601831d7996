"""Mail that comes back: which addresses it is, and what follows.

- A delivery report counts only for a mail that the portal sent to the address that it names, by the
  Message-ID in the returned headers. Nobody else knows that ID, so nobody else can write a report
  that counts.
- A report that a mail is returned for good marks its address at once; ``BOUNCE_SOFT_MOST`` mails
  that were returned for the moment, within ``BOUNCE_SOFT_DAYS`` days, mark it too. So does a mail
  server that says at once that there is no such box.
- To a marked address go links and mail about the account's safety and about money, and nothing
  else: what is not sent is kept among the deliveries with the reason. The member is told on every
  page.
- The mark is the address's. An account with another address has none, and staff clear it. Mail that
  came back before does not count again.
"""

import email
import logging
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from flufl.bounce import all_failures

from amtportal.members.models import BouncingAddress, MailDelivery, MailPriority, User

logger = logging.getLogger(__name__)

LONGEST = 500
NO_BOX = re.compile(r"5\d\d[ -]5\.1\.(1|10)\b|5\d\d[ -]5\.2\.1\b")
"""What a mail server says of a box that does not exist, or is closed (RFC 3463, RFC 7505)."""
_ANSWER = re.compile(rb"\b[45]\d\d[ -][45]\.\d+\.\d+ [^\n]*")
_IDS = re.compile(rb"(?im)^\s*Message-ID:\s*(<[^<>\s]+>)")


class Verdict(Enum):
    """What was done with a report."""

    MARKED = "marked an address"
    COUNTED = "counted"
    KNOWN = "known already, or no report"
    NOT_OURS = "not of a mail of ours"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Failure:
    """That a mail to an address was not delivered, and why. ``for_good``: it never will be."""

    address: str
    for_good: bool
    reason: str


def is_held_back(priority: int) -> bool:
    """Return whether mail of this priority is not sent to a marked address."""
    return priority >= MailPriority.NOTICE


def is_marked(addresses: Collection[str]) -> set[str]:
    """Return those of these addresses, in lower case, to which mail comes back."""
    lower = {address.lower() for address in addresses}
    return set(BouncingAddress.objects.filter(email__in=lower, cleared_at=None).values_list("email", flat=True))


def failures(report: Message) -> list[Failure]:
    """Return what the report says; nothing if it is no report."""
    temporary, permanent = all_failures(report)
    said = dict(_said(report))
    found = []
    for raw in sorted(permanent | temporary):
        address = raw.decode(errors="replace").lower()
        status, reason = said.get(address, ("", ""))
        # A box that is full may have room tomorrow, whatever the server calls it.
        for_good = raw in permanent and not status.startswith("4") and not status.endswith(".2.2")
        reason = reason or _in_words(report) or status or "The mail came back."
        found.append(Failure(_storable(address), for_good, _storable(reason)[:LONGEST]))
    return found


def _storable(text: str) -> str:
    """Return text of strangers without what a database refuses: zero bytes, and half characters."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _in_words(report: Message) -> str:
    """Return the answer of a mail server in the text of the report; empty if there is none."""
    for part in report.walk():
        payload = part.get_payload(decode=True) if part.get_content_type() == "text/plain" else None
        if isinstance(payload, bytes) and (answer := _ANSWER.search(payload)):
            return answer[0].decode(errors="replace").strip()
    return ""


def _said(report: Message) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each recipient of a standard report (RFC 3464), with its status and what the server said."""
    for part in report.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload():
            assert isinstance(block, Message)
            told = (str(block["Status"] or "").strip(), " ".join(str(block["Diagnostic-Code"] or "").split()))
            for name in ("Original-Recipient", "Final-Recipient"):
                if block[name]:
                    yield str(block[name]).rpartition(";")[2].strip(" <>").lower(), told


def message_ids(content: bytes) -> set[str]:
    """Return every Message-ID that stands in the report, its own too."""
    ids = set(_IDS.findall(content))
    for part in email.message_from_bytes(content).walk():  # returned headers may be encoded
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            ids.update(_IDS.findall(payload))
    return {_storable(found.decode(errors="replace")) for found in ids}


def read(content: bytes, *, at: datetime) -> Verdict:
    """Read one message of the mailbox for reports, and do what follows. The same report counts once."""
    report = email.message_from_bytes(content)
    try:
        found, ids = failures(report), message_ids(content)
    except Exception:  # strangers write it, and one message may not keep those behind it from being read
        logger.exception("A report could not be read.")
        found, ids = [], set()
    if not found:
        is_reply = str(report["Auto-Submitted"] or "").lower().startswith("auto-replied")
        return Verdict.KNOWN if is_reply else Verdict.UNREADABLE
    verdicts = {_count(failure, ids, at=at) for failure in found}
    order = [Verdict.MARKED, Verdict.COUNTED, Verdict.KNOWN, Verdict.NOT_OURS]
    return min(verdicts, key=order.index)


@transaction.atomic
def _count(failure: Failure, ids: Collection[str], *, at: datetime) -> Verdict:
    sent = MailDelivery.objects.select_for_update().filter(message_id__in=ids, recipient=failure.address)
    delivery = sent.exclude(sent_at=None).order_by("pk").first()
    if delivery is None:
        return Verdict.NOT_OURS
    if delivery.returned_at and (delivery.returned_for_good or not failure.for_good):
        return Verdict.KNOWN
    delivery.returned_at, delivery.returned_for_good = at, failure.for_good
    delivery.returned_reason = failure.reason
    delivery.save(update_fields=["returned_at", "returned_for_good", "returned_reason"])
    if failure.for_good or _soft_ones(failure.address, at=at) >= settings.BOUNCE_SOFT_MOST:
        # What was sent before staff cleared the address is no news.
        is_news = mark(failure.address, failure.reason, sent_at=delivery.sent_at, at=at)
        return Verdict.MARKED if is_news else Verdict.KNOWN
    return Verdict.COUNTED


def _soft_ones(address: str, *, at: datetime) -> int:
    """Return how many mails came back for the moment lately, since staff cleared the address."""
    since = at - timedelta(days=settings.BOUNCE_SOFT_DAYS)
    back = MailDelivery.objects.filter(recipient=address, returned_at__gt=since)
    cleared_at = BouncingAddress.objects.filter(email=address).values_list("cleared_at", flat=True).first()
    return back.filter(Q(sent_at__gt=cleared_at) if cleared_at else Q()).count()


@transaction.atomic
def mark(address: str, reason: str, *, sent_at: datetime | None, at: datetime) -> bool:
    """Mark an address, unless it is marked, or the mail is older than when staff cleared it. Return whether it was."""
    address, reason = address.lower(), reason[:LONGEST]
    row = BouncingAddress.objects.select_for_update().filter(email=address).first()
    if row is None:
        row = BouncingAddress(email=address)
    elif row.cleared_at is None or (sent_at is not None and sent_at <= row.cleared_at):
        return False
    row.marked_at, row.reason, row.cleared_at, row.cleared_by = at, reason, None, None
    row.save()
    User.objects.filter(email=address).update(bouncing_email=address)
    return True


@transaction.atomic
def clear(row: BouncingAddress, *, by: User, at: datetime) -> bool:
    """Let mail go to this address again. Return whether it was marked."""
    row = BouncingAddress.objects.select_for_update().get(pk=row.pk)
    if row.cleared_at:
        return False
    row.cleared_at, row.cleared_by = at, by
    row.save()
    User.objects.filter(bouncing_email=row.email).update(bouncing_email="")
    return True


@transaction.atomic
def proved(address: str, *, by: User, at: datetime) -> None:
    """Clear an address at which this account has just got a mail."""
    row = BouncingAddress.objects.select_for_update().filter(email=address.lower(), cleared_at=None).first()
    if row:
        clear(row, by=by, at=at)
