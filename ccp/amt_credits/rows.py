"""The rows of a file of credits from AMT: what each column may hold, and what is wrong with a row.

A row is one credit: what AMT gives one member for one course. The rules are the same as for what
members record, except those about the cycle: a row is not wrong because the portal does not know
the person or because no open cycle of the person covers the days.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from amtportal import plausible, refusals
from amtportal.formatting import format_day, format_points, typed
from amtportal.imports.cells import Problem, day, lengths_of, read_cells, short
from amtportal.members.models import Member
from ccp.counting.terms import Terms
from ccp.models import Activity, ActivityType
from ccp.recording import claims, eligibility

COLUMNS = ("provider_reference", "amt_id", "last_name", "activity_type", "title", "starts_on", "ends_on", "points")
REQUIRED = ("provider_reference", "amt_id", "activity_type", "starts_on", "points")

_LENGTHS = lengths_of(("provider_reference", "amt_id", "last_name", "title"), Member, Activity)
_POINTS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class CreditRow:
    """One credit as it is in the file. ``activity_type`` is the code of the type.

    ``last_name`` is of the person, if the file has it: it catches an AMT ID that is somebody else's.
    For an activity of one day, the file may leave the last day empty.
    """

    line: int
    provider_reference: str
    amt_id: str
    activity_type: str
    starts_on: date
    ends_on: date
    points: Decimal
    title: str = ""
    last_name: str = ""


def number_of(value: str, *, what: str) -> Decimal:
    if not _POINTS.fullmatch(value):
        raise ValueError(f"“{short(value)}” is not a number of {what}. Write it like 2 or 1.5.")
    return Decimal(value)


def points(value: str) -> Decimal:
    number = number_of(value, what="points")
    if problem := claims.problem_with_points(number):
        raise ValueError(problem.sentence)
    return number.quantize(Decimal("0.01"))


def activity_day(value: str) -> date:
    read = day(value)
    if problem := plausible.problem_with_credited_day(read):
        raise ValueError(problem)
    return read


def read_credit_row(
    cells: Mapping[str, str], *, line: int, activity_types: Mapping[str, ActivityType]
) -> tuple[CreditRow | None, list[Problem]]:
    """Return the row that the cells (by column) make, or everything that is wrong with them."""
    values, problems = read_cells(
        cells,
        line=line,
        required=REQUIRED,
        lengths=_LENGTHS,
        meaning=lambda value, column: meaning(value, column, activity_types),
        prose=("title", "last_name"),
        codes=("provider_reference", "amt_id"),
    )
    if problems:
        return None, problems
    values["ends_on"] = values.get("ends_on") or values["starts_on"]
    return CreditRow(line=line, **values), []  # type: ignore[arg-type]


class Dated(Protocol):
    """A row of a file that brings an activity."""

    @property
    def line(self) -> int: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date: ...
    @property
    def points(self) -> Decimal: ...


def problems_with(row: Dated, activity_type: ActivityType, terms: Terms, on: date) -> list[Problem]:
    """Return what is wrong with a new credit, or with another new activity, that comes on that day."""
    broken = [
        eligibility.problem_with_activity_type(activity_type, terms, on),
        claims.problem_with_type(
            activity_type.name, terms.claimable_from, terms.claimable_until, row.starts_on, row.ends_on
        ),
        claims.problem_with_claim(row.points, terms.least, terms.most, activity_type.name),
    ]
    if row.starts_on > row.ends_on:
        broken.append(
            refusals.Problem("ends_on", f"It is before {format_day(row.starts_on)}, the first day. Correct it.")
        )
    elif row.ends_on > on:
        broken.append(
            refusals.Problem("ends_on", f"{format_day(row.ends_on)} is in the future. Send the row once it is past.")
        )
    return [Problem(row.line, problem.field, problem.sentence) for problem in broken if problem]


def contradictions(rows: Iterable[CreditRow]) -> Iterator[Problem]:
    """Find references that are in the file twice.

    Each problem is reported on the later line and names the earlier line.
    """
    lines: dict[str, int] = {}
    for row in rows:
        first = lines.setdefault(row.provider_reference, row.line)
        if first != row.line:
            yield Problem(
                row.line,
                "provider_reference",
                f"{row.provider_reference} is on line {first} already. Delete one of the two rows, or correct it.",
            )


def differences(row: CreditRow, stored: Mapping[str, object]) -> str:
    """Return how the row differs from what is on record under its reference.

    The result is an empty string if it does not differ.
    """
    return " and ".join(
        f"{column} “{_shown(was)}” there and “{_shown(getattr(row, column))}” here"
        for column, was in stored.items()
        if getattr(row, column) != was
    )


def meaning(value: str, column: str, activity_types: Mapping[str, ActivityType]) -> object:
    """Return what the text of a cell stands for. Raises ValueError with a sentence."""
    match column:
        case "activity_type":
            if value not in activity_types:
                known = ", ".join(sorted(activity_types))
                raise ValueError(f"“{short(value)}” is not the code of an activity type. Write one of {known}.")
            return value
        case "starts_on" | "ends_on":
            return activity_day(value) if value else None
        case "points":
            return points(value)
        case _:
            return value


def _shown(value: object) -> str:
    if isinstance(value, date):
        return typed(value)
    return format_points(value) if isinstance(value, Decimal) else short(str(value))
