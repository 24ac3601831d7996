"""What was acknowledged is there, whole and once.

That holds while the server is killed, and while one form is sent many times.
"""

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from django.db import connection, transaction

from amtportal.dates import today
from amtportal.members.models import Member
from ccp.counting import requirement
from ccp.models import Activity
from ccp.rollover import verification
from certifications.models import Cycle
from tests.support.builders import make_cycle, make_member
from tests.support.cluster import Cluster, own_cluster
from tests.support.server import Browser, Server
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CLIENTS, KILLS, ENOUGH = 8, 5, 300


@pytest.fixture
def cluster(transactional_db: None) -> Iterator[Cluster | None]:
    """Return the PostgreSQL server that the test may kill.

    On SQLite there is none, because the database is killed with the portal.
    """
    if connection.vendor == "sqlite":
        yield None
        return
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture
def server(tmp_path: Path, transactional_db: None) -> Iterator[Server]:
    server = Server(tmp_path / "portal")
    yield server
    server.kill()


def make_current_member() -> Member:
    """Return a member with a cycle of the real today, because the server has its own clock."""
    member = make_member()
    make_cycle(member, awarded_on=today() - timedelta(days=200), on=today())
    return member


def entry(number: str) -> dict[str, str]:
    return {
        "activity_type": "course-seminar-webinar",
        "points": "0.25",
        "starts_on": (today() - timedelta(days=3)).isoformat(),
        "ends_on": "",
        "title": number,
        "attested": "on",
        "submission_id": number,
    }


def assert_whole(acknowledged: set[str]) -> None:
    """Check that every acknowledged entry is there, with its credit and its history.

    All figures must be right.
    """
    stored = Activity.objects.prefetch_related("credits")
    assert acknowledged <= {str(activity.submission_id) for activity in stored}
    assert {activity.credits.count() for activity in stored} == {1}
    assert Activity.history.count() == len(stored)
    tally = verification.VerificationTally()
    assert [str(each) for found in verification.verify(Cycle.objects.all(), tally) for each in found] == []


def test_the_server_is_killed_five_times_and_nothing_acknowledged_is_lost(
    cluster: Cluster | None, server: Server
) -> None:
    """PostgreSQL is also killed once, with all its processes.

    A form without an answer is sent again under its own number. A form that was recorded is not
    recorded twice.
    """
    acknowledged: set[str] = set()
    browsers = [Browser(server, make_current_member()) for _ in range(CLIENTS)]
    refused: list[int] = []
    over = Event()

    def record(browser: Browser) -> None:
        while len(acknowledged) < ENOUGH and not over.is_set():
            number = str(uuid.uuid4())
            while (status := browser.post("/ccp/record/", entry(number))[0]) in (0, 503) and not over.is_set():
                time.sleep(0.1)
            if status == 302:
                acknowledged.add(number)
            else:
                refused.append(status)
                return

    victims: list[Server | Cluster] = [server] * KILLS
    if cluster:
        victims.insert(2, cluster)

    def kill() -> None:
        try:
            for killed, victim in enumerate(victims, start=1):
                while len(acknowledged) < killed * ENOUGH // (len(victims) + 1) and not refused:
                    time.sleep(0.02)
                victim.kill()
                victim.start()
        except BaseException:
            over.set()  # nobody waits for what does not start again
            raise

    at_once(kill, *(partial(record, browser) for browser in browsers))
    assert refused == []
    assert len(acknowledged) >= ENOUGH
    connection.close()  # whatever it led to was killed
    assert_whole(acknowledged)


def test_one_form_sent_20_times_at_once_is_one_entry(server: Server) -> None:
    browser, number = Browser(server, make_current_member()), str(uuid.uuid4())

    def send() -> tuple[int, str]:
        while (answer := browser.post("/ccp/record/", entry(number)))[0] == 503:
            time.sleep(0.1)
        return answer

    answers = at_once(*[send] * 20)
    assert set(answers) == {(302, f"/ccp/activities/{Activity.objects.get().pk}/")}


def test_16_threads_with_25_forms_each_on_one_member_make_the_exact_total(server: Server) -> None:
    """16 × 25 × 0.25 = 100 points.

    Whoever is told that the portal is busy sends the same form again.
    """
    member = make_current_member()

    def record() -> set[int]:
        browser, statuses = Browser(server, member), set()
        for _ in range(25):
            number = str(uuid.uuid4())
            while (status := browser.post("/ccp/record/", entry(number))[0]) == 503:
                time.sleep(0.1)
            statuses.add(status)
        return statuses

    assert at_once(*[record] * 16) == [{302}] * 16
    assert Activity.objects.count() == 400
    assert requirement.counted_points(Cycle.objects.get()) == 100
    assert_whole(set())


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite waits for longer: it lets in by chance")
def test_a_page_waits_three_seconds_for_a_lock_and_is_then_told_so(server: Server) -> None:
    """The wait is that of the server's own settings, and there is one try.

    Three tries would be nine seconds.
    """
    browser, number = Browser(server, make_current_member()), str(uuid.uuid4())
    usual = 0.0  # what one try takes without the wait, in the worst case
    for _ in range(5):
        began = time.monotonic()
        assert browser.post("/ccp/record/", entry(str(uuid.uuid4())))[0] == 302
        usual = max(usual, time.monotonic() - began)
    with transaction.atomic():
        Cycle.objects.select_for_update().get()
        began = time.monotonic()
        assert browser.post("/ccp/record/", entry(number))[0] == 503
        assert 3 <= time.monotonic() - began < 6 + 10 * usual
    assert browser.post("/ccp/record/", entry(number))[0] == 302
