"""Mail is stored in the database first, and sent by somebody else than who stored it.

- A mail is a row of ``OutgoingMail``, written in the transaction that created it. If the
  transaction is rolled back, the mail is not sent. If it is committed, the mail is sent sooner or
  later (``sending``), even if the mail server is not available at that moment.
- Nobody waits for the mail server, and nobody can tell from the response time whether there was a
  mail to send: a web process only stores.
- The content is encrypted (``vault``), so that nobody can read a link that opens an account in a
  dump of the database.
- Each mail that is stored as it was written has its Message-ID from that moment. Each has one
  recipient: a mail to several people is stored once for each.
- What became of a mail is a row of ``MailDelivery``, which is kept for ``KEPT``.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import make_msgid

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from amtportal import links
from amtportal.members import vault
from amtportal.members.models import MailPriority, OutgoingMail

NOBODY = "portal.invalid"
"""A domain that does not exist (RFC 2606). Mail to it is discarded."""
KEPT = timedelta(days=90)
"""How long it is kept what became of a mail, since it was stored."""


class Backend(BaseEmailBackend):
    """The backend that Django sends mail with: it stores the mail."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        mails = [mail for mail in email_messages if mail.recipients()]
        OutgoingMail.objects.bulk_create(row for mail in mails for row in _stored(mail))
        return len(mails)


def _stored(mail: EmailMessage) -> Iterable[OutgoingMail]:
    """Return the mail as rows, one for each recipient."""
    message = mail.message()
    if "message-id" not in {name.lower() for name in mail.extra_headers}:  # Django's own names this machine
        del message["Message-ID"]
        message["Message-ID"] = make_msgid(domain=links.host())
    content = vault.encrypt(base64.b64encode(message.as_bytes()).decode())
    for recipient in dict.fromkeys(mail.recipients()):
        yield OutgoingMail(
            message_id=message["Message-ID"],
            sender=mail.from_email,
            recipients=[recipient],
            domain=domain_of(recipient),
            priority=getattr(mail, "priority", MailPriority.ACCOUNT),
            content=content,
        )


Writer = Callable[[Sequence[int]], Mapping[int, EmailMessage]]
"""Writes mails by the keys of what they are about. A key that is missing in the answer is not mailed."""
_writers: dict[str, Writer] = {}
Ended = Callable[[Sequence[int], str, datetime], object]
"""Is told of mails by the keys of what they are about: the server took them, or why they are given up."""
_ended: dict[str, Ended] = {}


def register(name: str, writer: Writer, *, ended: Ended | None = None) -> None:
    """Let this writer write the mails that ``write_at_sending`` stores under the name.

    The writer is called outside of a transaction, just before the mails go out, with the keys of
    all mails that a sender has in hand. If that fails, it is called again for each key alone. It
    may be called again later for a key whose mail the mail server did not take. What it writes goes
    to the recipients that it names, whatever address was stored.

    ``ended`` is told, with an empty reason, which mails the mail server took, and of the others why
    they are given up, in the transaction in which that is stored.
    """
    _writers[name] = writer
    if ended:
        _ended[name] = ended


def writer_of(name: str) -> Writer:
    return _writers[name]


def tell_ended(name: str, keys: Sequence[int], reason: str, at: datetime) -> None:
    """Tell whoever registered under this name that these mails ended so."""
    if name in _ended:
        _ended[name](keys, reason, at)


def write_at_sending(
    *, writer: str, addresses: Iterable[tuple[int, str]], priority: MailPriority, not_before: datetime | None = None
) -> None:
    """Store mails that are written when they are sent: for each the key of what it is about, and its address.

    ``not_before``: until then they wait.
    """
    first_try_at = max(filter(None, (not_before, timezone.now())))
    OutgoingMail.objects.bulk_create(
        OutgoingMail(
            sender=settings.DEFAULT_FROM_EMAIL,
            recipients=[address],
            domain=domain_of(address),
            priority=priority,
            writer=writer,
            writer_key=key,
            next_try_at=first_try_at,
        )
        for key, address in addresses
    )


def domain_of(address: str) -> str:
    """Return the domain of an address, in lower case; empty if it has none."""
    return address.rpartition("@")[2].rstrip("> ").lower()[:255] if "@" in address else ""
