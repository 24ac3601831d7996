"""Mail that comes back: which reports count, what is marked, who is told, and how the mark ends."""

import mailbox
from contextlib import suppress
from datetime import timedelta
from email.mime.text import MIMEText
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from amtportal.members.mail import bounces, outbox, sending
from amtportal.members.mail.bounces import Verdict
from amtportal.members.models import BouncingAddress, MailDelivery, MailPriority, User
from amtportal.members.sign_in import addresses
from tests.support.builders import client_of, make_member, make_user
from tests.support.imap_server import PASSWORD, imap_server
from tests.support.pages import words
from tests.support.smtp_sink import sink
from tests.support.staff import make_clerk, told

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


def sent(number: int = 1, recipient: str = ADA) -> MailDelivery:
    return MailDelivery.objects.create(
        message_id=f"<{number}@portal.example>",
        recipient=recipient,
        priority=MailPriority.NOTICE,
        queued_at=timezone.now(),
        sent_at=timezone.now(),
    )


def report(number: int = 1, recipient: str = ADA, status: str = "5.1.1", action: str = "failed") -> bytes:
    """Return a delivery report as RFC 3464 wants it, with the headers of the mail that came back."""
    return (
        "From: MAILER-DAEMON@mx.example.org\nTo: portal@amt.example\nSubject: Undelivered\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n'
        "Message-ID: <report@mx.example.org>\n\n"
        "--b\nContent-Type: text/plain\n\nYour mail could not be delivered.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; 550 {status}\n  no such box\n"
        "\n--b\nContent-Type: text/rfc822-headers\n\n"
        f"From: portal@amt.example\nMessage-ID: <{number}@portal.example>\nSubject: Your cycle\n\n--b--\n"
    ).encode()


def read(content: bytes) -> Verdict:
    return bounces.read(content, at=timezone.now())


@pytest.fixture
def ada() -> User:
    user = make_user(email=ADA)
    make_member(user=user)
    return user


@pytest.fixture
def smtp(settings: Settings) -> Settings:
    settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "127.0.0.1", False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    return settings


@pytest.fixture
def maildir(tmp_path: Path, settings: Settings) -> mailbox.Maildir:
    settings.BOUNCE_MAILBOX = f"maildir://{tmp_path}/reports"
    return mailbox.Maildir(tmp_path / "reports")


def store(to: str, priority: MailPriority = MailPriority.NOTICE) -> None:
    mail = EmailMessage("Hello", priority.name, to=[to])
    mail.priority = priority  # type: ignore[attr-defined]
    outbox.Backend().send_messages([mail])


def banner(client: Client) -> str:
    found = BeautifulSoup(client.get("/guide/").text, "html.parser").select_one("[data-name=mail-comes-back]")
    return words(found) if found else ""


def test_a_report_for_good_marks_the_address_and_tells_the_member_on_every_page(ada: User) -> None:
    delivery, client = sent(), client_of(ada)
    assert banner(client) == ""
    assert read(report()) is Verdict.MARKED
    row = BouncingAddress.objects.get()
    assert (row.email, row.reason) == (ADA, "smtp; 550 5.1.1 no such box")
    delivery.refresh_from_db()
    assert (delivery.returned_at is not None, delivery.returned_for_good) == (True, True)
    assert banner(client) == f"Mail to {ADA} comes back. Correct your address"
    assert bounces.is_marked([ADA.upper(), "bea@example.org"]) == {ADA}
    assert read(report()) is Verdict.KNOWN


@pytest.mark.parametrize(
    "forged",
    [report(number=2), report(recipient="bea@example.org"), report(number=3, recipient="bea@example.org")],
    ids=["no mail of ours", "a mail to somebody else", "a mail that was not taken"],
)
def test_a_report_counts_only_for_a_mail_that_went_to_this_address(ada: User, forged: bytes) -> None:
    sent()
    now = timezone.now()
    refused = {"queued_at": now, "refused_at": now, "reason": "550 no"}
    MailDelivery.objects.create(message_id="<3@portal.example>", recipient="bea@example.org", priority=5, **refused)
    assert read(forged) is Verdict.NOT_OURS
    assert not BouncingAddress.objects.exists()
    assert not MailDelivery.objects.exclude(returned_at=None).exists()


@pytest.mark.parametrize(
    ("status", "action"), [("4.4.1", "delayed"), ("4.2.2", "failed"), ("5.2.2", "failed")], ids=str
)
def test_mails_that_come_back_for_the_moment_are_counted_within_days(
    ada: User, settings: Settings, status: str, action: str
) -> None:
    settings.BOUNCE_SOFT_MOST, settings.BOUNCE_SOFT_DAYS = 3, 14
    for number in range(4):
        sent(number)
        soft = report(number, status=status, action=action)
        assert read(soft) is (Verdict.COUNTED if number < 3 else Verdict.MARKED)
        assert read(soft) is Verdict.KNOWN, "the same report"
        if number == 0:
            MailDelivery.objects.update(returned_at=timezone.now() - timedelta(days=14))
    assert bounces.is_marked([ADA])


def test_a_mail_that_was_late_and_then_failed_marks_the_address(ada: User) -> None:
    sent()
    assert read(report(status="4.4.1", action="delayed")) is Verdict.COUNTED
    assert read(report()) is Verdict.MARKED


def test_notices_are_held_back_and_shown_as_not_delivered_and_links_are_still_tried(ada: User, smtp: Settings) -> None:
    sent()
    read(report())
    MailDelivery.objects.all().delete()
    smtp.BOUNCE_ADDRESS = "bounces@amt.example"
    with sink() as server:
        smtp.EMAIL_PORT = server.port
        for priority in MailPriority:
            store(ADA, priority)
        assert sending.send_due() == (3, 0)
    outcomes = dict(MailDelivery.objects.values_list("priority", "reason"))
    assert outcomes == {1: "", 2: "", 3: "", 5: sending.COMES_BACK, 8: sending.COMES_BACK}
    assert {each.partition(" size")[0] for each in server.commands if each.startswith("MAIL")} == {
        "MAIL FROM:<bounces@amt.example>"
    }


def test_a_server_that_knows_no_such_box_marks_it_at_once_and_one_that_has_a_rule_does_not(smtp: Settings) -> None:
    answers = {"RCPT TO:<ada": "550 5.1.1 no such box", "RCPT TO:<bea": "554 5.7.1 not from you"}
    with sink(lambda command: answers.get(command[:12], "")) as server:
        smtp.EMAIL_PORT = server.port
        for to in (ADA, "bea@example.org"):
            store(to)
        assert sending.send_due() == (0, 2)
    assert [row.email for row in BouncingAddress.objects.all()] == [ADA]


def test_another_address_has_no_mark_and_one_that_was_proved_has_none_either(ada: User) -> None:
    sent()
    read(report())
    client = client_of(ada)
    for email in ("new@example.org", ADA):
        ada.refresh_from_db()
        assert client.post(f"/accounts/email/{addresses.token(ada, email)}/").status_code == 302
        assert banner(client) == ""
    assert not bounces.is_marked([ADA]), "the link came to this address"


def test_staff_clear_a_mark_and_old_reports_do_not_bring_it_back(ada: User) -> None:
    sent()
    sent(2)
    read(report())
    clerk = make_clerk("view_bouncingaddress", "clear_bouncingaddress")
    client = client_of(clerk)
    row = BouncingAddress.objects.get()
    listed = client.get(reverse("admin:members_bouncingaddress_changelist"), {"marked": "yes"})
    assert "550 5.1.1 no such box" in listed.text
    address = reverse("admin:members_bouncingaddress_clear", args=[row.pk])
    assert "550 5.1.1 no such box" in client.get(address).text
    assert told(client, client.post(address)) == f"Mail goes to {ADA} again."
    assert told(client, client.post(address)) == f"Mail goes to {ADA} already."
    row.refresh_from_db()
    assert (row.cleared_by, bounces.is_marked([ADA]), banner(client_of(ada))) == (clerk, set(), "")
    assert read(report(2)) is Verdict.KNOWN, "it was sent before"
    sent(3)
    assert read(report(3)) is Verdict.MARKED
    assert bounces.is_marked([ADA])


def test_the_command_counts_nothing_twice_and_keeps_what_nobody_can_read(
    maildir: mailbox.Maildir, capsys: pytest.CaptureFixture[str]
) -> None:
    sent()
    reply = MIMEText("I am on vacation.")
    reply["Auto-Submitted"] = "auto-replied"
    for message in (report(), report(number=9), b"Subject: What is this?\n\nHello", reply.as_bytes()):
        maildir.add(message)
    with pytest.raises(SystemExit):
        call_command("read_bounces")
    call_command("read_bounces")
    assert capsys.readouterr().out.splitlines() == [
        "4 read: 1 marked an address, 0 counted, 1 known already, or no report, 1 not of a mail of ours, 1 unreadable.",
        "0 read: 0 marked an address, 0 counted, 0 known already, or no report, 0 not of a mail of ours, 0 unreadable.",
    ]
    (kept,) = maildir.get_folder("Unclear")
    assert kept["Subject"] == "What is this?"
    assert len(maildir.get_folder("Read")) == 3


@pytest.mark.parametrize(
    "message",
    [
        report().replace(b"1@portal", b"\0@portal"),
        report().replace(b"ada@", b"a\0da@"),
        report().replace(b"no such box", b"\0 \xff"),
        report(recipient="a\ud800@example.org".encode("utf-16", "surrogatepass").decode("latin-1")),
    ],
    ids=["zero in the ID", "zero in the recipient", "zero in the reason", "no text at all"],
)
def test_no_message_of_a_stranger_keeps_the_reports_behind_it_from_being_read(
    maildir: mailbox.Maildir, message: bytes
) -> None:
    sent()
    sent(2)
    bounces.read(message, at=timezone.now())
    maildir.add(report(2))
    with suppress(SystemExit):
        call_command("read_bounces")
    assert bounces.is_marked([ADA])


def test_a_message_that_makes_the_reader_fail_is_put_aside(
    maildir: mailbox.Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent()
    monkeypatch.setattr(bounces, "message_ids", lambda content: 1 / 0)
    maildir.add(report())
    with pytest.raises(SystemExit):
        call_command("read_bounces")
    assert len(maildir.get_folder("Unclear")) == 1


def test_a_mailbox_is_also_read_by_imap(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    sent()
    with imap_server() as (kept, port):
        kept.boxes["INBOX"] = {4: report(), 7: b"Subject: What is this?\r\n\r\nHello"}
        address = f"imap://reports%40amt.example:{quote(PASSWORD)}@127.0.0.1:{port}"
        settings.BOUNCE_MAILBOX = address
        with pytest.raises(SystemExit):
            call_command("read_bounces")
        assert {name: list(messages) for name, messages in kept.boxes.items()} == {
            "INBOX": [],
            "Read": [4],
            "Unclear": [7],
        }
        assert bounces.is_marked([ADA])
        settings.BOUNCE_MAILBOX = f"{address}/Elsewhere"
        with pytest.raises(CommandError, match="no mailbox Elsewhere"):
            call_command("read_bounces")
        settings.BOUNCE_MAILBOX = address.replace("secret", "guess")
        with pytest.raises(CommandError, match="wrong password"):
            call_command("read_bounces")


def test_without_a_mailbox_nothing_is_read_and_a_wrong_one_is_told(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("read_bounces")
    assert capsys.readouterr().out == "BOUNCE_MAILBOX is not set: no reports are read.\n"
    settings.BOUNCE_MAILBOX = f"maildir://{tmp_path}/nothing"
    with pytest.raises(CommandError, match="is no Maildir folder"):
        call_command("read_bounces")
    settings.BOUNCE_MAILBOX = "imap://reports:secret@127.0.0.1:9/INBOX"
    with pytest.raises(CommandError, match="Connection refused"):
        call_command("read_bounces")
