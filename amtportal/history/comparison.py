"""Every row against the last line of its history: what was changed behind the portal's back.

The portal writes a line with each change, so a row must look like its last line. This holds for
every model with a ``History``, in all columns that its history keeps, and for the many-to-many
tables whose rows it keeps (groups and permissions). What is told of a row:

- it is gone, but no line says that it was deleted;
- it has no history;
- it is there, but its last line says that it was deleted;
- some columns have other values than the last line.

The database compares, a stretch of keys at a time, and returns only the rows that differ. The
values themselves are not told, because they may be personal and the output is mailed and logged.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection, models

from amtportal.chunks import chunks
from amtportal.history.lines import History

STRETCH = 5000
FIRST, LAST = -(2**63), 2**63 - 1  # the keys that a column of 64 bits can hold


@dataclass
class ComparisonTally:
    """The counts of one run."""

    rows: int = 0
    differences: int = 0

    def __str__(self) -> str:
        result = {0: "no differences", 1: "1 difference"}.get(self.differences, f"{self.differences:,} differences")
        return f"Rows: {self.rows:,} compared with the last lines of their histories: {result}."


class Difference(NamedTuple):
    """What is wrong with a row, told by its table and key."""

    table: str
    key: int
    wrong: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.wrong}"


class Related(NamedTuple):
    """A many-to-many table of a model, and the table in which its rows are kept with each line."""

    name: str
    stored: str
    kept: str
    source: str
    target: str
    targets: str


class Tracked:
    """A model with a history, as the database knows both."""

    def __init__(self, model: type[models.Model]) -> None:
        history: History = model.history_of  # type: ignore[attr-defined]
        lines: Any = history_model(model)
        quote = connection.ops.quote_name
        self.model = model
        self.table, self.lines = quote(model._meta.db_table), quote(lines._meta.db_table)
        self.key = quote(model._meta.pk.column)
        pairs = [(field, lines._meta.get_field(field.name)) for field in lines.tracked_fields if not field.primary_key]
        self.columns = [(field.name, quote(field.column), quote(kept.column)) for field, kept in pairs]
        self.related = [
            Related(
                field.name,
                quote(field.m2m_db_table()),
                quote(kept._meta.db_table),
                quote(field.m2m_column_name()),
                quote(field.m2m_reverse_name()),
                quote(field.related_model._meta.db_table),
            )
            for field in lines._history_m2m_fields
            for kept in [history.m2m_models[field]]
        ]


def tracked_models() -> list[type[models.Model]]:
    """Return every model with a history, sorted by the names of their tables."""
    found = [model for model in apps.get_models() if hasattr(model, "history_of")]
    return sorted(found, key=lambda model: model._meta.db_table)


@cache
def history_model(model: type[models.Model]) -> type[models.Model]:
    """Return the model of the lines of history of this model."""
    return getattr(model, model._meta.simple_history_manager_attribute).model  # type: ignore[attr-defined]


def compare(tally: ComparisonTally) -> Iterator[Difference]:
    """Yield each difference between a row and the last line of its history. Change nothing."""
    for model in tracked_models():
        tracked = Tracked(model)
        for first, last in _stretches(tracked):
            yield from _counted(tally, _settled(tracked, f"BETWEEN {first} AND {last}"))
        tally.rows += model._base_manager.count()


def compare_rows(model: type[models.Model], keys: Iterable[int], tally: ComparisonTally) -> Iterator[Difference]:
    """Yield the differences of these rows only, which may be gone."""
    tracked = Tracked(model)
    for chunk in chunks(sorted(keys)):
        yield from _counted(tally, _settled(tracked, _among(chunk)))
        tally.rows += len(chunk)


def rows_under(model: type[models.Model], key: int) -> dict[type[models.Model], set[int]]:
    """Return the row and all rows that refer to it, directly or through others, by model.

    Rows that are gone are among them: their history knows what they referred to.
    """
    found = {model: {key}}
    waiting = [model]
    while waiting:
        above = waiting.pop()
        for below in tracked_models():
            for field in below._meta.local_concrete_fields:
                if field.related_model is not above:
                    continue
                seen = found.setdefault(below, set())
                before = len(seen)
                for chunk in chunks(list(found[above])):
                    seen.update(below._base_manager.filter(**{f"{field.name}__in": chunk}).values_list("pk", flat=True))
                    lines = history_model(below)._base_manager.filter(**{f"{field.name}__in": chunk})
                    seen.update(lines.values_list("id", flat=True))
                if len(seen) > before:
                    waiting.append(below)
    return {related: keys for related, keys in found.items() if keys}


def _counted(tally: ComparisonTally, differences: list[Difference]) -> list[Difference]:
    tally.differences += len(differences)
    return differences


def _stretches(tracked: Tracked) -> Iterator[tuple[int, int]]:
    """Yield the first and the last key of each stretch.

    Together they cover all keys. None has many more than ``STRETCH`` rows or lines.
    """
    first = FIRST
    while first <= LAST:
        ends = [
            _end(f"SELECT {key} FROM {table} WHERE {key} >= {first} ORDER BY {key} LIMIT 1 OFFSET {STRETCH - 1}")  # noqa: S608
            for table, key in ((tracked.table, tracked.key), (tracked.lines, "id"))
        ]
        last = min(ends)
        yield first, last
        first = last + 1


def _end(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row[0] if row else LAST


def _settled(tracked: Tracked, where: str) -> list[Difference]:
    """Return the differences of these rows that are still there at a second look.

    Between the two, whoever saved the row outside of a transaction has written its line.
    """
    found = _differences(tracked, where)
    if not found:
        return []
    return _differences(tracked, _among(sorted({difference.key for difference in found})))


def _among(keys: Iterable[int]) -> str:
    return f"IN ({', '.join(str(int(key)) for key in keys)})"


def _differences(tracked: Tracked, where: str) -> list[Difference]:
    """Return the differences of the rows whose key fulfills the condition, in the order of the keys.

    Each query sees one moment, so that no row is newer than its line.
    """
    found = [*_changed(tracked, where), *_gone(tracked, where)]
    for related in tracked.related:
        found += _unrelated(tracked, related, where)
    return sorted(found, key=lambda difference: difference.key)


def _newest(tracked: Tracked, where: str) -> str:
    """Return the query for the key of each row that has history, and the key of its last line."""
    return f"SELECT id, MAX(history_id) AS newest FROM {tracked.lines} WHERE id {where} GROUP BY id"  # noqa: S608


def _changed(tracked: Tracked, where: str) -> Iterator[Difference]:
    other = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    differs = [f"stored.{column} {other} line.{kept}" for _, column, kept in tracked.columns]
    query = f"""
        WITH newest AS ({_newest(tracked, where)})
        SELECT stored.{tracked.key}, line.history_id, line.history_type, {", ".join(differs)}
        FROM {tracked.table} stored
        LEFT JOIN newest ON newest.id = stored.{tracked.key}
        LEFT JOIN {tracked.lines} line ON line.history_id = newest.newest
        WHERE stored.{tracked.key} {where}
        AND (line.history_id IS NULL OR line.history_type = '-' OR {" OR ".join(differs)})
    """  # noqa: S608
    names = [name for name, _, _ in tracked.columns]
    for key, line, kind, *differ in _fetched(query):
        if line is None:
            wrong = "has no history"
        elif kind == "-":
            wrong = f"is there, but line {line}, the last of its history, says that it was deleted"
        else:
            told = ", ".join(name for name, does in zip(names, differ, strict=True) if does)
            wrong = f"{told}: not as in line {line}, the last of its history"
        yield _difference(tracked, key, wrong)


def _gone(tracked: Tracked, where: str) -> Iterator[Difference]:
    query = f"""
        WITH newest AS ({_newest(tracked, where)})
        SELECT newest.id, newest.newest
        FROM newest JOIN {tracked.lines} line ON line.history_id = newest.newest
        WHERE line.history_type <> '-'
        AND NOT EXISTS (SELECT 1 FROM {tracked.table} stored WHERE stored.{tracked.key} = newest.id)
    """  # noqa: S608
    for key, line in _fetched(query):
        yield _difference(tracked, key, f"is gone, and line {line}, the last of its history, does not say so")


def _unrelated(tracked: Tracked, related: Related, where: str) -> Iterator[Difference]:
    """Yield the rows that are related to others than their last line says.

    What no longer exists does not count: a group that was deleted has its own history.
    """
    pair = f"{related.source}, {related.target}"
    query = f"""
        WITH newest AS ({_newest(tracked, where)}),
        stored AS (SELECT {pair} FROM {related.stored} WHERE {related.source} {where}),
        kept AS (
            SELECT {pair} FROM {related.kept} JOIN newest ON {related.kept}.history_id = newest.newest
            WHERE {related.target} IN (SELECT id FROM {related.targets})
            AND {related.source} IN (SELECT {tracked.key} FROM {tracked.table})
        )
        SELECT DISTINCT {related.source} FROM (
            SELECT * FROM (SELECT * FROM stored EXCEPT SELECT * FROM kept) added
            UNION ALL
            SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM stored) taken
        ) differing
    """  # noqa: S608
    for (key,) in _fetched(query):
        yield _difference(tracked, key, f"{related.name}: not as in the last line of its history")


def _difference(tracked: Tracked, key: int, wrong: str) -> Difference:
    return Difference(tracked.model._meta.db_table, key, wrong)


def _fetched(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()
