"""Senders: each mail is sent once, in its order, and none waits for another that cannot be sent."""

import smtplib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from amtportal.members.mail import claims, outbox, sending, settling, system
from amtportal.members.mail.sending import Verdict, judge
from amtportal.members.models import MailDelivery, MailPause, MailPriority, OutgoingMail
from tests.support.builders import make_user
from tests.support.mail import Mailbox, mail_server
from tests.support.smtp_sink import HANG_UP, Sink, sink
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_there(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"
    settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 9, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with mail_server() as (mailbox, port):
        settings.EMAIL_PORT = port
        yield mailbox


@pytest.fixture
def server(settings: Settings) -> Iterator[Sink]:
    with sink() as served:
        settings.EMAIL_PORT = served.port
        yield served


@pytest.fixture
def written_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[outbox.Writer], None]:
    """Register a writer, and store mail for it to two addresses under the keys 1 and 2."""
    monkeypatch.setattr(outbox, "_writers", {})
    monkeypatch.setattr(outbox, "_ended", {})

    def register(writer: outbox.Writer) -> None:
        outbox.register("tests", writer)
        addresses = [(1, "a@example.org"), (2, "b@example.org")]
        outbox.write_at_sending(writer="tests", addresses=addresses, priority=MailPriority.NOTICE)

    return register


def write(to: str = "ada@example.org", priority: MailPriority = MailPriority.ACCOUNT) -> None:
    mail = EmailMessage("Your cycle – soon", "Grüße\nFrom here", "portal@amt.example", [to])
    mail.priority = priority  # type: ignore[attr-defined]
    mail.send()


def refusing(begin: str, answer: str) -> Callable[[str], str]:
    """Return what answers to commands that begin so. What a mail ends with begins with a dot."""
    return lambda command: answer if command.startswith(begin) else ""


def what_became() -> list[tuple[str, str]]:
    """Return the recipient of each mail that does not wait, and why it was given up."""
    return list(MailDelivery.objects.order_by("pk").values_list("recipient", "reason"))


def test_a_mail_arrives_as_it_was_written(mailbox: Mailbox) -> None:
    ada = make_user(email="ada@example.org")
    mail = EmailMessage("Your cycle – soon", "Grüße\nFrom here", "AMT <portal@amt.example>", ["Ada@example.org"])
    mail.bcc = ["copy@amt.example"]
    mail.attach("credits.csv", "a;b\n", "text/csv")
    mail.send()
    assert mailbox.taken == []
    arrived, copy = mailbox.mails
    assert arrived["Subject"] == "Your cycle – soon"
    assert arrived["From"] == "AMT <portal@amt.example>"
    assert (arrived["X-Delivered-To"], copy["X-Delivered-To"]) == ("Ada@example.org", "copy@amt.example")
    assert arrived["Bcc"] is None
    text, attachment = arrived.iter_parts()
    assert text.get_content().splitlines() == ["Grüße", "From here"]
    assert attachment.get_filename() == "credits.csv"
    assert not OutgoingMail.objects.exists()
    kept = MailDelivery.objects.order_by("pk")
    assert [(each.recipient, each.account) for each in kept] == [("ada@example.org", ada), ("copy@amt.example", None)]
    assert {each.message_id for each in kept} == {arrived["Message-ID"]}
    assert all(each.queued_at < each.sent_at for each in kept if each.sent_at)


def test_a_link_goes_before_a_summary_and_the_oldest_before_the_newest(server: Sink) -> None:
    for number, priority in enumerate([8, 2, 1, 5, 1]):
        write(f"{number}@example.org", MailPriority(priority))
    assert sending.send_due() == (5, 0)
    assert server.recipients() == [f"{number}@example.org" for number in (2, 4, 1, 3, 0)]


def test_a_run_goes_on_until_nothing_is_due_with_one_connection_for_a_hundred(server: Sink) -> None:
    for number in range(250):
        write(f"{number}@example.org")
    assert sending.send_due() == (250, 0)
    assert (len(server.mails), len(set(server.message_ids())), server.connections) == (250, 250, 3)


def test_what_is_written_at_sending_is_sent_or_dropped(
    server: Sink, written_by: Callable[[outbox.Writer], None]
) -> None:
    """It goes to the address of that moment. Who wrote it is told that the server took it, and no more of the other."""
    asked: list[Sequence[int]] = []

    def writer(keys: Sequence[int]) -> Mapping[int, EmailMessage]:
        asked.append(keys)
        return {2: EmailMessage("Due", "2", to=["new@example.org"], headers={"Message-ID": "<2@amt.example>"})}

    written_by(writer)
    ended: list[tuple[Sequence[int], str]] = []
    outbox.register("tests", writer, ended=lambda keys, reason, at: ended.append((keys, reason)))
    assert sending.send_due() == (1, 0)
    assert asked == [[1, 2]]
    assert server.recipients() == ["new@example.org"]
    assert server.message_ids() == [b"<2@amt.example>"]
    assert not OutgoingMail.objects.exists()
    assert MailDelivery.objects.get().message_id == "<2@amt.example>"
    assert ended == [([2], "")]


def test_a_writer_that_fails_holds_up_neither_the_queue_nor_what_else_it_writes(
    server: Sink, written_by: Callable[[outbox.Writer], None]
) -> None:
    def writer(keys: Sequence[int]) -> Mapping[int, EmailMessage]:
        return {key: EmailMessage(f"Due {1 / (key - 1)}", "2", to=["b@example.org"]) for key in keys}

    written_by(writer)
    outbox.write_at_sending(writer="gone", addresses=[(1, "c@example.org")], priority=MailPriority.NOTICE)
    write()
    assert sending.send_due() == (2, 2)
    assert server.recipients() == ["ada@example.org", "b@example.org"]
    assert [row.tries for row in OutgoingMail.objects.all()] == [1, 1]


def test_nothing_is_lost_while_the_mail_server_is_away(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Nor does it wait longer, the longer the server was away."""
    write()
    now = timezone.now()
    for _ in range(20):
        assert sending.send_due(now=now) == (0, 1)
        now += timedelta(hours=2)
    assert "cannot be reached" in caplog.records[0].getMessage()
    with sink() as server:
        settings.EMAIL_PORT = server.port
        assert sending.send_due(now=now) == (1, 0)
        assert len(server.mails) == 1


def test_who_wrote_a_mail_is_told_why_it_was_given_up_and_may_fail(
    server: Sink, written_by: Callable[[outbox.Writer], None], caplog: pytest.LogCaptureFixture
) -> None:
    def ended(keys: Sequence[int], reason: str, at: datetime) -> None:
        raise ValueError(keys, reason)

    def writer(keys: Sequence[int]) -> Mapping[int, EmailMessage]:
        return {1: EmailMessage("Due", "1", to=["a@example.org"])}

    written_by(writer)
    outbox.register("tests", writer, ended=ended)
    server.answer = refusing("RCPT", "550 5.1.1 no such box")
    assert sending.send_due() == (0, 1)
    assert "([1], '550 5.1.1 no such box')" in caplog.text
    assert what_became() == [("a@example.org", "550 5.1.1 no such box")]


def test_after_five_days_a_mail_is_given_up_and_told(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    write()
    made_at = OutgoingMail.objects.get().made_at
    assert sending.send_due(now=made_at + sending.GIVEN_UP - timedelta(hours=1)) == (0, 1)
    assert what_became() == []
    assert sending.send_due(now=made_at + sending.GIVEN_UP) == (0, 1)
    ((_, reason),) = what_became()
    assert reason.startswith("It could not be sent for five days. ConnectionRefusedError")
    assert "is given up" in caplog.records[-1].getMessage()
    call_command("send_mail_queue")
    assert capsys.readouterr().out == "0 sent, 0 not taken, 0 waiting, 1 given up.\n"


@pytest.mark.parametrize("command", ["RCPT TO:<ada", "DATA", ". ada"])
def test_what_is_refused_for_good_is_given_up_at_once_with_the_reason(server: Sink, command: str) -> None:
    """The connection is made ready again, and the next mail goes over it."""
    refused = refusing(command, "550 5.1.1 no such box")
    server.answer = lambda each: refused(each) if "bea@" not in "".join(server.commands[-3:]) else ""
    write()
    write("bea@example.org")
    assert sending.send_due() == (1, 1)
    assert what_became() == [("ada@example.org", "550 5.1.1 no such box"), ("bea@example.org", "")]
    assert server.connections == 1
    assert "RSET" in server.commands


@pytest.mark.parametrize("command", ["RCPT TO:<ada", ". ada"])
def test_a_box_that_is_full_is_tried_again_and_its_domain_goes_on(server: Sink, command: str) -> None:
    server.answer = refusing(command, "452 4.2.2 full")
    write()
    write("bea@example.org")
    now = timezone.now()
    assert sending.send_due(now=now) == (1, 1)
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        assert sending.send_due(now=now + timedelta(minutes=minutes, seconds=-1)) == (0, 0)
        now += timedelta(minutes=minutes)
        assert sending.send_due(now=now) == (0, 1)
    server.answer = lambda command: ""
    assert sending.send_due(now=now + timedelta(hours=1)) == (1, 0)


@pytest.mark.parametrize("answer", ["421 4.3.2 come later", "450 4.7.1 too many", "451 4.7.500 too many"])
@pytest.mark.parametrize("command", ["RCPT TO:<{}@busy.example", ". {}@busy.example"])
def test_only_the_domain_that_asks_for_it_waits_and_longer_each_time(server: Sink, command: str, answer: str) -> None:
    server.answer = lambda each: answer if each.startswith(command.format(each.partition("@")[0][-1])) else ""
    for number in range(3):
        write(f"{number}@busy.example")
        write(f"{number}@example.org")
    now = timezone.now()
    assert sending.send_due(now=now) == (3, 1)
    tried = [each for each in server.commands if each.startswith("RCPT") and "busy" in each]
    assert len(tried) == 1
    for minutes in (1, 2, 4):
        assert sending.send_due(now=now + timedelta(minutes=minutes, seconds=-1)) == (0, 0)
        now += timedelta(minutes=minutes)
        assert sending.send_due(now=now) == (0, 1)
    assert MailPause.objects.get().times == 4
    server.answer = lambda command: ""
    assert sending.send_due(now=now + timedelta(minutes=8)) == (3, 0)
    assert not MailPause.objects.exists()


def test_a_connection_that_breaks_costs_only_the_mail_that_was_under_way(server: Sink) -> None:
    server.answer = refusing(". 1@", HANG_UP)
    for number in range(4):
        write(f"{number}@example.org")
    assert sending.send_due() == (3, 1)
    assert (server.recipients(), server.connections) == ([f"{number}@example.org" for number in (0, 2, 3)], 2)
    assert OutgoingMail.objects.get().recipients == ["1@example.org"]


def test_a_server_that_breaks_every_connection_is_away(server: Sink) -> None:
    server.answer = refusing("DATA", HANG_UP)
    for number in range(4):
        write(f"{number}@example.org")
    assert sending.send_due() == (0, 4)
    assert server.connections == 2
    assert sorted(row.tries for row in OutgoingMail.objects.all()) == [0, 0, 1, 1]


def test_a_server_that_takes_only_some_mails_over_one_connection_gets_another(server: Sink) -> None:
    def answer(command: str) -> str:
        begun = sum(each.startswith("MAIL") for each in server.commands)
        return "421 4.7.0 too many in one connection" if command.startswith("MAIL") and begun % 3 == 0 else ""

    server.answer = answer
    for number in range(4):
        write(f"{number}@example.org")
    assert sending.send_due() == (4, 0)
    assert not MailPause.objects.exists()


def test_a_sender_that_is_refused_loses_no_mail_of_anybody(server: Sink) -> None:
    """The portal's own address or its rights are wrong: operators put that right."""
    server.answer = refusing("MAIL", "550 5.7.1 not yours")
    for number in range(4):
        write(f"{number}@example.org")
    assert sending.send_due() == (0, 4)
    assert (OutgoingMail.objects.count(), what_became()) == (4, [])
    assert len([each for each in server.commands if each.startswith("MAIL")]) == 1


def test_a_server_that_does_not_relay_for_the_portal_loses_no_mail_of_anybody(server: Sink) -> None:
    server.answer = refusing("RCPT", "554 5.7.1 <ada@example.org>: Relay access denied")
    for number in range(3):
        write(f"{number}@example.org")
    assert sending.send_due() == (0, 3)
    assert (OutgoingMail.objects.count(), what_became()) == (3, [])
    server.answer = lambda command: ""
    assert sending.send_due(now=timezone.now() + timedelta(minutes=2)) == (3, 0)


def test_a_mail_that_cannot_be_sent_keeps_no_other_from_being_sent(mailbox: Mailbox) -> None:
    EmailMessage("Hello", "Ada", None, ["bea@example.org"], bcc=["copy@añt..example"]).send()
    assert sending.send_due() == (1, 1)
    assert what_became()[1][1].startswith("It cannot be sent: ")
    assert [mail["To"] for mail in mailbox.taken] == ["bea@example.org"]


def test_a_mail_that_no_key_opens_waits_for_the_key(mailbox: Mailbox, settings: Settings) -> None:
    write()
    keys, settings.MFA_KEYS = settings.MFA_KEYS, ["n" * 40]
    write(to="bea@example.org")
    assert sending.send_due() == (1, 1)
    settings.MFA_KEYS = keys
    assert sending.send_due(now=timezone.now() + timedelta(minutes=2)) == (1, 0)
    assert [mail["To"] for mail in mailbox.taken] == ["bea@example.org", "ada@example.org"]


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_waits_over_a_change_of_keys_is_sent(mailbox: Mailbox, settings: Settings) -> None:
    """As docs/operations.md says: put the new key in front, renew, and take the old key out."""
    old, new = settings.MFA_KEYS[0], "n" * 40
    write()
    settings.MFA_KEYS = [new, old]
    call_command("renew_encryption", verbosity=0)
    settings.MFA_KEYS = [new]
    assert sending.send_due() == (1, 0)
    assert mailbox.mails[0]["Subject"] == "Your cycle – soon"


@pytest.mark.django_db(transaction=True)
def test_of_several_senders_one_sends_each_mail(server: Sink) -> None:
    for number in range(12):
        write(f"{number}@example.org")
    tallies = at_once(*[sending.send_due] * 4)
    assert sum(sent for sent, _ in tallies) == 12
    assert len(set(server.recipients())) == len(server.mails) == 12


def test_a_mail_that_another_sender_took_meanwhile_is_left_to_it(server: Sink) -> None:
    write()
    now = timezone.now()
    mine = claims.take(100, now=now)
    assert claims.take(100, now=now) == []
    others = claims.take(100, now=now + claims.LEASE)
    assert not claims.renew(mine, now=now)
    claims.release(mine, now=now)
    assert sending.send_due(now=now + claims.LEASE) == (0, 0), "the other one has it in hand"
    claims.release(others, now=now + claims.LEASE)
    assert sending.send_due(now=now + claims.LEASE) == (1, 0)


def test_what_a_killed_sender_had_in_hand_is_sent_by_the_next(server: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once if it was a process of this machine, else when its time is over."""
    for number, started in enumerate(["0", system.this_process().rpartition("/")[2]]):
        write(f"{number}@example.org")
        name = system.this_process().rpartition("/")[0]
        with monkeypatch.context() as patch:
            patch.setattr(system, "this_process", lambda name=name, started=started: f"{name}/{started}")
            assert len(claims.take(100, now=timezone.now())) == 1
    assert sending.send_due() == (1, 0)
    assert sending.send_due(now=timezone.now() + claims.LEASE) == (1, 0)
    assert server.recipients() == ["0@example.org", "1@example.org"]


def test_while_the_database_is_away_after_a_mail_was_taken_it_is_not_sent_again(
    server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    with monkeypatch.context() as patch:
        patch.setattr(settling, "_store", _gone)
        with pytest.raises(OperationalError):
            sending.send_due()
    assert sending.send_due(now=timezone.now() + claims.LEASE) == (0, 0)
    assert len(server.mails) == 1
    assert (OutgoingMail.objects.count(), what_became()) == (0, [("ada@example.org", "")])


def _gone(*args: object) -> None:
    raise OperationalError("gone")


def test_all_senders_together_keep_to_the_pace(
    server: Sink, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """60 a minute is one each second, and two in a turn. The second turn begins two seconds after the first."""
    settings.MAIL_PER_MINUTE = 60
    waits: list[float] = []
    monkeypatch.setattr(sending.Stop, "wait", lambda self, seconds: waits.append(seconds))
    for number in range(4):
        write(f"{number}@example.org")
    assert sending.send_due() == (4, 0)
    write()
    assert sending.send_due() == (1, 0)
    assert waits == [pytest.approx(second, abs=0.9) for second in (0, 0, 1, 2, 0, 1, 4, 0)]


def test_a_sender_that_is_told_to_stop_releases_what_it_has_in_hand(server: Sink) -> None:
    stop = sending.Stop()
    server.answer = lambda command: stop.ask() or "" if command.startswith(". ") else ""  # type: ignore[func-returns-value]
    for number in range(4):
        write(f"{number}@example.org")
    assert sending.send_due(stop=stop) == (1, 0)
    assert OutgoingMail.objects.filter(next_try_at__lte=timezone.now(), claimed_by="").count() == 3


def test_a_turn_ends_so_that_a_link_is_not_behind_a_hundred_notices(
    server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link is stored while the first of four notices is sent, and goes out as the second mail."""
    monkeypatch.setattr(sending, "TURN", 0.0)
    for number in range(4):
        write(f"{number}@example.org", MailPriority.NOTICE)
    taken = claims.take

    def take(most: int, *, now: datetime) -> list[OutgoingMail]:
        if MailDelivery.objects.count() == 1:
            write("link@example.org", MailPriority.LINK)
        return taken(most, now=timezone.now())

    monkeypatch.setattr(claims, "take", take)
    assert sending.send_due() == (5, 0)
    assert server.recipients()[:2] == ["0@example.org", "link@example.org"]


def test_what_became_of_a_mail_is_kept_for_ninety_days(server: Sink) -> None:
    write()
    assert sending.send_due() == (1, 0)
    MailDelivery.objects.update(queued_at=timezone.now() - timedelta(days=89, hours=23))
    call_command("send_mail_queue", verbosity=0)
    assert MailDelivery.objects.exists()
    MailDelivery.objects.update(queued_at=timezone.now() - timedelta(days=90))
    call_command("send_mail_queue", verbosity=0)
    assert not MailDelivery.objects.exists()


def test_the_command_sends_and_says_what_waits(server: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    write()
    call_command("send_mail_queue")
    assert capsys.readouterr().out == "1 sent, 0 not taken, 0 waiting, 0 given up.\n"


def test_the_command_fails_while_the_mail_server_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    write()
    with pytest.raises(SystemExit):
        call_command("send_mail_queue")
    assert capsys.readouterr().out == "0 sent, 1 not taken, 1 waiting, 0 given up.\n"


def test_the_sender_goes_on_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, tries = sending.Stop(), []

    def due(now: object) -> None:
        tries.append(1)
        if len(tries) == 3:
            stop.ask()
        raise OperationalError("gone")

    monkeypatch.setattr(claims, "due", due)
    monkeypatch.setattr(sending.Stop, "wait", lambda self, seconds: None)
    monkeypatch.setattr(sending.connections, "close_all", lambda: None)
    sending.keep_sending(stop)
    assert len(tries) == 3


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (smtplib.SMTPSenderRefused(552, b"5.3.4 too big", "a"), Verdict.NEVER),
        (smtplib.SMTPSenderRefused(554, b"5.3.4 too big", "a"), Verdict.NEVER),
        (smtplib.SMTPSenderRefused(553, b"5.7.1 not yours", "a"), Verdict.PORTAL_REFUSED),
        (smtplib.SMTPSenderRefused(451, b"4.7.1 later", "a"), Verdict.PORTAL_REFUSED),
        (smtplib.SMTPSenderRefused(421, b"4.7.0 too many", "a"), Verdict.BROKEN),
        (smtplib.SMTPHeloError(501, b"who"), Verdict.PORTAL_REFUSED),
        (smtplib.SMTPDataError(554, b"5.6.0 spam"), Verdict.NEVER),
        (smtplib.SMTPDataError(451, b"4.3.0 later"), Verdict.LATER),
        (smtplib.SMTPDataError(451, b"44.7.1 no code"), Verdict.LATER),
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no"), "b": (450, b"4.2.0 wait")}), Verdict.LATER),
        (smtplib.SMTPServerDisconnected("gone"), Verdict.BROKEN),
        (TimeoutError(), Verdict.BROKEN),
        (AttributeError("a fault of ours"), Verdict.LATER),
    ],
    ids=repr,
)
def test_what_the_server_says_is_judged(error: Exception, verdict: Verdict) -> None:
    assert judge(error) is verdict
