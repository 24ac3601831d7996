"""What a report is: one query, and the tables and charts that are made of its rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from amtportal.formatting import dollars, format_points
from ccp.reports.figures.chart import Bars

Row = list[Any]
"""A row of a report's query, as JSON keeps it: days as 2026-03-14, points as text."""


@dataclass(frozen=True)
class Money:
    cents: int


@dataclass(frozen=True)
class Percent:
    """A share of a whole, which may be nothing."""

    part: int
    whole: int

    @property
    def value(self) -> Decimal | None:
        return (Decimal(100 * self.part) / self.whole).quantize(Decimal("0.1")) if self.whole else None


Value = int | Decimal | Money | Percent


@dataclass(frozen=True)
class Figure:
    """One figure, and the address of the list with its rows, if there is such a list."""

    value: Value
    address: str = ""

    def __str__(self) -> str:
        if isinstance(self.value, Money):
            return dollars(self.value.cents)
        if isinstance(self.value, Percent):
            return "–" if self.value.value is None else f"{self.value.value}%"
        if isinstance(self.value, Decimal):
            return f"{Decimal(format_points(self.value)):,}"
        return f"{self.value:,}"

    @property
    def in_file(self) -> str | int:
        """Return the figure as a file has it, without signs and commas."""
        if isinstance(self.value, Money):
            return f"{Decimal(self.value.cents) / 100:.2f}"
        if isinstance(self.value, Percent):
            return "" if self.value.value is None else str(self.value.value)
        return format_points(self.value) if isinstance(self.value, Decimal) else self.value


@dataclass(frozen=True)
class Head:
    """The head of a column of figures, and the rule of these figures in words."""

    title: str
    rule: str


@dataclass(frozen=True)
class Table:
    """Figures by line, with what a line is (``about``), and the same as a chart."""

    title: str
    about: str
    heads: Sequence[Head]
    lines: Sequence[tuple[str, Sequence[Figure]]]
    bars: Bars | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report. ``query`` asks that database for everything, on that day, in one query.

    ``tables`` makes the tables of its rows; ``credential`` narrows them, if ``by_credential``.
    """

    name: str
    title: str
    question: str
    query: Callable[[date, str], Iterable[Sequence[Any]]]
    tables: Callable[[Sequence[Row], date, str], Sequence[Table]]
    credentials: Callable[[Sequence[Row]], Sequence[str]] = field(default=lambda rows: ())
    """The credentials by which it can be narrowed; none if it cannot."""


def kept(row: Sequence[Any]) -> Row:
    """Return a row of a query as JSON keeps it."""
    return [_kept(value) for value in row]


def _kept(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()[:10]
    return format_points(value) if isinstance(value, Decimal) else value


def rows_of(model: str, **filters: object) -> str:
    """Return the address of a list of the admin, filtered: ``rows_of("ccp_activity", recorded_at__gte=…)``."""
    chosen = {name: value for name, value in filters.items() if value not in (None, "")}
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(chosen)}"


def total(numbers: Mapping[Any, int], *keys: Any) -> int:
    return sum(numbers.get(key, 0) for key in keys)
