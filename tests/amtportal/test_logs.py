"""No secret address is written to the log."""

import logging
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from amtportal.logs import WithoutSecrets
from amtportal.members.models import Member
from ccp.standing import calendar
from tests.support.addresses import below
from tests.support.builders import TODAY, noon

# Every address that contains more than the number of a record, and what is left of it.
SECRET = {
    "accounts/email/<str:token>/": ("/accounts/email/gAAAAABo-x_Q/", "/accounts/email/***/"),
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": (
        "/accounts/confirm-email/MQ:1vX-y_Z/",
        "/accounts/confirm-email/***/",
    ),
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": (
        "/accounts/password/reset/key/1-d2f7x9-0c9a/",
        "/accounts/password/reset/key/***/",
    ),
    "calendar/<slug:token>.ics": ("/calendar/Nf3-x_7Q.ics", "/calendar/***"),
    "verify/<str:code>/": ("/verify/7KQ2 4XYZ/", "/verify/***/"),
    "notices/stop/<str:token>/": ("/notices/stop/WzEs_bW9:EfW-do_D/", "/notices/stop/***/"),
    "share/<str:token>/": ("/share/Nf3-x_7QNf3-x_7QNf3-x_7QNf3-x_7Q/", "/share/***/"),
    "share/<str:token>/transcript.pdf": (
        "/share/Nf3-x_7QNf3-x_7QNf3-x_7QNf3-x_7Q/transcript.pdf",
        "/share/***/transcript.pdf",
    ),
    "api/v1/credits/<path:reference>": ("/api/v1/credits/A-20931", "/api/v1/credits/***"),
    "api/v1/members/<amt_id>/match": (
        "/api/v1/members/2100003/match?last_name=Lindqvist",
        "/api/v1/members/***/match?last_name=***",
    ),
    "api/v1/members/<amt_id>/standing": ("/api/v1/members/2100003/standing", "/api/v1/members/***/standing"),
    "api/v1/members/<amt_id>/standing/consent": (
        "/api/v1/members/2100003/standing/consent",
        "/api/v1/members/***/standing/consent",
    ),
    "payments/return/<uuid:key>/": ("/payments/return/0b8c-11/", "/payments/return/***/"),
}


@pytest.fixture
def console() -> Iterator[StringIO]:
    """Return what the portal's own handler writes."""
    (handler,) = (found for found in logging.getLogger().handlers if isinstance(found.formatter, WithoutSecrets))
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(StringIO())
    yield handler.stream
    handler.setStream(before)


def line(text: str, **more: Any) -> str:
    """Return a line as the portal writes it."""
    given = settings.LOGGING["formatters"]["line"]
    formatter = WithoutSecrets(given["format"])
    assert given["()"] == "amtportal.logs.WithoutSecrets"
    return formatter.format(logging.makeLogRecord({"msg": text, "request_id": "-", **more}))


def test_every_address_with_a_secret_is_known() -> None:
    routes = {route for route in below("") if "<" in re.sub("<int:[a-z_]+>", "", route)}
    public = {"audits/draws/<int:year>/files/<str:name>", "badges/keys/<str:name>/"}
    public |= {"ccp/record/files/<int:pk>/<slug:name>/<int:number>.png", "guide/tutorial/<slug:name>/"}
    assert {route for route in routes if not route.startswith("admin/")} - public == SECRET.keys()


@pytest.mark.parametrize(("address", "left"), SECRET.values(), ids=SECRET)
def test_the_secret_is_left_out(address: str, left: str) -> None:
    assert line("Forbidden: %s", args=(address,)).endswith(f"Forbidden: {left}")
    assert line("Error handling request %s?a=b", args=(address,)).endswith(f"{left}?a=b")


def test_it_is_left_out_of_a_question_and_of_a_trace_too() -> None:
    assert line("Error handling request /verify/?code=7KQ2&a=b").endswith("/verify/?code=***&a=b")
    error = ValueError("No calendar at /calendar/Nf3-x_7Q.ics")
    traced = line("It failed.", exc_info=(ValueError, error, None))
    assert traced.endswith("ValueError: No calendar at /calendar/***")


@pytest.mark.parametrize(
    "address",
    [
        "/calendar/",
        "/verify/",
        "/accounts/email/",
        "/ccp/activities/4711/",
        "ccp/standing/calendar.py:12",
        "/usr/share/fonts/x.ttf",
    ],
)
def test_other_addresses_are_written_as_they_are(address: str) -> None:
    assert line(f"Not Found: {address}").endswith(f"Not Found: {address}")


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_a_calendar_that_is_asked_for_in_the_open_or_fails_is_not_told(
    met: Member,
    settings: Any,
    console: StringIO,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another handler, such as one that an operator adds, does not write it either."""
    token = calendar.create(member=met, at=noon(TODAY)).token
    monkeypatch.setattr("ccp.views.calendar.standing.caught_up", lambda *args, **kwargs: 1 / 0)
    assert Client(raise_request_exception=False).get(f"/calendar/{token}.ics").status_code == 500
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(f"/calendar/{token}.ics").status_code == 403
    written = console.getvalue()
    assert written.count("/calendar/***") == 2
    assert token not in written
    assert caplog.text.count("/calendar/***") == 2
    assert token not in caplog.text


@pytest.mark.django_db
def test_nor_is_a_link_whose_form_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/accounts/password/reset/key/1-d2f7x9-0c9a/", {"password1": "x"}).status_code == 403
    assert "/accounts/password/reset/key/***/" in caplog.text
    assert "0c9a" not in caplog.text


def test_what_the_server_says_of_a_request_goes_the_same_way() -> None:
    """gunicorn logs the address of a request that it could not answer."""
    assert settings.LOGGING["loggers"]["gunicorn.error"] == {"handlers": ["console"], "propagate": False}
