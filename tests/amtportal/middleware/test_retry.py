"""When the database cannot answer, the request is tried again.

If that does not help, a page with status 503 keeps what was typed.
"""

import uuid
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import Client

from amtportal.members.models import Member
from amtportal.middleware import retry as trouble
from ccp.models import Activity
from ccp.recording import verbs as recording
from certifications.models import Cycle
from tests.support.builders import client_of, cycle_of
from tests.support.pages import read, words
from tests.support.read_only import read_only
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_today")]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble, "PAUSE", 0)


def submit(member: Member, typed: dict[str, str]) -> HttpResponse:
    client = client_of(member)
    client.raise_request_exception = False
    return client.post("/ccp/record/", typed)


@pytest.fixture
def typed() -> dict[str, str]:
    return {
        "activity_type": "course-seminar-webinar",
        "points": "1.5",
        "starts_on": "3/1/2026",
        "ends_on": "",
        "title": 'Phlebotomy <b>"now"</b>',
        "attested": "on",
        "submission_id": str(uuid.uuid4()),
    }


def failing(times: int, error: Exception) -> Any:
    """Make the verb that records fail this many times before it does its work."""
    record, left = recording.record_at, [error] * times

    def attempt(*at: Any, **told: Any) -> Any:
        if left:
            raise left.pop()
        return record(*at, **told)

    return patch.object(recording, "record_at", attempt)


ERRORS = [OperationalError("deadlock detected"), IntegrityError("duplicate key")]


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_what_fails_twice_is_done_at_the_third_try(short: Member, typed: dict[str, str], error: Exception) -> None:
    with failing(2, error):
        answer = submit(short, typed)
    assert answer.status_code == 302
    assert Activity.objects.filter(submission_id=typed["submission_id"]).count() == 1


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_what_fails_three_times_is_said_and_what_was_typed_is_kept(
    short: Member, typed: dict[str, str], error: Exception
) -> None:
    with failing(3, error):
        answer = submit(short, typed)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert not Activity.objects.filter(submission_id=typed["submission_id"]).exists()
    form = read(answer, 503).select_one("main form")
    assert form["action"] == "/ccp/record/"
    again = {field["name"]: field["value"] for field in form.select("input")}
    assert again.pop("csrfmiddlewaretoken")
    assert again == typed
    assert submit(short, again).status_code == 302


def test_an_error_of_ours_is_500_and_tried_once(short: Member, typed: dict[str, str]) -> None:
    with failing(1, DataError("a mistake")):
        assert submit(short, typed).status_code == 500


def test_a_page_that_asks_for_a_password_gives_none_back(client: Client) -> None:
    client.raise_request_exception = False
    with patch("allauth.account.views.LoginView.post", side_effect=OperationalError("gone")):
        answer = client.post("/accounts/login/", {"login": "ada@example.org", "password": "seven blue lanterns"})
    assert answer.status_code == 503
    assert "lanterns" not in answer.text


def test_a_database_that_is_gone_before_the_view_is_503_too(short: Member) -> None:
    client = client_of(short)
    client.raise_request_exception = False
    with patch("amtportal.members.sessions.accounts._accounts", side_effect=OperationalError("gone")):
        answer = client.get("/certifications/")
    assert answer.status_code == 503
    assert words(read(answer, 503).select_one("main a")) == "Try again"


def test_a_lock_that_is_held_for_long_is_waited_for_a_while(short: Member, typed: dict[str, str]) -> None:
    """Somebody holds the cycle.

    The page waits three times for the time that is set, and says so.
    """
    cycle, client = cycle_of(short, "RPT"), client_of(short)
    client.raise_request_exception = False
    with transaction.atomic():
        Cycle.objects.select_for_update().get(pk=cycle.pk)
        (answer,) = at_once(_within_a_moment(lambda: client.post("/ccp/record/", typed)))
    assert answer.status_code == 503
    assert not Activity.objects.filter(submission_id=typed["submission_id"]).exists()
    assert submit(short, typed).status_code == 302


def _within_a_moment(call: Callable[[], HttpResponse]) -> Callable[[], HttpResponse]:
    """Return the call, on a connection that waits for locks only for a moment."""

    def run() -> HttpResponse:
        with connection.cursor() as cursor:
            wait = "SET lock_timeout = '300ms'" if connection.vendor == "postgresql" else "PRAGMA busy_timeout = 300"
            cursor.execute(wait)
        return call()

    return run


def test_a_database_that_cannot_be_written_is_said_and_nothing_is_recorded(
    short: Member, typed: dict[str, str]
) -> None:
    client = client_of(short)
    client.raise_request_exception = False
    with read_only():
        answer = client.post("/ccp/record/", typed)
    again = {field["name"]: field["value"] for field in read(answer, 503).select("main form input")}
    assert again.items() >= typed.items()
    assert not Activity.objects.filter(submission_id=typed["submission_id"]).exists()
    assert client.post("/ccp/record/", typed).status_code == 302


def test_a_full_disk_is_said_and_nothing_is_recorded(short: Member, typed: dict[str, str]) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("in test_trouble_postgresql.py")
    client = client_of(short)
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        # Pages that other tests gave back are free, so they are filled first. All of it is undone
        # after the test.
        cursor.execute("CREATE TABLE filler (content BLOB)")
        cursor.execute("INSERT INTO filler SELECT zeroblob(freelist_count * 4096) FROM pragma_freelist_count")
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        typed["title"], typed["provider"] = "x" * 200, "y" * 200
        try:
            answers = [client.post("/ccp/record/", typed | {"submission_id": str(uuid.uuid4())}) for _ in range(60)]
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    recorded = [answer.status_code for answer in answers].count(302)
    assert {answer.status_code for answer in answers} == {302, 503}
    assert Activity.objects.count() == 1 + recorded == Activity.history.count()
