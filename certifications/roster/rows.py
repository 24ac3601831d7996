"""The rows of a roster: what each column may hold, and what is wrong where it does not.

A row is one certification of one member, so a member with two certifications has two rows, which must agree about the
person. A wrong cell is a ``Problem``: the line of the file, the column, and a sentence that says how to mend it.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from amtportal.dates import UnreadableDay, read_day
from amtportal.formatting import format_day
from amtportal.members.models import Member, User
from certifications import life
from certifications.models import Certification

REQUIRED = ("amt_id", "email", "first_name", "last_name", "credential", "certificate_number", "awarded_on")
ADDRESS = ("address_line1", "address_line2", "city", "state", "postal_code", "country")
OPTIONAL = ("phone", *ADDRESS, "ccp_mandatory")
COLUMNS = (*REQUIRED, *OPTIONAL)
PERSON = ("first_name", "last_name", "phone", *ADDRESS)  # with the e-mail address, what a member's rows agree on

EARLIEST_AWARD = date(1900, 1, 1)  # before AMT existed: an earlier day is a slip of the pen
YES_OR_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

_LENGTHS = {
    field.name: field.max_length
    for model in (Member, User, Certification)
    for field in model._meta.fields
    if field.name in COLUMNS
}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_STRAY_BYTE = re.compile("[\udc80-\udcff]")  # what roster_files makes of a byte that is not UTF-8
_LINE_BREAK = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong on a line. Without a column the whole line is meant."""

    line: int
    column: str
    sentence: str

    def __str__(self) -> str:
        place = f"Line {self.line}, {self.column}" if self.column else f"Line {self.line}"
        return f"{place}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Row:
    """One certification as the roster has it. None: the file does not have the column, or leaves the choice to us."""

    line: int
    amt_id: str
    email: str
    first_name: str
    last_name: str
    credential: str
    certificate_number: str
    awarded_on: date
    phone: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    ccp_mandatory: bool | None = None

    @property
    def person(self) -> dict[str, str]:
        """The columns of the file that describe the person, but for the e-mail address."""
        return {column: value for column in PERSON if (value := getattr(self, column)) is not None}

    @property
    def is_mandatory(self) -> bool:
        """Whether CCP binds a new certification: as the roster says, else by the day of the award."""
        if self.ccp_mandatory is not None:
            return self.ccp_mandatory
        return life.ccp_is_mandatory(self.awarded_on, recertified_on=None)


def text(cell: str, column: str, lengths: Mapping[str, int | None] = _LENGTHS) -> str:
    """A cell without outer spaces, in Unicode's composed form. ValueError with a sentence if it cannot be stored."""
    if stray := _STRAY_BYTE.search(cell):
        byte = ord(stray[0]) - 0xDC00
        raise ValueError(f"The byte 0x{byte:02X} is not UTF-8. Save the file as “CSV UTF-8” and import it again.")
    value = unicodedata.normalize("NFC", cell).strip()
    if column in ADDRESS:
        value = ", ".join(filter(None, (line.strip() for line in _LINE_BREAK.split(value))))
    if control := _CONTROL.search(value):
        raise ValueError(f"It holds a line break or control character (U+{ord(control[0]):04X}). Delete it.")
    most = lengths.get(column)
    if most is not None and len(value) > most:
        raise ValueError(f"It has {len(value)} characters; at most {most} can be stored. Shorten it.")
    return value


def email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        raise ValueError(f"“{short(value)}” is not an e-mail address. Write it like name@example.org.") from None
    return value.lower()


def day(value: str) -> date:
    """A day written as ISO or as people in the United States write it."""
    try:
        return read_day(value)
    except UnreadableDay as unreadable:
        if unreadable.why == "not in the calendar":
            raise ValueError(
                f"“{value}” is not a day of the calendar. Correct it; write it as 2026-03-14 or 3/14/2026."
            ) from None
        raise ValueError(f"“{short(value)}” is not a date. Write it as 2026-03-14 or 3/14/2026.") from None


def award(value: str, on: date) -> date:
    """The day of an award, which is not in the future."""
    awarded_on = day(value)
    if awarded_on > on:
        raise ValueError(
            f"{format_day(awarded_on)} is in the future. Correct the date, or import the row once it is past."
        )
    if awarded_on < EARLIEST_AWARD:
        raise ValueError(f"{format_day(awarded_on)} is before {EARLIEST_AWARD.year}. Correct the year.")
    return awarded_on


def yes_or_no(value: str) -> bool | None:
    if not value:
        return None
    try:
        return YES_OR_NO[value.lower()]
    except KeyError:
        raise ValueError(
            f"“{short(value)}” is neither yes nor no. Write yes, no, true, false, 1 or 0, or leave it empty."
        ) from None


def known_credential(value: str, codes: Collection[str]) -> str:
    if value not in codes:
        known = ", ".join(sorted(codes))
        raise ValueError(f"“{short(value)}” is not a credential that the portal knows. Write one of {known}.")
    return value


def read(
    cells: Mapping[str, str], *, line: int, credentials: Collection[str], on: date
) -> tuple[Row | None, list[Problem]]:
    """The row that the cells (by column) make, or everything that is wrong with them."""
    values: dict[str, object] = {}
    problems = []
    for column, cell in cells.items():
        try:
            value = text(cell, column)
            if not value and column in REQUIRED:
                raise ValueError("It is empty, and every row needs it. Fill it in.")
            values[column] = _meaning(value, column, credentials, on)
        except ValueError as error:
            problems.append(Problem(line, column, str(error)))
    return (None, problems) if problems else (Row(line=line, **values), [])  # type: ignore[arg-type]


def contradictions(rows: Iterable[Row]) -> Iterator[Problem]:
    """Rows of one file that cannot both be right: each problem stands on the later line and names the earlier."""
    members: dict[str, Row] = {}
    emails: dict[str, Row] = {}
    held: dict[tuple[str, str], Row] = {}
    numbers: dict[tuple[str, str], Row] = {}
    for row in rows:
        first = members.setdefault(row.amt_id, row)
        if differences := _differences(first, row):
            yield Problem(
                row.line,
                "amt_id",
                f"{row.amt_id} is on line {first.line} too, but with {differences}. "
                "Correct this AMT ID, or make the member's rows agree.",
            )
        twin = held.setdefault((row.amt_id, row.credential), row)
        if twin is not row:
            yield Problem(
                row.line,
                "amt_id",
                f"{row.amt_id} has {row.credential} on line {twin.line} already. Delete one of the two rows.",
            )
        else:
            other = numbers.setdefault((row.credential, row.certificate_number), row)
            if other is not row:
                yield Problem(
                    row.line,
                    "certificate_number",
                    f"{row.credential} {row.certificate_number} is on line {other.line} already, for AMT ID "
                    f"{other.amt_id}. Correct the number on one of the two lines.",
                )
        owner = emails.setdefault(row.email, row)
        if owner.amt_id != row.amt_id:
            yield Problem(
                row.line,
                "email",
                f"{row.email} is on line {owner.line} already, for AMT ID {owner.amt_id}. "
                "Each member needs an address of their own: correct one of the two lines.",
            )


def problems_with_header(
    header: Sequence[str], *, columns: Sequence[str] = COLUMNS, required: Sequence[str] = REQUIRED
) -> list[Problem]:
    """What is wrong with the names of the columns (on line 1)."""
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


def _meaning(value: str, column: str, credentials: Collection[str], on: date) -> object:
    match column:
        case "email":
            return email(value)
        case "credential":
            return known_credential(value, credentials)
        case "awarded_on":
            return award(value, on)
        case "ccp_mandatory":
            return yes_or_no(value)
        case _:
            return value


def _differences(first: Row, row: Row) -> str:
    if first is row:
        return ""
    pairs = ((column, getattr(first, column), getattr(row, column)) for column in ("email", *PERSON))
    return " and ".join(
        f"{column} “{short(there)}” there and “{short(here)}” here" for column, there, here in pairs if there != here
    )


def short(value: str, most: int = 60) -> str:
    """A cell as an error message quotes it: on one line and not for ever."""
    value = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value)
    return value if len(value) <= most else f"{value[: most - 1]}…"
