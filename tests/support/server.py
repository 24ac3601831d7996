"""The portal's own server on the tests' database, which can be killed, and signed-in clients."""

import os
import signal
import socket
import subprocess
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client

from amtportal.members.models import Member
from tests.support.builders import client_of
from tests.support.waiting import PATIENCE, wait_until

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "x" * 32


def address_of(name: str) -> str:
    """Return DATABASE_URL for the database of that name, or for that file.

    The database is on the server that the tests use.
    """
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    told = settings.DATABASES["default"]
    # If the host is a folder, it stands in the path.
    return f"postgres://{told['USER']}@/{told['HOST']}/{name}"


class Server:
    """gunicorn as ``make run`` starts it, or with more workers, and with more in its environment."""

    def __init__(
        self, var: Path, *, settings_module: str = "tests.support.drill_settings", workers: int = 1, **environment: str
    ) -> None:
        self.workers = workers
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (var / "static").mkdir(parents=True)
        # The settings are in a file, because some characters mean something in a variable.
        (var / "mfa-key").write_text(settings.MFA_KEYS[0])
        (var / "secret-key").write_text(settings.SECRET_KEY)
        self.environment = {
            **os.environ,
            "AMTPORTAL_VAR": str(var),
            "DATABASE_URL": address_of(str(connection.settings_dict["NAME"])),
            "DJANGO_SETTINGS_MODULE": settings_module,
            "PORT": str(self.port),
            "WEB_WORKERS": str(self.workers),
            "WEB_THREADS": "8",
            **environment,
        }
        self.start()

    def start(self) -> None:
        command = [".venv/bin/gunicorn", "--config", "deploy/gunicorn.conf.py"]
        if self.workers > 1:
            # The application is loaded once and then forked, which starts sooner.
            command += ["--preload"]
        command += ["amtportal.wsgi"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        wait_until(self._listens, "server that answers")

    def _listens(self) -> bool:
        assert self.process.poll() is None, "the server did not start"
        try:
            socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """Kill the server and its worker at once, in the middle of whatever they do."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Browser:
    """A member who is signed in, and who presses Submit again until there is an answer."""

    def __init__(self, server: Server, member: Member) -> None:
        client: Client = client_of(member)
        self.server, self.session = server, client.cookies["sessionid"].value

    def post(self, path: str, typed: dict[str, str]) -> tuple[int, str]:
        """Return the status of the answer (0 if the connection broke) and where it leads."""
        wire = HTTPConnection("localhost", self.server.port, timeout=PATIENCE)
        headers = {
            "Cookie": f"sessionid={self.session}; csrftoken={TOKEN}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            wire.request("POST", path, urlencode({**typed, "csrfmiddlewaretoken": TOKEN}), headers)
            answer = wire.getresponse()
            answer.read()
            return answer.status, answer.getheader("Location") or ""
        except (OSError, HTTPException):
            return 0, ""
        finally:
            wire.close()
