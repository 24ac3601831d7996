"""The rows of a file of CE from AMTrax: what each column may hold, and what is wrong with a row.

A row is one activity that the member recorded in AMTrax before AMT used this portal. The rules are
the same as for credits from AMT (``ccp.amt_credits.rows``), except that the activity must lie in an
open cycle of a member whom the portal knows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from amtportal.formatting import format_day, format_points, typed
from amtportal.imports.cells import Problem, day, lengths_of, read_cells, short
from amtportal.members.models import Member
from ccp.amt_credits import rows as credit_rows
from ccp.counting.terms import Terms
from ccp.models import Activity, ActivityType

COLUMNS = (
    "reference",
    "amt_id",
    "activity_type",
    "title",
    "provider",
    "starts_on",
    "ends_on",
    "points",
    "recorded_on",
)
REQUIRED = ("reference", "amt_id", "activity_type", "starts_on", "points")

_LENGTHS = {
    **lengths_of(("amt_id", "title", "provider"), Member, Activity),
    "reference": Activity._meta.get_field("provider_reference").max_length,
}


@dataclass(frozen=True, slots=True)
class AmtraxRow:
    """One activity as it is in the file. ``activity_type`` is the code of the type.

    For an activity of one day, the file may leave the last day empty. ``recorded_on`` is the day
    since which it counted in AMTrax; None if the file does not say.
    """

    line: int
    reference: str
    amt_id: str
    activity_type: str
    starts_on: date
    ends_on: date
    points: Decimal
    title: str = ""
    provider: str = ""
    recorded_on: date | None = None


def read_amtrax_row(
    cells: Mapping[str, str], *, line: int, activity_types: Mapping[str, ActivityType]
) -> tuple[AmtraxRow | None, list[Problem]]:
    """Return the row that the cells (by column) make, or everything that is wrong with them."""
    values, problems = read_cells(
        cells,
        line=line,
        required=REQUIRED,
        lengths=_LENGTHS,
        meaning=lambda value, column: _meaning(value, column, activity_types),
        prose=("title", "provider"),
        codes=("reference", "amt_id"),
    )
    if problems:
        return None, problems
    values["ends_on"] = values.get("ends_on") or values["starts_on"]
    return AmtraxRow(line=line, **values), []  # type: ignore[arg-type]


def problems_with(row: AmtraxRow, activity_type: ActivityType, terms: Terms, on: date) -> list[Problem]:
    """Return what is wrong with a new row that comes on that day."""
    problems = credit_rows.problems_with(row, activity_type, terms, on)
    if row.recorded_on is None:
        return problems
    if row.recorded_on > on:
        sentence = f"{format_day(row.recorded_on)} is in the future. Correct it, or leave it empty."
        problems.append(Problem(row.line, "recorded_on", sentence))
    elif row.recorded_on < row.ends_on:
        sentence = (
            f"{format_day(row.recorded_on)} is before {format_day(row.ends_on)}, the last day of the activity. "
            "Correct it, or leave it empty."
        )
        problems.append(Problem(row.line, "recorded_on", sentence))
    return problems


def contradictions(rows: Iterable[AmtraxRow]) -> Iterator[Problem]:
    """Find references that are in the file twice.

    Each problem is reported on the later line and names the earlier line.
    """
    lines: dict[str, int] = {}
    for row in rows:
        first = lines.setdefault(row.reference, row.line)
        if first != row.line:
            sentence = f"{row.reference} is on line {first} already. Delete one of the two rows, or correct it."
            yield Problem(row.line, "reference", sentence)


def differences(row: AmtraxRow, stored: Activity, member: Member | None) -> str:
    """Return how the row differs from the entry on record; empty if it does not.

    ``member``: the member who has the row's AMT ID, which may be a former one.
    """
    pairs: list[tuple[str, object, object]] = [
        ("activity_type", stored.activity_type.code, row.activity_type),
        ("title", stored.title, row.title),
        ("provider", stored.provider, row.provider),
        ("starts_on", stored.starts_on, row.starts_on),
        ("ends_on", stored.ends_on, row.ends_on),
        ("points", stored.points, row.points),
        ("recorded_on", stored.recorded_in_amtrax_on, row.recorded_on),
    ]
    if member is None or stored.member_id != member.pk:
        pairs.insert(0, ("amt_id", stored.member.amt_id, row.amt_id))
    return " and ".join(
        f"{column} “{_shown(was)}” there and “{_shown(now)}” here" for column, was, now in pairs if was != now
    )


def _meaning(value: str, column: str, activity_types: Mapping[str, ActivityType]) -> object:
    match column:
        case "activity_type":
            if value not in activity_types:
                known = ", ".join(sorted(activity_types))
                raise ValueError(f"“{short(value)}” is not the code of an activity type. Write one of {known}.")
            return value
        case "starts_on" | "ends_on":
            return credit_rows.activity_day(value) if value else None
        case "recorded_on":
            return day(value) if value else None
        case "points":
            return credit_rows.points(value)
        case _:
            return value


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return typed(value)
    return format_points(value) if isinstance(value, Decimal) else short(str(value))
