"""The shipped settings of nginx and HAProxy, in front of a running portal.

Somebody who stalls keeps nobody else waiting, and what a visitor claims does not reach the portal.
"""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from amtportal.history.models import SecurityEvent
from amtportal.members.models import User
from amtportal.uploads.limits import MOST_IN_A_REQUEST
from ccp.standing import calendar
from tests.support.builders import PASSWORD, make_member, make_user
from tests.support.mail import waiting_texts
from tests.support.server import ROOT, TOKEN, Server
from tests.support.waiting import PATIENCE, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.any_database]
HOST = "portal.example.org"
SIGN_IN, RESET = "/accounts/login/", "/accounts/password/reset/"
LIMIT = r"((?:client_(?:header|body)_timeout|timeout (?:client|http-request)|body time) +)10s"
STALLED = 16  # of each kind; the portal has 8 threads
NGINX = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/portal.conf;
}}
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def certificate(folder: Path) -> None:
    """Write a key and a certificate of its own, as each proxy wants them."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    ).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "fullchain.pem").write_bytes(signed)
    (folder / "key.pem").write_bytes(secret)
    (folder / "portal.pem").write_bytes(signed + secret)


def _whoever() -> ssl.SSLContext:
    """Return a context that trusts any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@dataclass(frozen=True)
class Proxy:
    name: str
    plain: int
    port: int

    def connect(self) -> ssl.SSLSocket:
        wire = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        return _whoever().wrap_socket(wire, server_hostname=HOST)

    def ask(self, method: str, path: str, typed: dict[str, str] | None = None, **more: str) -> HTTPResponse:
        wire = HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=_whoever())
        headers = {
            "Host": HOST,
            "Origin": f"https://{HOST}",
            "Cookie": f"__Host-csrftoken={TOKEN}",
            "Content-Type": "application/x-www-form-urlencoded",
            **{name.replace("__", "-"): value for name, value in more.items()},
        }
        wire.request(method, path, urlencode(typed | {"csrfmiddlewaretoken": TOKEN}) if typed else None, headers)
        answer = wire.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        wire.close()
        return answer


def started(name: str, folder: Path, portal: int) -> tuple[Proxy, list[str]]:
    """Write the shipped settings with ports and paths of this test. Return the proxy and its command."""
    program = shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip(f"{name} is not installed: deploy/setup.sh test installs it on Debian")
    proxy = Proxy(name, free_port(), free_port())
    certificate(folder)
    shipped = (ROOT / "deploy" / "proxy" / {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}[name]).read_text()
    for written, here in (
        ("listen 80;", f"listen 127.0.0.1:{proxy.plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{proxy.port} "),
        ("bind :80\n", f"bind 127.0.0.1:{proxy.plain}\n"),
        ("bind :443 ", f"bind 127.0.0.1:{proxy.port} "),
        ("127.0.0.1:8000", f"127.0.0.1:{portal}"),
        ("/etc/ssl/portal", str(folder)),
        ("/var/log/nginx", str(folder)),
        ("log /dev/log local0", "log stdout format raw local0"),
    ):
        shipped = shipped.replace(written, here)
    (folder / "portal.conf").write_text(shipped)
    if name == "haproxy":
        return proxy, [program, "-db", "-f", str(folder / "portal.conf")]
    # Started by root, nginx gives up its rights, and could then not write to the test's folder.
    user = "user root root;" if Path("/proc/self").stat().st_uid == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user))
    return proxy, [program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


@contextmanager
def in_front(name: str, tmp_path: Path, *, patient: bool) -> Iterator[Proxy]:
    """Run a portal and the proxy. ``patient``: with longer time limits, which no test waits for."""
    folder = tmp_path / "proxy"
    folder.mkdir()
    server = Server(tmp_path / "portal", AMTPORTAL_URL=f"https://{HOST}", TRUST_PROXY="True")
    try:
        proxy, command = started(name, folder, server.port)
        if patient:
            written = (folder / "portal.conf").read_text()
            assert re.search(LIMIT, written)
            (folder / "portal.conf").write_text(re.sub(LIMIT, r"\g<1>600s", written))
        with (folder / "output").open("w") as output:
            running = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: _listens(proxy, running, folder / "output"), "portal that answers through the proxy")
            yield proxy
        finally:
            running.terminate()
            running.wait()
    finally:
        server.kill()


def _listens(proxy: Proxy, running: subprocess.Popen[bytes], output: Path) -> bool:
    assert running.poll() is None, output.read_text()
    try:
        # A portal that is still getting ready when HAProxy looks first is down until it looks again.
        return proxy.ask("GET", "/healthz").status == 200
    except OSError:
        return False


NAMES = ["nginx", "haproxy"]


@pytest.fixture(params=NAMES)
def proxy(request: pytest.FixtureRequest, tmp_path: Path, transactional_db: None) -> Iterator[Proxy]:
    with in_front(request.param, tmp_path, patient=True) as proxy:
        yield proxy


@pytest.fixture
def ada() -> str:
    user = make_user(email="ada@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user.email


def head(length: int) -> bytes:
    """Return the head of a form. With this cookie, Django reads all of the body to look for the token."""
    lines = [
        f"POST {SIGN_IN} HTTP/1.1",
        f"Host: {HOST}",
        f"Origin: https://{HOST}",
        f"Cookie: __Host-csrftoken={TOKEN}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


BEGUN = {
    "a head": f"GET /guide/ HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ".encode(),
    "a body": head(1000) + b"login=ada",
    "a large body": head(5 * 2**20) + b"x" * 100_000,
}


@contextmanager
def stalled(proxy: Proxy) -> Iterator[list[ssl.SSLSocket]]:
    """Begin requests that do not end."""
    with ExitStack() as begun:
        wires = [begun.enter_context(proxy.connect()) for _ in range(STALLED * len(BEGUN))]
        for wire, words in zip(wires, [*BEGUN.values()] * STALLED, strict=True):
            with suppress(OSError):  # refused at once: too many of this kind from one visitor
                wire.sendall(words)
        yield wires


def test_who_stalls_keeps_nobody_waiting(proxy: Proxy, ada: str) -> None:
    """Whoever waited for the stalled would wait for ever."""
    with stalled(proxy):
        for path in ("/guide/", SIGN_IN, "/healthz"):
            assert proxy.ask("GET", path).status == 200
        assert proxy.ask("POST", SIGN_IN, {"login": ada, "password": PASSWORD}).status == 302


@pytest.mark.parametrize("name", NAMES)
def test_who_stalls_is_not_waited_for_long(name: str, tmp_path: Path, transactional_db: None) -> None:
    with in_front(name, tmp_path, patient=False) as proxy, stalled(proxy) as wires:
        for wire in wires:
            with suppress(OSError):  # closed without a word
                while wire.recv(65536):  # until the proxy says that it waits no longer, and closes
                    pass


CLAIMS = {
    "SCRIPT_NAME": "/accounts",
    "Script__Name": "/accounts",
    "X_FORWARDED_FOR": "198.51.100.7",
    "X__Forwarded__For": "198.51.100.7",
    "X__Forwarded__Proto": "http",
    "X__Forwarded__Host": "evil.example",
    "X__Forwarded__Prefix": "/evil",
    "X__Real__IP": "198.51.100.7",
    "Forwarded": "for=198.51.100.7;host=evil.example",
    "X__Request__ID": "claimed-by-a-visitor",
}


def test_what_a_visitor_claims_is_not_believed(proxy: Proxy, ada: str) -> None:
    answer = proxy.ask("POST", SIGN_IN, {"login": ada, "password": "wrong blue lanterns"}, **CLAIMS)
    assert answer.status == 200
    assert answer.getheader("X-Request-ID") != "claimed-by-a-visitor"
    event = SecurityEvent.objects.latest("pk")
    assert (event.address, event.request_id) == ("127.0.0.1", answer.getheader("X-Request-ID"))
    answer = proxy.ask("POST", RESET, {"email": ada}, **CLAIMS)
    assert (answer.status, answer.getheader("Location")) == (302, f"{RESET}done/")
    (text,) = waiting_texts()
    assert set(re.findall(r"\w+://[^/]+/[^/]+/[^/]+/", text)) == {f"https://{HOST}/accounts/password/"}


def test_what_is_too_large_or_not_for_the_portal_is_refused(proxy: Proxy) -> None:
    wire = proxy.connect()
    wire.sendall(head(MOST_IN_A_REQUEST + 1))
    assert re.match(rb"HTTP/1.1 413 ", wire.recv(100))
    wire.close()
    wire = HTTPConnection("127.0.0.1", proxy.plain, timeout=PATIENCE)
    wire.request("GET", "/guide/?a=b", headers={"Host": HOST})
    answer = wire.getresponse()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{HOST}/guide/?a=b")
    wire.close()


def test_a_calendar_that_is_asked_for_in_the_open_is_revoked(proxy: Proxy, ada: str) -> None:
    feed = calendar.create(member=make_member(user=User.objects.get(email=ada)), at=timezone.now())
    path = f"/calendar/{feed.token}.ics"
    assert proxy.ask("GET", path, X__Forwarded__Proto="http").status == 200, "a visitor cannot say so"
    wire = HTTPConnection("127.0.0.1", proxy.plain, timeout=PATIENCE)
    wire.request("GET", path, headers={"Host": HOST, "X-Forwarded-Proto": "https"})
    answer = wire.getresponse()
    assert (answer.status, answer.getheader("Location")) == (403, None)
    wire.close()
    assert proxy.ask("GET", path).status == 404
    feed.refresh_from_db()
    assert feed.was_in_the_open


def test_a_secret_address_is_not_in_the_log(proxy: Proxy, tmp_path: Path) -> None:
    addresses = ["/calendar/abcdefgh.ics", "/verify/7KQ2/", "/notices/stop/7KQ2:abcdefgh/", f"{RESET}key/1-abcdefgh/"]
    for address in addresses:
        proxy.ask("GET", address)

    def logged() -> str:
        name = {"nginx": "amtportal.log", "haproxy": "output"}[proxy.name]
        return (tmp_path / "proxy" / name).read_text()

    wait_until(lambda: f"{RESET}key/***" in logged(), "line for the last address")
    assert "/calendar/***" in logged()
    assert not re.search("abcdefgh|7KQ2", logged())
