"""A database that cannot be written: how the portal notices it, tells it, and gets over it.

- A connection that was opened while the database could not be written can stay so when the database
  is well again: SQLite opened the file for reading only, PostgreSQL copied the setting into the
  session, or a standby answered. Such a connection is closed after its request.
- Since other connections may have been opened in the same time, none is kept until something was
  written again.
- ``can_be_written`` is what ``/healthz`` tells.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import Model
from django.dispatch import receiver
from django.utils import timezone

NOT_WRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR)
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
WRITES = ("INSERT ", "UPDATE ", "DELETE ")
_doubted = threading.Event()
"""Set while the last attempt of this process to write was refused as read-only."""


def _codes(error: BaseException) -> tuple[int, str]:
    """Return SQLite's primary code and PostgreSQL's code of an error; 0 and empty if it has none."""
    cause = error.__cause__
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF, getattr(cause, "sqlstate", None) or ""


def is_read_only(error: BaseException) -> bool:
    """Return whether the database refused to write through this connection."""
    sqlite, postgresql = _codes(error)
    return sqlite in NOT_WRITABLE or postgresql == "25006"


def is_busy(error: BaseException) -> bool:
    """Return whether somebody else is writing at this moment."""
    sqlite, postgresql = _codes(error)
    return sqlite in BUSY or postgresql == "55P03"


def _watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    try:
        result = execute(sql, params, many, context)
    except DatabaseError as error:
        if is_read_only(error):
            _doubted.set()
            _close_after_request(context["connection"])
        raise
    if _doubted.is_set() and str(sql).lstrip().startswith(WRITES):
        _doubted.clear()
    return result


def _close_after_request(connection: BaseDatabaseWrapper) -> None:
    connection.close_at = time.monotonic()  # Django closes connections that are past their time


@receiver(connection_created, dispatch_uid="amtportal.database")
def _opened(sender: object, connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    if _watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(_watch)
    if _doubted.is_set():
        _close_after_request(connection)


def can_be_written() -> bool:
    """Return whether the database takes a row, which is taken back.

    Nobody is waited for: whoever holds a lock is writing.
    """
    return _takes_a_row() or _takes_a_row()  # the second time over a connection of now, if the first one was closed


def _takes_a_row() -> bool:
    try:
        with _without_waiting(), transaction.atomic():
            Session(session_key="healthz", expire_date=timezone.now()).save(force_insert=True)
            transaction.set_rollback(True)
    except DatabaseError as error:
        connection.close_if_unusable_or_obsolete()
        return is_busy(error)
    return True


@contextmanager
def _without_waiting() -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {settings.DATABASES['default']['OPTIONS']['timeout'] * 1000:.0f}")


def know_again(*tables: type[Model]) -> None:
    """Let PostgreSQL look at how the rows of these tables are spread, after many of them have changed.

    It does so by itself some time later. Until then, it may plan a list as if nothing had changed.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(connection.ops.quote_name(each._meta.db_table) for each in tables)}")
