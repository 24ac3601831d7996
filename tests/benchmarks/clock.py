"""A clock that stands still, so that pages with today's date are the same on every day.

``BENCH_CLOCK`` in the environment says at which moment; the benchmark's servers inherit it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import time_machine

VARIABLE = "BENCH_CLOCK"


def stop_if_asked() -> None:
    """Stop this process's clock, if the environment says at which moment."""
    if moment := os.environ.get(VARIABLE):
        time_machine.travel(datetime.fromisoformat(moment), tick=False).start()


@contextmanager
def stopped(at: datetime) -> Iterator[None]:
    """Let the clock stand still, here and in the servers that are started meanwhile."""
    os.environ[VARIABLE] = at.isoformat()
    try:
        with time_machine.travel(at, tick=False):
            yield
    finally:
        del os.environ[VARIABLE]
