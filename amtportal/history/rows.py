"""Rows exactly as the database stores them, byte for byte, and their digests.

A row is the JSON list of its columns as the database itself writes them. Django does not convert
the values, because it could hide that a column was tampered with. The same row gives the same
digest on the same kind of database, but not on the other kind.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db import connection, models, transaction

BATCH = 1000
BELOW_ALL = -(2**63) - 1  # less than every id of 64 bits


class HistoryRow(NamedTuple):
    id: int
    digest: bytes


def digest(values: Sequence[str | None]) -> bytes:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def columns_of(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.local_concrete_fields]


def present_columns(table: str) -> set[str]:
    """Return the columns that the table has in the database."""
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


def read_rows(
    model: type[models.Model], columns: Sequence[str], *, after: int, upto: int
) -> Iterator[list[HistoryRow]]:
    """Yield batches of the rows with ids greater than ``after`` and up to ``upto``, by id."""
    name = connection.ops.quote_name
    table, key = name(model._meta.db_table), name(model._meta.pk.column)
    # quote() returns every bit of a SQLite value, and its type.
    exact = "{}::text" if connection.vendor == "postgresql" else "quote({})"
    values = ", ".join(exact.format(name(column)) for column in columns)
    query = (
        f"SELECT {key}, {values} FROM {table} WHERE {key} >= %s AND {key} <= %s ORDER BY {table}.{key} LIMIT {BATCH}"  # noqa: S608
    )
    while after < upto:
        with connection.cursor() as cursor:
            cursor.execute(query, [after + 1, upto])
            rows = [HistoryRow(key, digest(values)) for key, *values in cursor.fetchall()]
        if not rows:
            return
        yield rows
        after = rows[-1].id


def read_some(model: type[models.Model], columns: Sequence[str], keys: Sequence[int]) -> list[HistoryRow]:
    """Return the rows with these ids, by id. There is one id at least."""
    name = connection.ops.quote_name
    key = name(model._meta.pk.column)
    exact = "{}::text" if connection.vendor == "postgresql" else "quote({})"
    values = ", ".join(exact.format(name(column)) for column in columns)
    query = (
        f"SELECT {key}, {values} FROM {name(model._meta.db_table)} "  # noqa: S608
        f"WHERE {key} IN ({', '.join(['%s'] * len(keys))}) ORDER BY 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, list(keys))
        return [HistoryRow(key, digest(values)) for key, *values in cursor.fetchall()]


def settled_id(model: type[models.Model]) -> int:
    """Return the greatest id of the table; 0 if it is empty. No row can appear below it any more.

    PostgreSQL assigns ids before other transactions can see the rows, so a short lock waits for
    everybody who is writing. SQLite allows one writer at a time, and here that is the caller.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(model._meta.db_table)} IN SHARE MODE")
        return model._base_manager.aggregate(most=models.Max("pk"))["most"] or 0
