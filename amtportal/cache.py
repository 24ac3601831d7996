"""The cache in the database, which says so when it is away: ``OperationalError``.

Django's answers "not stored" to every failure. For a code of an authenticator app that would mean
"used already", as long as the database cannot be written. ``docs/decisions/0029`` says what happens
instead.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache.backends import db
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError, connections, router


class DatabaseCache(db.DatabaseCache):
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
        """Store, and return whether it was stored.

        Another request that stores the same key at the same time is no error.
        """
        failures: list[DatabaseError] = []

        def watch(execute: Callable[..., Any], *args: Any) -> Any:
            try:
                return execute(*args)
            except DatabaseError as error:
                failures.append(error)
                raise

        with _away(), connections[router.db_for_write(self.cache_model_class)].execute_wrapper(watch):
            stored: bool = super()._base_set(mode, key, value, timeout)  # type: ignore[misc]
            for failure in failures:
                if not isinstance(failure, IntegrityError):
                    raise failure
        return stored


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except ProgrammingError as error:  # the table is gone, or this role may not use it
        raise OperationalError(f"The table of the cache cannot be used: {error}") from error
