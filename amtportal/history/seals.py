"""The nightly chain of seals, and the check that history is still the same as when it was sealed.

A seal holds the digests of up to 1,000 rows of one table. Its own digest covers these digests and
the previous seal. The digest of the last seal is called the head. With the head, one can prove that
nothing before it was changed. Store the heads where nobody who can write to the database can write.
The digest of each row shows which row was changed.

The database gives out ids from 1 upward. A line with a smaller id was slipped in: it is below the
first seal of its table, which covers everything from the lowest id.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db import OperationalError, models

from amtportal.history import gaps, rows
from amtportal.history.models import Seal
from amtportal.history.packed import pack, unpack
from amtportal.history.triggers import append_only

BEGINNING = "0" * 64


@dataclass
class SealTally:
    """The counts of one verification."""

    seals: int = 0
    rows: int = 0
    differences: int = 0
    head: str = BEGINNING
    blanked: Counter[str] = field(default_factory=Counter)
    """How many sealed lines were blanked by law, by the name of the gap: known, and no differences."""

    def __str__(self) -> str:
        result = {0: "no differences", 1: "1 difference"}.get(self.differences, f"{self.differences:,} differences")
        return f"History: {self.rows:,} lines under {self.seals:,} seals verified: {result}. Head: {self.head}"


def sealed_models() -> list[type[models.Model]]:
    """Return every append-only model except the seals, which form their own chain."""
    return [model for model in append_only() if model is not Seal]


def digest(seal: Seal) -> str:
    """Return the digest that the seal must have."""
    header = [seal.previous, seal.table, seal.columns, seal.after_id, seal.upto_id, seal.rows]
    return hashlib.sha256(json.dumps(header).encode() + b"\n" + bytes(seal.entries)).hexdigest()


def compare(sealed: dict[int, bytes], current: dict[int, bytes]) -> Iterator[tuple[int, str]]:
    """Yield the id of each row that is not as it was sealed, and what is wrong with it."""
    for key in sorted(sealed.keys() | current.keys()):
        if key not in current:
            yield key, "was removed after it was sealed"
        elif key not in sealed:
            yield key, "was added below the seal"
        elif sealed[key] != current[key]:
            yield key, "was changed after it was sealed"


def head() -> str:
    """Return the digest of the last seal."""
    return Seal.objects.order_by("-pk").values_list("digest", flat=True).first() or BEGINNING


def seal() -> Iterator[tuple[str, int | None]]:
    """Seal the new rows of each table.

    Yields each table with the number of its new rows, or with None if somebody else locks the
    table.

    Each seal is a transaction of its own: a run that was stopped continues when it is started
    again. If two runs work at the same time, one of them fails on the constraint that only one seal
    can follow another.
    """
    last = head()
    for model in sealed_models():
        table, columns = model._meta.db_table, rows.columns_of(model)
        after = Seal.objects.filter(table=table).aggregate(most=models.Max("upto_id"))["most"] or 0
        try:
            upto = rows.settled_id(model)
        except OperationalError:  # a long write, such as an import; the next run seals the table
            yield table, None
            continue
        count = 0
        for batch in rows.read_rows(model, columns, after=after, upto=upto):
            new = Seal(table=table, columns=columns, after_id=after, upto_id=batch[-1].id, rows=len(batch))
            new.entries, new.previous = pack(batch), last
            new.digest = digest(new)
            new.save(force_insert=True)
            last, after, count = new.digest, new.upto_id, count + len(batch)
        yield table, count


def verify(tally: SealTally, *, since: str | None = None) -> Iterator[str]:
    """Yield a sentence for each difference between history and its seals. Change nothing.

    ``since``: an earlier head, which the chain must contain.
    """
    by_table = {model._meta.db_table: model for model in sealed_models()}
    present: dict[str, set[str]] = {}
    blanked: dict[str, dict[int, tuple[str, bytes]]] = {}
    reached: dict[str, int] = {}
    for seal in Seal.objects.order_by("pk").iterator(chunk_size=50):
        if seal.table not in present:
            present[seal.table] = rows.present_columns(seal.table) if seal.table in by_table else set()
            blanked[seal.table] = gaps.of_table(seal.table)
        known = Known(blanked[seal.table], tally.blanked)
        for sentence in _differences(seal, tally.head, reached.get(seal.table), by_table, present[seal.table], known):
            tally.differences += 1
            yield sentence
        tally.seals, tally.rows, tally.head = tally.seals + 1, tally.rows + seal.rows, seal.digest
        reached[seal.table] = seal.upto_id
    for table in sorted(by_table.keys() - reached.keys()):
        for sentence in _below(by_table[table], upto=0):
            tally.differences += 1
            yield sentence
    if since and since != BEGINNING and not Seal.objects.filter(digest=since).exists():
        tally.differences += 1
        yield f"history_seal: no seal has the digest {since}; seals were removed or made again"


@dataclass(frozen=True)
class Known:
    """The blanked lines of a table, and the tally of those that were found as their gap says."""

    lines: Mapping[int, tuple[str, bytes]]
    tally: Counter[str]

    def accounts_for(self, key: int, current: bytes | None) -> bool:
        """Return whether the line is exactly what its gap left."""
        name, digest = self.lines.get(key, ("", b""))
        is_known = current is not None and digest == current
        if is_known:
            self.tally[name] += 1
        return is_known


def _differences(
    seal: Seal,
    before: str,
    reached: int | None,
    by_table: dict[str, type[models.Model]],
    present: set[str],
    known: Known,
) -> Iterator[str]:
    if seal.previous != before or seal.after_id != (reached or 0):
        yield f"history_seal {seal.pk}: does not follow the seal before it"
    if seal.digest != digest(seal):
        yield f"history_seal {seal.pk}: was changed after it was made"
    lost = set(seal.columns) - present
    if lost:
        yield f"history_seal {seal.pk}: {seal.table} no longer has {', '.join(sorted(lost))}"
        return
    if reached is None:
        yield from _below(by_table[seal.table], upto=seal.after_id)
    batches = rows.read_rows(by_table[seal.table], seal.columns, after=seal.after_id, upto=seal.upto_id)
    current = {row.id: row.digest for batch in batches for row in batch}
    for key, wrong in compare(unpack(seal.entries), current):
        if not known.accounts_for(key, current.get(key)):
            yield f"{seal.table} {key}: {wrong}"


def _below(model: type[models.Model], *, upto: int) -> Iterator[str]:
    """Yield a sentence for each row below the first seal of the table."""
    for batch in rows.read_rows(model, [model._meta.pk.column], after=rows.BELOW_ALL, upto=upto):
        for row in batch:
            yield f"{model._meta.db_table} {row.id}: was added below the first seal"
