"""Operations for migrations of tables that may hold millions of rows, and of many tables at once."""

from collections.abc import Sequence
from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation


class WithoutIndex(migrations.AlterField):
    """The field loses the index of its own (``db_index``), and nothing else changes.

    Django's own operation builds the whole table again on SQLite. Constraints and the indexes that
    a model names stay.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        column = model._meta.get_field(self.name).column
        named = {index.name for index in model._meta.indexes}
        with schema_editor.connection.cursor() as cursor:
            present = schema_editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
        for name, index in present.items():
            is_own = index["index"] and not index["unique"] and index["columns"] == [column] and name not in named
            if is_own:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        for statement in schema_editor._field_indexes_sql(model, model._meta.get_field(self.name)):
            schema_editor.execute(statement)


class CreateModels(Operation):
    """Create these models, which may refer to one another in any order.

    The same operations one by one take many times as long: after each of them Django makes the
    classes of all models again that are related to the new one, and all of ours are.
    """

    def __init__(self, models: Sequence[migrations.CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)  # the classes, which are made once when the first table needs them
        for each in self.models:
            each.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for each in self.models:
            each.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for each in reversed(self.models):
            each.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(each.describe() for each in self.models)
