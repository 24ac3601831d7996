"""Names for processes, by which another process of the same machine knows whether they have ended."""

import os
from functools import cache
from pathlib import Path


def this_process() -> str:
    """Return the system it runs in, its number in it, and its start."""
    return f"{_system()}/{os.getpid()}/{_started(os.getpid())}"


def has_ended(process: str) -> bool:
    """Return whether a process of this system has ended. Nothing is known of other systems' processes."""
    system, pid, started = process.rsplit("/", 2)
    return system == _system() != "" and _started(int(pid)) != started


@cache
def _system() -> str:
    """Return what no other machine, container or start of this machine has; empty if the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when the process started, in ticks since the start of the machine; empty if there is none."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if told[0] == "Z" else told[19]  # a zombie has ended
