"""Queries that Django compiles once, for pages where compiling costs more than the database takes.

    _credits = Prepared(lambda keys: Credit.objects.filter(cycle__in=keys).values_list("pk", "points"))
    rows = _credits([1, 2])

The function builds the query from a list of whole numbers, which is all that differs from one call to
the next. It is called once for each length of the list (up to ``LONGEST``), with marks in place of the
numbers. The rows are as Django returns them: tuples, or records with what ``select_related`` names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import ModelIterable, get_related_populators  # type: ignore[attr-defined]

_MARK = -(2**40)  # the marks go down from here; no key has such a value
LONGEST = 16
"""The longest list for which the compiled query is kept. Long lists are rare, and of every length."""


@dataclass(frozen=True)
class _Compiled:
    """The statement; for each parameter its place in the list, or None and its value; how rows are read."""

    sql: str
    parameters: list[tuple[int | None, Any]]
    compiler: Any
    converters: Any
    makes_records: bool

    def records(self, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Return the records of the rows, as a QuerySet does."""
        of_model, selected = self.compiler.klass_info, self.compiler.select
        first, end = of_model["select_fields"][0], of_model["select_fields"][-1] + 1
        names = [column.target.attname for column, *_ in selected[first:end]]
        related = get_related_populators(of_model, selected, connection.alias)
        records = []
        for row in rows:
            record = of_model["model"].from_db(connection.alias, names, row[first:end])
            for populator in related:
                populator.populate(row, record)
            records.append(record)
        return records


class Prepared:
    """A query, by the function that builds it from a list of numbers."""

    def __init__(self, build: Callable[[Sequence[int]], QuerySet[Any, Any]]) -> None:
        self._build = build
        self._compiled: dict[tuple[str, int], _Compiled] = {}

    def __call__(self, numbers: Sequence[int]) -> list[Any]:
        """Run the query, and return its rows."""
        key = (connection.vendor, len(numbers))
        compiled = self._compiled.get(key) or self._compile(len(numbers))
        if len(numbers) <= LONGEST:
            self._compiled[key] = compiled
        with connection.cursor() as cursor:
            parameters = compiled.parameters
            cursor.execute(compiled.sql, [fixed if place is None else numbers[place] for place, fixed in parameters])
            rows = cursor.fetchall()
        if compiled.converters:
            rows = [tuple(row) for row in compiled.compiler.apply_converters(rows, compiled.converters)]
        return compiled.records(rows) if compiled.makes_records else rows

    def _compile(self, length: int) -> _Compiled:
        marks = [_MARK - place for place in range(length)]
        queryset = self._build(marks)
        compiler = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        places = [(marks.index(value) if value in marks else None, value) for value in parameters]
        assert {place for place, _ in places} >= set(range(length)), "each number is compared as it is given"
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        return _Compiled(sql, places, compiler, converters, queryset._iterable_class is ModelIterable)
