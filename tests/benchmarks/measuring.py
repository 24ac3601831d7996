"""What a run costs: processor time of the process and of the database, and the most memory it takes."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

from django.conf import settings
from django.db import connection

from tests.benchmarks.served import database_cpu
from tests.support.server import ROOT, address_of


@dataclass(frozen=True)
class Usage:
    """``cpu``: seconds of processor, the database's too. ``mib``: the most memory, of the process alone."""

    cpu: float
    seconds: float
    mib: int = 0
    output: str = ""


def measured(do: Callable[[], object]) -> Usage:
    """Run it in this process."""
    cpu, begun = process_time() + database_cpu(), perf_counter()
    do()
    return Usage(process_time() + database_cpu() - cpu, perf_counter() - begun)


def command(*arguments: str) -> Usage:
    """Run ``manage.py`` with these arguments as operators do, without the processor time of its start.

    The start is measured as ``--help`` of the same command. Fails with what the command has said.
    """
    start = _run(arguments[0], "--help")
    usage = _run(*arguments)
    return Usage(usage.cpu - start.cpu, usage.seconds - start.seconds, usage.mib, usage.output)


def portal_environment(var: Path) -> dict[str, str]:
    """Return the environment of a process of the portal on this database, with the same keys as here."""
    (var / "mfa-key").write_text(settings.MFA_KEYS[0])
    (var / "secret-key").write_text(settings.SECRET_KEY)
    return {**os.environ, "AMTPORTAL_VAR": str(var), "DATABASE_URL": address_of(str(connection.settings_dict["NAME"]))}


def _run(*arguments: str) -> Usage:
    with tempfile.TemporaryDirectory() as var, tempfile.TemporaryFile("w+") as output:
        environment = portal_environment(Path(var))
        before, begun = database_cpu(), perf_counter()
        process = subprocess.Popen(
            [".venv/bin/python", "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=output,  # no progress bar
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = perf_counter() - begun
        output.seek(0)
        said = output.read().strip()
    assert process.returncode == 0, said
    cpu = used.ru_utime + used.ru_stime + database_cpu() - before
    return Usage(cpu, seconds, used.ru_maxrss // 1024, said)
