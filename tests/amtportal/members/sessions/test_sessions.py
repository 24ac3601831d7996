"""How long a session lasts, what ends it, and the list of them."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from amtportal.members.models import User
from amtportal.members.sessions.sessions import browser_name
from tests.support.builders import PASSWORD, client_of, make_cycle, make_member, make_user
from tests.support.factors import confirm
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
LIST = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def ada() -> User:
    user = make_user(email="ada@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    make_cycle(make_member(user=user))
    return user


@pytest.fixture
def boss() -> User:
    return make_user(is_staff=True)


def signed_in(user: User, user_agent: str = FIREFOX) -> Client:
    """Return a browser in which the person has signed in as people do."""
    client = Client(headers={"user-agent": user_agent})
    assert client.post("/accounts/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/accounts/2fa/").status_code == 200


@pytest.mark.parametrize(("who", "hours"), [("ada", 24), ("boss", 1)])
def test_a_session_ends_when_nothing_was_asked_for_long_enough(
    request: pytest.FixtureRequest, on_today: TimeMachineFixture, who: str, hours: int
) -> None:
    client = client_of(request.getfixturevalue(who))
    on_today.shift(timedelta(hours=hours, seconds=-1))
    assert is_in(client)
    on_today.shift(timedelta(hours=hours, seconds=-1))
    assert is_in(client), "the page before counted"
    on_today.shift(timedelta(hours=hours))
    assert not is_in(client)
    assert not is_in(client)


@pytest.mark.parametrize(("who", "hours", "step"), [("ada", 30 * 24, 20), ("boss", 12, 0.5)])
def test_a_session_ends_some_time_after_the_sign_in_however_busy(
    request: pytest.FixtureRequest, on_today: TimeMachineFixture, who: str, hours: int, step: float
) -> None:
    client = client_of(request.getfixturevalue(who))
    for _ in range(int(hours / step) - 1):
        on_today.shift(timedelta(hours=step))
        assert is_in(client)
    on_today.shift(timedelta(hours=step, seconds=-1))
    assert is_in(client)
    on_today.shift(1)
    assert not is_in(client)


def test_a_session_of_before_these_limits_is_over(ada: User) -> None:
    client = client_of(ada)
    session = client.session
    del session["signed_in_at"]
    session.save()
    assert not is_in(client)


def test_a_session_in_use_is_written_once_a_minute(ada: User, on_today: TimeMachineFixture) -> None:
    client = client_of(ada)
    for seconds, writes in ((59, 0), (1, 1), (59, 0)):
        on_today.shift(seconds)
        with CaptureQueriesContext(connection) as queries:
            assert is_in(client)
        assert sum("UPDATE" in query["sql"] for query in queries) == writes


def test_the_list_names_each_browser_and_ends_the_others(ada: User) -> None:
    here, there = signed_in(ada), signed_in(ada, IPHONE)
    stranger = make_user()
    elsewhere = client_of(stranger)
    page = read(here.get(LIST))
    assert [words(name) for name in page.select("main section h2")] == [
        "Firefox on Windows (this browser)",
        "Safari on iPhone",
    ]
    confirm(here, PASSWORD)
    assert here.post(LIST).headers["Location"] == LIST
    assert is_in(here)
    assert not is_in(there)
    assert is_in(elsewhere)
    assert len(read(here.get(LIST)).select("main section")) == 1


def buttons(client: Client) -> dict[str, str]:
    """Return the buttons that end one session, by their words, with the address of their forms."""
    forms = read(client.get(LIST)).select("main section form")
    return {words(form.button): form["action"] for form in forms}


def test_one_session_is_ended_and_the_others_go_on(ada: User) -> None:
    here, phone, tablet = signed_in(ada), signed_in(ada, IPHONE), signed_in(ada, "Mozilla/5.0 (iPad) Safari/604.1")
    confirm(here, PASSWORD)
    assert buttons(here).keys() == {"Sign out Safari on iPhone", "Sign out Safari on iPad"}
    page = read(here.post(buttons(here)["Sign out Safari on iPhone"], follow=True))
    assert words(page.select_one("[role=status]")) == "Safari on iPhone is signed out."
    assert [is_in(client) for client in (here, phone, tablet)] == [True, False, True]


def test_the_present_session_is_marked_and_has_no_button(ada: User) -> None:
    client = signed_in(ada)
    confirm(client, PASSWORD)
    assert buttons(client) == {}
    assert words(read(client.get(LIST)).select_one("main section[aria-current=true] h2")).endswith("(this browser)")
    present = UserSession.objects.get()
    assert client.post(f"{LIST}{present.pk}/end/").status_code == 404
    assert is_in(client)


def test_the_password_is_asked_for_before_a_session_is_ended_and_then_it_is(
    ada: User, on_today: TimeMachineFixture
) -> None:
    """Somebody who finds a browser open does not shut out its owner."""
    here, there = signed_in(ada), signed_in(ada, IPHONE)
    on_today.shift(timedelta(minutes=5))
    address = buttons(here)["Sign out Safari on iPhone"]
    asked = here.post(address)
    assert unquote(asked.headers["Location"]) == f"/accounts/reauthenticate/?next={address}"
    assert is_in(there)
    here.post(asked.headers["Location"], {"password": PASSWORD, "next": address})
    assert not is_in(there)
    assert is_in(here)


def test_a_session_of_somebody_else_is_not_there(ada: User) -> None:
    stranger = make_user(email="sid@example.org", password=PASSWORD)
    stranger.emailaddress_set.create(email=stranger.email, verified=True, primary=True)
    theirs, mine = signed_in(stranger), signed_in(ada)
    confirm(mine, PASSWORD)
    session = UserSession.objects.get(user=stranger)
    assert mine.post(f"{LIST}{session.pk}/end/").status_code == 404
    assert mine.get(f"{LIST}{session.pk}/end/").status_code == 405
    assert is_in(theirs)


def test_the_list_shows_what_still_opens_the_account_and_takes_few_queries(
    ada: User, on_today: TimeMachineFixture
) -> None:
    here = signed_in(ada)
    few = listed(here)
    for _ in range(5):
        signed_in(ada, IPHONE)
    assert listed(here) == (6, few[1])
    assert few[1] <= 10
    on_today.shift(timedelta(hours=23))
    assert is_in(here)
    on_today.shift(timedelta(hours=2))
    assert listed(here)[0] == 1, "the others were idle for too long"


def listed(client: Client) -> tuple[int, int]:
    """Return how many sessions the list shows, and the queries that it takes."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(LIST)
    return len(read(answer).select("main section")), len(queries)


def test_whoever_confirms_that_it_is_them_goes_on_under_a_new_token(ada: User) -> None:
    client = signed_in(ada)
    copied = Client()
    copied.cookies["sessionid"] = client.cookies["sessionid"].value
    assert is_in(copied)
    confirm(client, PASSWORD)
    assert is_in(client)
    assert not is_in(copied)
    assert len(read(client.get(LIST)).select("main section")) == 1


def test_a_new_password_ends_every_session(ada: User) -> None:
    here, there = signed_in(ada), signed_in(ada, IPHONE)
    new = {"oldpassword": PASSWORD, "password1": "nine green umbrellas"}
    here.post("/accounts/password/change/", new)
    assert not is_in(here)
    assert not is_in(there)


def test_a_closed_account_is_signed_out_and_opening_it_again_brings_no_session_back(ada: User) -> None:
    client = signed_in(ada)
    ada.is_active = False
    ada.save()
    assert not UserSession.objects.exists()
    assert not Session.objects.exists()
    ada.is_active = True
    ada.save()
    assert not is_in(client)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.0", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_in_words(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
