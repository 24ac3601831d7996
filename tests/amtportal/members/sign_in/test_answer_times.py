"""The time of an answer does not reveal who is on the roster either.

An answer takes as long for a known address as for an unknown one. The two are asked for in turn, so
that whatever else the machine does slows both alike, and their medians are compared. While other
programs have the processors, the clock of an answer stands still. Passwords are hashed as in
production but with fewer rounds, so that the work beside the hashing weighs more, not less.
"""

import time
from statistics import median

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from pytest_django.fixtures import Settings

from tests.support.builders import PASSWORD, make_cycle, make_member, make_user
from tests.support.waiting import waited_for_a_processor

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.any_database]
MOST = 1.15
TRIES = 8
"""A busy machine disturbs a series, or several in a row; a difference that is there shows in each."""
FORMS = {
    "/accounts/login/": ("login", 11),
    "/accounts/activate/": ("email", 31),
    "/accounts/password/reset/": ("email", 31),
}
ACTIVATED, ON_ROSTER, UNKNOWN = "bea@example.org", "ada@example.org", "nell@example.org"


class Hasher(PBKDF2PasswordHasher):
    """Django's hasher, with a tenth of its rounds."""

    iterations = 80_000


@pytest.fixture(autouse=True)
def _as_in_production(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.Hasher"]
    settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"
    plenty = "9999/m/ip,9999/m/key"
    settings.ACCOUNT_RATE_LIMITS = {"login": "9999/m/ip", "login_failed": plenty, "reset_password": plenty}
    for email, password in ((ACTIVATED, PASSWORD), (ON_ROSTER, None)):
        user = make_user(email=email, password=password)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        make_cycle(make_member(user=user))


def seconds(address: str, email: str) -> float:
    client, typed = Client(), {FORMS[address][0]: email, "password": "wrong blue lanterns"}
    began, waited = time.perf_counter(), waited_for_a_processor()
    client.post(address, typed)
    return time.perf_counter() - began - (waited_for_a_processor() - waited)


def ratio(address: str, known: str) -> float:
    """Return the larger median over the smaller, for the known and the unknown address."""
    pairs = []
    for number in range(FORMS[address][1]):
        emails = (known, UNKNOWN) if number % 2 else (UNKNOWN, known)
        taken = {email: seconds(address, email) for email in emails}
        pairs.append((taken[known], taken[UNKNOWN]))
    medians = [median(times) for times in zip(*pairs, strict=True)]
    return max(medians) / min(medians)


@pytest.mark.parametrize("known", [ACTIVATED, ON_ROSTER])
@pytest.mark.parametrize("address", FORMS)
def test_a_known_and_an_unknown_address_are_answered_in_the_same_time(address: str, known: str) -> None:
    for email in (known, UNKNOWN):
        seconds(address, email)  # now what is loaded once is loaded
    found = []
    while not found or (min(found) > MOST and len(found) < TRIES):
        found.append(ratio(address, known))
    assert min(found) <= MOST, found


def test_work_for_known_addresses_alone_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """This tests the measure itself: one more hash for known members moves the medians apart."""
    hashed = Hasher.encode

    def slow(self: Hasher, password: str, salt: str, iterations: int | None = None) -> str:
        # A stored password is checked with its own number of rounds. For an unknown address the
        # default number is used.
        return hashed(self, password, salt, iterations and iterations * 2)

    monkeypatch.setattr(Hasher, "encode", slow)
    found = [ratio("/accounts/login/", ACTIVATED)]
    while max(found) <= MOST and len(found) < TRIES:
        found.append(ratio("/accounts/login/", ACTIVATED))
    assert max(found) > MOST, found
