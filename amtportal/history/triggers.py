"""Append-only tables: the database refuses to change or remove a row, whoever asks.

There is one exception: a row that is named beforehand can lose what the law lets a person have erased
(``amtportal.history.gaps``). Only registered columns can be blanked, and nothing else can change.

Every table of history lines is append-only, and so is every model that inherits ``AppendOnly``.
The triggers are created after every migration. An owner of the tables can still remove the
triggers: see ``docs/operations.md`` and the seals (``amtportal.history.seals``).
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from simple_history.models import HistoricalChanges

from amtportal.history import gaps
from amtportal.history.lines import AppendOnly

REFUSAL = "is append-only"
FUNCTION = "history_append_only"

# The error code is that of a violated constraint, so that Django raises IntegrityError. The arguments
# are the key of the table and the columns that may be blanked; most tables have none.
BODY = f"""
BEGIN
    IF TG_OP = 'UPDATE' AND TG_NARGS > 1 THEN
        IF to_jsonb(OLD) - TG_ARGV[1:] = to_jsonb(NEW) - TG_ARGV[1:]
            AND NOT EXISTS (
                SELECT 1 FROM jsonb_each_text(to_jsonb(NEW)) AS given(name, value)
                WHERE name = ANY (TG_ARGV[1:]) AND NOT {gaps.is_blank("value")}
                AND value IS DISTINCT FROM to_jsonb(OLD) ->> name
            )
            AND EXISTS (
                SELECT 1 FROM history_blankedline
                WHERE "table" = TG_TABLE_NAME AND line = (to_jsonb(OLD) ->> TG_ARGV[0])::bigint
            )
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% {REFUSAL}: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END """  # noqa: S608  the parts are constants
CREATE_FUNCTION = f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${BODY}$$"
# As PostgreSQL itself writes them (``pg_get_triggerdef``), so that the two can be compared.
POSTGRESQL = {
    "no_change": f"BEFORE DELETE OR UPDATE ON {{table}} FOR EACH ROW EXECUTE FUNCTION {FUNCTION}({{arguments}})",
    "no_truncate": f"BEFORE TRUNCATE ON {{table}} FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()",
}
_ABORT = f"BEGIN SELECT RAISE(ABORT, '{{table}} {REFUSAL}'); END"
SQLITE = {
    "no_update": f"BEFORE UPDATE ON {{table}}{{unless_blanked}} {_ABORT}",
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


class Trigger(NamedTuple):
    """A trigger as it stands in the database, or as it must stand there."""

    name: str
    table: str
    definition: str
    is_on: bool = True


class Difference(NamedTuple):
    """A trigger that is not as it must be, and the statements that put it right.

    There are none for a trigger that is not ours: a person has to look at it.
    """

    name: str
    wrong: str
    repair: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"trigger {self.name}: {self.wrong}"


def wanted(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers that this database must have."""
    templates = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    present = set(connection.introspection.table_names())  # migrating backwards removes tables
    triggers = []
    for model in append_only():
        table, in_the_way = model._meta.db_table, _in_the_way(model)
        arguments, unless_blanked = _arguments(model), _unless_blanked(model)
        for suffix, template in templates.items() if table in present else ():
            name = f"{table}_{suffix}"
            definition = f"CREATE TRIGGER {name} " + template.format(
                table=table, in_the_way=in_the_way, arguments=arguments, unless_blanked=unless_blanked
            )
            triggers.append(Trigger(name, table, definition))
    return triggers


def _arguments(model: type[models.Model]) -> str:
    """Return what PostgreSQL's function is told: the key and the columns that may be blanked, if any."""
    blankable = gaps.blankable(model._meta.db_table)
    return ", ".join(f"'{column}'" for column in [model._meta.pk.column, *blankable]) if blankable else ""


def _unless_blanked(model: type[models.Model]) -> str:
    """Return SQLite's condition for refusing an update: it is anything but blanking a named row."""
    table, blankable = model._meta.db_table, gaps.blankable(model._meta.db_table)
    if not blankable:
        return ""
    key = model._meta.pk.column
    kept = [field.column for field in model._meta.local_concrete_fields if field.column not in blankable]
    allowed = [f'EXISTS (SELECT 1 FROM history_blankedline WHERE "table" = \'{table}\' AND line = OLD."{key}")']  # noqa: S608
    allowed += [f'OLD."{column}" IS NEW."{column}"' for column in kept]
    allowed += [f'(NEW."{column}" IS OLD."{column}" OR {gaps.is_blank(_new(column))})' for column in blankable]
    return f" WHEN NOT ({' AND '.join(allowed)})"


def _new(column: str) -> str:
    return f'NEW."{column}"'


def _in_the_way(model: type[models.Model]) -> str:
    """Return the SQL condition for the rows that a new row, ``NEW``, would replace."""
    alike = (" AND ".join(f'"{column}" = NEW."{column}"' for column in columns) for columns in unique_columns(model))
    return " OR ".join(f"({columns})" for columns in alike)


def differences(connection: BaseDatabaseWrapper) -> list[Difference]:
    """Return what differs in the triggers of the portal's tables.

    A trigger must have its definition and be switched on. On PostgreSQL the function that they call
    must have its source. On SQLite a trigger that an earlier release created with another
    definition differs as well. No other table of the portal may have a trigger, and none a rule: it
    could change a row and write its line of history.
    """
    found = [*_of_function(connection)] if connection.vendor == "postgresql" else []
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    present = {(trigger.table, trigger.name): trigger for trigger in _present(connection) if trigger.table in tables}
    for name, table, definition, _ in wanted(connection):
        # A name of SQLite's triggers is taken once in the database, maybe by one on another table.
        drop = f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if connection.vendor == "postgresql" else "")
        trigger = present.pop((table, name), None)
        if trigger is None:
            found.append(Difference(name, "is missing", (drop, definition)))
        elif trigger.definition != definition:
            found.append(Difference(name, "has another definition", (drop, definition)))
        elif not trigger.is_on:
            found.append(Difference(name, "is switched off", (drop, definition)))
    strange = (Difference(name, f"is on {table}, and is not the portal's") for table, name in sorted(present))
    return [*found, *strange]


def _of_function(connection: BaseDatabaseWrapper) -> Iterator[Difference]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prosrc FROM pg_proc JOIN pg_language ON pg_language.oid = prolang "
            "WHERE pg_proc.oid = to_regprocedure(%s) AND lanname = 'plpgsql' AND proconfig IS NULL",
            [f"{FUNCTION}()"],
        )
        row = cursor.fetchone()
        cursor.execute("SHOW session_replication_role")
        (role,) = cursor.fetchone()
    if row != (BODY,):
        yield Difference(FUNCTION, "the function of the triggers is missing or another one", (CREATE_FUNCTION,))
    if role == "replica":
        yield Difference(FUNCTION, "session_replication_role = replica switches off every trigger")


def _present(connection: BaseDatabaseWrapper) -> list[Trigger]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("""
                SELECT tgname, relname, pg_get_triggerdef(pg_trigger.oid, true), tgenabled IN ('O', 'A')
                FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                WHERE NOT tgisinternal AND pg_table_is_visible(tgrelid)
                UNION ALL
                SELECT rulename, tablename, definition, true FROM pg_rules WHERE schemaname = current_schema()
            """)
        else:
            cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        return [Trigger(*row) for row in cursor.fetchall()]


def put_in_place(using: str = "default", **kwargs: object) -> None:
    """Create the triggers that are missing, and put right those that differ."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for difference in differences(connection):
            for statement in difference.repair:
                cursor.execute(statement)
