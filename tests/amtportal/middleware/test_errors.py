"""Error pages, which need neither the database nor a context, and the notice of a closed portal.

In a test that is not marked ``django_db``, a query of a page makes the test fail.
"""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.models import Member
from tests.support.builders import client_of
from tests.support.pages import read, words

NAMES = ["400", "403", "403_csrf", "404", "429", "500", "503"]


@pytest.mark.parametrize("name", NAMES)
def test_an_error_page_asks_no_database_and_shows_the_way_home_and_whom_to_call(name: str) -> None:
    page = BeautifulSoup(render_to_string(f"{name}.html"), "html5lib")
    assert words(page.title).startswith("Error: ")
    assert page.select_one("main a.button")["href"] == "/"
    for part in (page.main, page.footer):
        assert part.select_one(f"a[href='tel:{ASSOCIATION['phone']}']")
    styles = page.select("link[rel=stylesheet]")
    assert [finders.find(link["href"].removeprefix("/static/")) is not None for link in styles] == [True]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_same_page_with_a_request(name: str) -> None:
    """The page is made without asking who is signed in."""
    request = RequestFactory().get("/")
    assert words(BeautifulSoup(render_to_string(f"{name}.html", request=request), "html5lib").h1)


@pytest.mark.django_db
def test_help_and_contact_stand_in_the_same_place_on_every_page(met: Member) -> None:
    """The last part of the page is the same, word for word.

    It is the same when somebody is signed in or out, at the sign-in and on an error page.
    """
    feet = set()
    for client, address in (
        (client_of(met), "/"),
        (client_of(None), "/"),
        (client_of(None), "/accounts/login/"),
        (client_of(None), "/accounts/password/reset/"),
    ):
        feet.add(words(read(client.get(address)).select_one("body > footer:last-of-type")))
    feet.add(words(read(client_of(met).get("/nothing/"), status=404).select_one("body > footer:last-of-type")))
    assert len(feet) == 1
    assert "Guide to the portal" in feet.pop()


@pytest.fixture
def closed(settings: Settings) -> None:
    settings.MAINTENANCE = True


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("address", ["/", "/certifications/", "/admin/", "/accounts/login/", "/nothing/"])
def test_a_closed_portal_says_so_everywhere_and_when_to_come_back(address: str) -> None:
    for method in ("get", "post", "head"):
        answer = getattr(Client(), method)(address)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "600"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src" in answer.headers["Content-Security-Policy"]
    assert "closed for a short while" in words(read(Client().get(address), status=503).h1)


@pytest.mark.django_db
@pytest.mark.usefixtures("closed")
def test_the_load_balancer_is_answered_while_the_portal_is_closed() -> None:
    assert Client().get("/healthz").status_code == 200


def test_the_portal_is_open_unless_it_is_closed_on_purpose() -> None:
    assert not settings.MAINTENANCE


def test_every_icon_that_a_page_uses_is_in_the_one_file() -> None:
    sprite = BeautifulSoup(Path(str(finders.find("icons.svg"))).read_text(), "html5lib")
    names = {symbol["id"] for symbol in sprite.select("symbol")}
    known = {"check", "clock", "lock", "open", "warning", "calendar", "download"}
    known |= {"print", "plus", "arrow", "menu", "camera"}
    assert names == known
    used = {
        part.split('"')[0]
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for part in path.read_text().split('{% icon "')[1:]
    }
    assert used <= names
