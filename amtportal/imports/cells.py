"""The cells of imported files: what every import allows in them, and how it reports a wrong one.

A wrong cell is a ``Problem``: the line of the file, the column, and a sentence that says how to fix
it.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import models

from amtportal.dates import UnreadableDay, read_day

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_STRAY_BYTE = re.compile("[\udc80-\udcff]")  # what csv_files makes of a byte that is not UTF-8
_LINE_BREAK = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong on a line. If ``column`` is empty, the problem concerns the whole line."""

    line: int
    column: str
    sentence: str

    def __str__(self) -> str:
        place = f"Line {self.line}, {self.column}" if self.column else f"Line {self.line}"
        return f"{place}: {self.sentence}"


def lengths_of(columns: Collection[str], *models_with_them: type[models.Model]) -> dict[str, int | None]:
    """Return how many characters each column can store; None means that there is no limit.

    The length comes from the field of the same name in one of the models.
    """
    return {
        field.name: getattr(field, "max_length", None)
        for model in models_with_them
        for field in model._meta.fields
        if field.name in columns
    }


def text(cell: str, *, most: int | None, joins_lines: bool = False) -> str:
    """Return the cell without outer spaces, in Unicode's composed form.

    If ``joins_lines`` is set, line breaks become commas. Raises ValueError with a sentence if the
    text cannot be stored: it has more than ``most`` characters, a control character, a byte that is
    not UTF-8, or a line break that is not joined.
    """
    if stray := _STRAY_BYTE.search(cell):
        byte = ord(stray[0]) - 0xDC00
        raise ValueError(f"The byte 0x{byte:02X} is not UTF-8. Save the file as “CSV UTF-8” and import it again.")
    value = unicodedata.normalize("NFC", cell).strip()
    if joins_lines:
        value = ", ".join(filter(None, (line.strip() for line in _LINE_BREAK.split(value))))
    if control := _CONTROL.search(value):
        raise ValueError(f"It holds a line break or control character (U+{ord(control[0]):04X}). Delete it.")
    if most is not None and len(value) > most:
        raise ValueError(f"It has {len(value)} characters; at most {most} can be stored. Shorten it.")
    return value


def day(value: str) -> date:
    """Return a day that is written as ISO or as people in the United States write it.

    Raises ValueError with a sentence if it cannot be read.
    """
    try:
        return read_day(value)
    except UnreadableDay as unreadable:
        if unreadable.why == "not in the calendar":
            raise ValueError(
                f"“{value}” is not a day of the calendar. Correct it; write it as 2026-03-14 or 3/14/2026."
            ) from None
        raise ValueError(f"“{short(value)}” is not a date. Write it as 2026-03-14 or 3/14/2026.") from None


def short(value: str, most: int = 60) -> str:
    """Return the cell as an error message quotes it: on one line, at most ``most`` characters."""
    value = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value)
    return value if len(value) <= most else f"{value[: most - 1]}…"


def read_cells(
    cells: Mapping[str, str],
    *,
    line: int,
    required: Collection[str],
    lengths: Mapping[str, int | None],
    meaning: Callable[[str, str], object],
    joins_lines: Collection[str] = (),
) -> tuple[dict[str, object], list[Problem]]:
    """Return what the cells of one row mean, by column, and everything that is wrong with them.

    ``meaning(value, column)`` returns what the text of a cell stands for. If it raises ValueError,
    its message is a sentence for the reader.
    """
    values: dict[str, object] = {}
    problems = []
    for column, cell in cells.items():
        try:
            value = text(cell, most=lengths.get(column), joins_lines=column in joins_lines)
            if not value and column in required:
                raise ValueError("It is empty, and every row needs it. Fill it in.")
            values[column] = meaning(value, column)
        except ValueError as error:
            problems.append(Problem(line, column, str(error)))
    return values, problems


def problems_with_header(header: Sequence[str], *, columns: Sequence[str], required: Sequence[str]) -> list[Problem]:
    """Return what is wrong with the names of the columns (on line 1)."""
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return [Problem(1, "", "The columns are not separated by commas. Save the file as “CSV UTF-8 (comma)”.")]
    problems = [
        Problem(1, column, "The column is missing. Add it, or give it this name in the header.")
        for column in required
        if column not in header
    ]
    for place, column in enumerate(header, start=1):
        if not column:
            problems.append(Problem(1, "", f"Column {place} has no name. Name it, or delete the column."))
        elif column not in columns:
            problems.append(
                Problem(1, short(column), f"There is no such column. Delete it; the columns are {', '.join(columns)}.")
            )
        elif column in header[: place - 1]:
            problems.append(Problem(1, column, "The column is there twice. Delete one of the two."))
    return problems
