"""The rows of a roster: what each column may hold, and what is wrong with a cell or row.

A row is one certification of one member. A member with two certifications has two rows, and these
must agree about the person.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from sys import intern
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from amtportal import clean, plausible
from amtportal.formatting import format_day
from amtportal.imports.cells import Problem, day, lengths_of, read_cells, short
from amtportal.members.models import Member, User
from certifications import life
from certifications.models import Certification

REQUIRED = ("amt_id", "email", "first_name", "last_name", "credential", "certificate_number", "awarded_on")
# In every row. A member may have no e-mail address, and one name instead of two.
FILLED = ("amt_id", "credential", "certificate_number", "awarded_on")
ADDRESS = ("address_line1", "address_line2", "city", "state", "postal_code", "country")
OPTIONAL = ("phone", *ADDRESS, "fees_paid_through", "ccp_mandatory")
COLUMNS = (*REQUIRED, *OPTIONAL)


class Person(NamedTuple):
    """The columns that describe a person, except the e-mail address. All rows of a member must agree on them."""

    first_name: str
    last_name: str
    phone: str
    address_line1: str
    address_line2: str
    city: str
    state: str
    postal_code: str
    country: str


PERSON = Person._fields

NAMES = ("first_name", "last_name", "address_line1", "address_line2", "city", "state", "country")
NUMBERS = ("amt_id", "certificate_number", "phone", "postal_code")
"""What a spreadsheet takes for an amount. The other columns are compared as they are."""

SHARED = ("first_name", "last_name", "city", "state", "postal_code", "country")
"""Many rows have the same text here: one string does for all of them."""

YES_OR_NO = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}

UNSEEN = "It is empty: it holds only characters that nobody sees. Write the name, or clear the cell."
NAMELESS = (
    "It is empty, and so is last_name. Write the person's name; a person with one name has it in either of the two."
)

_LENGTHS = lengths_of(COLUMNS, Member, User, Certification)


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One certification as it is in the roster.

    None means that the file does not have the column or leaves the choice to the portal.
    """

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
    fees_paid_through: date | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def person(self) -> dict[str, str]:
        """Return the columns of the file that describe the person, except the e-mail address."""
        return {column: value for column in PERSON if (value := getattr(self, column)) is not None}

    @property
    def is_mandatory(self) -> bool:
        """Return whether CCP is mandatory for a new certification.

        If the roster does not say, the day of the award decides.
        """
        if self.ccp_mandatory is not None:
            return self.ccp_mandatory
        return life.ccp_is_mandatory(self.awarded_on, recertified_on=None)


def email(value: str) -> str:
    """Return the address in lower case; an empty cell says that there is none."""
    value = clean.email(value).removeprefix("'")  # a spreadsheet's own mark for text
    if not value:
        return ""
    try:
        validate_email(value)
    except ValidationError:
        raise ValueError(f"“{short(value)}” is not an e-mail address. Write it like name@example.org.") from None
    return value


@lru_cache(maxsize=4096)
def award(value: str, on: date) -> date:
    """Return the day of an award. Raises ValueError if no award can have that day.

    Many people were certified on one day, so the last days that were read are kept.
    """
    awarded_on = day(value)
    if awarded_on > on:  # a row can be sent again, so it has another remedy than a form
        raise ValueError(
            f"{format_day(awarded_on)} is in the future. Correct the date, or import the row once it is past."
        )
    if problem := plausible.problem_with_award(awarded_on, on):
        raise ValueError(problem)
    return awarded_on


def paid_through(value: str, on: date) -> date | None:
    """Return the day up to which fees are paid; None for an empty cell."""
    if not value:
        return None
    read = day(value)
    if problem := plausible.problem_with_paid_through(read, on):
        raise ValueError(problem)
    return read


def yes_or_no(value: str) -> bool | None:
    if not value:
        return None
    try:
        return YES_OR_NO[value.lower()]
    except KeyError:
        raise ValueError(
            f"“{short(value)}” is neither yes nor no. Write yes, no, Y, N, true, false, 1 or 0, or leave it empty."
        ) from None


def known_credential(value: str, codes: Mapping[str, str]) -> str:
    """Return today's code of the credential, which the file may have under a former one."""
    if value not in codes:
        known = ", ".join(sorted(codes))
        raise ValueError(f"“{short(value)}” is not a credential that the portal knows. Write one of {known}.")
    return codes[value]


def read_roster_row(
    cells: Mapping[str, str], *, line: int, credentials: Mapping[str, str], on: date
) -> tuple[RosterRow | None, list[Problem]]:
    """Return the row that the cells (by column) make, or everything that is wrong with them.

    ``credentials``: every code that a credential has or had, with its code of today.
    """
    values, problems = read_cells(
        cells,
        line=line,
        required=FILLED,
        lengths=_LENGTHS,
        meaning=lambda value, column: _meaning(value, column, credentials, on),
        joins_lines=ADDRESS,
        prose=NAMES,
        codes=NUMBERS,
    )
    for column in ("first_name", "last_name"):
        if values.get(column) == "" and cells[column].strip():
            problems.append(Problem(line, column, UNSEEN))
    if values.get("first_name") == values.get("last_name") == "":
        problems.append(Problem(line, "first_name", NAMELESS))
    return (None, problems) if problems else (RosterRow(line=line, **values), [])  # type: ignore[arg-type]


def contradictions(rows: Sequence[RosterRow]) -> Iterator[Problem]:
    """Find rows of one file that contradict each other.

    Each problem is reported on the later line and names the earlier line. Each kind is looked for
    by itself, because what is known of 100,000 rows takes memory.
    """
    members: dict[str, RosterRow] = {}
    for row in rows:
        first = members.setdefault(row.amt_id, row)
        if differences := _differences(first, row):
            yield Problem(
                row.line,
                "amt_id",
                f"{row.amt_id} is on line {first.line} too, but with {differences}. "
                "Correct this AMT ID, or make the member's rows agree.",
            )
    del members
    for credential in dict.fromkeys(row.credential for row in rows):
        yield from _contradictions_of([row for row in rows if row.credential == credential])


def _contradictions_of(rows: Iterable[RosterRow]) -> Iterator[Problem]:
    """Find rows of one credential with the same AMT ID or the same certificate number."""
    held: dict[str, RosterRow] = {}
    numbers: dict[str, RosterRow] = {}
    for row in rows:
        twin = held.setdefault(row.amt_id, row)
        if twin is not row:
            yield Problem(
                row.line,
                "amt_id",
                f"{row.amt_id} has {row.credential} on line {twin.line} already. Delete one of the two rows.",
            )
        else:
            other = numbers.setdefault(row.certificate_number, row)
            if other is not row:
                yield Problem(
                    row.line,
                    "certificate_number",
                    f"{row.credential} {row.certificate_number} is on line {other.line} already, for AMT ID "
                    f"{other.amt_id}. Correct the number on one of the two lines.",
                )


def _meaning(value: str, column: str, credentials: Mapping[str, str], on: date) -> object:
    match column:
        case "email":
            return email(value)
        case "credential":
            return intern(known_credential(value, credentials))
        case "awarded_on":
            return award(value, on)
        case "ccp_mandatory":
            return yes_or_no(value)
        case "fees_paid_through":
            return paid_through(value, on)
        case _:
            return intern(value) if column in SHARED else value


def _differences(first: RosterRow, row: RosterRow) -> str:
    if first is row:
        return ""
    pairs = ((column, getattr(first, column), getattr(row, column)) for column in ("email", *PERSON))
    return " and ".join(
        f"{column} “{short(there)}” there and “{short(here)}” here" for column, there, here in pairs if there != here
    )
