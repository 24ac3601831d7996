"""The demo's provider as a program: it takes no live key, keeps its state, and ends with its parent."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from deploy.payment_provider.server import LiveKey, Server
from tests.support.payment_provider import KEY, SECRET
from tests.support.waiting import wait_until

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parents[2]
SESSION = {
    "mode": "payment",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "9500",
    "line_items[0][price_data][product_data][name]": "Fee <of> a year",
    "success_url": "http://localhost:8000/back/?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "http://localhost:8000/",
}


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(folder=None, port=0, key=KEY, secret=SECRET)
    server.start()
    yield server
    server.stop()


def ask(
    server: Server, method: str, path: str, values: dict[str, str] | None = None, **headers: str
) -> tuple[int, Any, Any]:
    """Return status, headers and body of an answer, whose JSON is read."""
    wire = HTTPConnection("localhost", int(server.address.rsplit(":", 1)[1]), timeout=30)
    told = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Bearer {KEY}"}
    wire.request(
        method, path, urlencode(values or {}), told | {key.replace("_", "-"): one for key, one in headers.items()}
    )
    answer = wire.getresponse()
    body: Any = answer.read().decode()
    wire.close()
    return answer.status, answer.headers, json.loads(body) if "json" in answer.headers.get("Content-Type", "") else body


def test_it_takes_no_live_key() -> None:
    with pytest.raises(LiveKey):
        Server(folder=None, port=0, key="rk_live_0123456789", secret=SECRET)


def test_it_listens_on_this_machine_only(server: Server) -> None:
    assert server._http.server_address[0] == "127.0.0.1"


def test_the_same_key_gives_the_same_answer_and_other_parameters_an_error(server: Server) -> None:
    first = ask(server, "POST", "/v1/checkout/sessions", SESSION, Idempotency_Key="a")
    again = ask(server, "POST", "/v1/checkout/sessions", SESSION, Idempotency_Key="a")
    assert (first[0], first[2]["id"]) == (200, again[2]["id"])
    other = ask(
        server, "POST", "/v1/checkout/sessions", SESSION | {"cancel_url": "http://localhost/"}, Idempotency_Key="a"
    )
    assert (other[0], other[2]["error"]["type"]) == (400, "idempotency_error")
    # What was refused stays refused under its key.
    wrong = SESSION | {"mode": "setup"}
    for _ in range(2):
        assert ask(server, "POST", "/v1/checkout/sessions", wrong, Idempotency_Key="b")[0] == 400


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"sucess_url": "http://localhost/"}, "sucess_url"),
        ({"line_items[0][price_data][unit]": "1"}, "line_items[0][price_data][unit]"),
        ({"payment_intent_data[receipt]": "1"}, "payment_intent_data[receipt]"),
    ],
)
def test_a_parameter_that_does_not_exist_is_refused(server: Server, values: dict[str, str], param: str) -> None:
    status, _, body = ask(server, "POST", "/v1/checkout/sessions", SESSION | values)
    assert (status, body["error"]["param"]) == (400, param)


def test_the_pay_page_takes_the_payer_back(server: Server) -> None:
    session = ask(server, "POST", "/v1/checkout/sessions", SESSION)[2]
    path = f"/pay/{session['id']}"
    page = ask(server, "GET", path)[2]
    assert "Fee &lt;of&gt; a year" in page
    assert "Pay $95.00 by card" in page
    assert "Pay by bank" not in page
    assert "declined" in ask(server, "POST", path, {"way": "decline"})[2]
    assert "is it me" not in ask(server, "POST", path, {"way": "challenge"})[2]
    assert "could not confirm" in ask(server, "POST", path, {"way": "refused"})[2]
    ask(server, "POST", path, {"way": "challenge"})
    status, headers, _ = ask(server, "POST", path, {"way": "confirmed"})
    assert (status, headers["Location"]) == (303, f"http://localhost:8000/back/?session={session['id']}")
    assert "This was paid" in ask(server, "POST", path, {"way": "card"})[2]
    assert len([one for one in server.account.book.all("charge") if one["status"] == "succeeded"]) == 1


def test_a_window_that_is_closed_was_paid_and_does_not_come_back(server: Server) -> None:
    session = ask(server, "POST", "/v1/checkout/sessions", SESSION)[2]
    status, headers, _ = ask(server, "POST", f"/pay/{session['id']}", {"way": "card_closed"})
    assert (status, headers["Location"]) == (200, None)
    assert ask(server, "GET", f"/v1/checkout/sessions/{session['id']}")[2]["payment_status"] == "paid"


def test_the_desk_does_what_banks_do(server: Server) -> None:
    bank = SESSION | {"allowed_payment_method_types[0]": "card", "allowed_payment_method_types[1]": "us_bank_account"}
    session = ask(server, "POST", "/v1/checkout/sessions", bank)[2]
    assert "Pay by bank" in ask(server, "GET", f"/pay/{session['id']}")[2]
    ask(server, "POST", f"/pay/{session['id']}", {"way": "bank"})
    assert "under way (1)" in ask(server, "GET", "/")[2]
    assert ask(server, "POST", "/desk/debits")[0] == 303
    charge = server.account.book.all("charge")[0]
    assert charge["status"] == "succeeded"
    assert ask(server, "POST", "/desk/dispute", {"charge": charge["id"]})[0] == 303
    assert ask(server, "POST", "/desk/lose", {"dispute": server.account.book.all("dispute")[0]["id"]})[0] == 303
    assert "dispute lost" in ask(server, "GET", "/")[2]
    assert ask(server, "POST", "/desk/nothing")[0] == 404


def test_tests_command_it_over_http(server: Server) -> None:
    wire = HTTPConnection("localhost", int(server.address.rsplit(":", 1)[1]), timeout=30)
    for name, values in (("fault", {"kind": "500", "times": 1}), ("say", {"amount": 9501}), ("unknown", {})):
        wire.request("POST", f"/control/{name}", json.dumps(values), {"Content-Type": "application/json"})
        answer = wire.getresponse()
        answer.read()
        assert answer.status == (400 if name == "unknown" else 200)
    wire.close()
    assert ask(server, "POST", "/v1/checkout/sessions", SESSION)[0] == 500
    assert ask(server, "POST", "/v1/checkout/sessions", SESSION)[2]["amount_total"] == 9501
    # A form of another site cannot.
    assert ask(server, "POST", "/control/reset")[0] == 415


@pytest.mark.parametrize(
    ("manner", "sent"),
    [
        ({}, ["a", "b"]),
        ({"copies": 2}, ["a", "a", "b", "b"]),
        ({"newest_first": True}, ["b", "a"]),
        ({"never": True}, []),
        ({"held": True}, []),
        ({"late": 3600}, []),
    ],
)
def test_webhooks_are_sent_as_told(server: Server, manner: dict[str, Any], sent: list[str]) -> None:
    for name in ("a", "b"):
        server.account.close_session(
            ask(server, "POST", "/v1/checkout/sessions", SESSION | {"client_reference_id": name})[2]["id"]
        )
    server.send(**manner)
    told = [json.loads(webhook.body)["data"]["object"]["client_reference_id"] for webhook in server.due_webhooks()]
    assert told == sent


def test_what_is_not_taken_is_sent_again(server: Server) -> None:
    server.account.close_session(ask(server, "POST", "/v1/checkout/sessions", SESSION)[2]["id"])
    webhook = server.due_webhooks()[0]
    server.answered(webhook, 503)
    assert server.due_webhooks() == []  # not at once
    wait_until(lambda: bool(server.due_webhooks()), "the second try")
    server.answered(webhook, 200)
    assert server.due_webhooks() == []


@pytest.mark.slow
def test_the_program_keeps_its_state_and_ends_with_its_parent(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "AMTPORTAL_VAR": str(tmp_path),
        "PAYMENT_API_URL": f"http://localhost:{port}",
        "PAYMENT_SECRET_KEY": KEY,
        "PAYMENT_WEBHOOK_SECRETS": SECRET,
        "PAYMENT_WEBHOOK_URL": "",
    }

    def start(**changes: str) -> subprocess.Popen[str]:
        # Its parent is a shell that ends when its input does.
        command = f"{sys.executable} -m deploy.payment_provider & cat"
        return subprocess.Popen(
            ["bash", "-c", command], cwd=ROOT, env=environment | changes,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def say(shell: subprocess.Popen[str]) -> str:
        assert shell.stdout is not None
        return shell.stdout.readline()

    def listens() -> bool:
        try:
            socket.create_connection(("localhost", port), 5).close()
        except OSError:
            return False
        return True

    there = Server.__new__(Server)
    there.address = f"http://localhost:{port}"
    settings = tmp_path / "payment-provider" / "environment"

    shell = start()
    assert str(port) in say(shell)
    session = ask(there, "POST", "/v1/checkout/sessions", SESSION)[2]
    assert f"PAYMENT_SECRET_KEY={KEY}\n" in settings.read_text()
    shell.communicate()
    wait_until(lambda: not listens(), "the end of the provider")
    assert not settings.exists()

    shell = start()
    assert str(port) in say(shell)
    assert ask(there, "GET", f"/v1/checkout/sessions/{session['id']}")[2]["url"] == session["url"]
    shell.communicate()
    wait_until(lambda: not listens(), "the end of the provider")

    shell = start(PAYMENT_SECRET_KEY="sk_live_0123456789")
    assert "takes no live key" in say(shell)
    shell.communicate()
