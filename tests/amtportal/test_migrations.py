"""Squashed migrations make what the migrations that they replace made; ``tests.squashed`` compares whole databases."""

from collections.abc import Iterable
from typing import Any
from unittest import mock

import pytest
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.db.models.signals import class_prepared

from amtportal.history.lines import History
from amtportal.history.migrating import CreateModels
from tests.squashed import through_the_replaced

Name = tuple[str, str]


def _plan(applied: Iterable[Name]) -> list[Name]:
    """Return what ``migrate`` would do in a database that has these, with what each squashed migration replaces."""
    with mock.patch.object(MigrationRecorder, "applied_migrations", return_value=dict.fromkeys(applied)):
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
    plan = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    return [(app, name) for each in plan for app, name in each.replaces or [(each.app_label, each.name)]]


@pytest.mark.any_database
def test_squashed_migrations_leave_the_models_as_those_that_they_replace_do() -> None:
    squashed = MigrationLoader(None).project_state()
    with through_the_replaced():
        replaced = MigrationLoader(None).project_state()
    assert squashed.models.keys() == replaced.models.keys()
    for name, made in squashed.models.items():
        assert made == replaced.models[name], name


def test_a_database_that_stopped_half_way_goes_on_through_the_replaced_migrations(db: None) -> None:
    """Wherever it stopped, each migration that it lacks is applied once."""
    with through_the_replaced():
        chain = _plan([])
    assert len(_plan([])) == len(chain) == len(set(chain)) > 160
    for had in range(0, len(chain), 15):
        plan = _plan(chain[:had])
        assert len(plan) == len(chain) - had
        assert set(plan) == set(chain[had:])


@pytest.mark.django_db(transaction=True)
def test_models_that_refer_to_one_another_are_created_and_removed_together() -> None:
    def model(name: str, other: str) -> migrations.CreateModel:
        reference: Any = models.ForeignKey(f"squares.{other}", models.CASCADE, null=True)
        return migrations.CreateModel(name, [("id", models.BigAutoField(primary_key=True)), ("other", reference)])

    operation = CreateModels([model("Left", "Right"), model("Right", "Left")])
    before = ProjectState()
    after = before.clone()
    operation.state_forwards("squares", after)
    tables = {"squares_left", "squares_right"}
    with connection.schema_editor() as editor:
        operation.database_forwards("squares", editor, before, after)
    assert tables <= set(connection.introspection.table_names())
    with connection.schema_editor() as editor:
        operation.database_backwards("squares", editor, after, before)
    assert not tables & set(connection.introspection.table_names())


@pytest.mark.any_database
def test_no_history_is_asked_about_each_model_that_a_migration_prepares() -> None:
    receivers = [receiver for _, receiver, *_ in class_prepared.receivers]
    assert not [each for each in receivers if isinstance(getattr(each, "__self__", None), History)]
