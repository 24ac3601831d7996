"""The real server over a time in which its database cannot be written, and afterwards."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import connection

from amtportal.members.models import Member
from tests.support.builders import PASSWORD, make_user
from tests.support.server import TOKEN, Browser, Server
from tests.support.threads import at_once
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
THREADS = 8


@pytest.fixture
def server(tmp_path: Path, transactional_db: None) -> Iterator[Server]:
    call_command("createcachetable", "django_cache", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_cache")
    server = Server(tmp_path / "portal", settings_module="tests.support.read_only_settings")
    yield server
    server.kill()


def status(server: Server, path: str, typed: dict[str, str] | None = None, session: str = "") -> int:
    wire = HTTPConnection("localhost", server.port, timeout=PATIENCE)
    headers = {
        "Cookie": f"csrftoken={TOKEN}; sessionid={session}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        body = urlencode(typed | {"csrfmiddlewaretoken": TOKEN}) if typed else None
        wire.request("POST" if typed else "GET", path, body, headers)
        return wire.getresponse().status
    finally:
        wire.close()


def test_nothing_is_left_of_it_once_it_is_over(server: Server, tmp_path: Path, met: Member) -> None:
    """Each of the server's threads opened its connection while nothing could be written."""
    user = make_user(email="ada@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    session = Browser(server, met).session
    pdf = f"/invoices/{met.certifications.get().cycles.get().invoices.first().pk}.pdf"

    def sign_in() -> int:
        return status(server, "/accounts/login/", {"login": user.email, "password": PASSWORD})

    flag = tmp_path / "portal" / "read-only"
    flag.touch()
    assert at_once(*[lambda: status(server, "/healthz")] * THREADS) == [503] * THREADS
    assert at_once(*[lambda: status(server, "/certifications/", session=session)] * THREADS) == [200] * THREADS
    assert (sign_in(), status(server, pdf, session=session)) == (503, 503)
    assert status(server, "/guide/") == 200
    flag.unlink()
    assert status(server, "/healthz") == 200
    assert at_once(*[sign_in] * 3) == [302] * 3
    assert status(server, pdf, session=session) == 200
    assert at_once(*[lambda: status(server, "/healthz")] * THREADS) == [200] * THREADS
