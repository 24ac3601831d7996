"""The cells of imported files: what every import allows in them, and how it reports a wrong one.

A wrong cell is a ``Problem``: the line of the file, the column, and a sentence that says how to fix
it.

Before they come here, many files were opened in a spreadsheet and saved again. What the spreadsheet
added is taken away (``="0123"``, midnight behind a day). What it has lost (``7.70004E+06``), and
what a program has saved in a wrong encoding or as HTML, nobody can know: such a cell is refused.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any

from django.db import models

from amtportal import clean
from amtportal.dates import UnreadableDay, read_day

# Nothing of what follows can be wrong with it, and it is in its clean form: most cells are so.
_PLAIN = re.compile("[A-Za-z0-9,./:@'()-]+(?: [A-Za-z0-9,./:@'()-]+)*")
_STRAY_BYTE = re.compile("[\udc80-\udcff]")  # csv_files decodes a byte that is not UTF-8 to this
_LINE_BREAK = re.compile(r"[\r\n]+")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_HTML_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_CONTROL_OF_A_SPREADSHEET = re.compile(r"_x00[01][0-9A-F]_")  # a line break in its own files
_KEPT_AS_TEXT = re.compile(r'="((?:[^"]|"")*)"')  # how a spreadsheet is told to leave digits alone
_SPREADSHEET_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|##+)")
_MIDNIGHT = re.compile(
    r"(?P<day>.*[0-9])(?:T|\s+)(?:00?:00(?::00(?:\.0+)?)?\s?(?:Z|\+00:?00)?|12:00(?::00)?\s?A\.?M\.?)", re.IGNORECASE
)
_TIME_OF_DAY = re.compile(r".*[0-9](?:T|\s+)[0-9]{1,2}:[0-9]{2}.*", re.IGNORECASE)
MOST_ZEROS = 6
_DAY_NUMBER = re.compile(r"[1-6][0-9]{4}(?:\.[0-9]+)?")


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


def text(cell: str, *, most: int | None, joins_lines: bool = False, is_prose: bool = False) -> str:
    """Return the cell in its clean form: a line of prose, or an identifier (``amtportal.clean``).

    If ``joins_lines`` is set, line breaks become commas. Raises ValueError with a sentence if the
    text cannot be stored: it has more than ``most`` characters, a control character, a byte that is
    not UTF-8, or a line break that is not joined; or if a program has spoiled it.
    """
    value = cell if _PLAIN.fullmatch(cell) else _cleaned(cell, joins_lines=joins_lines, is_prose=is_prose)
    if most is not None and len(value) > most:
        raise ValueError(f"It has {len(value)} characters; at most {most} can be stored. Shorten it.")
    return value


def _cleaned(cell: str, *, joins_lines: bool, is_prose: bool) -> str:
    if stray := _STRAY_BYTE.search(cell):
        byte = ord(stray[0]) - 0xDC00
        raise ValueError(f"The byte 0x{byte:02X} is not UTF-8. Save the file as “CSV UTF-8” and import it again.")
    value = cell.strip()
    if kept := _KEPT_AS_TEXT.fullmatch(value):
        value = kept[1].replace('""', '"')
    if joins_lines:
        value = ", ".join(filter(None, (line.strip() for line in _LINE_BREAK.split(value))))
    if control := clean.unprintable(value.strip()):
        raise ValueError(f"It holds a line break or control character (U+{ord(control):04X}). Delete it.")
    _refuse_spoiled(value)
    return clean.line(value) if is_prose else clean.identifier(value)


def _refuse_spoiled(value: str) -> None:
    """Raise ValueError with a sentence if a program has put something else in place of the text."""
    if "\N{REPLACEMENT CHARACTER}" in value:
        raise ValueError(
            f"“{value[:60]}” has U+FFFD in place of a letter: it was saved in the wrong encoding. Export it again as "
            "“CSV UTF-8”."
        )
    if not value.isascii() and (meant := _decoded_twice(value)):
        raise ValueError(
            f"“{short(value)}” was saved in the wrong encoding; it may be “{short(meant)}”. Export it again as "
            "“CSV UTF-8”."
        )
    for entity in _ENTITY.findall(value):
        if unescape(entity) != entity:
            raise ValueError(f"“{entity}” is HTML for “{short(unescape(entity))}”. Export the text without HTML.")
    if line_break := _HTML_LINE_BREAK.search(value):
        raise ValueError(f"“{line_break[0]}” is HTML for a line break. Export the text without HTML.")
    if control := _CONTROL_OF_A_SPREADSHEET.search(value):
        raise ValueError(f"“{control[0]}” is a spreadsheet's sign for a line break or control character. Delete it.")
    if _SPREADSHEET_ERROR.fullmatch(value):
        raise ValueError(f"“{value}” is an error of a spreadsheet. Write what it stands for.")


def _decoded_twice(value: str) -> str:
    """Return what was meant by a text in UTF-8 that a program took for Windows text; else nothing."""
    try:
        return value.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return ""


def code(value: str) -> str:
    """Return a number that identifies, and that a spreadsheet takes for an amount.

    Raises ValueError with a sentence if a spreadsheet has changed it.
    """
    if clean.is_spoiled_number(value):
        raise ValueError(
            f"A spreadsheet changed it to “{short(value)}”. Format the column as text, enter the number as it was, and "
            "save the file again."
        )
    return value.removeprefix("'")  # a spreadsheet's own mark for text


def as_a_spreadsheet_has_it(number: str) -> str:
    """Return what is left of a number if a spreadsheet takes it for an amount: 42 of 00042."""
    digits = re.fullmatch(r"\+?([0-9]+)(?:\.0+)?", number)
    return (digits[1].lstrip("0") or "0") if digits else number


def differs_by_spreadsheet(one: str, other: str) -> bool:
    """Return whether the two differ only by what a spreadsheet does to them."""
    return one != other and as_a_spreadsheet_has_it(one) == as_a_spreadsheet_has_it(other)


def before_a_spreadsheet(number: str, *, most_zeros: int = MOST_ZEROS) -> list[str]:
    """Return the other forms that the number may have had before a spreadsheet had it."""
    left = as_a_spreadsheet_has_it(number)
    if not left.isdecimal():
        return []
    return [form for zeros in range(most_zeros + 1) if (form := "0" * zeros + left) != number]


def zeros_in(rows: models.QuerySet[Any], column: str) -> int:
    """Return with how many zeros at the beginning numbers are looked for: none if no number has any.

    This spares the first import of a hundred thousand numbers as many questions.
    """
    return MOST_ZEROS if rows.filter(**{f"{column}__gte": "0", f"{column}__lt": "1"}).exists() else 0


def day(value: str) -> date:
    """Return a day that is written as ISO or as people in the United States write it.

    Midnight is a day as a database or spreadsheet writes it; another time of day is refused. Raises
    ValueError with a sentence if the day cannot be read.
    """
    if midnight := _MIDNIGHT.fullmatch(value):
        value = midnight["day"]
    elif _TIME_OF_DAY.fullmatch(value):
        raise ValueError(f"“{short(value)}” has a time of day. Write only the day, as 2026-03-14 or 3/14/2026.")
    elif _DAY_NUMBER.fullmatch(value):
        raise ValueError(
            f"“{value}” is a spreadsheet's number of a day. Format the column as a date and save the file again."
        )
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
    value = value.replace("\N{NO-BREAK SPACE}", " ")
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
    prose: Collection[str] = (),
    codes: Collection[str] = (),
) -> tuple[dict[str, object], list[Problem]]:
    """Return what the cells of one row mean, by column, and everything that is wrong with them.

    ``meaning(value, column)`` returns what the text of a cell stands for. If it raises ValueError,
    its message is a sentence for the reader. ``prose``: the columns that people read, such as
    names; what the others hold is compared. ``codes``: numbers that identify somebody or something.
    """
    values: dict[str, object] = {}
    problems = []
    for column, cell in cells.items():
        try:
            most, is_prose = lengths.get(column), column in prose
            value = text(cell, most=most, joins_lines=column in joins_lines, is_prose=is_prose)
            value = code(value) if column in codes else value
            if not value and column in required:
                raise ValueError("It is empty, and every row needs it. Fill it in.")
            values[column] = meaning(value, column)
        except ValueError as error:
            problems.append(Problem(line, column, str(error)))
    return values, problems


def problems_with_header(
    header: Sequence[str], *, columns: Sequence[str], required: Sequence[str], line: int = 1
) -> list[Problem]:
    """Return what is wrong with the names of the columns, which are on that line."""
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return [Problem(line, "", "The columns are not separated by commas. Save the file as “CSV UTF-8 (comma)”.")]
    problems = [
        Problem(line, column, "The column is missing. Add it, or give it this name in the header.")
        for column in required
        if column not in header
    ]
    for place, column in enumerate(header, start=1):
        if not column:
            problems.append(Problem(line, "", f"Column {place} has no name. Name it, or delete the column."))
        elif column not in columns:
            problems.append(
                Problem(
                    line, short(column), f"There is no such column. Delete it; the columns are {', '.join(columns)}."
                )
            )
        elif column in header[: place - 1]:
            problems.append(Problem(line, column, "The column is there twice. Delete one of the two."))
    return problems
