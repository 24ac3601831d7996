"""Queries whose SQL is compiled once for each process.

Django compiles a queryset to SQL each time it is asked, which for a query with joins takes longer
than the database takes to answer it. The queries of the pages that everybody opens differ only in
keys: their SQL is kept, and the keys are put in. The rows are read each time, so nothing is stale.

    @prepared
    def _open(member: int) -> QuerySet[Cycle]:
        return Cycle.objects.unclosed().filter(certification__member=member)

    _open(member.pk)  # a list of cycles

The function must put its keys into the queryset and do nothing else with them. A key is a whole
number, a text, or a list of whole numbers.
"""

import copy
from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")
Key = int | str | Sequence[int]
LONGEST = 16
"""A longer list of keys is rare, and its SQL is not kept."""
_MARK = 2**61  # stands for a key while the SQL is compiled; no row has such a key


class prepared(Generic[Row]):
    """Make a function that returns a queryset one that returns its rows, by SQL that is kept."""

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self.build = build
        self._statements: dict[tuple[object, ...], _Statement] = {}
        update_wrapper(self, build)

    def __call__(self, *keys: Key) -> list[Row]:
        if not all(_is_usual(key) for key in keys):
            return list(self.build(*keys))
        shape = (connection.vendor, *(type(key) if isinstance(key, (int, str)) else len(key) for key in keys))
        statement = self._statements.get(shape)
        if statement is None:
            statement = self._statements[shape] = _Statement(self.build, keys)
        return statement.rows(keys)


class _Statement:
    """The SQL of a queryset for keys of these kinds, and where each key goes."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], keys: Sequence[Key]) -> None:
        flat = _flat(keys)
        marks: list[int | str] = [
            f"{_MARK + place}" if isinstance(key, str) else _MARK + place for place, key in enumerate(flat)
        ]
        unused = iter(marks)
        self.queryset = build(
            *(next(unused) if isinstance(key, (int, str)) else [next(unused) for _ in key] for key in keys)
        )
        assert not self.queryset._prefetch_related_lookups, "a prefetch is compiled each time"  # type: ignore[attr-defined]
        self.compiler = self.queryset.query.get_compiler(connection=connection)
        self.sql, self.params = self.compiler.as_sql()
        places = {mark: place for place, mark in enumerate(marks)}
        self.places = [places.get(param) if isinstance(param, (int, str)) else None for param in self.params]
        assert set(places.values()) <= set(self.places), "a key is not in the SQL as it was given"

    def rows(self, keys: Sequence[Key]) -> list[Any]:
        if self.queryset.query.select_for_update and not connection.in_atomic_block:
            raise TransactionManagementError("A lock ends with its transaction, and there is none.")
        flat = _flat(keys)
        params = [
            param if place is None else flat[place] for param, place in zip(self.params, self.places, strict=True)
        ]
        compiler = copy.copy(self.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *args, **kwargs: (self.sql, params)
        queryset, query = _shallow(self.queryset), _shallow(self.queryset.query)
        query.get_compiler = lambda *args, **kwargs: compiler
        queryset._query = query
        return list(queryset._iterable_class(queryset))


def _is_usual(key: Key) -> bool:
    """Return whether the SQL for such a key is kept. A number that no column holds has none: Django finds nothing."""
    if isinstance(key, int):
        return 0 <= key < _MARK
    return isinstance(key, str) or 0 < len(key) <= LONGEST


def _flat(keys: Sequence[Key]) -> list[int | str]:
    return [one for key in keys for one in ([key] if isinstance(key, (int, str)) else key)]


def _shallow(one: Any) -> Any:
    """Return a copy that shares what the other one holds; ``copy`` would fetch a queryset's rows."""
    other = object.__new__(type(one))
    other.__dict__.update(one.__dict__)
    return other
