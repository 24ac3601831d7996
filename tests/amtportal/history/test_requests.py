"""Each line of history and of the log says in which request it was written, and from where."""

import logging
import re
import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from amtportal.history.requests import WithRequestId, current_address, middleware, origin_of
from amtportal.members import limits
from amtportal.members.models import Member
from ccp.models import Activity, Credit
from certifications.models import Cycle
from tests.support.builders import client_of

GIVEN = "0d5a7bf2-3c11-4c4e-9a52-9a7e7e1c2b1a"


def ask(**headers: str) -> tuple[str, str | None]:
    """Return the id and the address of a request that came through a proxy of the portal."""
    origin = origin_of(RequestFactory().get("/", headers=headers), proxied=True, proxies=1)
    return origin.request_id, origin.address


def test_a_trusted_proxy_gives_the_id_and_tells_the_client() -> None:
    assert ask(**{"X-Request-ID": GIVEN, "X-Forwarded-For": "203.0.113.9"}) == (GIVEN, "203.0.113.9")


def test_what_a_client_writes_itself_stands_before_what_the_proxy_saw() -> None:
    assert ask(**{"X-Forwarded-For": "198.51.100.1, 2001:db8::5"})[1] == "2001:db8::5"


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        pytest.param(0, "127.0.0.1", id="none says so: the header is anybody's"),
        pytest.param(1, "10.0.0.1", id="the last one"),
        pytest.param(2, "203.0.113.9", id="the last one but one"),
        pytest.param(3, "198.51.100.1", id="all three"),
        pytest.param(4, "127.0.0.1", id="fewer entries than proxies: not by way of them"),
    ],
)
def test_behind_several_proxies_the_client_is_the_one_whom_the_first_of_them_saw(
    settings: Settings, proxies: int, seen: str
) -> None:
    """Events name the same address that the limits count."""
    settings.TRUST_PROXY, settings.ALLAUTH_TRUSTED_PROXY_COUNT = True, proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9, 10.0.0.1"})
    found: list[str | None] = []
    middleware(lambda request: found.append(current_address()) or HttpResponse())(request)
    assert found == [seen]
    if proxies < 4:  # allauth does not answer such a request
        assert limits.ratelimit.get_ip(request) == seen


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f g", "line\tbreak", "<script>alert", "ünïcödeüü", ""])
def test_an_id_that_is_not_well_formed_is_replaced(given: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", ask(**{"X-Request-ID": given})[0])


@pytest.mark.parametrize("forwarded", ["", "unknown", "10.0.0.1:4711", "203.0.113.9,"])
def test_without_a_forwarded_address_it_is_that_of_the_connection(forwarded: str) -> None:
    assert ask(**{"X-Forwarded-For": forwarded})[1] == "127.0.0.1"


def test_without_a_proxy_nobody_chooses() -> None:
    request = RequestFactory().get("/", headers={"X-Request-ID": GIVEN, "X-Forwarded-For": "203.0.113.9"})
    origin = origin_of(request, proxied=False, proxies=1)
    assert origin.request_id != GIVEN
    assert origin.address == "127.0.0.1"


def test_a_socket_has_no_address() -> None:
    assert origin_of(RequestFactory(REMOTE_ADDR="").get("/"), proxied=False, proxies=0).address is None


@pytest.mark.django_db
def test_an_answer_tells_its_id_and_each_request_has_another() -> None:
    first, second = (client_of(None).get("/").headers["X-Request-ID"] for _ in range(2))
    assert first != second


@pytest.mark.usefixtures("on_today")
def test_every_line_that_one_submission_writes_has_its_id_and_address(short: Member, settings: Any) -> None:
    """2 more points make 24 of 24.

    They write an entry, a credit in bulk, and the day on which the cycle was met.
    """
    settings.TRUST_PROXY, settings.ALLAUTH_TRUSTED_PROXY_COUNT = True, 1
    answer = client_of(short).post(
        "/ccp/record/",
        {
            "activity_type": "course-seminar-webinar",
            "points": "2",
            "starts_on": "3/1/2026",
            "ends_on": "",
            "attested": "on",
            "submission_id": str(uuid.uuid4()),
        },
        headers={"X-Request-ID": GIVEN, "X-Forwarded-For": "203.0.113.9"},
    )
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (302, GIVEN)
    lines = [model.history.filter(request_id=GIVEN).get() for model in (Activity, Credit, Cycle)]
    assert {(line.address, line.history_user) for line in lines} == {("203.0.113.9", short.user)}


def test_what_no_request_writes_has_neither(short: Member) -> None:
    assert {(line.request_id, line.address) for line in Activity.history.all()} == {("", None)}


def test_a_log_line_outside_a_request_has_a_dash() -> None:
    record = logging.makeLogRecord({"msg": "Something"})
    assert WithRequestId().filter(record)
    assert record.__dict__["request_id"] == "-"


@pytest.mark.django_db
def test_a_log_line_of_a_request_has_its_id(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.TRUST_PROXY = True
    caplog.handler.addFilter(WithRequestId())
    client_of(None).get("/no-such-page/", headers={"X-Request-ID": GIVEN})
    assert {record.__dict__["request_id"] for record in caplog.records} == {GIVEN}
