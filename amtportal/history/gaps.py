"""Named gaps: lines of history that were blanked because the law required it, and nothing else about them.

- Columns that may ever be blanked are registered (``may_be_blanked``). The triggers let nobody change
  another column of a line, nor give one of these any value but none, an empty one, or ``erased``.
- Each line is named before it is blanked (``BlankedLine``); the triggers refuse a line that is not.
- A gap keeps the digest of each blanked line. A sealed line that differs from its seal is accounted
  for if it is exactly what the gap says. Whatever else differs is found, in that line and beside it.

Both tables are append-only and sealed themselves: a gap that somebody made up later shows in the seals,
and in the list of gaps that ``verify_records`` prints.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.db.models import Q

from amtportal.chunks import chunks
from amtportal.history import rows
from amtportal.history.models import BlankedLine, Gap, Seal
from amtportal.history.packed import pack, unpack

ERASED = "erased"
"""Stands where a text must not be empty; a longer one that must be unique begins with it."""

_columns: dict[str, frozenset[str]] = {}


def may_be_blanked(model: type[models.Model], columns: Iterable[str]) -> None:
    """Let these columns of an append-only table be blanked. Called once, when the apps are ready."""
    table = model._meta.db_table
    _columns[table] = _columns.get(table, frozenset()) | frozenset(columns)


def blankable(table: str) -> list[str]:
    """Return the columns of the table that may be blanked; none for most tables."""
    return sorted(_columns.get(table, ()))


def is_blank(value: str) -> str:
    """Return the SQL condition that a value, given as SQL, is blank."""
    return f"({value} IS NULL OR {value} IN ('', '{{}}', '[]', '{ERASED}') OR {value} LIKE '{ERASED}-%')"


def name_lines(gap: str, model: type[models.Model], keys: Iterable[int]) -> None:
    """Name lines that are about to be blanked; one that was blanked already stays in its gap."""
    table = model._meta.db_table
    for some in chunks(sorted(keys)):
        named = BlankedLine.objects.filter(table=table, line__in=some).values_list("line", flat=True)
        new = sorted(set(some) - set(named))
        BlankedLine.objects.bulk_create([BlankedLine(gap=gap, table=table, line=key) for key in new])


def close(gap: str, by_table: Mapping[type[models.Model], Iterable[int]]) -> dict[str, int]:
    """Keep the digests of the lines that were blanked under this name, and return how many there are by table."""
    counts = {}
    for model, keys in sorted(by_table.items(), key=lambda item: item[0]._meta.db_table):
        digests = _digests(model, sorted(keys))
        if digests:
            table = model._meta.db_table
            Gap.objects.create(name=gap, table=table, lines=len(digests), entries=pack(digests.items()))
            counts[table] = len(digests)
    return counts


def _digests(model: type[models.Model], keys: list[int]) -> dict[int, bytes]:
    """Return the digest of each of these lines as it is now, over the columns that its seal covers.

    A line without a seal gets one over all columns, as does the seal that is made next.
    """
    found: dict[int, bytes] = {}
    whole = rows.columns_of(model)
    for some in chunks(keys):
        seals = Seal.objects.filter(table=model._meta.db_table, upto_id__gte=some[0], after_id__lt=some[-1])
        stretches = list(seals.order_by("pk").values_list("after_id", "upto_id", "columns"))
        by_columns: dict[tuple[str, ...], list[int]] = {}
        for key in some:
            columns = next((columns for after, upto, columns in stretches if after < key <= upto), whole)
            by_columns.setdefault(tuple(columns), []).append(key)
        for columns, those in by_columns.items():
            found.update(rows.read_some(model, columns, those))
    return dict(sorted(found.items()))


def of_table(table: str) -> dict[int, tuple[str, bytes]]:
    """Return the name of the gap and the digest for each blanked line of the table."""
    return {
        key: (gap.name, digest)
        for gap in Gap.objects.filter(table=table).order_by("pk")
        for key, digest in unpack(gap.entries).items()
    }


def names() -> dict[str, dict[str, int]]:
    """Return how many lines each gap has, by table."""
    found: dict[str, dict[str, int]] = {}
    for name, table, lines in Gap.objects.order_by("pk").values_list("name", "table", "lines"):
        found.setdefault(name, {})[table] = lines
    return found


def not_blank(values: Mapping[str, Any]) -> Q:
    """Return the condition of the rows in which a column is not what it is to be. There is one column at least."""
    differs = Q()
    for name, value in values.items():
        differs |= Q(**{f"{name}__isnull": False}) if value is None else ~Q(**{name: value})
    return differs
