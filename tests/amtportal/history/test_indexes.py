"""Which indexes the lines of history have: those that are asked, because every line writes each of them."""

import pytest
from django.db import connection, models

from amtportal.history import comparison
from amtportal.members.models import Member

OURS = ("members", "certifications", "ccp")

pytestmark = pytest.mark.django_db


def below_a_member() -> set[tuple[str, str]]:
    """Return the columns by which ``comparison.rows_under`` asks the lines of what a member has."""
    asked, waiting = set(), [Member]
    while waiting:
        above: type[models.Model] = waiting.pop()
        for below in comparison.tracked_models():
            for field in below._meta.local_concrete_fields:
                found = (comparison.history_model(below)._meta.db_table, field.column)
                if field.related_model is above and found not in asked:
                    asked.add(found)
                    waiting.append(below)
    return asked


def test_lines_are_found_by_their_record_and_by_what_it_belongs_to() -> None:
    """By nothing else: not by the day, the person, or who attested."""
    asked = below_a_member()
    assert ("ccp_historicalcredit", "activity_id") in asked
    present = set()
    with connection.cursor() as cursor:
        for model in comparison.tracked_models():
            table = comparison.history_model(model)._meta.db_table
            for index in connection.introspection.get_constraints(cursor, table).values():
                if index["index"] and not index["primary_key"]:
                    present.add((table, *index["columns"]))
    of_records = {(comparison.history_model(model)._meta.db_table, "id") for model in comparison.tracked_models()}
    assert present == asked | of_records


@pytest.mark.parametrize(
    "model",
    [model for model in comparison.tracked_models() if model._meta.app_label in OURS],
    ids=lambda model: model.__name__,
)
def test_no_index_of_a_record_repeats_the_start_of_another(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, model._meta.db_table)
    with_conditions = {
        each.name for each in [*model._meta.indexes, *model._meta.constraints] if getattr(each, "condition", None)
    }
    whole = {
        name: index["columns"]
        for name, index in constraints.items()
        if (index["index"] or index["unique"]) and name not in with_conditions and all(index["columns"] or [None])
    }
    repeating = [
        name
        for name, columns in whole.items()
        for other, longer in whole.items()
        if len(columns) < len(longer)
        and longer[: len(columns)] == columns
        and constraints[other]["index"]
        and not constraints[name]["unique"]
    ]
    assert repeating == []
