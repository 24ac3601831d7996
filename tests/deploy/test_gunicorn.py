"""The shipped settings of gunicorn: no request decides where a mail or a redirect leads."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress

from tests.support.builders import PASSWORD, make_user
from tests.support.mail import waiting_texts
from tests.support.server import TOKEN, Server
from tests.support.waiting import PATIENCE

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


def test_no_header_decides_where_a_link_by_mail_leads(server: Server, var: Path) -> None:
    """The mails wait in the order in which they were asked for."""
    told = dict(enumerate(CLAIMS.values()))
    for number, claims in told.items():
        user = make_user(email=f"ada{number}@example.org", password=PASSWORD)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        status, leads_to, _ = ask_for_a_link(server, user.email, claims)
        assert (status, leads_to) == (302, f"{RESET}done/"), claims
    texts = waiting_texts()
    assert len(texts) == len(told)
    for text, claims in zip(texts, told.values(), strict=True):
        (link,) = set(re.findall(r"\w+://\S+/accounts/\S+", text))
        assert re.fullmatch(rf"https://{HOST}{RESET}key/[\w-]+/", link), claims


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
