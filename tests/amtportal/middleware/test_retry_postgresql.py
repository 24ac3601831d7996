"""What PostgreSQL refuses, by its own codes.

Each refusal is tried again or reported. It is never a server error, and nothing is done by half.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.http import HttpResponse
from django.test import Client

from amtportal.members.models import Member
from amtportal.middleware import retry as trouble
from ccp.models import Activity, Credit
from ccp.recording import verbs as recording
from certifications.models import Cycle, Payment, RenewalInvoice
from tests.support.builders import client_of, cycle_of, invoice_of, make_user
from tests.support.forms import form_on
from tests.support.pages import read, record_ce
from tests.support.staff import page
from tests.support.threads import beside, wait_until_somebody_waits

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("on_today"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="codes of PostgreSQL"),
]

PASSING = {
    "23502": "not null",
    "23503": "foreign key",
    "23505": "unique",
    "23514": "check",
    "40001": "serialization failure",
    "40P01": "deadlock",
    "53100": "disk full",
    "53200": "out of memory",
    "55P03": "lock not available",
    "57014": "query cancelled",
    "57P01": "admin shutdown",
}
LASTING = {"25006": "read-only"}
EACH = [pytest.param(code, id=f"{code}-{words}") for code, words in (PASSING | LASTING).items()]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble, "PAUSE", 0)


def browser(member: Member) -> Client:
    client = client_of(member)
    client.raise_request_exception = False
    return client


def rows() -> tuple[int, ...]:
    return tuple(manager.count() for manager in (Activity.objects, Activity.history, Credit.objects, Credit.history))


@contextmanager
def refusing(table: str, code: str, *, times: int = 1000) -> Iterator[None]:
    """Refuse the next rows of the table, this many of them, with this code.

    A sequence counts, because nothing undoes it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE SEQUENCE refusals;
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('refusals') <= {times} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse();
            """
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER refuse ON {table}; DROP FUNCTION refuse; DROP SEQUENCE refusals")


def assert_said_and_kept(answer: HttpResponse, number: str, typed: dict[str, str]) -> None:
    """The answer has status 503 and a form that sends the same again."""
    form = read(answer, 503).select_one("main form")
    again = {field["name"]: field["value"] for field in form.select("input")}
    assert again.items() >= ({"submission_id": number} | typed).items()


@pytest.mark.parametrize("code", PASSING)
def test_what_is_refused_twice_is_recorded_at_the_third_try(short: Member, code: str) -> None:
    before = rows()
    with refusing("ccp_historicalcredit", code, times=2):
        answer = record_ce(browser(short))
    assert answer.status_code == 302
    assert rows() == tuple(count + 1 for count in before)


@pytest.mark.parametrize("code", EACH)
def test_what_is_refused_for_good_is_said_and_nothing_is_left_of_it(short: Member, code: str) -> None:
    """The last of all rows is refused, and the rows before it are undone with it."""
    before, client, number = rows(), browser(short), str(uuid.uuid4())
    with refusing("ccp_historicalcredit", code):
        answer = record_ce(client, submission_id=number, title="Phlebotomy")
    assert_said_and_kept(answer, number, {"title": "Phlebotomy", "points": "1.5"})
    assert rows() == before
    assert record_ce(client, submission_id=number, title="Phlebotomy").status_code == 302


@pytest.mark.ignore_template_errors
@pytest.mark.parametrize("code", EACH)
def test_a_staff_page_says_it_too(met: Member, code: str) -> None:
    client = client_of(make_user(is_staff=True, is_superuser=True))
    client.raise_request_exception = False
    address = page(RenewalInvoice, "pay", invoice_of(cycle_of(met)).pk)
    typed = form_on(client, address) | {"reference": "1042"}
    with refusing("certifications_historicalpayment", code):
        answer = client.post(address, typed)
    assert answer.status_code == 503
    assert 'value="1042"' in answer.text
    assert not Payment.objects.exists()
    assert client.post(address, typed).status_code == 302
    assert Payment.objects.count() == 1


# For real


def lock(cycle: Cycle) -> None:
    Cycle.objects.select_for_update().get(pk=cycle.pk)


def test_of_two_that_wait_for_each_other_the_page_is_tried_again(two: Member) -> None:
    """The page has the first cycle and waits for the second.

    This test has the second and asks for the first.
    """
    first, second = Cycle.objects.order_by("pk")
    with patch.object(recording, "desk", wraps=recording.desk) as tries:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '30s'")  # so that the page is the one whose wait is ended
            lock(second)
            answer = beside(lambda: record_ce(browser(two)), "deadlock_timeout = '500ms'")
            wait_until_somebody_waits()
            lock(first)
        assert answer.result().status_code == 302
    assert tries.call_count == 2
    assert Activity.objects.count() == 2


def test_a_transaction_that_cannot_be_put_in_a_row_is_tried_again(short: Member) -> None:
    """The operator's database may have stricter transactions.

    Another one changes the cycle for which the page waits.
    """
    cycle = cycle_of(short, "RPT")
    with patch.object(recording, "desk", wraps=recording.desk) as tries:
        with transaction.atomic():
            lock(cycle)
            Cycle.objects.filter(pk=cycle.pk).update(number=F("number"))
            strict = "default_transaction_isolation = 'repeatable read'"
            answer = beside(lambda: record_ce(browser(short)), strict)
            wait_until_somebody_waits()
        assert answer.result().status_code == 302
    assert tries.call_count == 2
    assert Activity.objects.count() == 2


@contextmanager
def no_room_for(table: str) -> Iterator[None]:
    """The file of an empty table is /dev/full.

    PostgreSQL reads nothing in it, and finds no space when it writes.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM {table}")
        # PostgreSQL then has no reason of its own to touch the file in the meantime.
        cursor.execute("CHECKPOINT")
        place = "SELECT current_setting('data_directory'), pg_relation_filepath(%s), pg_relation_size(%s)"
        cursor.execute(place, [table, table])
        folder, file, size = cursor.fetchone()
    assert size == 0
    path, aside = Path(folder, file), Path(folder, f"{file}.aside")
    connection.close()  # and with it the files that it holds open
    path.rename(aside)
    path.symlink_to("/dev/full")
    try:
        yield
    finally:
        connection.close()
        path.unlink()
        aside.rename(path)


@pytest.mark.parametrize("table", ["ccp_activity", "ccp_credit", "ccp_historicalcredit"])
def test_a_full_disk_is_said_and_nothing_is_recorded(new: Member, table: str) -> None:
    client, number = browser(new), str(uuid.uuid4())
    with no_room_for(table), patch.object(recording, "desk", wraps=recording.desk) as tries:
        answer = record_ce(client, submission_id=number, title="Phlebotomy")
    assert_said_and_kept(answer, number, {"title": "Phlebotomy"})
    assert tries.call_count == trouble.TRIES
    assert rows() == (0, 0, 0, 0)
    assert record_ce(client, submission_id=number, title="Phlebotomy").status_code == 302
    assert rows() == (1, 1, 1, 1)
