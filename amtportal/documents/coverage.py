"""The characters that a font file has, read from its ``cmap`` table.

fontTools reads the name of every glyph with it: to know what eight fonts have, a web worker would
grow by 50 MiB for as long as it lives.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Set
from itertools import chain
from pathlib import Path
from struct import unpack_from

TABLES = [(3, 10), (3, 1), (0, 6), (0, 4), (0, 3), (0, 2), (0, 1), (0, 0)]
"""Platforms and encodings of Unicode, those with most characters first."""


class Characters(Set[str]):
    """Characters as ranges of their numbers, which is a hundredth of the memory of a set."""

    def __init__(self, numbers: Iterable[int]) -> None:
        """``numbers`` ascend."""
        self._first, self._last = array("I"), array("I")
        for number in numbers:
            if self._last and number == self._last[-1] + 1:
                self._last[-1] = number
            else:
                self._first.append(number)
                self._last.append(number)

    @classmethod
    def _from_iterable(cls, it: Iterable[str]) -> frozenset[str]:
        return frozenset(it)

    def __contains__(self, character: object) -> bool:
        number = ord(character) if isinstance(character, str) and len(character) == 1 else -1
        place = bisect_right(self._first, number) - 1
        return place >= 0 and number <= self._last[place]

    def __iter__(self) -> Iterator[str]:
        ranges = zip(self._first, self._last, strict=True)
        return map(chr, chain.from_iterable(range(first, last + 1) for first, last in ranges))

    def __len__(self) -> int:
        return sum(self._last) - sum(self._first) + len(self._first)


def characters_of(file: Path) -> Characters:
    """Return the characters of a font; of several in one file, those of the first."""
    return Characters(sorted(_numbers(_cmap(file))))


def _cmap(file: Path) -> bytes:
    """Return the table of Unicode that has most characters, without what is before it."""
    with file.open("rb") as font:
        begin = 0
        if font.read(4) == b"ttcf":
            font.seek(12)
            (begin,) = unpack_from(">I", font.read(4))
        font.seek(begin)
        (tables,) = unpack_from(">4xH", font.read(12))
        folder = font.read(16 * tables)
        [(offset, length)] = [
            unpack_from(">II", folder, place + 8)
            for place in range(0, len(folder), 16)
            if folder[place : place + 4] == b"cmap"
        ]
        font.seek(offset)
        table = font.read(length)
    (parts,) = unpack_from(">2xH", table)
    where = {
        (platform, encoding): at
        for platform, encoding, at in (unpack_from(">HHI", table, 4 + 8 * part) for part in range(parts))
    }
    return table[next(where[kind] for kind in TABLES if kind in where) :]


def _numbers(table: bytes) -> Iterator[int]:
    """Yield the numbers of the characters that have a glyph: glyph 0 is the empty box."""
    (kind,) = unpack_from(">H", table)
    if kind == 12:
        (groups,) = unpack_from(">I", table, 12)
        for group in range(groups):
            first, last, glyph = unpack_from(">III", table, 16 + 12 * group)
            yield from range(first + (glyph == 0), last + 1)
        return
    if kind != 4:
        raise ValueError(f"A cmap of format {kind} is not known.")
    segments = unpack_from(">H", table, 6)[0] // 2
    ends, starts, deltas, offsets = (
        unpack_from(f">{segments}H", table, 14 + 2 * segments * place + (2 if place else 0)) for place in range(4)
    )
    of_offsets = 16 + 6 * segments
    for segment in range(segments - 1):  # the last one stands for the end
        for number in range(starts[segment], ends[segment] + 1):
            glyph = number
            if offsets[segment]:
                at = of_offsets + 2 * segment + offsets[segment] + 2 * (number - starts[segment])
                (glyph,) = unpack_from(">H", table, at)
                if not glyph:
                    continue
            if (glyph + deltas[segment]) & 0xFFFF:
                yield number
