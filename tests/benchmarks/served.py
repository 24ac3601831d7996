"""A running server whose processor time can be read, and requests to it."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection

from tests.support.server import ROOT, address_of
from tests.support.waiting import PATIENCE, wait_until

WORKERS = 2
TOKEN = "x" * 32


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    queries: int
    bytes: int
    seconds: float


class Served:
    """gunicorn with two sync workers on this database, under a settings module."""

    def __init__(self, settings_module: str, var: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        # The same keys as here, where the sessions were made.
        (var / "mfa-key").write_text(settings.MFA_KEYS[0])
        (var / "secret-key").write_text(settings.SECRET_KEY)
        environment = {
            **os.environ,
            "AMTPORTAL_VAR": str(var),
            "DATABASE_URL": address_of(str(connection.settings_dict["NAME"])),
            "DJANGO_SETTINGS_MODULE": settings_module,
            "PORT": str(self.port),
        }
        command = [".venv/bin/gunicorn", "--config", "deploy/gunicorn.conf.py", "--worker-class", "sync"]
        self.process = subprocess.Popen(
            [*command, "--workers", str(WORKERS), "amtportal.wsgi"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(self._listens, "server that answers")

    def _listens(self) -> bool:
        assert self.process.poll() is None, "the server did not start"
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), PATIENCE):
            return True
        return False

    def cpu(self) -> float:
        """Return the seconds of processor that the workers have taken, with the processes that they started."""
        return sum(map(_cpu, [*self._workers(), *self._engines()]))

    def memory(self) -> int:
        """Return the resident memory of the largest worker, in MiB."""
        return max(map(_resident, self._workers()))

    def engine_memory(self) -> int:
        """Return the resident memory of the largest process that lays out documents, in MiB; 0 if there is none."""
        return max(map(_resident, self._engines()), default=0)

    def _workers(self) -> list[int]:
        return _children(self.process.pid)

    def _engines(self) -> list[int]:
        return [engine for worker in self._workers() for engine in _children(worker)]

    def ask(self, path: str, session: str, posted: Mapping[str, str] | None = None) -> Answer:
        """Send one request on a connection of its own, and read the whole answer."""
        wire = HTTPConnection("localhost", self.port, timeout=PATIENCE)
        headers = {"Cookie": f"sessionid={session}; csrftoken={TOKEN}", "Accept-Encoding": "identity"}
        body = None
        if posted is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode({**posted, "csrfmiddlewaretoken": TOKEN})
        begun = perf_counter()
        wire.request("POST" if body else "GET", path, body, headers)
        response = wire.getresponse()
        content = response.read()
        seconds = perf_counter() - begun
        wire.close()
        return Answer(response.status, int(response.headers["X-Queries"] or 0), len(content), seconds)

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(PATIENCE)


@contextmanager
def served(settings_module: str, var: Path) -> Iterator[Served]:
    server = Served(settings_module, var)
    try:
        yield server
    finally:
        server.stop()


def database_cpu() -> float:
    """Return the seconds of processor that PostgreSQL's processes have taken; 0 on SQLite.

    Those that have ended are counted too, as the process that started them all knows them.
    """
    if connection.vendor == "sqlite":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity")
        running = sum(_cpu(pid) for (pid,) in cursor.fetchall())
        cursor.execute("SELECT pg_backend_pid()")
        (own,) = cursor.fetchone()
    parent = int(_stat(own)[1])
    user, system = _stat(parent)[13:15]
    return running + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat that follow the name of the program, from its state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu(pid: int) -> float:
    """Return the seconds that a process was on a processor, as the scheduler counts them."""
    seconds = 0.0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):
            seconds += int(task.read_text().split()[0]) / 1e9
    return seconds


def _children(pid: int) -> list[int]:
    """Return the processes that a process has started, by whichever of its threads."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for children in lists for child in children.read_text().split()]


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20
