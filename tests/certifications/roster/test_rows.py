"""What a roster's columns may hold, and which rows of one file contradict each other.

These tests use no database.
"""

from datetime import date
from typing import Any

import pytest

from amtportal.imports.cells import Problem, problems_with_header
from certifications.roster import rows as roster_rows
from certifications.roster.rows import RosterRow
from tests.support.waiting import seconds_of_a_processor

ON = date(2026, 3, 14)
CODES = {code: code for code in ("MLT", "RMA", "RPT")}


def make_cells(**cells: str) -> dict[str, str]:
    return {
        "amt_id": "1001",
        "email": "ada@example.org",
        "first_name": "Ada",
        "last_name": "Lane",
        "credential": "RMA",
        "certificate_number": "A-1",
        "awarded_on": "2020-05-01",
        **cells,
    }


def make_row(**fields: Any) -> RosterRow:
    cells = {**make_cells(), "awarded_on": date(2020, 5, 1), "line": 2, **fields}
    return RosterRow(**cells)


def read(**cells: str) -> tuple[RosterRow | None, list[Problem]]:
    return roster_rows.read_roster_row(make_cells(**cells), line=17, credentials=CODES, on=ON)


def problems_of(**cells: str) -> list[str]:
    row, problems = read(**cells)
    assert row is None
    assert all(problem.line == 17 for problem in problems)
    return [str(problem) for problem in problems]


def test_a_good_row_is_read_into_its_values() -> None:
    row, problems = read(email="Ada@Example.ORG", awarded_on="5/1/2020")
    assert problems == []
    assert row == make_row(line=17)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Zoë", id="accent"),
        pytest.param("D’Arcy O'Neil", id="apostrophes"),
        pytest.param("王小明", id="Chinese"),
        pytest.param("김서연", id="Korean"),
        pytest.param("محمد القحطاني", id="right to left"),
        pytest.param("נועה", id="Hebrew"),
        pytest.param("𠮷野家", id="beyond the 65,536"),
        pytest.param("Ng\u200dọc", id="zero-width joiner"),
        pytest.param("<b>Robert'); DROP TABLE--</b>", id="markup and SQL"),
        pytest.param('=HYPERLINK("x")', id="spreadsheet formula"),
        pytest.param("x" * 150, id="as long as can be stored"),
    ],
)
def test_names_come_through_as_they_are(name: str) -> None:
    row, _ = read(first_name=f"  {name}\u00a0")
    assert row is not None
    assert row.first_name == name


def test_a_name_in_decomposed_form_is_composed() -> None:
    row, _ = read(first_name="Zoe\u0308")
    assert row is not None
    assert row.first_name == "Zo\u00eb"


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        pytest.param({"first_name": "Sukarno", "last_name": ""}, "Sukarno", id="in the first column"),
        pytest.param({"first_name": "", "last_name": "Sukarno"}, "Sukarno", id="in the second"),
    ],
)
def test_a_person_may_have_one_name(cells: dict[str, str], name: str) -> None:
    row, _ = read(**cells)
    assert row is not None
    assert row.name == name


def test_a_spreadsheets_mark_of_a_text_is_no_part_of_an_address() -> None:
    row, _ = read(email="'ada@example.org")
    assert row is not None
    assert row.email == "ada@example.org"


def test_a_member_may_have_no_address() -> None:
    row, _ = read(email=" ")
    assert row is not None
    assert row.email == ""


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        pytest.param(
            {"certificate_number": " "},
            "Line 17, certificate_number: It is empty, and every row needs it. Fill it in.",
            id="blank",
        ),
        pytest.param(
            {"first_name": " ", "last_name": ""},
            "Line 17, first_name: It is empty, and so is last_name. Write the person's name; a person with one name "
            "has it in either of the two.",
            id="no name at all",
        ),
        pytest.param(
            {"last_name": "x" * 151},
            "Line 17, last_name: It has 151 characters; at most 150 can be stored. Shorten it.",
            id="one character too long",
        ),
        pytest.param(
            {"amt_id": "1" * 21},
            "Line 17, amt_id: It has 21 characters; at most 20 can be stored. Shorten it.",
            id="AMT ID too long",
        ),
        pytest.param(
            {"first_name": "A\x00da"},
            "Line 17, first_name: It holds a line break or control character (U+0000). Delete it.",
            id="NUL",
        ),
        pytest.param(
            {"last_name": "Lane\nBcc: x"},
            "Line 17, last_name: It holds a line break or control character (U+000A). Delete it.",
            id="line break in a name",
        ),
        pytest.param(
            {"first_name": "Jos\udce9"},
            "Line 17, first_name: The byte 0xE9 is not UTF-8. Save the file as “CSV UTF-8” and import it again.",
            id="a byte of another encoding",
        ),
        pytest.param(
            {"email": "ada.example.org"},
            "Line 17, email: “ada.example.org” is not an e-mail address. Write it like name@example.org.",
            id="malformed e-mail address",
        ),
        pytest.param(
            {"credential": "rma"},
            "Line 17, credential: “rma” is not a credential that the portal knows. Write one of MLT, RMA, RPT.",
            id="unknown credential",
        ),
        pytest.param(
            {"awarded_on": "2026-02-30"},
            "Line 17, awarded_on: “2026-02-30” is not a day of the calendar. Correct it; "
            "write it as 2026-03-14 or 3/14/2026.",
            id="impossible date",
        ),
        pytest.param(
            {"awarded_on": "2023-02-29"},
            "Line 17, awarded_on: “2023-02-29” is not a day of the calendar. Correct it; "
            "write it as 2026-03-14 or 3/14/2026.",
            id="29 February of a common year",
        ),
        pytest.param(
            {"awarded_on": "14.3.2020"},
            "Line 17, awarded_on: “14.3.2020” is not a date. Write it as 2026-03-14 or 3/14/2026.",
            id="a date as it is written elsewhere",
        ),
        pytest.param(
            {"awarded_on": "3/14/20"},
            "Line 17, awarded_on: “3/14/20” is not a date. Write it as 2026-03-14 or 3/14/2026.",
            id="two digits of a year",
        ),
        pytest.param(
            {"awarded_on": "2026-03-15"},
            "Line 17, awarded_on: Mar 15, 2026 is in the future. Correct the date, or import the row once it is past.",
            id="award tomorrow",
        ),
        pytest.param(
            {"awarded_on": "1938-12-31"},
            "Line 17, awarded_on: Dec 31, 1938 is before Jan 1, 1939. AMT was founded in 1939, so no award is older. "
            "Correct the year.",
            id="award before there was an AMT",
        ),
        pytest.param(
            {"ccp_mandatory": "perhaps"},
            "Line 17, ccp_mandatory: “perhaps” is neither yes nor no. Write yes, no, Y, N, true, false, 1 or 0, or "
            "leave it empty.",
            id="neither yes nor no",
        ),
    ],
)
def test_a_bad_cell_is_named_with_line_column_and_remedy(cells: dict[str, str], problem: str) -> None:
    assert problems_of(**cells) == [problem]


def test_every_bad_cell_of_a_row_is_named() -> None:
    assert [problem.split(":")[0] for problem in problems_of(email="x", credential="", awarded_on="never")] == [
        "Line 17, email",
        "Line 17, credential",
        "Line 17, awarded_on",
    ]


@pytest.mark.parametrize("written", ["2026-03-14", "2026-3-14", "3/14/2026", "03/14/2026"])
def test_the_day_of_an_award_is_read_as_iso_and_as_people_write_it(written: str) -> None:
    """An award of today is not in the future."""
    assert roster_rows.award(written, ON) == ON


def test_line_breaks_in_an_address_become_commas() -> None:
    row, _ = read(address_line1="12 Main Street\r\n  \r\n  Apt 4\n")
    assert row is not None
    assert row.address_line1 == "12 Main Street, Apt 4"


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param("x" + " " * 20_000 + "x", id="spaces"),
        pytest.param("x" + "\u00a0\u200b" * 10_000 + "x", id="what nobody sees"),
        pytest.param("1 0:0" * 4_000, id="almost a time"),
        pytest.param("&" + "a" * 20_000, id="almost HTML"),
        pytest.param("1" * 20_000 + "E", id="almost a spreadsheet's number"),
    ],
)
def test_a_long_cell_takes_no_time(cell: str) -> None:
    """A cell may have 131,072 characters, and the portal serves nobody while it reads the cell."""
    cells = {"address_line1": cell, "amt_id": cell, "awarded_on": cell}
    assert seconds_of_a_processor(lambda: problems_of(**cells), most=0.1) <= 0.1


@pytest.mark.parametrize(
    ("awarded_on", "written", "mandatory"),
    [
        pytest.param(date(2005, 12, 31), None, False, id="awarded on the last voluntary day"),
        pytest.param(date(2006, 1, 1), None, True, id="awarded on the first mandatory day"),
        pytest.param(date(1999, 5, 1), True, True, id="recertified: the roster says yes"),
        pytest.param(date(2020, 5, 1), False, False, id="the roster says no"),
    ],
)
def test_ccp_is_mandatory_as_the_roster_says_else_by_the_award(
    awarded_on: date, written: bool | None, mandatory: bool
) -> None:
    assert make_row(awarded_on=awarded_on, ccp_mandatory=written).is_mandatory is mandatory


@pytest.mark.parametrize(
    ("written", "means"),
    [("yes", True), ("TRUE", True), ("1", True), ("No", False), ("false", False), ("0", False), ("", None)],
)
def test_yes_and_no_are_understood_as_people_write_them(written: str, means: bool | None) -> None:
    assert roster_rows.yes_or_no(written) is means


def test_an_optional_column_that_the_file_does_not_have_says_nothing() -> None:
    row, _ = read(city=" ")
    assert row is not None
    assert row.person == {"first_name": "Ada", "last_name": "Lane", "city": ""}


SECOND = {"line": 3, "amt_id": "1002", "email": "bob@example.org", "certificate_number": "A-2"}


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        pytest.param(SECOND, None, id="two members"),
        pytest.param({"line": 3, "credential": "RPT"}, None, id="two certifications of one member"),
        pytest.param(
            {**SECOND, "credential": "RPT", "certificate_number": "A-1"},
            None,
            id="the same number of different credentials",
        ),
        pytest.param(
            {"line": 3, "credential": "RPT", "last_name": "Lang"},
            "Line 3, amt_id: 1001 is on line 2 too, but with last_name “Lane” there and “Lang” here. "
            "Correct this AMT ID, or make the member's rows agree.",
            id="a duplicate AMT ID: another name",
        ),
        pytest.param(
            {"line": 3, "credential": "RPT", "email": "bob@example.org", "phone": None},
            "Line 3, amt_id: 1001 is on line 2 too, but with email “ada@example.org” there and “bob@example.org” here. "
            "Correct this AMT ID, or make the member's rows agree.",
            id="a duplicate AMT ID: another e-mail address",
        ),
        pytest.param(
            {"line": 3, "certificate_number": "A-2"},
            "Line 3, amt_id: 1001 has RMA on line 2 already. Delete one of the two rows.",
            id="a duplicate AMT ID: the same credential",
        ),
        pytest.param(
            {**SECOND, "certificate_number": "A-1"},
            "Line 3, certificate_number: RMA A-1 is on line 2 already, for AMT ID 1001. "
            "Correct the number on one of the two lines.",
            id="a certificate number twice",
        ),
        pytest.param(
            {**SECOND, "email": "ada@example.org"},
            None,
            id="an e-mail address for two members: the second comes in without a sign-in",
        ),
    ],
)
def test_rows_of_one_file_must_not_contradict_each_other(second: dict[str, Any], problem: str | None) -> None:
    found = [str(one) for one in roster_rows.contradictions([make_row(), make_row(**second)])]
    assert found == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("header", "problems"),
    [
        pytest.param(roster_rows.REQUIRED, [], id="the required columns"),
        pytest.param(tuple(reversed(roster_rows.COLUMNS)), [], id="all columns, in another order"),
        pytest.param(
            tuple(column for column in roster_rows.REQUIRED if column != "email"),
            ["Line 1, email: The column is missing. Add it, or give it this name in the header."],
            id="a column is missing",
        ),
        pytest.param(
            (*roster_rows.REQUIRED, "adress_line1"),
            [
                "Line 1, adress_line1: There is no such column. Delete it; the columns are "
                f"{', '.join(roster_rows.COLUMNS)}."
            ],
            id="a misspelt optional column",
        ),
        pytest.param(
            (*roster_rows.REQUIRED, "email"),
            ["Line 1, email: The column is there twice. Delete one of the two."],
            id="a column twice",
        ),
        pytest.param(
            (*roster_rows.REQUIRED, ""),
            ["Line 1: Column 8 has no name. Name it, or delete the column."],
            id="a column without a name",
        ),
        pytest.param(
            ("amt_id;email;first_name",),
            ["Line 1: The columns are not separated by commas. Save the file as “CSV UTF-8 (comma)”."],
            id="semicolons",
        ),
    ],
)
def test_the_header_has_every_required_column_and_no_unknown_one(header: tuple[str, ...], problems: list[str]) -> None:
    found = problems_with_header(header, columns=roster_rows.COLUMNS, required=roster_rows.REQUIRED)
    assert [str(problem) for problem in found] == problems
