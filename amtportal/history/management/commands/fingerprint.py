"""``manage.py fingerprint``: show whether two databases have the same content."""

import hashlib
import json
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, models


def sums() -> Iterator[str]:
    """Yield a line for each table: its number of rows and the sum of each column with amounts."""
    for model in sorted(apps.get_models(include_auto_created=True), key=lambda model: model._meta.db_table):
        counted = [
            field.name
            for field in model._meta.local_concrete_fields
            if isinstance(field, models.DecimalField | models.PositiveIntegerField)
        ]
        totals = {f"sum_{name}": models.Sum(name) for name in counted}
        results = model._base_manager.aggregate(count=models.Count("*"), **totals)
        yield f"{model._meta.db_table}: " + ", ".join(f"{name} {value or 0}" for name, value in results.items())


def digests() -> Iterator[str]:
    """Yield a line for each table with its SHA-256.

    It covers every column of every row, as the database stores them, in the order of the key.
    """
    name = connection.ops.quote_name
    exact = "{}::text" if connection.vendor == "postgresql" else "quote({})"
    with connection.cursor() as cursor:
        tables = sorted(connection.introspection.table_names(cursor))
    for table in tables:
        with connection.cursor() as cursor:
            columns = sorted(column.name for column in connection.introspection.get_table_description(cursor, table))
            key = connection.introspection.get_primary_key_columns(cursor, table) or columns
        selected = ", ".join(exact.format(name(column)) for column in columns)
        order = ", ".join(f"{name(table)}.{name(column)}" for column in key)
        digest = hashlib.sha256(json.dumps(columns).encode())
        with connection.chunked_cursor() as cursor:
            cursor.execute(f"SELECT {selected} FROM {name(table)} ORDER BY {order}")  # noqa: S608
            while rows := cursor.fetchmany(1000):
                digest.update(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
        yield f"{table}: sha256 {digest.hexdigest()}"


class Command(BaseCommand):
    help = """Print rows, sums and a digest of every table: two databases with the same content print the same.

- for a restored copy and its source; both of one kind, SQLite or PostgreSQL
- nobody may write at the same time"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def handle(self, **options: Any) -> None:
        for line in (*sums(), *digests()):
            self.stdout.write(line)
