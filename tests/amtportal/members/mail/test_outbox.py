"""Mail is written together with the change it reports, and stored until somebody else sends it."""

from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from django.core.mail import EmailMessage, get_connection, send_mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from amtportal.members import vault
from amtportal.members.mail import outbox, sending
from amtportal.members.models import MailPriority, OutgoingMail
from tests.support.builders import make_cycle, make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _written_down(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"


def write(text: str = "Hello", to: str = "ada@example.org") -> None:
    send_mail("Your cycle – soon", text, "portal@amt.example", [to])


def test_what_is_rolled_back_is_not_sent() -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not OutgoingMail.objects.exists()


def test_the_database_does_not_hold_what_a_waiting_mail_says() -> None:
    write("https://portal.example/accounts/password/reset/key/secret/")
    row = OutgoingMail.objects.get()
    for part in ("secret", "c2VjcmV0", "Your cycle"):
        assert part not in row.content


def test_a_mail_to_several_people_is_stored_once_for_each_under_one_message_id() -> None:
    mail = EmailMessage("Your cycle", "Hello", None, ["ada@Example.org"], bcc=["copy@amt.example", "ada@Example.org"])
    assert get_connection().send_messages([mail, EmailMessage("To nobody", "Hello")]) == 1
    rows = OutgoingMail.objects.order_by("pk")
    assert [(row.recipients, row.domain) for row in rows] == [
        (["ada@Example.org"], "example.org"),
        (["copy@amt.example"], "amt.example"),
    ]
    (message_id,) = {row.message_id for row in rows}
    assert message_id.endswith("@localhost>")


def test_a_message_id_that_the_mail_has_is_kept() -> None:
    EmailMessage("Your cycle", "Hello", to=["ada@example.org"], headers={"Message-ID": "<1@amt.example>"}).send()
    assert OutgoingMail.objects.get().message_id == "<1@amt.example>"


def test_what_is_written_at_sending_is_stored_without_a_word() -> None:
    outbox.write_at_sending(writer="tests", addresses=[(1, "a@example.org")], priority=MailPriority.NOTICE)
    row = OutgoingMail.objects.get()
    assert (row.content, row.message_id, row.domain, row.priority) == ("", "", "example.org", 5)


def test_an_answer_does_not_wait_for_the_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    make_cycle(make_member(user=make_user(email="ada@example.org")))
    monkeypatch.setattr(sending, "get_connection", lambda *args: pytest.fail("sent within the request"))
    assert Client().post("/accounts/activate/", {"email": "ada@example.org"}).status_code == 302
    assert OutgoingMail.objects.get().recipients == ["ada@example.org"]


def test_a_mail_that_no_key_opens_is_told_when_keys_change_and_holds_up_no_other(settings: Any) -> None:
    write("Lost")
    old, new = "o" * 40, "n" * 40
    settings.MFA_KEYS = [old]
    write("Kept")
    outbox.write_at_sending(writer="tests", addresses=[(1, "a@example.org")], priority=MailPriority.NOTICE)
    settings.MFA_KEYS = [new, old]
    with pytest.raises(CommandError, match="0 secrets and 1 waiting mails could not be read"):
        call_command("renew_encryption", verbosity=0)
    settings.MFA_KEYS = [new]
    lost, kept, unwritten = OutgoingMail.objects.order_by("pk")
    assert vault.decrypt(kept.content)
    assert unwritten.content == ""
    with pytest.raises(InvalidToken):
        vault.decrypt(lost.content)
