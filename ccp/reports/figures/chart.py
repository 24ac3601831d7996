"""A chart of bars, drawn on the server: one bar for each line of a table, in parts.

The bars lie, one below the other, so that their labels fit on a phone. Each part has its own fill
and its figure as a title; the table below says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LABELS, FIGURES = 400, 112, 64
BAR, STEP = 16, 24


@dataclass(frozen=True)
class Part:
    """A part of a bar: where it begins, how long it is, which fill it has, and what it says."""

    x: int
    width: int
    fill: int
    title: str


@dataclass(frozen=True)
class Bar:
    label: str
    y: int
    parts: Sequence[Part]
    end: int
    total: str

    @property
    def baseline(self) -> int:
        return self.y + BAR - 3


@dataclass(frozen=True)
class Bars:
    """The chart. ``parts``: what each fill stands for. ``sentence``: the chart in words."""

    bars: Sequence[Bar]
    parts: Sequence[str]
    sentence: str
    height: int
    bar_height: int = BAR
    width: int = WIDTH
    axis: int = LABELS

    @property
    def legend(self) -> Sequence[tuple[int, str]]:
        return list(enumerate(self.parts, start=1))


def bars(lines: Sequence[tuple[str, Sequence[int]]], parts: Sequence[str], *, money: bool = False) -> Bars:
    """Return the chart of these lines: a label, and a number for each part. Numbers below 0 are drawn as 0.

    The longest bar has the whole width. A part that is not 0 is at least one unit wide.
    """
    top = max((sum(max(number, 0) for number in numbers) for _, numbers in lines), default=0) or 1
    room = WIDTH - LABELS - FIGURES
    drawn = []
    for place, (label, numbers) in enumerate(lines):
        x, found = LABELS, []
        for fill, (name, number) in enumerate(zip(parts, numbers, strict=True), start=1):
            if number <= 0:
                continue
            width = max(round(room * number / top), 1)
            found.append(Part(x, width, fill, f"{label}, {name}: {_written(number, money)}"))
            x += width
        drawn.append(Bar(label, 4 + STEP * place, found, x, _written(sum(numbers), money)))
    return Bars(drawn, parts, _sentence(lines, parts, money), 4 + STEP * len(lines))


def _written(number: int, money: bool) -> str:
    return f"${number // 100:,}" if money else f"{number:,}"


def _sentence(lines: Sequence[tuple[str, Sequence[int]]], parts: Sequence[str], money: bool) -> str:
    """Return the chart in words: what is in it, and where the most and the fewest are."""
    sums = [(sum(numbers), label) for label, numbers in lines]
    if not any(number for number, _ in sums):
        return "There is nothing to draw yet."
    most, fewest = max(sums), min(sums)
    return (
        f"{len(lines)} bars in parts: {', '.join(parts)}. The longest is {most[1]} with {_written(most[0], money)}, "
        f"the shortest {fewest[1]} with {_written(fewest[0], money)}. The table below has every figure."
    )
