"""Nobody learns who is on the roster.

Neither the words, nor the length of an answer, nor the work it takes reveals that. Work is counted
here: hashes of passwords (nearly all of the time of a sign-in) and queries of the database. Time is
measured in ``test_answer_times.py``.
"""

from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from amtportal.members.models import OutgoingMail
from tests.support.builders import PASSWORD, make_cycle, make_member, make_user
from tests.support.factors import give_app
from tests.support.mail import Mailbox, mail_server

pytestmark = pytest.mark.django_db
ADDRESSES = {
    "activated": "bea@example.org",
    "with a second factor": "fay@example.org",
    "on the roster": "ada@example.org",
    "closed": "cleo@example.org",
    "unknown": "nell@example.org",
}
FORMS = {"/accounts/activate/": "email", "/accounts/password/reset/": "email", "/accounts/login/": "login"}
hashes: list[str] = []


class CountedHasher(MD5PasswordHasher):
    """The hasher has the same name, so that it takes the passwords of the tests."""

    def encode(self, password: str, salt: str) -> str:
        hashes.append(password)
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def people() -> None:
    for state, email in ADDRESSES.items():
        if state == "unknown":
            continue
        password = None if state == "on the roster" else PASSWORD
        user = make_user(email=email, password=password, is_active=state != "closed")
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        make_cycle(make_member(user=user))
        if state == "with a second factor":
            give_app(user)


@pytest.fixture(autouse=True)
def mailbox(settings: Settings, people: None) -> Iterator[Mailbox]:
    with mail_server() as (mailbox, port):
        settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"
        settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        settings.PASSWORD_HASHERS = [f"{__name__}.CountedHasher"]
        yield mailbox


def ask(address: str, email: str, typed: str = "wrong blue lanterns") -> HttpResponse:
    return Client().post(address, {FORMS[address]: email, "password": typed}, follow=True)


@pytest.mark.parametrize("address", FORMS)
def test_every_address_gets_the_same_answer_letter_by_letter(address: str) -> None:
    answers = {state: ask(address, email) for state, email in ADDRESSES.items()}
    expected = answers["unknown"]
    for state, answer in answers.items():
        assert answer.status_code == 200, state
        assert answer.redirect_chain == expected.redirect_chain, state
        typed = answer.text.replace(ADDRESSES[state], ADDRESSES["unknown"])
        if (
            address == "/accounts/login/"
        ):  # a token against other sites, and the number of the answer: both are new on each page
            typed, said = (_without_tokens(text) for text in (typed, expected.text))
        else:
            said = expected.text
        assert typed == said, state


def _without_tokens(text: str) -> list[str]:
    return [line for line in text.splitlines() if "csrfmiddlewaretoken" not in line and "answer-shown=" not in line]


@pytest.mark.parametrize(
    ("address", "password"),
    [
        *((address, "wrong blue lanterns") for address in FORMS),
        # A password that NFKC changes is compared twice, because it may have been set before that was done.
        ("/accounts/login/", "wrong blue \ufb02ags"),
    ],
)
def test_every_address_takes_the_same_work(address: str, password: str) -> None:
    work = {}
    ask(address, "first@example.org")
    for state, email in ADDRESSES.items():
        hashes.clear()
        with CaptureQueriesContext(connection) as queries:
            ask(address, email, password)
        written = sum(query["sql"].startswith(("INSERT", "UPDATE", "DELETE")) for query in queries)
        work[state] = (len(hashes), written, len(queries))
    hashed, written, asked = work["unknown"]
    assert all(found[:2] == (hashed, written) for found in work.values()), work
    assert all(abs(found[2] - asked) <= 1 for found in work.values()), work


def test_mail_goes_to_nobody_but_those_who_may_have_it(mailbox: Mailbox) -> None:
    for email in ADDRESSES.values():
        ask("/accounts/activate/", email)
    assert OutgoingMail.objects.count() == len(ADDRESSES)
    told = {mail["X-Delivered-To"] for mail in mailbox.mails}
    assert told == {ADDRESSES["activated"], ADDRESSES["with a second factor"], ADDRESSES["on the roster"]}
    assert not OutgoingMail.objects.exists()
