"""A separate portal for the audit.

It is the production server with the demo association, on a free port.
"""

import hmac
import os
import socket
import subprocess
import sys
import time
from base64 import b32decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.waiting import PATIENCE, wait_until

PROJECT = Path(__file__).resolve().parents[2]
PASSWORD = "amtrax demo portal"
LONG, SAFE = "long@demo.example", "safe@demo.example"
# A name without a place to break, with letters of four scripts, for the state "long names" of each
# page.
NAME = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren,O’Brien-Müller 李小龍 אברהם"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
# The pages that the server sends when it cannot do otherwise.
ERRORS = ("400", "403", "403_csrf", "413", "429", "500", "503", "busy")
ROSTER = f"""amt_id,email,first_name,last_name,credential,certificate_number,awarded_on
9999001,{LONG},{NAME},RMA,990001,{{awarded_on}}
9999001,{LONG},{NAME},RPT,990002,{{awarded_on}}
9999002,{SAFE},Sofia,Safe,RMA,990003,{{awarded_on}}
"""


def app_code() -> str:
    """Return what SAFE's authenticator app shows now (RFC 6238)."""
    digest = hmac.digest(b32decode(SECRET), (int(time.time()) // 30).to_bytes(8), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running_portal(folder: Path, *, cast: bool = True) -> Iterator[str]:
    """Serve the demo from that folder, yield the portal's address, and stop the portal at the end.

    With the ``cast``, the demo also has LONG and SAFE, and ``errors/`` in the folder holds the pages
    that the server sends when it cannot do otherwise.
    """
    port = _free_port()
    address = f"http://localhost:{port}"
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CACHE_URL", "EMAIL_URL")}
    environment = kept | {"AMTPORTAL_VAR": str(folder), "AMTPORTAL_URL": address, "PORT": str(port)}

    def run(*command: str) -> None:
        subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL)

    run(sys.executable, "deploy/prepare.py")
    if cast:
        roster = folder / "long-names.csv"
        roster.write_text(ROSTER.format(awarded_on=f"{time.localtime().tm_year - 2}-01-15"), encoding="utf-8")
        run(sys.executable, "manage.py", "import_roster", str(roster))
        prepare = f"from tests.audit.cast import prepare; prepare({str(folder / 'errors')!r})"
        run(sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", prepare)
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "amtportal.wsgi"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield address
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    def listens() -> bool:
        if server.poll() is not None:
            raise RuntimeError(f"The server ended with status {server.returncode}.")
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=PATIENCE):
            return True
        return False

    wait_until(listens, "answer of the server")
