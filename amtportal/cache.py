"""The cache in the database, which says so when it is away: ``OperationalError``.

Django's answers "not stored" to every failure. For a code of an authenticator app that would mean
"used already", as long as the database cannot be written. ``docs/decisions/0029`` says what happens
instead.

Django's also counts all rows of the table each time it stores one, which takes longer than the rest
of a page once there are a hundred thousand. Here storing is one statement. Each process removes what
is over, and counts what is left, once an hour and after every ``COUNTED_AFTER`` rows that it stored.
"""

import base64
import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends import db
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.db import OperationalError, ProgrammingError, connections, router
from django.utils import timezone

CLEARED_EVERY = 3600
"""Seconds after which a process removes the rows that are over."""
COUNTED_AFTER = 1000
"""Rows that a process stores between two counts: the table has at most so many too many for each."""

NEVER = datetime(9999, 12, 30, tzinfo=UTC)

_STORE = """
    INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s)
    ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires
"""
_ADD = f"{_STORE} WHERE {{table}}.expires < %s"
_TOUCH = "UPDATE {table} SET expires = %s WHERE cache_key = %s"


class DatabaseCache(db.DatabaseCache):
    _next_clearing = time.monotonic() + CLEARED_EVERY
    _stored = 0

    def get_many(self, keys: Any, version: int | None = None) -> dict[str, Any]:
        with _away():
            return super().get_many(keys, version)

    def has_key(self, key: str, version: int | None = None) -> bool:
        with _away():
            return super().has_key(key, version)

    def _base_delete_many(self, keys: list[str]) -> bool:
        with _away():
            deleted: bool = super()._base_delete_many(keys)  # type: ignore[misc]
        return deleted

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """Store, add or touch, and return whether that was done.

        Another request that stores the same key at the same time is no error.
        """
        connection = connections[router.db_for_write(self.cache_model_class)]
        at = connection.ops.adapt_datetimefield_value
        until = self.get_backend_timeout(timeout)
        expires = at(NEVER if until is None else datetime.fromtimestamp(int(until), tz=UTC))
        now = timezone.now().replace(microsecond=0)
        table = connection.ops.quote_name(self._table)  # type: ignore[attr-defined]
        with _away(), connection.cursor() as cursor:
            if mode == "touch":
                cursor.execute(_TOUCH.format(table=table), [expires, key])
            else:
                text = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("latin1")
                row = [key, text, expires]
                if mode == "add":
                    cursor.execute(_ADD.format(table=table), [*row, at(now)])
                else:
                    cursor.execute(_STORE.format(table=table), row)
            is_done: bool = cursor.rowcount > 0
            if is_done and self._is_time_to_clear():
                self._clear(cursor, table, now)
        return is_done

    @classmethod
    def _is_time_to_clear(cls) -> bool:
        cls._stored += 1
        if cls._stored < COUNTED_AFTER and time.monotonic() < cls._next_clearing:
            return False
        cls._stored, cls._next_clearing = 0, time.monotonic() + CLEARED_EVERY
        return True

    def _clear(self, cursor: Any, table: str, now: datetime) -> None:
        """Remove what is over, and a third of the rest if it is more than ``MAX_ENTRIES``."""
        cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
        [number] = cursor.fetchone()
        self._cull(router.db_for_write(self.cache_model_class), cursor, now, number)  # type: ignore[attr-defined]


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except ProgrammingError as error:  # the table is gone, or this role may not use it
        raise OperationalError(f"The table of the cache cannot be used: {error}") from error
