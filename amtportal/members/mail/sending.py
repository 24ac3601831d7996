"""Senders give the waiting mail to the mail server, until nothing is due.

- A sender takes up to ``BATCH`` mails at a time, but no more than it can send in about ``TURN``
  seconds: a link that somebody is waiting for is then never far behind.
- Up to ``BATCH`` mails go over one connection. One that breaks costs only the mail that was under
  way.
- All senders together keep to ``MAIL_PER_MINUTE``.
- What the mail server answers is judged (``judge``). A mail that can never be sent is given up at
  once, and one that could not be sent for ``GIVEN_UP`` later. The reason is kept for staff.
- While the mail server cannot be reached, or takes nothing of the portal, a run ends. Nothing is
  lost, and no mail waits longer for it afterwards.

``manage.py send_mail_queue`` runs once; the process that the worker starts beside itself goes on
(``keep_sending``).
"""

import base64
import logging
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from enum import Enum, auto
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import smtp
from django.db import DatabaseError, close_old_connections, connections
from django.utils import timezone

from amtportal.members import tallies, vault
from amtportal.members.mail import bounces, claims, outbox, settling
from amtportal.members.models import MailDelivery, OutgoingMail

logger = logging.getLogger(__name__)

BATCH = 100
TURN = 2.0
GIVEN_UP = timedelta(days=5)
"""After this time a mail is not tried again, as mail servers do (RFC 5321, section 4.5.4.1)."""
IDLE = 5.0
"""Seconds without a mail after which the server is asked whether it still listens."""
POLL = 0.5
"""Seconds after which a sender that goes on looks for mail again."""
LONGEST_WAIT = 60.0
"""Seconds after which a mail server that was away is tried again, at the latest."""
COMES_BACK = "Not sent: mail to this address comes back."
CLEANED_EVERY, ORPHANS_EVERY = 3600.0, 10.0
_PACE = tallies.digest("pace of the mail")
_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})\b")


class Tally(NamedTuple):
    sent: int
    failed: int


class Verdict(Enum):
    """What follows from an error."""

    NEVER = auto()
    """This mail can never be sent."""
    LATER = auto()
    """This mail is tried again later."""
    DOMAIN_LATER = auto()
    """All mail to this domain waits."""
    PORTAL_REFUSED = auto()
    """The server takes nothing from the portal at the moment, whoever it is for."""
    BROKEN = auto()
    """The connection broke. Nobody knows whether the server has this mail."""


def judge(error: Exception) -> Verdict:
    """Judge what the mail server, or the connection to it, has answered for a mail to one recipient.

    A sender that is refused says nothing of the recipient: the portal's address or its rights are
    wrong, and the mail must not be lost for it. Only a mail that is too large is refused there for
    its own sake. So it is with a recipient who is refused for reasons of policy (5.7.x), such as
    "Relay access denied": operators put it right, and the mail is tried until then.
    """
    if isinstance(error, ValueError):  # an address that cannot be written in a mail
        return Verdict.NEVER
    if isinstance(error, SMTPRecipientsRefused):
        verdicts = {
            Verdict.LATER if _enhanced(text)[:2] == (5, 7) else _of_recipient(code, text)
            for code, text in error.recipients.values()
        }
        return min(verdicts, key=[Verdict.DOMAIN_LATER, Verdict.LATER, Verdict.NEVER].index)
    if isinstance(error, SMTPSenderRefused):
        if error.smtp_code == 421:
            return Verdict.BROKEN
        too_large = error.smtp_code == 552 or _enhanced(error.smtp_error) == (5, 3, 4)
        return Verdict.NEVER if too_large else Verdict.PORTAL_REFUSED
    if isinstance(error, SMTPDataError):
        return _of_recipient(error.smtp_code, error.smtp_error)
    if isinstance(error, SMTPResponseException):
        return Verdict.PORTAL_REFUSED
    return Verdict.BROKEN if isinstance(error, OSError) else Verdict.LATER


def _of_recipient(code: int, text: bytes | str) -> Verdict:
    if 500 <= code < 600:
        return Verdict.NEVER
    return Verdict.DOMAIN_LATER if code == 421 or _enhanced(text)[:2] == (4, 7) else Verdict.LATER


def _enhanced(text: bytes | str) -> tuple[int, ...]:
    """Return the enhanced status code with which an answer begins (RFC 3463); empty if there is none."""
    found = _ENHANCED.match(text.encode() if isinstance(text, str) else text)
    return tuple(map(int, found.groups())) if found else ()


def told(error: Exception) -> str:
    """Return what the mail server said, for staff."""
    if isinstance(error, SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(text)}" for code, text in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"It cannot be sent: {error!r}" if isinstance(error, ValueError) else repr(error)


def _text(said: bytes | str) -> str:
    return said if isinstance(said, str) else said.decode(errors="replace")


class _Parsed(Message):
    """A stored mail, with the line endings that the sending backend asks for."""

    def as_bytes(self, unixfrom: bool = False, policy: Any = None, linesep: str = "\n") -> bytes:
        return super().as_bytes(policy=compat32.clone(linesep=linesep, mangle_from_=False, max_line_length=None))


class Ready(EmailMessage):
    """A mail as the sending backend needs it."""

    def __init__(self, row: OutgoingMail, content: bytes, recipients: Sequence[str]) -> None:
        super().__init__(from_email=settings.BOUNCE_ADDRESS or row.sender, to=recipients)
        self._parsed: Message = message_from_bytes(content, _Parsed)

    @property
    def message_id(self) -> str:
        return str(self._parsed["Message-ID"] or "")

    def message(self, **kwargs: Any) -> Any:
        return self._parsed


class _Away(Exception):
    """The mail server cannot be reached. The mail that was to be sent is untouched."""


class Stop:
    """Whether a sender shall stop. It looks between two mails, and while it waits.

    It also stops when the process that started it, ``parent``, has ended.
    """

    def __init__(self, parent: int | None = None) -> None:
        self._parent = parent
        self._asked = False

    def ask(self, *args: object) -> None:
        self._asked = True

    @property
    def is_asked(self) -> bool:
        return self._asked or (self._parent is not None and os.getppid() != self._parent)

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.is_asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, POLL))

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Stop when the process is told to end. A child leaves Ctrl-C to its parent, which then ends it."""
        handlers: dict[int, Any] = {
            signal.SIGTERM: self.ask,
            signal.SIGINT: signal.SIG_IGN if self._parent else self.ask,
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def send_due(*, now: datetime | None = None, stop: Stop | None = None) -> Tally:
    """Send the mail that is due, until there is none or the server is away. Return how many were sent and were not.

    ``now``: the moment at which the run takes place; the clock's unless it is given.
    """
    sender = _Sender(stop or Stop(), clock=timezone.now if now is None else lambda: now)
    sender.run()
    return Tally(sender.sent, sender.failed)


class _Sender:
    """One run of a sender: its connection, and what it has learned of the server."""

    def __init__(self, stop: Stop, *, clock: Callable[[], datetime] = timezone.now) -> None:
        self.sent = self.failed = 0
        self.is_away = False
        self._stop, self._clock = stop, clock
        self._size = BATCH
        self._transport: Any = None
        self._carried = 0
        self._used_at = 0.0
        self._broken = 0
        self._pauses: dict[str, bool] = {}
        self._accounts: dict[str, int] = {}
        self._marked: set[str] = set()

    def run(self) -> None:
        claims.release_orphans(now=self._clock())
        try:
            while not (self._stop.is_asked or self.is_away):
                most = self._most()
                if not self._wait_for_the_pace(most):
                    break
                rows = claims.take(most, now=self._clock())
                if not rows:
                    break
                self._send_batch(rows)
        finally:
            self._close()

    def _most(self) -> int:
        """Return how many mails to take in hand: what can be sent in a turn."""
        if settings.MAIL_PER_MINUTE:
            return max(1, min(self._size, int(TURN * settings.MAIL_PER_MINUTE / 60)))
        return self._size

    def _send_batch(self, rows: list[OutgoingMail]) -> None:
        """Send these mails. Release those for which the turn was too short, or all if the server is away."""
        held_at = self._clock()
        waiting = list(rows)
        try:
            mails = written(rows)
            self._pauses = claims.pauses(self._clock())
            addresses = [to for mail in mails.values() if isinstance(mail, Ready) for to in mail.to]
            self._accounts = settling.accounts_of(addresses)
            self._marked = bounces.is_marked(addresses)
            begun = 0.0
            for row in self._paced(rows):
                begun = begun or time.monotonic()
                if self._stop.is_asked or (time.monotonic() - begun > TURN and row is not rows[0]):
                    break
                if self._clock() - held_at > claims.RENEWED_AFTER:
                    held_at = self._clock()
                    if not claims.renew(waiting, now=held_at):
                        break
                self._send(row, mails[row.pk])
                waiting.remove(row)
                if self.is_away:
                    break
        except _Away as away:
            self.is_away = True
            logger.error("The mail server cannot be reached; mail waits until it can. %s", away)
            self._give_up_old(waiting, str(away))
        finally:
            settling.settle_rest()
            claims.release(waiting, now=self._clock())
        if self.is_away:
            self.failed += len(waiting)
        self._size = max(1, len(rows) - len(waiting)) if waiting else min(BATCH, 2 * self._size)

    def _wait_for_the_pace(self, mails: int) -> bool:
        """Wait until all other senders have sent what they may before so many mails of this one.

        What is waited for is not in hand yet: a link that comes meanwhile is still the first. Return
        whether there is mail to send.
        """
        if settings.MAIL_PER_MINUTE:
            if not claims.due(self._clock()).exists():
                return False
            self._stop.wait(tallies.reserve(_PACE, seconds=mails * 60 / settings.MAIL_PER_MINUTE))
        return not self._stop.is_asked

    def _paced(self, rows: list[OutgoingMail]) -> Iterator[OutgoingMail]:
        """Yield the mails one after the other, as far apart as the pace wants it."""
        begin = time.monotonic()
        for number, row in enumerate(rows):
            if settings.MAIL_PER_MINUTE:
                self._stop.wait(begin + number * 60 / settings.MAIL_PER_MINUTE - time.monotonic())
            yield row

    def _send(self, row: OutgoingMail, mail: Ready | Exception | None) -> None:
        if mail is None:  # its reason is gone, or nobody has the address
            settling.settle(row, [])
            return
        if isinstance(mail, Exception):
            self._later(row, repr(mail), until=self._clock() + claims.pause(row.tries + 1))
            return
        if bounces.is_held_back(row.priority) and self._marked & {to.lower() for to in mail.to}:
            settling.settle(row, self._outcome(row, mail, given_up=COMES_BACK))
            return
        domain = outbox.domain_of(mail.to[0])
        if self._pauses.get(domain):
            claims.readdress(row, domain=domain, now=self._clock())
            return
        try:
            self._hand_over(mail)
        except _Away:
            raise
        except Exception as error:  # one mail keeps no other from being sent
            self._not_taken(row, mail, error)
            return
        settling.settle(row, self._outcome(row, mail))
        self.sent += 1
        self._broken = 0
        if domain in self._pauses:
            claims.end_pause(domain)
            del self._pauses[domain]

    def _outcome(self, row: OutgoingMail, mail: Ready, given_up: str = "") -> list[MailDelivery]:
        return settling.outcome(
            row, mail.to, message_id=mail.message_id, accounts=self._accounts, at=self._clock(), given_up=given_up
        )

    def _not_taken(self, row: OutgoingMail, mail: Ready, error: Exception) -> None:
        verdict, reason, now = judge(error), told(error), self._clock()
        self._ready_again(error)
        if verdict is Verdict.NEVER:
            self.failed += 1
            logger.error("Mail %s is refused for good, and given up: %s", row.pk, reason)
            if isinstance(error, SMTPRecipientsRefused) and bounces.NO_BOX.match(reason):
                bounces.mark(mail.to[0], reason, sent_at=now, at=now)
            settling.settle(row, self._outcome(row, mail, given_up=reason))
            return
        until = now + claims.pause(row.tries + 1)
        if verdict is Verdict.DOMAIN_LATER:
            domain = outbox.domain_of(mail.to[0])
            until = claims.pause_domain(domain, reason=reason, now=now)
            self._pauses[domain] = True
        self._later(row, reason, until=until)
        self._broken = self._broken + 1 if verdict is Verdict.BROKEN else 0
        self.is_away = verdict is Verdict.PORTAL_REFUSED or self._broken > 1

    def _later(self, row: OutgoingMail, reason: str, *, until: datetime) -> None:
        self.failed += 1
        if not self._give_up_old([row], reason):
            logger.warning("Mail %s could not be sent; it is tried again. %s", row.pk, reason)
            claims.postpone(row, until=until)

    def _give_up_old(self, rows: list[OutgoingMail], reason: str) -> bool:
        """Give up those of these mails that have waited too long. Return whether there are any."""
        now = self._clock()
        old = [row for row in rows if now - row.made_at >= GIVEN_UP]
        for row in old:
            logger.error("Mail %s could not be sent for five days, and is given up: %s", row.pk, reason)
            why = f"It could not be sent for five days. {reason}"
            told_of = settling.outcome(
                row, row.recipients, message_id=row.message_id, accounts=self._accounts, at=now, given_up=why
            )
            settling.settle(row, told_of)
        return bool(old)

    def _hand_over(self, mail: Ready) -> None:
        transport = self._open()
        try:
            transport.send_messages([mail])
        except SMTPSenderRefused as error:
            if error.smtp_code != 421 or not self._carried:
                raise
            # Some servers end a connection after a number of mails.
            self._close()
            self._open().send_messages([mail])
        self._carried += 1
        self._used_at = time.monotonic()

    def _open(self) -> Any:
        """Return the connection, which is another one after ``BATCH`` mails. Other transports get one for each mail."""
        transport = self._transport
        if transport is not None and (self._carried >= BATCH or not _listens(transport, since=self._used_at)):
            self._close()
        if self._transport is None:
            transport = get_connection(settings.MAIL_TRANSPORT)
            try:
                transport.open()
            except OSError as error:  # every error of SMTP is one
                raise _Away(told(error)) from error
            self._transport, self._carried, self._used_at = transport, 0, time.monotonic()
        return self._transport

    def _ready_again(self, error: Exception) -> None:
        """Make the connection ready for the next mail, or close it if that is not sure."""
        answered = isinstance(error, SMTPRecipientsRefused | SMTPResponseException | ValueError)
        if not answered or told(error).startswith("421 "):
            self._close()
        elif isinstance(error, SMTPDataError):  # smtplib does not reset where the command itself is refused
            try:
                self._transport.connection.rset()
            except OSError:
                self._close()

    def _close(self) -> None:
        if self._transport is not None:
            with suppress(OSError):
                self._transport.close()
            self._transport = None


def _listens(transport: Any, *, since: float) -> bool:
    """Return whether the server still listens, which is asked after ``IDLE`` only."""
    if not isinstance(transport, smtp.EmailBackend):
        return False
    if time.monotonic() - since < IDLE:
        return True
    try:
        return transport.connection is not None and transport.connection.noop()[0] == 250
    except OSError:
        return False


def written(rows: Sequence[OutgoingMail]) -> dict[int, Ready | Exception | None]:
    """Return the mails as they are sent, by key; none if nobody is to have it; or why it cannot be written."""
    by_writer: dict[str, list[int]] = {}
    for row in rows:
        if row.writer_key is not None:
            by_writer.setdefault(row.writer, []).append(row.writer_key)
    answers = {name: _answers(name, keys) for name, keys in by_writer.items()}
    mails: dict[int, Ready | Exception | None] = {}
    for row in rows:
        try:
            if row.recipients[0].endswith(f"@{outbox.NOBODY}"):
                mails[row.pk] = None
            elif row.writer_key is None:
                mails[row.pk] = Ready(row, base64.b64decode(vault.decrypt(row.content)), row.recipients)
            else:
                answer = answers[row.writer].get(row.writer_key)
                if isinstance(answer, EmailMessage):
                    mails[row.pk] = Ready(row, answer.message().as_bytes(), answer.recipients())
                else:
                    mails[row.pk] = answer
        except Exception as error:  # such as no key that opens it
            mails[row.pk] = error
    return mails


def _answers(name: str, keys: Sequence[int]) -> Mapping[int, EmailMessage | Exception]:
    """Return what the writer writes for each key. If it fails for all together, it is asked for each alone."""
    try:
        return outbox.writer_of(name)(keys)
    except Exception as error:
        if len(keys) == 1:
            logger.exception("The writer %s failed for %s.", name, keys[0])
            return {keys[0]: error}
    return {key: answer for each in keys for key, answer in _answers(name, [each]).items()}


def keep_sending(stop: Stop) -> None:
    """Send mail as soon as it is stored, until the stop is asked."""
    wait = POLL
    orphans_at = cleaned_at = float("-inf")
    while not stop.is_asked:
        close_old_connections()
        try:
            now = timezone.now()
            if time.monotonic() - cleaned_at > CLEANED_EVERY:
                cleaned_at = time.monotonic()
                claims.clean_up(now=now, kept=outbox.KEPT)
            if time.monotonic() - orphans_at > ORPHANS_EVERY:
                orphans_at = time.monotonic()
                claims.release_orphans(now=now)
            if claims.due(now).exists():
                sender = _Sender(stop)
                sender.run()
                wait = min(max(2 * wait, 5.0), LONGEST_WAIT) if sender.is_away else POLL
        except DatabaseError:
            logger.exception("Mail could not be sent; it is tried again in some seconds.")
            connections.close_all()
            wait = 5.0
        stop.wait(wait)
