"""Ways past the triggers of append-only tables, as somebody who owns the tables has them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from amtportal.history import triggers


@contextmanager
def behind_the_triggers() -> Iterator[None]:
    """Let rows of append-only tables be changed and removed inside the block."""
    with connection.cursor() as cursor:
        for statement in without_triggers():
            cursor.execute(statement)
        yield
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = origin")
    triggers.put_in_place()


def without_triggers() -> list[str]:
    """Return statements that only a superuser of PostgreSQL may run.

    Anyone who opens a SQLite file may run them there.
    """
    if connection.vendor == "postgresql":
        return ["SET session_replication_role = replica"]
    return [
        f"DROP TRIGGER IF EXISTS {model._meta.db_table}_{suffix}"
        for model in triggers.append_only()
        for suffix in triggers.SQLITE
    ]
