"""What became of a mail: its row is deleted and its deliveries are stored, in one transaction.

Only if a sender ends after the mail server has taken a mail, and before that is written down, the
mail is sent again. A transaction takes a hundred times as long as taking a mail, and on SQLite no
other sender can do the same meanwhile. So a line in a file of the sender says at once that the mail
is taken, and up to ``TOGETHER`` mails are settled at a time, within about ``LONGEST`` seconds.

If the sender is killed, the next one on this machine reads the file. Only if the machine itself
fails in that second, up to ``TOGETHER`` mails are sent again.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from amtportal.members.mail import outbox, system
from amtportal.members.models import MailDelivery, OutgoingMail, User

logger = logging.getLogger(__name__)

TOGETHER = 25
LONGEST = 1.0
"""Seconds after which what was taken is settled, however little it is."""
LONGEST_REASON = 500

Settled = tuple[OutgoingMail, list[MailDelivery]]
"""A mail, and what is stored of it."""
_waiting: list[Settled] = []
"""What this process is to settle."""
_lock = threading.RLock()
_begun_at = 0.0


def outcome(
    row: OutgoingMail,
    recipients: Iterable[str],
    *,
    message_id: str,
    accounts: Mapping[str, int],
    at: datetime,
    given_up: str = "",
) -> list[MailDelivery]:
    """Return what is stored of a mail that the mail server took, or that was given up for this reason.

    ``accounts``: the keys of accounts, by address in lower case (``accounts_of``).
    """
    return [
        MailDelivery(
            message_id=message_id,
            recipient=each.lower(),
            account_id=accounts.get(each.lower()),
            priority=row.priority,
            queued_at=row.made_at,
            sent_at=None if given_up else at,
            refused_at=at if given_up else None,
            reason=given_up[:LONGEST_REASON],
        )
        for each in recipients
    ]


def accounts_of(addresses: Collection[str]) -> dict[str, int]:
    """Return the keys of the accounts that sign in with these addresses, by address in lower case."""
    found = User.objects.filter(email__in={address.lower() for address in addresses})
    return dict(found.values_list("email", "pk"))


def settle(row: OutgoingMail, deliveries: list[MailDelivery]) -> None:
    """Settle a mail that was sent, given up or dropped, at once or with those that follow it.

    If the database is away, this process does not send the mail again as long as it lives.
    """
    global _begun_at
    with _lock:
        if not _waiting:
            _begun_at = time.monotonic()
        _waiting.append((row, deliveries))
        _note(row.pk, deliveries)
        if len(_waiting) >= TOGETHER or time.monotonic() - _begun_at > LONGEST:
            settle_rest()


def settle_rest() -> None:
    """Settle all that this process has sent, given up or dropped."""
    with _lock:
        if _waiting:
            _store(_waiting)
            _waiting.clear()
            _file_of(system.this_process()).unlink(missing_ok=True)


@transaction.atomic
def _store(settled: list[Settled]) -> None:
    OutgoingMail.objects.filter(pk__in=[row.pk for row, _ in settled]).delete()
    MailDelivery.objects.bulk_create(each for _, deliveries in settled for each in deliveries)
    _tell_who_wrote(settled)


def _tell_who_wrote(settled: list[Settled]) -> None:
    together: dict[tuple[str, str], list[int]] = {}
    for row, deliveries in settled:
        if row.writer_key is not None and deliveries:
            together.setdefault((row.writer, deliveries[0].reason), []).append(row.writer_key)
    for (writer, reason), keys in together.items():
        try:
            with transaction.atomic():
                outbox.tell_ended(writer, keys, reason, timezone.now())
        except Exception:  # it keeps no mail from being settled: it would be sent again
            logger.exception("%s could not be told what became of its mails.", writer)


def _folder() -> Path:
    return Path(settings.VAR_DIR, "mail-sent")


def _file_of(process: str) -> Path:
    return _folder() / process.replace("/", "_")


def _note(key: int, deliveries: list[MailDelivery]) -> None:
    """Write down what became of a mail, so that the next sender knows it if this one is killed."""
    taken = [(each.recipient, each.message_id, each.account_id, each.sent_at) for each in deliveries if each.sent_at]
    line = json.dumps({"mail": key, "taken": [(*rest, at.isoformat()) for *rest, at in taken]})
    _folder().mkdir(mode=0o700, exist_ok=True)
    file = os.open(_file_of(system.this_process()), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)


def settle_for_killed() -> None:
    """Settle what senders of this machine had given to the mail server when they were killed."""
    if not _folder().exists():
        return
    for file in _folder().iterdir():
        if system.has_ended(file.name.replace("_", "/")):
            lines = file.read_text().split("\n")[:-1]  # what stands behind the last line end is half a line
            _store_noted({line["mail"]: line["taken"] for line in map(json.loads, lines)})
            file.unlink(missing_ok=True)


@transaction.atomic
def _store_noted(taken: dict[int, list[tuple[str, str, int | None, str]]]) -> None:
    rows = OutgoingMail.objects.in_bulk(list(taken))  # another sender may have settled them
    settled: list[Settled] = []
    for key, row in rows.items():
        deliveries = [
            MailDelivery(
                recipient=recipient,
                message_id=message_id,
                account_id=account,
                priority=row.priority,
                queued_at=row.made_at,
                sent_at=datetime.fromisoformat(at),
            )
            for recipient, message_id, account, at in taken[key]
        ]
        if deliveries:
            settled.append((row, deliveries))
    if settled:
        _store(settled)
