"""A new e-mail address for the account.

The member asks for it and proves it by a link, and the old address is told.
"""

import base64
import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.members import vault
from amtportal.members.models import Member, User
from amtportal.members.sign_in import addresses
from tests.support.builders import PASSWORD, client_of, make_cycle, make_member, make_user
from tests.support.factors import confirm, give_app
from tests.support.mail import links_of, words_of
from tests.support.pages import error_summary, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
CHANGE = "/accounts/email/"
NEW = "ada.lane@example.net"


@pytest.fixture
def ada() -> User:
    user = make_user(email="ada@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    make_cycle(make_member(user=user))
    return user


@pytest.fixture
def client(ada: User) -> Client:
    """Return Ada's browser, in which she has just given her password."""
    client = client_of(ada)
    confirm(client, PASSWORD)
    return client


def ask(client: Client, email: str = NEW) -> str:
    """Ask for the new address, and return the link that was sent there."""
    mail.outbox.clear()
    assert client.post(CHANGE, {"email": email}).headers["Location"] == "/accounts/2fa/"
    (sent,) = mail.outbox
    assert sent.to == [email.strip().lower()]
    return links_of(sent)[0].removeprefix(settings.SITE_URL)


def present(user: User) -> str:
    return User.objects.get(pk=user.pk).email


def test_the_address_changes_when_the_link_is_used_and_the_old_one_is_told(ada: User, client: Client) -> None:
    link = ask(client, f" {NEW.upper()} ")
    assert present(ada) == "ada@example.org"
    page = read(client.get(link))
    assert NEW in words(page.main)
    assert present(ada) == "ada@example.org", "programs that read mail open links, too"
    mail.outbox.clear()
    answer = client.post(link, follow=True)
    assert f"Your e-mail address is now {NEW}." in words(read(answer).select_one("[role=status]"))
    assert present(ada) == NEW
    assert [(row.email, row.verified, row.primary) for row in EmailAddress.objects.all()] == [(NEW, True, True)]
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [
        (["ada@example.org"], "Your AMT Portal e-mail address was changed")
    ]
    assert "call AMT at once" in words_of(mail.outbox[0])
    assert Client().post("/accounts/login/", {"login": NEW, "password": PASSWORD}).status_code == 302
    assert Client().post("/accounts/login/", {"login": "ada@example.org", "password": PASSWORD}).status_code == 200


def test_the_password_is_asked_for_first(ada: User) -> None:
    client = client_of(ada)
    for answer in (client.get(CHANGE), client.post(CHANGE, {"email": NEW})):
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert mail.outbox == []


def test_a_link_works_once(ada: User, client: Client) -> None:
    link = ask(client)
    client.post(link)
    assert "This link no longer works" in words(read(client.get(link), 404).h1)
    assert client.post(link).status_code == 404


def test_a_link_works_for_a_day(ada: User, client: Client, on_today: TimeMachineFixture) -> None:
    link = ask(client)
    on_today.shift(timedelta(hours=23, minutes=59))
    client = client_of(ada)
    assert client.get(link).status_code == 200
    on_today.shift(timedelta(minutes=2))
    assert client.post(link).status_code == 404
    assert present(ada) == "ada@example.org"


def test_a_link_is_of_no_use_to_whoever_else_gets_the_mail(ada: User, client: Client) -> None:
    link = ask(client)
    other = make_member().user
    assert client_of(other).post(link).status_code == 404
    assert Client().post(link).headers["Location"].startswith("/accounts/login/")
    assert (present(ada), present(other)) == ("ada@example.org", other.email)


@pytest.mark.parametrize(
    "made_up",
    [
        pytest.param("x", id="a letter"),
        pytest.param("WzEsImEiXQ:1vbNjE:x", id="signed by nobody"),
        pytest.param("é", id="no ASCII"),
        pytest.param(vault.encrypt("[1]").rstrip("="), id="encrypted by the portal, for something else"),
    ],
)
def test_a_made_up_link_does_not_work(client: Client, made_up: str) -> None:
    assert client.post(f"{CHANGE}{made_up}/").status_code == 404


def test_the_link_names_neither_address(client: Client) -> None:
    token = ask(client).removeprefix(CHANGE).rstrip("/")
    assert re.fullmatch(r"[\w-]+", token)
    assert b"example" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_links_to_a_new_password_that_went_to_the_old_address_are_void(ada: User, client: Client) -> None:
    Client().post("/accounts/password/reset/", {"email": ada.email})
    reset = links_of(mail.outbox[0])[0]
    client.post(ask(client))
    assert "This link no longer works" in words(read(Client().get(reset, follow=True)).h1)


def test_nothing_tells_that_an_address_is_on_record_for_another_account(ada: User, client: Client) -> None:
    make_user(email="bea@example.org")
    answers = []
    for email in ("bea@example.org", "nell@example.org"):
        mail.outbox.clear()
        page = client.post(CHANGE, {"email": email}, follow=True)
        answers.append([line.replace(email, NEW) for line in page.text.splitlines() if "csrf" not in line])
        assert [sent.to for sent in mail.outbox] == [[email]]
    assert answers[0] == answers[1]


def test_the_address_of_another_account_is_not_taken(ada: User, client: Client) -> None:
    link = ask(client, "bea@example.org")
    make_user(email="bea@example.org")
    page = read(client.post(link), 409)
    assert words(page.h1) == "This address cannot be used"
    assert present(ada) == "ada@example.org"


@pytest.mark.parametrize("typed", ["", "ada", "a@b.c" * 99, "ADA@example.org", "x@example.org\r\nBcc: y@example.org"])
def test_what_is_no_new_address_is_refused(client: Client, typed: str) -> None:
    mail.outbox.clear()
    assert error_summary(read(client.post(CHANGE, {"email": typed}))).keys() == {"id_email"}
    assert mail.outbox == []


def test_the_portal_writes_to_few_addresses_that_somebody_typed(client: Client, on_today: TimeMachineFixture) -> None:
    for number in range(5):
        ask(client, f"x{number}@example.net")
    assert client.post(CHANGE, {"email": NEW}).status_code == 429
    on_today.shift(timedelta(hours=1))
    confirm(client, PASSWORD)
    ask(client)


def test_somebody_with_a_second_factor_can_change_the_address(ada: User, client: Client) -> None:
    give_app(ada)
    client.post(ask(client))
    assert present(ada) == NEW


def test_staff_give_their_second_factor_first(settings: Settings) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True
    boss = make_user(email="boss@amt.example", password=PASSWORD, is_staff=True)
    client = client_of(boss)
    confirm(client, PASSWORD)
    for address in (CHANGE, f"{CHANGE}{addresses.token(boss, NEW)}/"):
        assert client.post(address, {"email": NEW}).headers["Location"] == "/accounts/2fa/"
    assert present(boss) == "boss@amt.example"


def test_the_address_on_the_roster_is_kept_while_another_one_stands(ada: User, client: Client) -> None:
    client.post(ask(client))
    assert Member.objects.get().roster_email == "ada@example.org"
    client.post(ask(client, "third@example.org"))
    assert Member.objects.get().roster_email == "ada@example.org"
    client.post(ask(client, "ada@example.org"))
    assert Member.objects.get().roster_email == ""
    assert [line.email for line in ada.history.order_by("history_id")] == [
        "ada@example.org", NEW, "third@example.org", "ada@example.org",
    ]  # fmt: skip
