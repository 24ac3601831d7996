"""Doing several things at the same moment, as members do in the last hour of a cycle."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection, connections

Result = TypeVar("Result")


def at_once(*calls: Callable[[], Result], database: bool = True) -> list[Result]:
    """The results, in order, of calls that start together, each in a thread with its own database connection."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        try:
            if database:
                connection.ensure_connection()
            start.wait(timeout=30)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))
