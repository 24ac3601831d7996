"""The rows of a file of payments: what each column may hold, and what is wrong with a row.

A row is money that AMT received for one renewal invoice. It names the invoice by its number, or by
the AMT ID, the credential and the year: the year in which the invoice is due (2026), or the year of
the current cycle (1, 2 or 3).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError

from amtportal.imports.cells import Problem, day, lengths_of, read_cells, short
from amtportal.members.models import Member
from amtportal.staff.forms import DollarsField
from certifications.models import Credential, Payment

COLUMNS = ("invoice", "amt_id", "credential", "year", "amount", "method", "reference", "received_on")
REQUIRED = ("amount", "method", "received_on")
METHODS = (Payment.Method.CHECK, Payment.Method.MONEY_ORDER, Payment.Method.CARD_BY_PHONE)
"""What staff receive. Nobody writes a payment that was made online into a file."""

WHICH = "It says for which invoice in neither way. Fill in invoice, or amt_id, credential and year."

_LENGTHS = lengths_of(("amt_id", "reference"), Member, Payment)
_NUMBER = re.compile(r"(?:INV-?)?([0-9]{1,12})", re.IGNORECASE | re.ASCII)
_YEAR = re.compile(r"[123]|(?:19|20|21)[0-9]{2}", re.ASCII)
_DOLLARS = DollarsField()


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment as it is in the file: ``invoice`` is the key; ``amount`` is in US cents.

    Either ``invoice`` is given, or ``amt_id``, ``credential`` (its code of today) and ``year``.
    """

    line: int
    amount: int
    method: str
    received_on: date
    reference: str = ""
    invoice: int | None = None
    amt_id: str = ""
    credential: str = ""
    year: int | None = None


def read_payment_row(
    cells: Mapping[str, str], *, line: int, credentials: Mapping[str, Credential]
) -> tuple[PaymentRow | None, list[Problem]]:
    """Return the row that the cells (by column) make, or everything that is wrong with them."""
    values, problems = read_cells(
        cells,
        line=line,
        required=REQUIRED,
        lengths=_LENGTHS,
        meaning=lambda value, column: _meaning(value, column, credentials),
        codes=("amt_id", "reference"),
    )
    broken = {problem.column for problem in problems}
    named = [bool(values.get(column)) for column in ("amt_id", "credential", "year")]
    if not values.get("invoice") and not all(named) and not broken & {"invoice", "amt_id", "credential", "year"}:
        problems.append(Problem(line, "invoice", WHICH))
    return (None, problems) if problems else (PaymentRow(line=line, **values), [])  # type: ignore[arg-type]


def contradictions(rows: Iterable[tuple[PaymentRow, int]]) -> Iterator[Problem]:
    """Find invoices that are in the file twice; each row comes with the key of its invoice."""
    lines: dict[int, int] = {}
    for row, invoice in rows:
        first = lines.setdefault(invoice, row.line)
        if first != row.line:
            sentence = f"The same invoice is paid on line {first} already. Delete one of the two rows, or correct it."
            yield Problem(row.line, "invoice", sentence)


def _meaning(value: str, column: str, credentials: Mapping[str, Credential]) -> object:
    match column:
        case "invoice":
            return _invoice(value)
        case "credential":
            return _credential(value, credentials)
        case "year":
            return _year(value)
        case "amount":
            return _amount(value)
        case "method":
            return _method(value)
        case "received_on":
            return day(value) if value else None
        case _:
            return value


def _invoice(value: str) -> int | None:
    if not value:
        return None
    if not (number := _NUMBER.fullmatch(value)):
        raise ValueError(f"“{short(value)}” is not the number of an invoice. Write it like INV-0000123.")
    return int(number[1])


def _credential(value: str, credentials: Mapping[str, Credential]) -> str:
    if value and value not in credentials:
        known = ", ".join(sorted(credentials))
        raise ValueError(f"“{short(value)}” is not a credential that the portal knows. Write one of {known}.")
    return credentials[value].code if value else ""


def _year(value: str) -> int | None:
    if value and not _YEAR.fullmatch(value):
        raise ValueError(
            f"“{short(value)}” is not a year. Write the year in which the invoice is due, such as 2026, or 1, 2 or 3 "
            "for the year of the current cycle."
        )
    return int(value) if value else None


def _amount(value: str) -> int:
    try:
        cents = _DOLLARS.to_python(value)
    except ValidationError:
        cents = None
    if not cents:
        raise ValueError(f"“{short(value)}” is not an amount in dollars. Write it like 95.00.")
    return cents


def _method(value: str) -> str:
    written = value.lower().replace(" ", "-").replace("_", "-")
    if written not in METHODS:
        known = ", ".join(METHODS)
        raise ValueError(f"“{short(value)}” is not a method of payment. Write one of {known}.")
    return written
