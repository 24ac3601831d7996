"""Four worker processes of the real server.

They share nothing but the database and the cache of the deployment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import connection

from amtportal.members.models import OutgoingMail, User
from amtportal.members.sessions import devices
from tests.support.builders import PASSWORD, make_user
from tests.support.factors import code, give_app
from tests.support.server import TOKEN, Server
from tests.support.threads import at_once
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
OVER = 2
SIGN_IN, SECOND = "/accounts/login/", "/accounts/2fa/authenticate/"


@pytest.fixture
def server(tmp_path: Path, transactional_db: None) -> Iterator[Server]:
    call_command("createcachetable", "django_cache", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_cache")  # no test empties a table that belongs to no model
    server = Server(tmp_path / "var", settings_module="tests.support.four_workers_settings", workers=4)
    yield server
    server.kill()


@pytest.fixture
def ada() -> User:
    user = make_user(email="ada@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    process: str
    session: str


def ask(
    server: Server, path: str, typed: dict[str, str] | None = None, *, cookies: str = "", claims: str = "198.51.100.1"
) -> Answer:
    """Send one request over its own connection, as a post if something is typed."""
    wire = HTTPConnection("localhost", server.port, timeout=PATIENCE)
    headers = {
        "Cookie": f"csrftoken={TOKEN}; {cookies}",
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": claims,
    }
    sent = urlencode({**typed, "csrfmiddlewaretoken": TOKEN}) if typed else None
    wire.request("POST" if typed else "GET", path, sent, headers)
    answer = wire.getresponse()
    text = answer.read().decode()
    found = re.search(r"sessionid=(\w+)", " ".join(answer.headers.get_all("Set-Cookie", [])))
    wire.close()
    return Answer(answer.status, text, answer.headers["X-Process"], found[1] if found else "")


def from_four_sides(server: Server, times: int, path: str, typed: dict[str, str] | None = None) -> list[Answer]:
    """Send this many requests from each of four sides at once.

    Each request claims another address.
    """

    def side(number: int) -> list[Answer]:
        return [ask(server, path, typed, claims=f"198.51.{number}.{n}") for n in range(times)]

    sides = at_once(*(lambda number=number: side(number) for number in range(4)), database=False)
    return [answer for answers in sides for answer in answers]


def test_four_processes_together_hold_each_limit_whatever_address_is_claimed(server: Server, ada: User) -> None:
    wrong = {"login": ada.email, "password": "wrong blue lanterns"}
    guesses = from_four_sides(server, 4, SIGN_IN, wrong)
    looked_at = [answer for answer in guesses if "Too many sign-ins have failed" not in answer.text]
    assert 1 <= len(looked_at) <= 5 + OVER
    right = {"login": ada.email, "password": PASSWORD}
    assert ask(server, SIGN_IN, right).status == 200, "from elsewhere the account rests"
    assert ask(server, SIGN_IN, right, cookies=f"{devices.COOKIE}={devices.mark(ada.email)}").status == 302

    asked = [
        *from_four_sides(server, 2, "/accounts/activate/", {"email": ada.email}),
        *from_four_sides(server, 2, "/accounts/password/reset/", {"email": ada.email}),
    ]
    assert 1 <= sum(answer.status != 429 for answer in asked) <= 5 + OVER
    links = [mail for mail in OutgoingMail.objects.all() if mail.recipients == [ada.email]]
    assert 1 <= len(links) <= 5 + OVER

    checks = from_four_sides(server, 17, "/verify/?code=7KQ2")
    assert {answer.status for answer in checks} == {400, 429}
    assert 30 <= sum(answer.status == 400 for answer in checks) <= 60 + OVER
    assert len({answer.process for answer in [*guesses, *asked, *checks]}) >= 3, "the work was shared"


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_four_processes_that_get_the_same_code_one_takes_it(server: Server, ada: User, kind: str) -> None:
    recovery = give_app(ada)
    sessions = [ask(server, SIGN_IN, {"login": ada.email, "password": PASSWORD}).session for _ in range(4)]
    assert all(sessions)
    shown = {"code": code() if kind == "app" else recovery[0]}
    answers = at_once(
        *(lambda session=session: ask(server, SECOND, shown, cookies=f"sessionid={session}") for session in sessions),
        database=False,
    )
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 302]
