"""The provider over HTTP: its protocol, its pay page, its desk, and addresses that tests command.

Tests command what goes wrong by ``POST /control/NAME`` with a JSON object, or in the same process by
the methods of ``Server``.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from deploy.payment_provider import pages, protocol, webhooks
from deploy.payment_provider.account import WAYS, Account, Refused

LIVE = ("sk_live_", "rk_live_")
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class LiveKey(Exception):
    """The double was given a key that moves real money."""


@dataclass
class Fault:
    """What goes wrong with the next calls of the protocol.

    ``slow`` answers after ``seconds``; ``away`` closes the connection without doing anything;
    ``lost`` does what was asked and closes the connection; ``500`` does nothing and says so. It
    happens ``times`` times, or until ``clear_faults``.
    """

    kind: str
    seconds: float = 0
    times: int | None = None
    path: str = "/v1/"


class Server:
    """The provider, listening on this machine only.

    ``webhook_url`` is the portal's address for webhooks. Without one they wait until ``due_webhooks``
    asks for them.
    """

    def __init__(
        self, *, folder: Path | None, port: int, key: str, secret: str, webhook_url: str = "", host: str = "127.0.0.1"
    ) -> None:
        if key.startswith(LIVE):
            raise LiveKey("This is a double for the demo and the tests. It takes no live key.")
        self.key, self.secret, self.webhook_url = key, secret, webhook_url
        self.manner = webhooks.Manner()
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, str]] = []  # method and path of each call of the protocol
        self._over = Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self.address = f"http://{host}:{self._http.server_port}"
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.account = Account(folder / "provider.sqlite3" if folder else ":memory:", page=self.address)

    def start(self) -> None:
        for does in (self._listen, self._send):
            Thread(target=does, daemon=True, name=f"payment provider: {does.__name__}").start()

    def _listen(self) -> None:
        self._http.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        self._over.set()
        self._http.shutdown()
        self._http.server_close()

    # What tests command.

    def fault(self, kind: str, **values: Any) -> None:
        """Let the next calls go wrong; see ``Fault``."""
        self.faults.append(Fault(kind, **values))

    def clear_faults(self) -> None:
        """End all faults, say what is true, and send webhooks as they should be."""
        self.faults.clear()
        self.account.says.clear()
        self.manner = webhooks.Manner()

    def say(self, **values: Any) -> None:
        """Say another ``amount``, ``currency`` or ``livemode`` than is true."""
        self.account.says = values

    def send(self, **values: Any) -> None:
        """Send webhooks in this manner; see ``webhooks.Manner``."""
        self.manner = webhooks.Manner(**values)

    def reset(self) -> None:
        """Forget everything, faults included."""
        self.clear_faults()
        self.account.book.forget()
        self.calls.clear()

    def due_webhooks(self) -> list[webhooks.Webhook]:
        return webhooks.due(self.account, self.secret, self.manner)

    def answered(self, webhook: webhooks.Webhook, status: int) -> None:
        webhooks.answered(self.account, webhook, status)

    COMMANDS = ("fault", "clear_faults", "say", "send", "reset")
    ACCOUNT_COMMANDS = ("pay", "advance_debits", "open_dispute", "close_dispute", "finish_refund", "make_payout")

    def command(self, name: str, values: dict[str, Any]) -> Any:
        if name in self.COMMANDS:
            return getattr(self, name)(**values)
        if name in self.ACCOUNT_COMMANDS:
            return getattr(self.account, name)(**values)
        raise Refused(f"There is no command {name}.", status=404)

    # What goes out.

    def _send(self) -> None:
        # The portal is on this machine too, so no proxy stands between.
        opener = build_opener(ProxyHandler({}))
        while not self._over.wait(0.2):
            if not self.webhook_url:
                continue
            for webhook in self.due_webhooks():
                request = Request(  # noqa: S310
                    self.webhook_url,
                    webhook.body,
                    {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": webhook.signature},
                )
                try:
                    with opener.open(request, timeout=10) as response:
                        status = response.status
                except HTTPError as error:
                    status = error.code
                    error.close()
                except (URLError, OSError):
                    status = 0
                self.answered(webhook, status)

    # What comes in.

    def fault_for(self, path: str) -> Fault | None:
        for fault in self.faults:
            if path.startswith(fault.path) and fault.times != 0:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 60

        def log_message(self, *values: Any) -> None:
            """Say nothing: the terminal of the demo is for the portal."""

        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            address = urlsplit(self.path)
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            with suppress(BrokenPipeError, ConnectionResetError):  # who asked does not wait any more
                if address.path.startswith("/v1/"):
                    self._call(method, address.path, text if method == "POST" else address.query)
                elif address.path.startswith("/control/") and method == "POST":
                    self._command(address.path.removeprefix("/control/"), text)
                elif address.path.startswith("/pay/"):
                    self._pay_page(method, address.path.removeprefix("/pay/"), text)
                elif address.path == "/" and method == "GET":
                    self._page(pages.desk(server.account))
                elif address.path.startswith("/desk/") and method == "POST":
                    self._desk(address.path.removeprefix("/desk/"), protocol.decoded(text))
                else:
                    self._page(pages.missing_page(), status=404)

        def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _json(self, status: int, found: Any) -> None:
            headers = {"Content-Type": "application/json", "Request-Id": "req_double"}
            self._write(status, json.dumps(found).encode(), headers)

        def _page(self, text: str, *, status: int = 200) -> None:
            self._write(status, text.encode(), PAGE_HEADERS | {"Content-Type": "text/html; charset=utf-8"})

        def _redirect(self, address: str) -> None:
            self._write(303, b"", PAGE_HEADERS | {"Location": address})

        def _call(self, method: str, path: str, text: str) -> None:
            server.calls.append((method, path))
            fault = server.fault_for(path)
            if fault and fault.kind == "slow":
                sleep(fault.seconds)
            if fault and fault.kind == "500":
                self._json(500, {"error": {"type": "api_error", "message": "Something went wrong at the provider."}})
                return
            if not (fault and fault.kind == "away"):
                status, body = self._called(method, path, text)
            if fault and fault.kind in ("away", "lost"):
                self.close_connection = True
                return
            self._json(status, body)

        def _called(self, method: str, path: str, text: str) -> tuple[int, Any]:
            if self.headers.get("Authorization") != f"Bearer {server.key}":
                error = {"type": "invalid_request_error", "message": "Invalid API Key provided."}
                return 401, {"error": error}
            return protocol.answer(
                server.account, method, path, protocol.decoded(text), self.headers.get("Idempotency-Key")
            )

        def _command(self, name: str, text: str) -> None:
            # A page of another site cannot send this type without asking first.
            if self.headers.get_content_type() != "application/json":
                self._json(415, {"error": "Send JSON."})
                return
            try:
                self._json(200, {"result": server.command(name, json.loads(text or "{}"))})
            except (Refused, TypeError, ValueError) as error:
                self._json(400, {"error": str(error)})

        def _pay_page(self, method: str, name: str, text: str) -> None:
            account = server.account
            account.expire_what_is_over()
            session = account.book.get(name)
            if session is None or session["object"] != "checkout.session":
                self._page(pages.missing_page(), status=404)
                return
            way = protocol.decoded(text).get("way", "") if method == "POST" else ""
            was_open = session["status"] == "open"
            if was_open and way in PAGE_WAYS:
                session = account.pay(name, PAGE_WAYS[way])
            if way == "challenge" and session["status"] == "open":
                self._page(pages.challenge_page(session))
            elif session["status"] == "open":
                intent = session["payment_intent"] and account.book.get(session["payment_intent"])
                self._page(pages.pay_page(session, intent))
            elif was_open and way == "card_closed":
                self._page(pages.left_page())
            elif was_open and session["status"] == "complete":
                self._redirect(pages.back(session))
            else:
                self._page(pages.closed_page(session))

        def _desk(self, does: str, values: dict[str, Any]) -> None:
            account = server.account
            doings: dict[str, Callable[[], Any]] = {
                "debits": account.advance_debits,
                "payout": account.make_payout,
                "dispute": lambda: account.open_dispute(values["charge"]),
                "win": lambda: account.close_dispute(values["dispute"], won=True),
                "lose": lambda: account.close_dispute(values["dispute"], won=False),
            }
            try:
                doings[does]()
            except (KeyError, Refused):
                self._page(pages.missing_page(), status=404)
            else:
                self._redirect("/")

    return Handler


# What the buttons of the pay page do. The two answers of a bank that asks come after its question.
PAGE_WAYS = dict(zip(WAYS, WAYS, strict=True)) | {
    "card_closed": "card",
    "confirmed": "card",
    "refused": "not_authenticated",
}
