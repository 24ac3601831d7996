"""A list as a file: CSV, or XLSX for a spreadsheet.

- In CSV a cell that a spreadsheet would take for a formula is changed so that it stays text
  (``defusedcsv``, and what it lets pass); days are written as 2026-03-14, and the file begins with
  a byte order mark.
- In XLSX every cell has its type: days are days, points and money numbers, everything else text. A
  text is written as text, whatever it begins with, and an AMT ID keeps its zeros.
- Both are written row by row: memory does not grow with the list.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from defusedcsv import csv

from amtportal.formatting import format_points
from ccp.reports.lists.base import Cell, Column, Money
from ccp.reports.models import FileFormat

BYTE_ORDER_MARK = "\ufeff"
DROPPED = ("\t", "\r", "\n")
"""Some spreadsheets drop these before they look for a formula, and defusedcsv lets them pass."""
MOST_ROWS = 1_048_575
"""A sheet of XLSX has so many rows below its head."""

Rows = Iterable[Sequence[Cell]]


def as_text(cell: Cell) -> str:
    """Return a cell as CSV has it."""
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return f"{Decimal(cell.cents) / 100:.2f}"
    if isinstance(cell, Decimal):
        return format_points(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(cell)
    return f"'{text}" if text.startswith(DROPPED) else text


def write_csv(path: Path, columns: Sequence[Column], rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(BYTE_ORDER_MARK)
        writer = csv.writer(file)
        writer.writerow([column.title for column in columns])
        for row in rows:
            writer.writerow([as_text(cell) for cell in row])


def write_xlsx(path: Path, columns: Sequence[Column], rows: Rows) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "m/d/yyyy", "align": "left"})
        points, money = book.add_format({"num_format": "0.##"}), book.add_format({"num_format": "$#,##0.00"})
        sheet = book.add_worksheet("List")
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, column.title, head)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                if cell is None or cell == "":
                    continue
                if isinstance(cell, Money):
                    sheet.write_number(number, place, cell.cents / 100, money)
                elif isinstance(cell, Decimal):
                    sheet.write_number(number, place, float(cell), points)
                elif isinstance(cell, int):
                    sheet.write_number(number, place, cell)
                elif isinstance(cell, datetime):
                    sheet.write_datetime(number, place, cell.replace(tzinfo=None), day)
                elif isinstance(cell, date):
                    sheet.write_datetime(number, place, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001
                else:
                    sheet.write_string(number, place, cell)


WRITERS: dict[str, Callable[[Path, Sequence[Column], Rows], None]] = {
    FileFormat.CSV: write_csv,
    FileFormat.XLSX: write_xlsx,
}
