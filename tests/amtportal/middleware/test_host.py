"""The portal has one address.

Whatever name, port or path a request uses, everything that is sent out names the configured
address.
"""

import re
from pathlib import Path

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from amtportal import settings as portal_settings
from amtportal.links import absolute
from amtportal.members.models import Member
from amtportal.middleware.host import middleware
from ccp.standing import calendar
from tests.support.builders import PASSWORD, TODAY, client_of, make_user, noon
from tests.support.mail import links_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ELSEWHERE = ["portal.example.org:4242", "PORTAL.example.org", "portal.example.org.:4242"]


@pytest.fixture
def public(settings: Settings) -> None:
    settings.PUBLIC_HOST, settings.ALLOWED_HOSTS = "portal.example.org", ["portal.example.org"]
    settings.SITE_URL = "https://portal.example.org"


def links() -> set[str]:
    """Return where the links of the mails lead: scheme, host and port."""
    return {"/".join(link.split("/")[:3]) for sent in mail.outbox for link in links_of(sent)}


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize("address", ["/accounts/password/reset/", "/accounts/activate/"])
def test_a_link_by_mail_leads_to_the_portal(address: str, host: str) -> None:
    make_user(email="ada@example.org", password=PASSWORD)
    Client(HTTP_HOST=host).post(address, {"email": "ada@example.org"}, secure=True)
    assert links() == {"https://portal.example.org"}


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_link_to_a_new_address_leads_to_the_portal(new: Member, host: str) -> None:
    new.user.set_password(PASSWORD)
    new.user.save()
    client = client_of(new)
    client.defaults["HTTP_HOST"] = host
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}, secure=True).status_code == 302
    client.post("/accounts/email/", {"email": "new@example.org"}, secure=True)
    assert links() == {"https://portal.example.org"}


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("host", ELSEWHERE)
def test_the_address_of_a_calendar_is_the_portals(new: Member, host: str) -> None:
    client = client_of(new)
    client.defaults["HTTP_HOST"] = host
    calendar.create(member=new, at=noon(TODAY))
    text = client.get("/calendar/", secure=True).text
    assert "https://portal.example.org/calendar/" in text
    assert "4242" not in text


@pytest.mark.usefixtures("public")
def test_a_redirect_to_https_leads_to_the_portal(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = Client(HTTP_HOST="portal.example.org:4242").get("/guide/")
    assert answer.headers["Location"] == "https://portal.example.org/guide/"


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("host", ["elsewhere.example", "localhost", "portal.example.org@elsewhere.example", "a b"])
def test_another_name_is_refused(host: str) -> None:
    assert Client(HTTP_HOST=host).get("/", secure=True).status_code == 400


@pytest.mark.parametrize("host", ["localhost:8123", "127.0.0.1:8123"])
@pytest.mark.parametrize("address", ["/accounts/password/reset/", "/accounts/activate/"])
def test_on_this_machine_a_link_leads_to_the_configured_address_too(
    settings: Settings, address: str, host: str
) -> None:
    assert not settings.PUBLIC_HOST
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    make_user(email="ada@example.org", password=PASSWORD)
    Client(HTTP_HOST=host).post(address, {"email": "ada@example.org"})
    assert links() == {settings.SITE_URL}


@pytest.mark.parametrize("location", [None, "/guide/", "guide/"])
def test_whatever_makes_an_address_from_a_request_gets_the_portals(location: str | None) -> None:
    """Nobody else's code, such as allauth's, can make a link from what a request says."""
    request = RequestFactory(HTTP_HOST="elsewhere.example", SCRIPT_NAME="/evil").get("/guide/")
    middleware(lambda _: HttpResponse())(request)
    assert request.build_absolute_uri(location) == "http://localhost:8000/guide/"


def test_no_module_of_ours_makes_an_address_by_itself() -> None:
    """``amtportal.links`` does, and the middleware tells it to the request."""
    root = Path(portal_settings.BASE_DIR)
    makers = {"amtportal/links.py", "amtportal/middleware/host.py", "amtportal/settings.py"}
    found = {
        str(path.relative_to(root))
        for app in ("amtportal", "certifications", "ccp")
        for path in (root / app).rglob("*.py")
        if re.search(r"SITE_URL|build_absolute_uri|get_host\(|get_current_site|HTTP_HOST", path.read_text())
    }
    assert found == makers


def test_a_path_that_a_server_names_is_in_no_address(new: Member) -> None:
    make_user(email="ada@example.org", password=PASSWORD)
    for named in ({"SCRIPT_NAME": "/evil"}, {"SCRIPT_URL": "/evil/accounts/password/reset/"}):
        client = Client(**named)
        answer = client.post("/accounts/password/reset/", {"email": "ada@example.org"})
        assert answer.headers["Location"] == "/accounts/password/reset/done/"
        assert "evil" not in client.get("/guide/").text
    assert links() == {"http://localhost:8000"}
    assert not [sent for sent in mail.outbox if "evil" in sent.message().as_string()]


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_begins_with_two_slashes_leads_nowhere_else(method: str) -> None:
    """A browser reads ``//example.org/`` as another host."""
    headers = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    odd = {"PATH_INFO": "//elsewhere.example/", "QUERY_STRING": "answer-shown=x", "HTTP_HOST": "portal.example.org"}
    answer = Client().generic(method, "/", headers=headers, secure=True, **odd)
    assert answer.status_code in (302, 303)
    assert answer.headers["Location"].startswith("/%2Felsewhere.example/")
    assert absolute("//elsewhere.example/") == "https://portal.example.org/%2Felsewhere.example/"
