"""Words and where they stand on a page, and the lines and sentences that they make.

Lengths are in thousandths of the page's width, so that they are alike on every page and scan.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from ccp.reading.found import Spot

WIDTH = 1000.0


@dataclass(frozen=True)
class Word:
    """``sure`` is how sure the OCR is of it, 0 to 100; the text of a PDF is sure."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    sure: float = 100

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Segment:
    """Words that stand in one line without a wide gap between them, such as a cell of a table."""

    words: tuple[Word, ...]
    page: int = 0
    page_height: float = WIDTH

    @cached_property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @cached_property
    def left(self) -> float:
        return min(word.left for word in self.words)

    @cached_property
    def right(self) -> float:
        return max(word.right for word in self.words)

    @cached_property
    def top(self) -> float:
        return min(word.top for word in self.words)

    @cached_property
    def bottom(self) -> float:
        return max(word.bottom for word in self.words)

    @cached_property
    def height(self) -> float:
        return median(word.height for word in self.words)

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def words_between(self, start: int, end: int) -> tuple[Word, ...]:
        """Return the words that the letters from ``start`` to ``end`` of the text belong to."""
        found, at = [], 0
        for word in self.words:
            if at < end and at + len(word.text) > start:
                found.append(word)
            at += len(word.text) + 1
        return tuple(found)

    def spot(self, start: int = 0, end: int | None = None) -> Spot:
        words = self.words_between(start, len(self.text) if end is None else end) or self.words
        return Spot(
            self.page,
            max(0.0, min(word.left for word in words) / WIDTH),
            max(0.0, min(word.top for word in words) / self.page_height),
            min(1.0, max(word.right for word in words) / WIDTH),
            min(1.0, max(word.bottom for word in words) / self.page_height),
        )


@dataclass(frozen=True)
class Page:
    """The words of a page. ``height`` is in thousandths of its width."""

    words: tuple[Word, ...]
    height: float = WIDTH


def segments(pages: Sequence[Page]) -> list[Segment]:
    """Return the segments of every page, line by line from the top, from left to right."""
    return [segment for number, page in enumerate(pages) for segment in _segments_of(page, number)]


def _segments_of(page: Page, number: int) -> list[Segment]:
    found: list[Segment] = []
    for line in map(_unspaced, lines(page.words)):
        height = median(word.height for word in line)
        cells = [[line[0]]]
        for before, word in pairwise(line):
            if word.left - before.right > GAP * min(height, max(before.height, word.height)):
                cells.append([])
            cells[-1].append(word)
        found.extend(Segment(tuple(cell), number, page.height) for cell in cells)
    return found


def _unspaced(line: list[Word]) -> list[Word]:
    """Return the line with words that are printed l e t t e r  b y  l e t t e r put together.

    Their letters stand apart, and their words stand apart more.
    """
    if len(line) < SPACED or sum(len(word.text) == 1 for word in line) < 0.7 * len(line):
        return line
    gaps = [word.left - before.right for before, word in pairwise(line)]
    wide = 1.6 * median(gaps)
    words = [[line[0]]]
    for gap, word in zip(gaps, line[1:], strict=True):
        if gap > wide:
            words.append([])
        words[-1].append(word)
    return [
        Word(
            "".join(part.text for part in word),
            word[0].left,
            min(part.top for part in word),
            word[-1].right,
            max(part.bottom for part in word),
            min(part.sure for part in word),
        )
        for word in words
    ]


SPACED = 5
GAP = 1.3
"""Gaps of more than this many heights of the letters separate cells. A space takes about a third."""


def lines(words: Iterable[Word]) -> list[list[Word]]:
    """Return the words line by line: those whose middles are at the same height."""
    found: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.middle):
        line = next((line for line in reversed(found[-4:]) if _in_line(word, line)), None)
        if line is None:
            found.append([word])
        else:
            line.append(word)
    return [sorted(line, key=lambda word: word.left) for line in found]


def _in_line(word: Word, line: Sequence[Word]) -> bool:
    """Return whether the word continues the line: each stands across the other's middle."""
    nearest = min(line, key=lambda other: abs(other.left - word.left))
    apart = abs(nearest.middle - word.middle)
    return apart < 0.5 * min(nearest.height, word.height) or (
        apart < 0.3 * max(nearest.height, word.height) and min(nearest.height, word.height) > 0
    )


def plain(text: str) -> str:
    """Return the text with plain letters, quotes and dashes, and single spaces."""
    changed = unicodedata.normalize("NFKC", text)
    return " ".join(changed.translate(_PLAIN).split())


_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u00ab\u00bb\u201e", '"'),
        "\u00ad": "",
        "\u200b": "",
    }
)
