"""The process that a worker starts beside itself to send mail.

It is a process and not a thread: what the worker does for minutes must not hold up a link that
somebody is waiting for, and the worker starts processes by forking, which only a process with one
thread may do.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


@contextmanager
def sending_beside() -> Iterator[None]:
    """Send mail while the block runs. If the sender ends before, another one is started."""
    running = _start()

    def restart(*args: object) -> None:
        nonlocal running
        if running.poll() is not None:
            running = _start()

    before = signal.signal(signal.SIGCHLD, restart)
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, before)
        running.terminate()
        running.wait()


def _start() -> subprocess.Popen[bytes]:
    command = ["manage.py", "send_mail_queue", "--forever", "--parent", str(os.getpid())]
    return subprocess.Popen([sys.executable, *command], cwd=settings.BASE_DIR)  # noqa: S603
