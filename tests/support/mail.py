"""What a mail says, and a real mail server on this machine's loopback, which keeps what it is sent."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.mail import EmailMessage as StoredMail
from pytest_django.fixtures import Settings

from amtportal.members.mail import outbox, sending
from amtportal.members.models import OutgoingMail
from tests.support.waiting import PATIENCE

ADDRESS = r"(?<=:\n)https?://\S+$"


def words_of(mail: StoredMail | EmailMessage) -> str:
    """Return the words of the text, on one line. The HTML must say the same in the same order."""
    text, html = _parts(mail)
    page = BeautifulSoup(html, "html.parser")
    page.h1.extract()  # the subject
    shown = " ".join(page.select_one(place).get_text(" ") for place in (".words", ".foot"))
    assert _bare(shown) == _bare(re.sub(rf"{ADDRESS}|^-+$", "", text, flags=re.MULTILINE))
    links_of(mail)
    return " ".join(text.split())


def links_of(mail: StoredMail | EmailMessage) -> list[str]:
    """Return the addresses in the text, in order. Those in the HTML must be the same, with one button at most."""
    text, html = _parts(mail)
    page = BeautifulSoup(html, "html.parser")
    links = re.findall(ADDRESS, text, flags=re.MULTILINE)
    assert [link["href"] for link in page.select("[href]")] == links
    assert len(page.select(".button")) == (1 if page.select(".words [href]") else 0)
    assert not page.select("[src], script, link, form")
    return links


def _parts(mail: StoredMail | EmailMessage) -> tuple[str, str]:
    if isinstance(mail, StoredMail):
        ((html, kind),) = mail.alternatives  # type: ignore[attr-defined]
        assert kind == "text/html"
        return str(mail.body), str(html)
    text, html_part = mail.iter_parts()
    assert (text.get_content_type(), html_part.get_content_type()) == ("text/plain", "text/html")
    return text.get_content().replace("\r\n", "\n"), html_part.get_content()


def _bare(words: str) -> list[str]:
    return [word.rstrip(":") for word in words.split()]


class Mailbox:
    """Every mail that came in, in order."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    @property
    def mails(self) -> list[EmailMessage]:
        """Return the mails that have come in once everything that is due has been sent."""
        sending.send_due()
        return self.taken

    def only_link(self) -> str:
        """Return the address in the only mail, without the name of the host."""
        (mail,) = self.mails
        (link,) = links_of(mail)
        return link.removeprefix(settings.SITE_URL)


class _Handler:
    """The handler that the server is given.

    It is separate because the server looks at every attribute, and the mailbox has one that sends.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        mail["X-Delivered-To"] = ", ".join(envelope.rcpt_tos)
        self._mailbox.taken.append(mail)
        return "250 OK"


def write_mails(number: int) -> None:
    """Store so many mails, each to an address of its own."""
    begin = OutgoingMail.objects.count()
    outbox.Backend().send_messages(
        [StoredMail("Your cycle", "Hello", to=[f"{begin + n}@example.org"]) for n in range(number)]
    )


def waiting_texts() -> list[str]:
    """Return the plain text of each mail that waits, as it would be sent."""
    rows = list(OutgoingMail.objects.order_by("pk"))
    texts = []
    for mail in sending.written(rows).values():
        assert isinstance(mail, sending.Ready)
        parsed = message_from_bytes(mail.message().as_bytes(), policy=policy.default)
        body = parsed.get_body(("plain",))
        assert isinstance(body, EmailMessage)
        texts.append(body.get_content())
    return texts


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """Return the mailbox, and the port at which the server takes mail for it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mailbox = Mailbox()
    controller = Controller(
        _Handler(mailbox), hostname="127.0.0.1", port=port, server_hostname="localhost", ready_timeout=PATIENCE
    )
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def use_outbox(settings: Settings, port: int = 9) -> None:
    """Store mail as the portal does, and send it by SMTP to that port; nobody is at port 9."""
    settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"
    settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
