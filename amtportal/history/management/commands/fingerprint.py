"""``manage.py fingerprint``: show whether two databases have the same content."""

import hashlib
import json
import re
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, models, transaction


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
- nobody may write at the same time, unless --snapshot names a moment"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", metavar="NAME", help="another database of the server, or another file")
        parser.add_argument("--snapshot", metavar="ID", help="the moment that pg_export_snapshot() gave (PostgreSQL)")

    def handle(self, *, database: str | None, snapshot: str | None, **options: Any) -> None:
        """Print the lines. A snapshot of which PostgreSQL knows nothing is an error of the database."""
        if snapshot and not (connection.vendor == "postgresql" and re.fullmatch("[0-9A-F-]+", snapshot)):
            raise CommandError(f"--snapshot takes what pg_export_snapshot() gives, on PostgreSQL; it is {snapshot!r}.")
        if database:
            connection.close()
            connection.settings_dict["NAME"] = database
        with transaction.atomic():
            if snapshot:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
            for line in (*sums(), *digests()):
                self.stdout.write(line)
