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
from time import monotonic

from django.conf import settings

PAUSE = 2.0
"""How many seconds a sender has to live at least, so that the next one is started at once."""


@contextmanager
def sending_beside() -> Iterator[None]:
    """Send mail while the block runs. If the sender ends before, another one is started.

    After one that ended soon, such as for a wrong setting, the next one waits for ``PAUSE``.
    """
    running, started = _start(), monotonic()

    def restart(number: int, frame: object) -> None:
        nonlocal running, started
        if running.poll() is None:
            return
        if number == signal.SIGCHLD and monotonic() - started < PAUSE:
            signal.setitimer(signal.ITIMER_REAL, PAUSE)
            return
        running, started = _start(), monotonic()

    before = {number: signal.signal(number, restart) for number in (signal.SIGCHLD, signal.SIGALRM)}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
        running.terminate()
        running.wait()


def _start() -> subprocess.Popen[bytes]:
    command = ["manage.py", "send_mail_queue", "--forever", "--parent", str(os.getpid())]
    return subprocess.Popen([sys.executable, *command], cwd=settings.BASE_DIR)  # noqa: S603
