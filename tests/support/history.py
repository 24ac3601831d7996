"""Ways past the triggers of append-only tables, as somebody who owns the tables has them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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


def let_tests_empty_the_database() -> None:
    """Let transactional tests empty the database at their end.

    The triggers refuse that. ``post_migrate`` then puts them back in place.
    """
    operations: Any = type(connection.ops)
    flush = operations.sql_flush

    def sql_flush(self: Any, *args: Any, **kwargs: Any) -> list[str]:
        statements = flush(self, *args, **kwargs)
        if not statements:
            return []
        role = ["SET session_replication_role = origin"] if connection.vendor == "postgresql" else []
        return [*without_triggers(), *statements, *role]

    operations.sql_flush = sql_flush
