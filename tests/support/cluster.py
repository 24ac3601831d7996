"""A PostgreSQL server for one test, which can be killed without harm to the tests beside it.

The processes are killed, and the machine is not. fsync is on nevertheless, as in production. What a
machine loses when its power fails is for PostgreSQL's own tests.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection, connections

from tests.support.waiting import wait_until


def programs() -> Path:
    """Return the folder of the server's programs, of the newest version where there are several.

    ``with_postgres.sh`` finds it in the same way.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else Path(shutil.which("initdb") or "/not-found/initdb").parent


def alive() -> Iterator[tuple[int, int]]:
    """Return the processes of this machine, each with the one that started it.

    Processes that have ended and wait to be reaped are left out.
    """
    for process in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended in the meantime
            # The name, in brackets, may hold anything. After it come the state and the parent.
            state, parent = process.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                yield int(process.parent.name), int(parent)


class Cluster:
    """A server that listens on a socket in a folder of its own."""

    def __init__(self) -> None:
        # This is under /tmp whatever TMPDIR says, because the path of a socket may have at most 107
        # characters.
        self.folder = Path(tempfile.mkdtemp(prefix="amtportal-cluster.", dir="/tmp"))
        self.owner: list[str] = []
        if os.getuid() == 0:  # the server refuses to run as root
            known = {account.pw_name for account in pwd.getpwall()}
            owner = "postgres" if "postgres" in known else "nobody"
            shutil.chown(self.folder, owner)
            self.owner = ["runuser", "-u", owner, "--"]
        self._run("initdb", "--username=amtportal", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self.owner, str(programs() / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self) -> None:
        """Start the server.

        After a crash the server first replays its write-ahead log.
        """
        self._run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", f"-h '' -k '{self.folder}'")

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def kill(self) -> None:
        """Kill all of its processes at once, in the middle of whatever they do."""
        first = self.pid
        os.kill(first, signal.SIGSTOP)  # so that it starts no others in the meantime
        killed = {pid for pid, parent in alive() if first in (pid, parent)}
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not killed & dict(alive()).keys(), "end of the killed processes")
        # A process that is not reaped yet would count as running.
        for lock in (self.folder / "data" / "postmaster.pid", *self.folder.glob(".s.PGSQL.*.lock")):
            lock.unlink()

    def remove(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate")
        shutil.rmtree(self.folder)


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """Let every thread of the test use a copy of the tests' database, on a server of its own."""
    told = connection.settings_dict
    shared = {"HOST": told["HOST"], "NAME": told["NAME"]}
    cluster = Cluster()
    try:
        at = f"--username={told['USER']}"
        copy = (
            f"pg_dump --host={told['HOST']} {at} {told['NAME']}"
            f" | psql -q --host={cluster.folder} {at} --set=ON_ERROR_STOP=1 amtportal >/dev/null"
        )
        subprocess.run(["createdb", f"--host={cluster.folder}", at, "amtportal"], check=True)
        subprocess.run(["bash", "-o", "pipefail", "-c", copy], check=True)
        _use(HOST=str(cluster.folder), NAME="amtportal")
        yield cluster
    finally:
        _use(**shared)
        cluster.remove()


def _use(**where: str) -> None:
    connections.close_all()
    connection.settings_dict.update(where)
