"""Append-only tables: the database refuses to change or remove a row, whoever asks.

Every table of history lines is one, and every model that says so (``AppendOnly``). The triggers are put in place after
every migration. An owner of the tables can still take them away: see ``docs/operations.md``, and the seals.
"""

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from simple_history.models import HistoricalChanges

from amtportal.history.lines import AppendOnly

REFUSAL = "is append-only"

# The class of the error is that of a broken constraint: Django raises IntegrityError.
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
    # INSERT OR REPLACE removes every row in its way, by whichever unique columns, without asking the trigger above.
    "no_replace": f"BEFORE INSERT ON {{table}} WHEN EXISTS (SELECT 1 FROM {{table}} WHERE {{in_the_way}}) {_ABORT}",  # noqa: S608
}


def append_only() -> list[type[models.Model]]:
    """The models whose rows stay as they are, by the names of their tables."""
    found = [model for model in apps.get_models() if issubclass(model, HistoricalChanges | AppendOnly)]
    return sorted([*found, LogEntry], key=lambda model: model._meta.db_table)


def unique_columns(model: type[models.Model]) -> list[tuple[str, ...]]:
    """The columns in which no two rows of the model are alike: the key, and every other such set."""
    column = {field.name: field.column for field in model._meta.local_concrete_fields}
    alone = [(field.name,) for field in model._meta.local_concrete_fields if field.unique]
    together = [tuple(rule.fields) for rule in model._meta.total_unique_constraints]
    return [tuple(column[name] for name in names) for names in [*alone, *together]]


def wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The triggers that this database is to have, by name, and the statements that make them."""
    templates = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    # One that was switched off is replaced.
    create = "CREATE OR REPLACE TRIGGER" if connection.vendor == "postgresql" else "CREATE TRIGGER"
    tables = set(connection.introspection.table_names())  # a migration backwards takes tables away
    return {
        f"{model._meta.db_table}_{suffix}": f"{create} {model._meta.db_table}_{suffix} "
        + template.format(table=model._meta.db_table, in_the_way=_in_the_way(model))
        for model in append_only()
        if model._meta.db_table in tables
        for suffix, template in templates.items()
    }


def _in_the_way(model: type[models.Model]) -> str:
    """The condition on a row that a new one, ``NEW``, would take the place of."""
    alike = (" AND ".join(f'"{column}" = NEW."{column}"' for column in columns) for columns in unique_columns(model))
    return " OR ".join(f"({columns})" for columns in alike)


def missing(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Of these, those that are not in place. On SQLite also those that an earlier release made otherwise."""
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


def put_in_place(using: str = "default", **told: object) -> None:
    """Make the triggers that are missing."""
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
