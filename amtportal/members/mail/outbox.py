"""Mail is stored in the database first and sent after the response.

- A mail is a row of ``OutgoingMail``, written in the transaction that created it. If the
  transaction is rolled back, the mail is not sent. If it is committed, the mail is sent sooner or
  later, even if the mail server is not available at that moment.
- A mail that could not be sent for five days, or that can never be sent, is given up. Its row stays
  for staff to look at, with the reason.
- Nobody waits for the mail server, and nobody can tell from the response time whether there was a
  mail to send.
- The content is encrypted (``vault``), so that nobody can read a link that opens an account in a
  dump of the database.
- Each process sends mail in a thread after its responses; ``manage.py send_mail_queue`` sends mail
  as well. Only one of them sends a row at a time, and it deletes the row once the mail server has
  it.
"""

import base64
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from amtportal.members.models import MailPriority, OutgoingMail

logger = logging.getLogger(__name__)

HELD = timedelta(minutes=10)
"""How long a sender may take for one mail. After that, another sender may try."""
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP = timedelta(days=5)
"""After this time a mail is not tried again, as mail servers do (RFC 5321, section 4.5.4.1)."""
_written = threading.Event()
"""Set when this process has stored a mail since its sender thread was last woken."""
NOBODY = "portal.invalid"
"""A domain that does not exist (RFC 2606). Mail to it is discarded."""


class Backend(BaseEmailBackend):
    """The backend that Django sends mail with: it stores the mail."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        rows = [
            OutgoingMail(
                sender=mail.from_email,
                recipients=mail.recipients(),
                priority=getattr(mail, "priority", MailPriority.ACCOUNT),
                content=vault.encrypt(base64.b64encode(mail.message().as_bytes()).decode()),
            )
            for mail in email_messages
            if mail.recipients()
        ]
        OutgoingMail.objects.bulk_create(rows)
        _written.set()
        return len(rows)


Writer = Callable[[Sequence[int]], Mapping[int, EmailMessage]]
"""Writes mails by the keys of what they are about. A key that is missing in the answer is not mailed."""
_writers: dict[str, Writer] = {}
Ended = Callable[[Sequence[int], str, datetime], object]
"""Is told of mails by the keys of what they are about: the server took them, or why they are given up."""
_ended: dict[str, Ended] = {}


def register(name: str, writer: Writer, *, ended: Ended | None = None) -> None:
    """Let this writer write the mails that ``write_at_sending`` stores under the name.

    ``ended`` is told, with an empty reason, which mails the mail server took, and of the others why
    they are given up.

    The writer is called outside of a transaction, just before the mails go out, by one sender for
    each key. It may be called again for a key whose mail the mail server did not take.
    """
    _writers[name] = writer
    if ended:
        _ended[name] = ended


def write_at_sending(*, writer: str, addresses: Iterable[tuple[int, str]], priority: MailPriority) -> None:
    """Store mails that are written when they are sent: for each the key of what it is about, and its address."""
    OutgoingMail.objects.bulk_create(
        OutgoingMail(
            sender=settings.DEFAULT_FROM_EMAIL, recipients=[address], priority=priority, writer=writer, writer_key=key
        )
        for key, address in addresses
    )
    _written.set()


class _Parsed(Message):
    """A stored mail, with the line endings that the sending backend asks for."""

    def as_bytes(self, unixfrom: bool = False, policy: Any = None, linesep: str = "\n") -> bytes:
        return super().as_bytes(policy=compat32.clone(linesep=linesep, mangle_from_=False, max_line_length=None))


class _Written(EmailMessage):
    """A mail as the sending backend needs it."""

    def __init__(self, row: OutgoingMail, content: bytes) -> None:
        super().__init__(from_email=row.sender, to=row.recipients)
        self._content = content

    def message(self, **kwargs: Any) -> Any:
        return message_from_bytes(self._content, _Parsed)


def pause(tries: int) -> timedelta:
    """Return how long to wait after that many failed tries: 1, 2, 4 minutes, up to an hour."""
    return min(timedelta(minutes=2 ** min(tries - 1, 10)), LONGEST_PAUSE)


def send_due(*, now: datetime | None = None) -> tuple[int, int]:
    """Send the mail that is due. Return how many were sent and how many could not be sent."""
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
    """Give one mail to the mail server. Return whether it is done.

    The row stays if the server is not available or refuses the address permanently.
    """
    if row.recipients[0].endswith("@" + NOBODY):
        row.delete()
        return True
    try:
        if row.writer_key is not None:
            mail = _writers[row.writer]([row.writer_key]).get(row.writer_key)
            if mail is None:  # its reason is gone
                row.delete()
                return True
            content = mail.message().as_bytes()
        else:
            content = base64.b64decode(vault.decrypt(row.content))
        with get_connection(settings.MAIL_TRANSPORT) as transport:
            transport.send_messages([_Written(row, content)])
    except (OSError, ValueError, InvalidToken) as error:  # every error of SMTP is an OSError
        row.refused = _why_given_up(error, row, now)[:500]
        then = "it is given up" if row.refused else "it is tried again"
        logger.exception("The mail server did not take mail %s; %s.", row.pk, then)
    else:
        _end(row, "", now)
        row.delete()
        return True
    if row.refused:
        _end(row, row.refused, now)
    row.next_try_at = now + pause(row.tries)
    row.save(update_fields=["next_try_at", "refused"])
    return False


def _end(row: OutgoingMail, reason: str, now: datetime) -> None:
    if row.writer_key is not None and (ended := _ended.get(row.writer)):
        ended([row.writer_key], reason, now)


def _why_given_up(error: Exception, row: OutgoingMail, now: datetime) -> str:
    """Return why the mail is not tried again; empty if it is tried again."""
    if isinstance(error, SMTPRecipientsRefused) and all(500 <= code < 600 for code, _ in error.recipients.values()):
        return "; ".join(f"{code} {text!r}" for code, text in error.recipients.values())
    if isinstance(error, ValueError):  # an address that cannot be written in a mail
        return f"It cannot be sent: {error!r}"
    if now - row.made_at >= GIVEN_UP:
        return f"Given up after {row.tries} tries: {error!r}"
    return ""


class _Sender:
    """The thread of this process that sends mail, after a response and every minute."""

    EVERY = 60

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def wake(self, **kwargs: object) -> None:
        """Wake the thread, because there may be mail to send.

        The first response starts the thread. It cannot start earlier, because a server forks its
        workers before it.
        """
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
        """Stop the thread and wait until it has ended."""
        self._stopped = True
        self._wake.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            self._wake.clear()
            try:
                send_due()
            except DatabaseError:  # any other error ends the thread visibly; the next response starts a new one
                logger.exception("Mail could not be sent; it is tried again in a minute.")
            finally:
                connections.close_all()
            self._wake.wait(self.EVERY)


sender = _Sender()
request_finished.connect(sender.wake, dispatch_uid="amtportal.outbox")
