"""Reading roster files.

Lines are counted as an editor shows them, and nothing in a file stops the reading.
"""

import pytest
import tablib

from amtportal.imports import csv_files
from amtportal.imports.csv_files import CsvFormat

NO_TEXT = "Line 1: The file is in UTF-16, or is not text at all. Save it as “CSV UTF-8” and import it again."


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("a,b\n1,Zoë\n2,王\n", id="Unix line ends"),
        pytest.param("a,b\r\n1,Zoë\r\n2,王\r\n", id="Windows line ends"),
        pytest.param("\ufeffa,b\r\n1,Zoë\r\n2,王", id="byte-order mark, no line end at the end"),
        pytest.param(' A ,"b"\n1,Zoë\n,\n\n"2","王"\n,,,\n', id="blank lines, quotes, header in capitals"),
    ],
)
def test_a_csv_is_read_whichever_program_wrote_it(data: str) -> None:
    dataset = csv_files.read_csv(data.encode())
    assert dataset.headers == ["a", "b"]
    assert list(dataset) == [("1", "Zoë"), ("2", "王")]
    assert dataset.problems == []


def test_a_record_stands_on_the_line_on_which_it_starts() -> None:
    """The header, a record over lines 2 to 4, a blank line 5, and the next record on line 6."""
    dataset = csv_files.read_csv(b'a,b\n1,"x\ny\r\nz"\n\n2,w\n')
    assert list(dataset.lines) == [2, 6]


def test_a_dataset_made_elsewhere_counts_the_lines_within_its_cells() -> None:
    dataset = tablib.Dataset(["1", "x\ny"], ["2", "w"], headers=["a", "b"])
    assert csv_files.lines_of(dataset) == [2, 4]


def test_a_byte_that_is_not_utf_8_stays_in_its_cell_to_be_named() -> None:
    dataset = csv_files.read_csv("a,b\n1,José\n".encode("latin-1"))
    assert list(dataset) == [("1", "Jos\udce9")]


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        pytest.param(b"", ["Line 1: The file is empty. Export it again."], id="empty"),
        pytest.param(b"\n\n", ["Line 1: The file is empty. Export it again."], id="blank lines only"),
        pytest.param(b"a,b\n", ["Line 2: The file has a header and no rows. Export it again."], id="header only"),
        pytest.param(
            b"\na,b\n1,2\n", ["Line 1: It is empty. Put the names of the columns on line 1."], id="header on line 2"
        ),
        pytest.param("a,b\n1,2\n".encode("utf-16"), [NO_TEXT], id="UTF-16"),
        pytest.param("a,b\n1,2\n".encode("utf-16-le"), [NO_TEXT], id="UTF-16 without a byte-order mark"),
        pytest.param(b"PK\x03\x04\x14\x00\x06\x00\n1,2\n", [NO_TEXT], id="a workbook"),
        pytest.param(b"a,b\n1,\0\n", [], id="a stray byte below the header is named in its cell"),
        pytest.param(
            b"a,b\n1\n1,2\n1,2,3\n",
            [
                "Line 2: It has 1 cells for 2 columns. Add the missing cells, empty ones too.",
                "Line 4: It has 3 cells for 2 columns. Put a cell with a comma in quotation marks.",
            ],
            id="too few cells and too many",
        ),
        pytest.param(
            b'a,b\n1,2\n2,"x"y\n3,4\n4,"open\n5,6\n',
            [
                'Line 3: There is a quotation mark inside a quoted cell. Write it twice (""), or delete it.',
                "Line 5: A quotation mark opens a cell here and is not closed. Close or delete it.",
            ],
            id="stray quotation marks",
        ),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_its_line(data: bytes, problems: list[str]) -> None:
    assert [str(problem) for problem in csv_files.read_csv(data).problems] == problems


def test_the_admin_format_takes_the_bytes_of_the_file() -> None:
    csv = CsvFormat()
    assert csv.is_binary()
    assert csv.get_read_mode() == "rb"
    assert list(csv.create_dataset("a\nZoë\n".encode())) == [("Zoë",)]


def test_the_records_can_be_read_again_until_they_are_forgotten() -> None:
    dataset = csv_files.read_csv(b"a,b\n1,2\n1\n3,4\n")
    assert [list(dataset), list(dataset)] == [[("1", "2"), ("3", "4")]] * 2
    assert len(dataset.problems) == 1
    dataset.forget_records()
    assert list(dataset) == []
