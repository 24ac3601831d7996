"""Mail is written together with the change it reports, sent later, tried again, and sent once."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from django.core.mail import EmailMessage, send_mail
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from amtportal.members import vault
from amtportal.members.mail import outbox
from amtportal.members.models import OutgoingMail
from tests.support.builders import make_cycle, make_member, make_user
from tests.support.mail import Mailbox, mail_server
from tests.support.threads import at_once
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture(autouse=True)
def _written_down(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"
    settings.MAIL_TRANSPORT = SMTP
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 9, False  # nobody is there
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with mail_server() as (mailbox, port):
        settings.EMAIL_PORT = port
        yield mailbox


def test_what_is_written_at_sending_is_sent_or_dropped(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_writers", {})
    outbox.register(
        "tests", lambda keys: {key: EmailMessage("Due", str(key), to=["ada@example.org"]) for key in keys if key > 1}
    )
    outbox.write_at_sending(
        writer="tests", addresses=[(1, "a@example.org"), (2, "b@example.org")], priority=OutgoingMail.Priority.NOTICE
    )
    (arrived,) = mailbox.mails
    assert arrived.get_content().strip() == "2"
    assert not OutgoingMail.objects.exists()


def write(text: str = "Grüße\nFrom here", to: str = "ada@example.org") -> None:
    send_mail("Your cycle – soon", text, "portal@amt.example", [to])


def test_a_mail_arrives_as_it_was_written(mailbox: Mailbox) -> None:
    mail = EmailMessage("Your cycle – soon", "Grüße\nFrom here", "AMT <portal@amt.example>", ["ada@example.org"])
    mail.bcc = ["copy@amt.example"]
    mail.attach("credits.csv", "a;b\n", "text/csv")
    mail.send()
    assert mailbox.taken == []
    (arrived,) = mailbox.mails
    assert arrived["Subject"] == "Your cycle – soon"
    assert arrived["From"] == "AMT <portal@amt.example>"
    assert arrived["X-Delivered-To"] == "ada@example.org, copy@amt.example"
    assert arrived["Bcc"] is None
    text, attachment = arrived.iter_parts()
    assert text.get_content().splitlines() == ["Grüße", "From here"]
    assert attachment.get_filename() == "credits.csv"
    assert not OutgoingMail.objects.exists()


def test_what_is_rolled_back_is_not_sent(mailbox: Mailbox) -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert mailbox.mails == []


def test_the_database_does_not_hold_what_a_waiting_mail_says(mailbox: Mailbox) -> None:
    write("https://portal.example/accounts/password/reset/key/secret/")
    row = OutgoingMail.objects.get()
    for part in ("secret", "c2VjcmV0", "Your cycle"):
        assert part not in row.content


def test_nothing_is_lost_while_the_mail_server_is_away(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    write()
    now = timezone.now()
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        assert outbox.send_due(now=now) == (0, 1)
        assert outbox.send_due(now=now + timedelta(minutes=minutes, seconds=-1)) == (0, 0)
        now += timedelta(minutes=minutes)
    assert "it is tried again" in caplog.records[0].getMessage()
    with mail_server() as (mailbox, port):
        settings.EMAIL_PORT = port
        assert outbox.send_due(now=now) == (1, 0)
        assert len(mailbox.taken) == 1


@pytest.mark.parametrize(("code", "kept"), [(450, True), (550, False)])
def test_an_address_refused_for_good_is_not_tried_again(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, code: int, kept: bool
) -> None:
    def refuse(self: Any, sender: str, to: list[str], *rest: Any) -> None:
        raise smtplib.SMTPRecipientsRefused({to[0]: (code, b"no such box")})

    monkeypatch.setattr(smtplib.SMTP, "sendmail", refuse)
    write()
    later = timezone.now() + timedelta(days=1)
    assert outbox.send_due() == (0, 1)
    assert outbox.send_due(now=later) == ((0, 1) if kept else (0, 0))
    assert ("no such box" in OutgoingMail.objects.get().refused) is not kept


def test_after_five_days_a_mail_is_given_up_and_told(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    write()
    made_at = OutgoingMail.objects.get().made_at
    assert outbox.send_due(now=made_at + outbox.GIVEN_UP - timedelta(hours=1)) == (0, 1)
    assert not OutgoingMail.objects.get().refused
    assert outbox.send_due(now=made_at + outbox.GIVEN_UP) == (0, 1)
    assert OutgoingMail.objects.get().refused.startswith("Given up after 2 tries: ConnectionRefusedError")
    assert "it is given up" in caplog.records[-1].getMessage()
    assert outbox.send_due(now=made_at + outbox.GIVEN_UP + timedelta(days=9)) == (0, 0)
    call_command("send_mail_queue")
    assert capsys.readouterr().out == "0 sent, 0 not taken, 0 waiting, 1 given up.\n"


def test_a_mail_that_cannot_be_sent_keeps_no_other_from_being_sent(mailbox: Mailbox) -> None:
    EmailMessage("Your cycle", "Hello", "portal@amt.example", ["ada@example.org"], bcc=["copy@añt..example"]).send()
    write(to="bea@example.org")
    assert outbox.send_due() == (1, 1)
    assert OutgoingMail.objects.get().refused.startswith("It cannot be sent: ")
    assert [mail["To"] for mail in mailbox.taken] == ["bea@example.org"]


def test_a_mail_that_no_key_opens_waits_for_the_key(mailbox: Mailbox, settings: Settings) -> None:
    write()
    keys, settings.MFA_KEYS = settings.MFA_KEYS, ["n" * 40]
    write(to="bea@example.org")
    assert outbox.send_due() == (1, 1)
    settings.MFA_KEYS = keys
    assert outbox.send_due(now=timezone.now() + timedelta(minutes=2)) == (1, 0)
    assert [mail["To"] for mail in mailbox.taken] == ["bea@example.org", "ada@example.org"]


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_waits_over_a_change_of_keys_is_sent(mailbox: Mailbox, settings: Settings) -> None:
    """As docs/operations.md says: put the new key in front, renew, and take the old key out."""
    old, new = settings.MFA_KEYS[0], "n" * 40
    write()
    settings.MFA_KEYS = [new, old]
    call_command("renew_encryption", verbosity=0)
    settings.MFA_KEYS = [new]
    assert outbox.send_due() == (1, 0)
    assert mailbox.mails[0]["Subject"] == "Your cycle – soon"


def test_a_mail_that_no_key_opens_is_told_when_keys_change_and_holds_up_no_other(settings: Settings) -> None:
    write("Lost")
    old, new = "o" * 40, "n" * 40
    settings.MFA_KEYS = [old]
    write("Kept")
    settings.MFA_KEYS = [new, old]
    with pytest.raises(CommandError, match="0 secrets and 1 waiting mails could not be read"):
        call_command("renew_encryption", verbosity=0)
    settings.MFA_KEYS = [new]
    lost, kept = OutgoingMail.objects.order_by("pk")
    assert vault.decrypt(kept.content)
    with pytest.raises(InvalidToken):
        vault.decrypt(lost.content)


def test_while_the_database_is_away_the_thread_goes_on(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MAIL_SENT_BY_THREAD = True
    tries = []

    def away() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("gone")

    monkeypatch.setattr(outbox, "send_due", away)
    monkeypatch.setattr(type(outbox.sender), "EVERY", 0.01)
    outbox.sender.wake()
    wait_until(lambda: len(tries) > 2, "third try")
    outbox.sender.stop()
    assert "tried again in a minute" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_of_several_processes_one_sends_each_mail(mailbox: Mailbox) -> None:
    for number in range(5):
        write(to=f"ada{number}@example.org")
    tallies = at_once(*[outbox.send_due] * 4)
    assert sum(sent for sent, _ in tallies) == 5
    assert len({mail["To"] for mail in mailbox.taken}) == len(mailbox.taken) == 5


def test_the_command_sends_and_says_what_waits(mailbox: Mailbox, capsys: pytest.CaptureFixture[str]) -> None:
    write()
    call_command("send_mail_queue")
    assert capsys.readouterr().out == "1 sent, 0 not taken, 0 waiting, 0 given up.\n"
    assert len(mailbox.taken) == 1


def test_the_command_fails_while_the_mail_server_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    write()
    with pytest.raises(SystemExit):
        call_command("send_mail_queue")
    assert capsys.readouterr().out == "0 sent, 1 not taken, 1 waiting, 0 given up.\n"


def test_an_answer_does_not_wait_for_the_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    make_cycle(make_member(user=make_user(email="ada@example.org")))
    monkeypatch.setattr(outbox, "_send", lambda *args: pytest.fail("sent within the request"))
    assert Client().post("/accounts/activate/", {"email": "ada@example.org"}).status_code == 302
    assert OutgoingMail.objects.get().recipients == ["ada@example.org"]


@pytest.mark.django_db(transaction=True)
def test_the_thread_of_the_process_sends_after_the_response(settings: Settings) -> None:
    settings.MAIL_SENT_BY_THREAD = True
    make_cycle(make_member(user=make_user(email="ada@example.org")))
    with mail_server() as (mailbox, port):
        settings.EMAIL_PORT = port
        Client().post("/accounts/activate/", {"email": "ada@example.org"})
        wait_until(lambda: not OutgoingMail.objects.exists(), "mail that was sent")
        outbox.sender.stop()
        assert [mail["To"] for mail in mailbox.taken] == ["ada@example.org"]
