"""Append-only tables: the database refuses to change or remove a row, whoever asks.

Every table of history lines is append-only, and so is every model that inherits ``AppendOnly``.
The triggers are created after every migration. An owner of the tables can still remove the
triggers: see ``docs/operations.md`` and the seals (``amtportal.history.seals``).
"""

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from simple_history.models import HistoricalChanges

from amtportal.history.lines import AppendOnly

REFUSAL = "is append-only"

# The error code is that of a violated constraint, so that Django raises IntegrityError.
FUNCTION = f"""
CREATE OR REPLACE FUNCTION history_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% {REFUSAL}: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""
POSTGRESQL = {
    "no_change": "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION history_append_only()",
    "no_truncate": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION history_append_only()",
}
_ABORT = f"BEGIN SELECT RAISE(ABORT, '{{table}} {REFUSAL}'); END"
SQLITE = {
    "no_update": f"BEFORE UPDATE ON {{table}} {_ABORT}",
    "no_delete": f"BEFORE DELETE ON {{table}} {_ABORT}",
    # INSERT OR REPLACE removes every row that conflicts in any unique columns, and it does not run
    # the trigger above.
    "no_replace": f"BEFORE INSERT ON {{table}} WHEN EXISTS (SELECT 1 FROM {{table}} WHERE {{in_the_way}}) {_ABORT}",  # noqa: S608
}


def append_only() -> list[type[models.Model]]:
    """Return the append-only models, sorted by the names of their tables."""
    own = [model for model in apps.get_models() if issubclass(model, HistoricalChanges | AppendOnly)]
    return sorted([*own, LogEntry], key=lambda model: model._meta.db_table)


def unique_columns(model: type[models.Model]) -> list[tuple[str, ...]]:
    """Return each set of columns that is unique in the model, the primary key included."""
    column = {field.name: field.column for field in model._meta.local_concrete_fields}
    alone = [(field.name,) for field in model._meta.local_concrete_fields if field.unique]
    together = [tuple(rule.fields) for rule in model._meta.total_unique_constraints]
    return [tuple(column[name] for name in names) for names in [*alone, *together]]


def wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the triggers that this database must have: name and the statement that creates it."""
    templates = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    # A trigger that was disabled is replaced.
    create = "CREATE OR REPLACE TRIGGER" if connection.vendor == "postgresql" else "CREATE TRIGGER"
    tables = set(connection.introspection.table_names())  # migrating backwards removes tables
    return {
        f"{model._meta.db_table}_{suffix}": f"{create} {model._meta.db_table}_{suffix} "
        + template.format(table=model._meta.db_table, in_the_way=_in_the_way(model))
        for model in append_only()
        if model._meta.db_table in tables
        for suffix, template in templates.items()
    }


def _in_the_way(model: type[models.Model]) -> str:
    """Return the SQL condition for the rows that a new row, ``NEW``, would replace."""
    alike = (" AND ".join(f'"{column}" = NEW."{column}"' for column in columns) for columns in unique_columns(model))
    return " OR ".join(f"({columns})" for columns in alike)


def missing(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the wanted triggers that do not exist.

    On SQLite this includes triggers that an earlier release created with another definition.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname, NULL FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        present = dict(cursor.fetchall())
    return {
        name: statement
        for name, statement in wanted(connection).items()
        if name not in present or present[name] not in (None, statement)
    }


def put_in_place(using: str = "default", **kwargs: object) -> None:
    """Create the triggers that are missing."""
    connection = connections[using]
    statements = missing(connection)
    if not statements:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(FUNCTION)
        for name, statement in statements.items():
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(statement)
