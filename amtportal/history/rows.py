"""Rows as they stand in the database, byte for byte, and their digests.

A row is the JSON list of its columns as the database itself writes them: what Django would read from a tampered column
is not asked. The same row gives the same digest on one kind of database, and not on the other.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db import connection, models, transaction

BATCH = 1000


class Row(NamedTuple):
    id: int
    digest: bytes


def digest(values: Sequence[str | None]) -> bytes:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def columns_of(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.local_concrete_fields]


def present_columns(table: str) -> set[str]:
    """The columns that the table has in the database."""
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


def read(model: type[models.Model], columns: Sequence[str], *, after: int, upto: int) -> Iterator[list[Row]]:
    """The rows with ids after one and up to another, in the order of their ids, in batches."""
    name = connection.ops.quote_name
    table, key = name(model._meta.db_table), name(model._meta.pk.column)
    # quote() gives back every bit of a SQLite value, and its type.
    exact = "{}::text" if connection.vendor == "postgresql" else "quote({})"
    values = ", ".join(exact.format(name(column)) for column in columns)
    query = f"SELECT {key}, {values} FROM {table} WHERE {key} > %s AND {key} <= %s ORDER BY {table}.{key} LIMIT {BATCH}"  # noqa: S608
    while after < upto:
        with connection.cursor() as cursor:
            cursor.execute(query, [after, upto])
            rows = [Row(key, digest(values)) for key, *values in cursor.fetchall()]
        if not rows:
            return
        yield rows
        after = rows[-1].id


def settled_id(model: type[models.Model]) -> int:
    """The greatest id of the table below which no row can appear any more; 0 in an empty table.

    PostgreSQL hands out ids before the rows can be seen: a moment's lock waits for whoever is writing. SQLite has one
    writer at a time, and whoever asks here is it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(model._meta.db_table)} IN SHARE MODE")
        return model._base_manager.aggregate(most=models.Max("pk"))["most"] or 0
