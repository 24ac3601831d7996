"""Helpers that do several things at the same moment, as members do in the last hour of a cycle."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection, connections

from tests.support.waiting import PATIENCE, wait_until

Result = TypeVar("Result")


def at_once(*calls: Callable[[], Result], database: bool = True) -> list[Result]:
    """Return the results, in order, of calls that start together.

    Each call runs in a thread with its own database connection.
    """
    start = Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        try:
            if database:
                connection.ensure_connection()
            start.wait(timeout=PATIENCE)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def beside(call: Callable[[], Result], *settings: str) -> Future[Result]:
    """Run the call in a thread, on a connection of its own with these settings."""

    def run() -> Result:
        try:
            with connection.cursor() as cursor:
                for setting in settings:
                    cursor.execute(f"SET {setting}")
            return call()
        finally:
            connections.close_all()

    return ThreadPoolExecutor(1).submit(run)


def wait_until_somebody_waits() -> None:
    """Wait until a connection waits for a lock that another connection has (PostgreSQL)."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    def waits() -> bool:
        with connection.cursor() as cursor:
            # A transaction sees the same activity from its beginning to its end.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(query)
            return bool(cursor.fetchone() != (0,))

    wait_until(waits, "connection that waits for a lock")
