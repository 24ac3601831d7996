"""Imported files: CSV in UTF-8 with a header on line 1.

A first line ``sep=;``, which tells a spreadsheet what separates the cells, is obeyed; the header is
then on line 2. Columns at the right that have neither a name nor a content are read as nothing:
spreadsheets save them where a cell was once touched.

Files are read so that the line on which each record starts is known. Nothing in a file stops the
reading. A record with too many or too few cells, a quotation mark that is not closed, and bytes
that are not UTF-8 are reported as problems with their lines, so that all of them are found at once.
"""

import csv
import io
import re
from array import array
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence

import tablib
from import_export.formats import base_formats

from amtportal import clean
from amtportal.imports.cells import Problem

_SEPARATOR = re.compile(r'"?sep=(?P<sign>[,;|\t])"?,*(?:\r\n|\r|\n)', re.IGNORECASE)
NO_TEXT = "The file is in UTF-16, or is not text at all. Save it as “CSV UTF-8” and import it again."


class CsvDataset(tablib.Dataset):
    """The records of a file, the line on which each record starts, and what could not be read.

    The records are read again from the bytes each time that they are asked for. Kept as cells, the
    records of a large roster take ten times as much memory as their file.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.header_line = 1
        self.lines = array("L")
        self.problems: list[Problem] = []
        self._bytes = data
        for line, _ in self._read(self.problems):
            self.lines.append(line)
        if not (self.headers or self.problems):
            self.problems.append(Problem(1, "", "The file is empty. Export it again."))
        elif not self.lines and not self.problems:
            self.problems.append(
                Problem(self.header_line + 1, "", "The file has a header and no rows. Export it again.")
            )

    def __bool__(self) -> bool:
        """Return True, even without records: the problems of an empty file must be shown too."""
        return True

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        for _, record in self._read([]):
            yield tuple(record)

    def forget_records(self) -> None:
        """Let go of the bytes; nobody asks for the records any more."""
        self._bytes = b""

    def _read(self, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
        """Yield each record with its line, and add what cannot be read to the problems."""
        if self._bytes.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or b"\0" in self._bytes.partition(b"\n")[0]:
            problems.append(Problem(1, "", NO_TEXT))
            return
        content = io.TextIOWrapper(io.BytesIO(self._bytes), "utf-8-sig", "surrogateescape", newline="")
        separator = _SEPARATOR.fullmatch(content.readline())
        if not separator:
            content.seek(0)
        self.header_line = 2 if separator else 1
        # The reader is strict, so that a stray quotation mark is reported as a problem and does not
        # make the rows that follow part of one cell.
        reader = csv.reader(content, delimiter=separator["sign"] if separator else ",", strict=True)
        has_header = False
        named = columns = 0  # columns up to the last one with a name, and all of them
        nameless: set[int] = set()
        while True:
            line = reader.line_num + self.header_line
            try:
                record = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                problems.append(Problem(line, "", _unreadable(str(error))))
                continue
            filled = _filled(record)
            if not filled:
                continue
            if not has_header:
                if line > self.header_line:
                    problems.append(_empty_header(self.header_line))
                header = [clean.identifier(cell).lower() for cell in record]
                named = max(place for place, name in enumerate(header, start=1) if name)
                columns, self.headers, has_header = len(header), header[:named], True
            elif named < filled <= columns:
                nameless |= {place for place in range(named + 1, filled + 1) if not clean.is_unseen(record[place - 1])}
            elif len(record) < named or filled > columns:
                problems.append(Problem(line, "", _misfit(max(filled, min(len(record), named)), named)))
            else:
                yield line, record[:named]
        problems += [
            Problem(self.header_line, "", f"Column {place} has no name. Name it, or delete the column.")
            for place in sorted(nameless)
        ]


class CsvFormat(base_formats.CSV):
    """The format for the admin's import page: ``import_formats = [CsvFormat]``."""

    def is_binary(self) -> bool:
        """Return True, so that ``read_csv`` gets the bytes and reports wrong ones with their lines."""
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes | str, **kwargs: object) -> CsvDataset:
        return read_csv(in_stream.encode() if isinstance(in_stream, str) else in_stream)


def read_csv(data: bytes) -> CsvDataset:
    """Return the file as records with their lines.

    Bytes that are not UTF-8 stay in their cells, where they are reported later.
    """
    return CsvDataset(data)


def lines_of(dataset: tablib.Dataset) -> Sequence[int]:
    """Return the line on which each record starts.

    For a dataset that was not read here, the lines are counted as if it had no blank lines.
    """
    if isinstance(dataset, CsvDataset):
        return dataset.lines
    lines, line = [], 2
    for record in dataset:
        lines.append(line)
        line += 1 + sum(str(cell).count("\n") for cell in record)
    return lines


def _filled(record: Sequence[str]) -> int:
    """Return the place, from 1, of the last cell in which anybody sees something; 0 if there is none."""
    return next((place for place in range(len(record), 0, -1) if not clean.is_unseen(record[place - 1])), 0)


def _empty_header(line: int) -> Problem:
    return Problem(line, "", f"It is empty. Put the names of the columns on line {line}.")


def _unreadable(error: str) -> str:
    if "unexpected end of data" in error or "field limit" in error:
        return "A quotation mark opens a cell here and is not closed. Close or delete it."
    if "expected after" in error:
        return 'There is a quotation mark inside a quoted cell. Write it twice (""), or delete it.'
    return f"It cannot be read as CSV ({error}). Export it again."


def _misfit(cells: int, columns: int) -> str:
    if cells > columns:
        return f"It has {cells} cells for {columns} columns. Put a cell with a comma in quotation marks."
    return f"It has {cells} cells for {columns} columns. Add the missing cells, empty ones too."
