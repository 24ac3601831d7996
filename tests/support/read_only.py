"""A database that can be read but not written, as when its disk is mounted read-only for a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse


def forbid_writing(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Make one connection refuse to write, until it is closed."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on" if postgresql else "PRAGMA query_only = on")


@contextmanager
def read_only() -> Iterator[None]:
    """Refuse to write on this thread's connection and on all that are opened in the meantime.

    Afterwards they still refuse, as SQLite's do that opened the file in that time. New ones do not.
    """
    forbid_writing(connection)
    connection_created.connect(forbid_writing)
    try:
        yield
    finally:
        connection_created.disconnect(forbid_writing)


def while_file(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware for a server of its own: its database is read-only while there is a file."""
    from django.conf import settings

    def during(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        if (settings.VAR_DIR / "read-only").exists():
            forbid_writing(connection)

    connection_created.connect(during, weak=False)
    return get_response
