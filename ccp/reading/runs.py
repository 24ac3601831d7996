"""The text of a certificate as it is read on: sentences over several lines, and cells of tables.

A *run* is one or more segments whose text is read as one. A line that stands alone continues the
line above it; cells that stand side by side are runs of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ccp.reading.found import Spot
from ccp.reading.labels import folded
from ccp.reading.pages import Segment

TEXT = 100
FAR = 4.0  # heights of the letters between two lines of one run
NEAR = 7.0  # and between a label and what it names


@dataclass(frozen=True)
class Run:
    segments: tuple[Segment, ...]

    @cached_property
    def text(self) -> str:
        """Return the words, with a line feed between the lines."""
        return "\n".join(segment.text for segment in self.segments)

    @cached_property
    def flat(self) -> str:
        """Return the words in small letters without accents, letter for letter, in one line."""
        return folded(self.text)

    @cached_property
    def lined(self) -> str:
        """Return ``flat`` with the line feeds of ``text``."""
        return "".join("\n" if at == "\n" else letter for at, letter in zip(self.text, self.flat, strict=True))

    def pieces(self, start: int, end: int) -> list[tuple[Segment, int, int]]:
        """Return the segments from ``start`` to ``end`` of the text, each with its own part."""
        found, at = [], 0
        for segment in self.segments:
            length = len(segment.text)
            if at < end and at + length > start:
                found.append((segment, max(0, start - at), min(length, end - at)))
            at += length + 1
        return found

    def spot(self, start: int, end: int) -> Spot:
        spots = [segment.spot(begins, ends) for segment, begins, ends in self.pieces(start, end)]
        spot = spots[0]
        for other in spots[1:]:
            if other.page == spot.page:
                spot = spot.with_(other)
        return spot

    @property
    def is_text(self) -> bool:
        """Return whether it is text of a PDF, and was not recognized in a picture."""
        return all(word.sure == TEXT for segment in self.segments for word in segment.words)

    def sure(self, start: int, end: int) -> float:
        """Return how sure the least sure word is."""
        words = [word for segment, *part in self.pieces(start, end) for word in segment.words_between(*part)]
        return min((word.sure for word in words), default=0)


class Layout:
    """The segments of a certificate, and which stand beside, above and below which."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = list(segments)
        self.lines: dict[int, list[Segment]] = {}
        self._line_of: dict[int, int] = {}
        for segment in self.segments:
            number = next(
                (key for key, line in reversed(self.lines.items()) if _side_by_side(line[-1], segment)), len(self.lines)
            )
            self.lines.setdefault(number, []).append(segment)
            self._line_of[id(segment)] = number
        self.runs = self._runs()

    def _runs(self) -> list[Run]:
        runs: list[list[Segment]] = []
        before: list[Segment] = []
        for line in self.lines.values():
            continues = (
                len(line) == 1
                and len(before) == 1
                and line[0].page == before[0].page
                and line[0].top - before[0].bottom < FAR * min(line[0].height, before[0].height)
            )
            if continues:
                runs[-1].append(line[0])
            else:
                runs.extend([segment] for segment in line)
            before = line
        return [Run(tuple(run)) for run in runs]

    def line(self, segment: Segment) -> list[Segment]:
        return self.lines[self._line_of[id(segment)]]

    def left_of(self, segment: Segment) -> Segment | None:
        beside = [other for other in self.line(segment) if other.right <= segment.left]
        return max(beside, key=lambda other: other.right, default=None)

    def right_of(self, segment: Segment) -> Segment | None:
        beside = [other for other in self.line(segment) if other.left >= segment.right]
        return min(beside, key=lambda other: other.left, default=None)

    def above(self, segment: Segment) -> list[Segment]:
        """Return what stands above it on the page, the nearest first."""
        found = [
            other
            for other in self.segments
            if other.page == segment.page and other.middle < segment.top and _one_over_the_other(other, segment)
        ]
        return sorted(found, key=lambda other: -other.bottom)

    def below(self, segment: Segment) -> list[Segment]:
        found = [
            other
            for other in self.segments
            if other.page == segment.page and other.middle > segment.bottom and _one_over_the_other(other, segment)
        ]
        return sorted(found, key=lambda other: other.top)


def _side_by_side(one: Segment, other: Segment) -> bool:
    return one.page == other.page and abs(one.middle - other.middle) < 0.5 * min(one.height, other.height) + 1


def _one_over_the_other(one: Segment, other: Segment) -> bool:
    shared = min(one.right, other.right) - max(one.left, other.left)
    return shared > 0.4 * min(one.right - one.left, other.right - other.left)


def distance(one: Segment, other: Segment) -> float:
    """Return how far apart two lines are, in heights of the smaller letters."""
    upper, lower = (one, other) if one.top < other.top else (other, one)
    return max(0.0, lower.top - upper.bottom) / min(one.height, other.height)
