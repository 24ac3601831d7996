"""Attempts to break what the database holds to be true."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from amtportal.history.lines import AppendOnly
from tests.support.history import behind_the_triggers


def constraints_of(app: str) -> dict[str, list[str] | None]:
    """Return every constraint of an app by name; a unique column is named ``table.column``.

    Unique constraints come with their columns.
    """
    found: dict[str, list[str] | None] = {}
    for model in apps.get_app_config(app).get_models():
        if model.__name__.startswith("Historical"):
            continue
        table = model._meta.db_table
        for field in model._meta.local_fields:
            if field.unique and not field.primary_key:
                found[f"{table}.{field.column}"] = [f"{table}.{field.column}"]
        for constraint in model._meta.constraints:
            found[constraint.name] = None
            if isinstance(constraint, models.UniqueConstraint):
                columns = [model._meta.get_field(name).column for name in constraint.fields]
                found[constraint.name] = [f"{table}.{column}" for column in columns]
    return found


def changed(row: models.Model, changes: dict[str, Any]) -> None:
    """Change the stored row behind the model's back.

    If a value can be called, the result of the call is stored.
    """
    with behind_the_triggers() if isinstance(row, AppendOnly) else nullcontext():
        type(row)._base_manager.filter(pk=row.pk).update(**_asked(changes))


def copied(row: models.Model, changes: dict[str, Any]) -> None:
    """Store a copy of the row with these changes."""
    row.pk, row._state.adding = None, True
    for name, value in _asked(changes).items():
        setattr(row, name, value)
    with behind_the_triggers() if isinstance(row, AppendOnly) else nullcontext():
        row.save_base(raw=True)


@contextmanager
def refused_by(app: str, name: str) -> Iterator[None]:
    """Expect the database to refuse what is done inside because of exactly that constraint."""
    columns = constraints_of(app)[name]
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        yield
    if columns is None:
        words = name
    elif connection.vendor == "sqlite":  # because SQLite names the columns and not the constraint
        words = f"UNIQUE constraint failed: {', '.join(columns)}"
    else:
        words = name.replace(".", "_")
    assert words in str(refusal.value)


def _asked(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value() if isinstance(value, Callable) else value for name, value in changes.items()}
