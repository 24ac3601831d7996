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
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

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


LINK = """
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse
from amtportal.members.models import User
user = User.objects.get(email=%r)
names = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
print(reverse("account_reset_password_from_key", kwargs=names))
"""


def app_code() -> str:
    """Return what SAFE's authenticator app shows now (RFC 6238)."""
    digest = hmac.digest(b32decode(SECRET), (int(time.time()) // 30).to_bytes(8), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def today() -> date:
    """Return the day of the portal. The audit knows no settings."""
    return datetime.now(ZoneInfo("America/Chicago")).date()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running_portal(folder: Path, *, cast: bool = True, worker: bool = False, project: Path = PROJECT) -> Iterator[str]:
    """Serve the demo from that folder, yield the portal's address, and stop the portal at the end.

    With the ``cast``, the demo also has LONG and SAFE, and ``errors/`` in the folder holds the pages
    that the server sends when it cannot do otherwise. ``worker``: the portal's worker runs too.
    ``project``: the checkout that is served.
    """
    port = _free_port()
    address = f"http://localhost:{port}"
    environment = _environment(folder) | {"AMTPORTAL_URL": address, "PORT": str(port)}

    def run(*command: str) -> None:
        subprocess.run(command, cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL)

    run(sys.executable, "deploy/prepare.py")
    if cast:
        roster = folder / "long-names.csv"
        roster.write_text(ROSTER.format(awarded_on=f"{time.localtime().tm_year - 2}-01-15"), encoding="utf-8")
        run(sys.executable, "manage.py", "import_roster", str(roster))
        prepare = f"from tests.audit.cast import prepare; prepare({str(folder / 'errors')!r})"
        run(sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", prepare)
    commands = [[sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "amtportal.wsgi"]]
    if worker:
        commands.append([sys.executable, "manage.py", "run_worker", "--verbosity", "0"])
    processes = [
        subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.DEVNULL) for command in commands
    ]
    try:
        _wait_for(port, processes[0])
        yield address
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(PATIENCE)


def link_of(email: str, folder: Path, *, project: Path = PROJECT) -> str:
    """Return the path of the link that opens that account, as it is mailed, from the portal of the folder."""
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", LINK % email],
        cwd=project,
        env=_environment(folder),
        check=True,
        capture_output=True,
        text=True,
    )
    return made.stdout.strip()


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CACHE_URL", "EMAIL_URL")}
    return kept | {"AMTPORTAL_VAR": str(folder)}


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    def listens() -> bool:
        if server.poll() is not None:
            raise RuntimeError(f"The server ended with status {server.returncode}.")
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=PATIENCE):
            return True
        return False

    wait_until(listens, "answer of the server")
