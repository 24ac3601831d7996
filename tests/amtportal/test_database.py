"""A database or a cache that cannot be written: pages are read on, and the rest says 503."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, ProgrammingError, connection
from django.test import Client
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal import database
from amtportal.members.models import Member, User
from amtportal.members.sessions import sessions
from amtportal.middleware import retry
from ccp.models import Activity
from tests.support.addresses import PRIVATE, PUBLIC
from tests.support.builders import PASSWORD, client_of, make_user
from tests.support.factors import code, give_app
from tests.support.pages import record_ce
from tests.support.read_only import read_only

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_today")]
SIGN_IN, SECOND = "/accounts/login/", "/accounts/2fa/authenticate/"


@pytest.fixture(autouse=True)
def _recovered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(retry, "PAUSE", 0)
    yield
    connection.close()
    database._doubted.clear()


@pytest.fixture
def shared_cache(settings: Settings) -> None:
    """Use the cache in the database, which all processes share."""
    settings.CACHES = settings.CACHES | {
        "default": {"BACKEND": "amtportal.cache.DatabaseCache", "LOCATION": "django_cache"}
    }
    call_command("createcachetable", verbosity=0)
    cache.clear()


@pytest.fixture
def ada() -> User:
    user = make_user(email="ada@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def browser(member: Member | None = None) -> Client:
    client = client_of(member) if member else Client()
    client.raise_request_exception = False
    return client


def sign_in(client: Client) -> int:
    return client.post(SIGN_IN, {"login": "ada@example.org", "password": PASSWORD}).status_code


# What reads, and what writes


READ = {name: address for name, (address, owner, *_) in PRIVATE.items() if owner == 200 and "{" not in address}
WRITE = {"transcript-history", "transcript-history-pdf", "card-detail"}  # the code that is on them is written down


@pytest.mark.usefixtures("shared_cache")
def test_pages_are_read_while_the_database_cannot_be_written(met: Member, on_today: TimeMachineFixture) -> None:
    client = browser(met)
    on_today.shift(sessions.SEEN_EVERY + 1)  # so that the session would be written
    with read_only():
        found = {name: client.get(address).status_code for name, address in READ.items()}
    assert found == {name: 503 if name in WRITE else 200 for name in READ}


@pytest.mark.parametrize("name", ["transcript-history", "card-detail"])
def test_what_has_its_code_already_is_read(met: Member, name: str) -> None:
    client = browser(met)
    assert client.get(READ[name]).status_code == 200
    with read_only():
        assert client.get(READ[name]).status_code == 200


@pytest.mark.usefixtures("shared_cache")
@pytest.mark.ignore_template_errors
def test_staff_read_too(met: Member, on_today: TimeMachineFixture) -> None:
    client = client_of(make_user(is_staff=True, is_superuser=True))
    on_today.shift(sessions.SEEN_EVERY + 1)
    with read_only():
        for address in ("", "members/member/", "ccp/activity/", "certifications/renewalinvoice/"):
            assert client.get(f"/admin/{address}").status_code == 200, address


def test_public_pages_are_read_too() -> None:
    addresses = [address for address in PUBLIC.values() if "{" not in address]
    before = {address: browser().get(address).status_code for address in addresses}
    with read_only():
        now = {address: browser().get(address).status_code for address in addresses}
    assert now == before | {"/healthz": 503}


def test_a_manual_that_was_never_laid_out_waits_until_its_readers_can_be_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("amtportal.documents.layout._kept", lambda key: None)
    monkeypatch.setattr("amtportal.documents.layout.lay_out", lambda html: pytest.fail("It was laid out."))
    with read_only():
        answer = browser().get(PUBLIC["guide-pdf"])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


@pytest.mark.usefixtures("shared_cache")
def test_signing_in_says_that_it_cannot_be_done_now(ada: User) -> None:
    client = browser()
    with read_only():
        assert [sign_in(client) for _ in range(6)] == [503] * 6
    connection.close()
    assert sign_in(client) == 302, "nothing was counted against her"


def test_signing_in_says_so_with_a_cache_elsewhere_too(ada: User) -> None:
    with read_only():
        assert sign_in(browser()) == 503


@pytest.mark.usefixtures("shared_cache")
@pytest.mark.parametrize("address", ["/invoices/{}.pdf", "/ccp/transcript/all.pdf"])
def test_a_pdf_says_so_and_not_that_it_was_asked_for_too_often(met: Member, address: str) -> None:
    address = address.format(met.certifications.get().cycles.get().invoices.first().pk)
    client = browser(met)
    with read_only():
        answer = client.get(address)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert client.get(address).status_code == 200


def test_a_session_that_was_ended_meanwhile_is_still_refused(met: Member, on_today: TimeMachineFixture) -> None:
    client = browser(met)
    on_today.shift(sessions.SEEN_EVERY + 1)
    session = client.session
    assert session[sessions.SEEN]
    Session.objects.all().delete()
    with pytest.raises(sessions.SessionInterrupted):
        sessions.note_use(session, 0.0)


# Afterwards


def test_the_next_request_writes_again(met: Member) -> None:
    """The connection is one of the time before, and is replaced."""
    client = browser(met)
    with read_only():
        assert record_ce(client).status_code == 503
    before = Activity.objects.count()
    assert record_ce(client).status_code == 302
    assert Activity.objects.count() == before + 1


def test_no_connection_is_kept_until_something_was_written_again(met: Member) -> None:
    with read_only():
        assert not database.can_be_written()
        connection.close()
        connection.ensure_connection()
    assert connection.close_at is not None
    connection.close_if_unusable_or_obsolete()
    assert record_ce(browser(met)).status_code == 302
    connection.close()
    connection.ensure_connection()
    assert connection.close_at is None


# What /healthz tells


def test_health_tells_while_the_database_cannot_be_written() -> None:
    client = Client()
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    with read_only():
        answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (503, "The database cannot be written.\n")
    assert client.get("/healthz").status_code == 200, "the stale connection is replaced"


def test_health_leaves_nothing_and_waits_for_nobody() -> None:
    Client().get("/healthz")
    assert not Session.objects.exists()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            assert cursor.fetchone() == (connection.settings_dict["OPTIONS"]["timeout"] * 1000,)


def test_a_database_that_somebody_else_writes_is_well() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no lock on all of it")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert Client().get("/healthz").status_code == 200
    finally:
        other.execute("ROLLBACK")
        other.close()


# A cache that is away


def at_the_second_step() -> Client:
    client = browser()
    assert sign_in(client) == 302
    return client


@pytest.mark.usefixtures("shared_cache")
def test_a_table_of_the_cache_that_is_gone_is_503(ada: User, met: Member) -> None:
    give_app(ada)
    client, reader = at_the_second_step(), browser(met)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_cache RENAME TO django_cache_aside")
    try:
        assert client.post(SECOND, {"code": code()}).status_code == 503
        assert reader.get("/certifications/").status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE django_cache_aside RENAME TO django_cache")
    assert client.post(SECOND, {"code": code()}).status_code == 302, "the code was not used up"


class _Gone(Exception):
    __module__ = "redis.exceptions"


@pytest.mark.parametrize(
    "error",
    [_Gone("Error 111 connecting to cache"), ModuleNotFoundError("No module named 'redis'", name="redis")],
    ids=["gone", "no-client"],
)
def test_a_cache_elsewhere_that_does_not_answer_is_503(
    ada: User, met: Member, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    give_app(ada)
    client, reader = at_the_second_step(), browser(met)
    for method in ("add", "get", "set", "delete"):
        monkeypatch.setattr(f"django.core.cache.backends.locmem.LocMemCache.{method}", fail)
    assert client.post(SECOND, {"code": code()}).status_code == 503
    assert reader.get("/certifications/").status_code == 200


def test_errors_of_ours_stay_ours() -> None:
    assert not retry.will_pass(ImportError("no", name="amtportal.nothing"))
    assert not retry.will_pass(PermissionDenied())
    assert not retry.will_pass(ConnectionRefusedError())
    assert retry.will_pass(OperationalError())


@pytest.mark.usefixtures("shared_cache")
def test_what_is_stored_already_is_no_error_of_the_cache() -> None:
    assert cache.add("key", 1)
    assert not cache.add("key", 2)
    assert cache.get("key") == 1
    with read_only(), suppress(ProgrammingError), pytest.raises(DatabaseError):
        cache.add("other", 1)
