"""Waits for events, and measures work, on a machine that is busy with other things.

No test counts on seconds: a machine with fifteen programs on two processors answers ten times
later.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PATIENCE = 300
"""Seconds after which a test stops waiting. Whatever happens earlier is not waited for any longer."""
TRIES = 8


def wait_until(happened: Callable[[], object], what: str, *, pause: Callable[[], object] | None = None) -> None:
    """Return as soon as ``happened()`` is true; fail with ``what`` after ``PATIENCE`` seconds.

    ``pause`` stands in for a sleep of 10 milliseconds. Tries are counted, because some
    tests stop the clock.
    """
    for _ in range(PATIENCE * 100):
        if happened():
            return
        (pause or _sleep)()
    raise AssertionError(f"after {PATIENCE} seconds there was no {what}")


def _sleep() -> None:
    time.sleep(0.01)


def seconds_of_a_processor(call: Callable[[], object], *, most: float) -> float:
    """Return the processor time that ``call`` took in this thread, in seconds.

    If that is more than ``most``, the call is made again. The least of a few tries shows what the
    work takes when nothing else uses the processor's caches.
    """
    least = float("inf")
    for _ in range(TRIES):
        began = time.thread_time()
        call()
        least = min(least, time.thread_time() - began)
        if least <= most:
            break
    return least


def waited_for_a_processor() -> float:
    """Return the seconds for which this thread was ready to run but others had the processors.

    They are counted since the thread began. The result is 0 where the system does not tell.
    """
    with suppress(OSError):
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    return 0
