"""A stamp of small tables: it is the same as long as nothing in them has changed, whoever changed it.

The database reads every row for it and sends a digest, in one statement. What was made from the rows can
therefore be kept and used again while the stamp is the same, and it is never older than the rows that the
transaction sees.
"""

import hashlib
from functools import cache

from django.db import connection, models


def of(*tables: type[models.Model]) -> str:
    """Return the stamp of these tables; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(connection.vendor, tables))
        (read,) = cursor.fetchone()
    return str(read) if connection.vendor == "postgresql" else hashlib.sha256(read.encode()).hexdigest()


@cache
def _statement(vendor: str, tables: tuple[type[models.Model], ...]) -> str:
    if vendor == "postgresql":
        # ``xmin`` says which transaction wrote the row: a change that was taken back gives another stamp too.
        content = "SELECT string_agg(concat(t.xmin, t), '' ORDER BY t.id) FROM {table} t"
        return f"SELECT md5(concat({_each(content, tables)}))"
    content = "SELECT coalesce(group_concat({values}, ';'), '') FROM (SELECT * FROM {table} ORDER BY id)"
    return f"SELECT {_each(content, tables, between=' || ')}"


def _each(content: str, tables: tuple[type[models.Model], ...], between: str = ", ") -> str:
    quote = connection.ops.quote_name
    statements = (
        content.format(
            table=quote(table._meta.db_table),
            # The comma keeps 1 and 11 apart from 11 and 1.
            values=" || ',' || ".join(f"quote({quote(field.column)})" for field in table._meta.concrete_fields),
        )
        for table in tables
    )
    return between.join(f"({statement})" for statement in statements)
