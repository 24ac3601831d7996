"""Proves that a new database is the same whether the squashed migrations make it or those that they replace.

``python -m tests.squashed`` makes two empty databases beside the one of the settings, on its engine;
``tests/with_postgres.sh`` runs it on PostgreSQL. It compares the tables with their columns (on
PostgreSQL in their order), constraints, indexes, triggers and views, and every row. It prints what
differs, and fails if anything does. The replaced migrations take more than a minute of a processor;
what takes none of it is tested in ``tests/amtportal/test_migrations.py``.
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.graph import MigrationGraph

# The replaced migrations wrote each credential's first line, and a second one when later releases knew more. Who starts
# today gets one line that holds all of it, so the last lines are compared, without who, when and why.
LAST_LINES_ONLY = "certifications_historicalcredential"
# When each migration was applied, and the last number given to a row: SQLite writes one for each table that it rebuilt.
NOT_COMPARED = {"django_migrations", "sqlite_sequence"}
# The permissions of a group are given in no order.
WITHOUT_KEYS = {"auth_group_permissions", "history_historicalgroup_permissions"}


def through_the_replaced() -> AbstractContextManager[Any]:
    """Let Django run the replaced migrations, as it does by itself where some of them are applied."""
    return mock.patch.object(MigrationGraph, "remove_replaced_nodes", MigrationGraph.remove_replacement_node)


def main() -> int:
    began = datetime.now(UTC)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, chain in (("replaced", through_the_replaced()), ("squashed", nullcontext())):
            _use_new(name, Path(folder))
            before = time.process_time()
            with chain:
                call_command("migrate", verbosity=0, interactive=False)
            lines = [*_schema(), *_rows(began)]
            print(f"{name}: {time.process_time() - before:.1f} s of a processor, {len(lines)} lines", flush=True)
            found[name] = lines
            _remove()
    replaced, squashed = found.values()
    differences = list(difflib.unified_diff(replaced, squashed, "replaced", "squashed", lineterm="", n=0))
    print("\n".join(differences) or "Both databases are the same.")
    return 1 if differences else 0


def _use_new(name: str, folder: Path) -> None:
    connection.close()
    if connection.vendor == "sqlite":
        target = str(folder / name)
    else:
        target = f"amtportal_{name}"
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{target}"')
            cursor.execute(f'CREATE DATABASE "{target}"')
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = target


def _remove() -> None:
    connection.close()
    if connection.vendor == "postgresql":
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{connection.settings_dict["NAME"]}"')


def _schema() -> Iterator[str]:
    if connection.vendor == "postgresql":
        at = connection.settings_dict
        command = ["pg_dump", "--schema-only", "--no-owner", f"--host={at['HOST']}", f"--username={at['USER']}"]
        done = subprocess.run([*command, at["NAME"]], check=True, capture_output=True, text=True)
        # A key that is new for each dump stands in its first and last lines.
        yield from (line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
        for kind, name, table, sql in cursor.fetchall():
            if kind != "table":
                yield f"{kind} {name} of {table}: {sql}"
                continue
            yield f"table {name}"
            # SQLite moves a column that is renamed to the end when it rebuilds the table.
            yield from (f"table {name} has {part}" for part in sorted(_parts(sql)))


def _parts(sql: str) -> Iterator[str]:
    """Split the definition of a table into those of its columns and constraints."""
    depth, part = 0, ""
    for token in re.findall(r"'(?:[^']|'')*'|\"[^\"]*\"|\s+|.", sql[sql.index("(") + 1 : sql.rindex(")")], re.DOTALL):
        if token == "," and not depth:
            yield part.strip()
            part = ""
            continue
        depth += {"(": 1, ")": -1}.get(token, 0)
        part += " " if token.isspace() else token
    yield part.strip()


def _rows(began: datetime) -> Iterator[str]:
    """Yield every row. Moments of this run are all called now."""
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table in NOT_COMPARED:
                continue
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            columns = [column[0] for column in cursor.description]
            rows: Any = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            if table == LAST_LINES_ONLY:
                rows = {row["id"]: row for row in sorted(rows, key=lambda row: row["history_id"])}.values()
                rows = [{name: row[name] for name in columns if not name.startswith("history_")} for row in rows]
            if table in WITHOUT_KEYS:
                rows = [
                    {name: row[name] for name in columns if name.endswith("_id") and "m2m" not in name} for row in rows
                ]
            told = [str({name: _told(value, began) for name, value in row.items()}) for row in rows]
            yield from (f"row of {table}: {row}" for row in sorted(told))


def _told(value: Any, began: datetime) -> str:
    text = str(value)
    is_moment = re.match(r"\d{4}-\d\d-\d\d \d\d:", text)
    return "now" if is_moment and text >= f"{began:%Y-%m-%d %H:%M:%S}" else text


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")
    django.setup()
    sys.exit(main())
