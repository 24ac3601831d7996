"""Mail is written down first and sent after the response.

- A mail is a row of ``OutgoingMail``, in the transaction that made it: what is rolled back is not sent, and what is
  committed is sent sooner or later, whether or not the mail server is there at that moment.
- What could not be sent for five days, or never can be, is given up: it stays to be looked at, with the reason.
- Nobody waits for the mail server, and nobody learns from a wait whether there was a mail to send.
- What waits is encrypted (``vault``): a link that opens an account is not to be read in a dump of the database.
- Each process sends after its responses, in a thread; ``manage.py send_mail_queue`` sends as well. A row is sent by one
  of them at a time, and deleted once the mail server has it.
"""

import base64
import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from smtplib import SMTPRecipientsRefused
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.signals import request_finished
from django.db import DatabaseError, connections
from django.db.models import F
from django.utils import timezone

from amtportal.members import vault
from amtportal.members.models import OutgoingMail

logger = logging.getLogger(__name__)

HELD = timedelta(minutes=10)
"""As long as a sender may take for a mail; then another may try."""
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP = timedelta(days=5)
"""After so long a mail is tried no more, as mail servers do among each other (RFC 5321, section 4.5.4.1)."""
_written = threading.Event()
"""Whether this process has written a mail since its sender was last woken."""
NOBODY = "portal.invalid"
"""A domain that exists nowhere (RFC 2606). Mail to it is thrown away."""


class Backend(BaseEmailBackend):
    """Django's way to send a mail: here it is written down."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        rows = [
            OutgoingMail(
                sender=mail.from_email,
                recipients=mail.recipients(),
                content=vault.encrypt(base64.b64encode(mail.message().as_bytes()).decode()),
            )
            for mail in email_messages
            if mail.recipients()
        ]
        OutgoingMail.objects.bulk_create(rows)
        _written.set()
        return len(rows)


class _Parsed(Message):
    """A mail as it was written down, with the ends of lines that a backend asks for."""

    def as_bytes(self, unixfrom: bool = False, policy: Any = None, linesep: str = "\n") -> bytes:
        return super().as_bytes(policy=compat32.clone(linesep=linesep, mangle_from_=False, max_line_length=None))


class _Written(EmailMessage):
    """What the backend that sends is given."""

    def __init__(self, row: OutgoingMail) -> None:
        super().__init__(from_email=row.sender, to=row.recipients)
        self._content = base64.b64decode(vault.decrypt(row.content))

    def message(self, **kwargs: Any) -> Any:
        return message_from_bytes(self._content, _Parsed)


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries that failed: a minute, two, four, up to an hour."""
    return min(timedelta(minutes=2 ** min(tries - 1, 10)), LONGEST_PAUSE)


def send_due(*, now: datetime | None = None) -> tuple[int, int]:
    """Send what is due. How many mails were sent, and how many could not be."""
    sent = failed = 0
    now = now or timezone.now()
    for row in OutgoingMail.objects.filter(refused="", next_try_at__lte=now).order_by("pk")[:500]:
        mine = OutgoingMail.objects.filter(pk=row.pk, next_try_at=row.next_try_at).update(
            next_try_at=now + HELD, tries=F("tries") + 1
        )
        if not mine:
            continue  # another process has it
        row.tries += 1
        if _send(row, now):
            sent += 1
        else:
            failed += 1
    return sent, failed


def _send(row: OutgoingMail, now: datetime) -> bool:
    """Hand one mail to the mail server. It stays where the server is away or refuses the address for good."""
    if row.recipients[0].endswith("@" + NOBODY):
        row.delete()
        return True
    try:
        with get_connection(settings.MAIL_TRANSPORT) as transport:
            transport.send_messages([_Written(row)])
    except (OSError, ValueError, InvalidToken) as error:  # every error of SMTP is an OSError
        row.refused = _why_given_up(error, row, now)[:500]
        then = "it is given up" if row.refused else "it is tried again"
        logger.exception("The mail server did not take mail %s; %s.", row.pk, then)
    else:
        row.delete()
        return True
    row.next_try_at = now + pause(row.tries)
    row.save(update_fields=["next_try_at", "refused"])
    return False


def _why_given_up(error: Exception, row: OutgoingMail, now: datetime) -> str:
    """Why the mail is not tried again; empty where it is."""
    if isinstance(error, SMTPRecipientsRefused) and all(500 <= code < 600 for code, _ in error.recipients.values()):
        return "; ".join(f"{code} {text!r}" for code, text in error.recipients.values())
    if isinstance(error, ValueError):  # an address that cannot be written in a mail
        return f"It cannot be sent: {error!r}"
    if now - row.made_at >= GIVEN_UP:
        return f"Given up after {row.tries} tries: {error!r}"
    return ""


class _Sender:
    """The thread of this process that sends: after a response, and every minute."""

    EVERY = 60

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def wake(self, **kwargs: object) -> None:
        """There may be something to send. The thread is started by the first response: a server forks before it."""
        if not settings.MAIL_SENT_BY_THREAD:
            return
        if _written.is_set():
            _written.clear()
            self._wake.set()
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._stopped = False
                self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Let the thread end, and wait for it."""
        self._stopped = True
        self._wake.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            self._wake.clear()
            try:
                send_due()
            except DatabaseError:  # of anything else the thread ends, loudly, and the next response starts another
                logger.exception("Mail could not be sent; it is tried again in a minute.")
            finally:
                connections.close_all()
            self._wake.wait(self.EVERY)


sender = _Sender()
request_finished.connect(sender.wake, dispatch_uid="amtportal.outbox")
