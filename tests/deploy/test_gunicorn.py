"""The shipped settings of gunicorn: no request decides where a mail or a redirect leads."""

import re
from collections.abc import Iterator
from email import message_from_string, policy
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress

from tests.support.builders import PASSWORD, make_user
from tests.support.mail import links_of
from tests.support.server import TOKEN, Server
from tests.support.waiting import PATIENCE, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.any_database]
HOST = "portal.example.org"
RESET = "/accounts/password/reset/"
CLAIMS = {
    "nothing": {},
    "a path": {"SCRIPT_NAME": "/accounts"},
    "a path with a hyphen": {"Script-Name": "/accounts"},
    "a path and what follows": {"SCRIPT_NAME": "/accounts", "PATH_INFO": "/evil/"},
    "a prefix": {"X-Forwarded-Prefix": "/evil", "X-Script-Name": "/evil", "SCRIPT_URL": "/evil" + RESET},
    "a host": {"X-Forwarded-Host": "evil.example", "X-Forwarded-Server": "evil.example", "X-Host": "evil.example"},
    "the standard's host": {"Forwarded": "host=evil.example;proto=http", "X-Original-URL": "/evil", "X-Url": "/evil"},
    "a port": {"Host": f"{HOST}:4242", "X-Forwarded-Port": "4242"},
    "a spelling": {"Host": f"{HOST.upper()}."},
    "a scheme": {"X-Forwarded-Protocol": "ssl", "X-Forwarded-Ssl": "off", "Front-End-Https": "off"},
}


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path / "portal"


@pytest.fixture
def server(var: Path, transactional_db: None) -> Iterator[Server]:
    """The portal as it runs behind a proxy."""
    server = Server(var, AMTPORTAL_URL=f"https://{HOST}", TRUST_PROXY="True")
    yield server
    server.kill()


def ask(server: Server, method: str, path: str, headers: dict[str, str], typed: dict[str, str] | None = None) -> tuple:
    """Return the status, the place that it leads to, and the text."""
    wire = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        wire.request(method, path, urlencode(typed) if typed else None, {"Host": HOST} | headers)
        answer = wire.getresponse()
        return answer.status, answer.getheader("Location") or "", answer.read().decode()
    finally:
        wire.close()


def ask_for_a_link(server: Server, email: str, claims: dict[str, str]) -> tuple:
    headers = {
        "X-Forwarded-Proto": "https",
        "Origin": f"https://{HOST}",
        "Cookie": f"__Host-csrftoken={TOKEN}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return ask(server, "POST", RESET, headers | claims, {"email": email, "csrfmiddlewaretoken": TOKEN})


def mails(var: Path) -> list[str]:
    """Return the text of each mail that was sent. The file has one after the other."""
    files = [file.read_text() for file in (var / "mail").glob("*.log")]
    return [part for file in files for part in file.split("-" * 79) if "/accounts/" in part]


def test_no_header_decides_where_a_link_by_mail_leads(server: Server, var: Path) -> None:
    """The file of mails says for each claim to whom it went and where it leads."""
    told = dict(enumerate(CLAIMS.values()))
    for number, claims in told.items():
        user = make_user(email=f"ada{number}@example.org", password=PASSWORD)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        status, leads_to, _ = ask_for_a_link(server, user.email, claims)
        assert (status, leads_to) == (302, f"{RESET}done/"), claims
    wait_until(lambda: len(mails(var)) == len(told), "mail for each request")
    for text in mails(var):
        mail = message_from_string(text.strip(), policy=policy.default)
        links = links_of(mail)
        assert len(links) == 1, mail["To"]
        assert re.fullmatch(rf"https://{HOST}{RESET}key/[\w-]+/", links[0]), told[int(re.sub(r"\D", "", mail["To"]))]


def test_a_path_in_front_moves_no_link_and_no_style_sheet(server: Server) -> None:
    """Django keeps the address of static files from the first request that asked for it."""
    https = {"X-Forwarded-Proto": "https"}
    for claims in ({"SCRIPT_NAME": "/accounts"}, {}):
        status, _, text = ask(server, "GET", "/accounts/login/", https | claims)
        assert status == 200
        assert set(re.findall(r'(?:href|src|action)="(/[^/"]*/)', text)) >= {"/static/", "/accounts/"}
        assert "/accounts/accounts/" not in text
        assert "/accounts/static/" not in text
    assert ask(server, "GET", "/evil/accounts/login/", https | {"SCRIPT_NAME": "/evil"})[0] == 404


def test_without_a_trusted_proxy_nobody_says_that_a_request_is_encrypted(var: Path, transactional_db: None) -> None:
    server = Server(var, AMTPORTAL_URL=f"https://{HOST}", TRUST_PROXY="False")
    try:
        for claims in ({}, {"X-Forwarded-Proto": "https"}, {"X-Forwarded-Ssl": "on"}, {"X-Forwarded-Protocol": "ssl"}):
            status, leads_to, _ = ask(server, "GET", "/guide/", {"X-Forwarded-For": "203.0.113.9"} | claims)
            assert (status, leads_to) == (301, f"https://{HOST}/guide/"), claims
    finally:
        server.kill()
