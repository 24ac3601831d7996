"""The cells of imported files: what a spreadsheet or another program did to them."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amtportal.imports import cells


@pytest.mark.parametrize(
    "number",
    [
        "7700044.0",
        "7700044.00",
        "7.70004E+06",
        "7.7e+06",
        "7E+06",
        "7.70004E+006",
        "7.70004E06",
        "1.2E-05",
        "7,700,044",
        "7700044,0",
        "7,70004E+06",
        "14-Mar",
        "14-Mar-26",
        "Mar-14",
    ],
)
def test_a_number_that_a_spreadsheet_changed_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match=f"A spreadsheet changed it to “{number}”".replace("+", r"\+")):
        cells.code(number)


@pytest.mark.parametrize(
    "number", ["7700044", "007", "12E45", "A-1.0", "1.2.0", "847.555.0100", "E+1", "12E-45", "1.5", "MAR-14", "14-MAR"]
)
def test_a_number_as_people_write_it_stays(number: str) -> None:
    assert cells.code(number) == number


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ('="0123"', "0123"),
        ('="01""23"', '01"23'),
        ('=""', ""),
        ('=HYPERLINK("x")', '=HYPERLINK("x")'),
        ("\u200b0123\u00a0", "0123"),
        ("０１２３", "0123"),
    ],
)
def test_a_cell_is_read_as_the_text_that_it_was(written: str, means: str) -> None:
    assert cells.text(written, most=None) == means


def test_the_mark_of_a_text_is_no_part_of_a_number() -> None:
    assert cells.code("'0123") == "0123"
    assert cells.text("'t Hooft", most=None, is_prose=True) == "'t Hooft"


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        pytest.param(
            "Ren\ufffde",
            "“Ren\ufffde” has U+FFFD in place of a letter: it was saved in the wrong encoding. Export it again as "
            "“CSV UTF-8”.",
            id="replacement character",
        ),
        pytest.param(
            "NÃºÃ±ez",
            "“NÃºÃ±ez” was saved in the wrong encoding; it may be “Núñez”. Export it again as “CSV UTF-8”.",
            id="decoded twice",
        ),
        pytest.param("O&#39;Brien", "“&#39;” is HTML for “'”. Export the text without HTML.", id="numeric entity"),
        pytest.param("O&#x27;Brien", "“&#x27;” is HTML for “'”. Export the text without HTML.", id="hexadecimal"),
        pytest.param("Lane &amp; Co", "“&amp;” is HTML for “&”. Export the text without HTML.", id="named entity"),
        pytest.param("Zo&euml;", "“&euml;” is HTML for “ë”. Export the text without HTML.", id="letter"),
        pytest.param("Ruiz&nbsp;", "“&nbsp;” is HTML for “ ”. Export the text without HTML.", id="no-break space"),
        pytest.param(
            "1 Way<br/>Suite 2", "“<br/>” is HTML for a line break. Export the text without HTML.", id="line break"
        ),
        pytest.param(
            "Ana_x000D_",
            "“_x000D_” is a spreadsheet's sign for a line break or control character. Delete it.",
            id="escaped line break",
        ),
        pytest.param("#N/A", "“#N/A” is an error of a spreadsheet. Write what it stands for.", id="error"),
        pytest.param("########", "“########” is an error of a spreadsheet. Write what it stands for.", id="too narrow"),
    ],
)
def test_a_spoiled_cell_is_refused(cell: str, sentence: str) -> None:
    for is_prose in (True, False):
        with pytest.raises(ValueError) as refused:  # noqa: PT011
            cells.text(cell, most=None, is_prose=is_prose)
        assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "cell", ["Q&A; answers", "R&D", "JOÃO", "Â", "Zoë", "#1", "50 % & more;", "naïve", "Ångström", "<Ana>", "a <b> c"]
)
def test_a_text_that_only_looks_spoiled_comes_in(cell: str) -> None:
    assert cells.text(cell, most=None, is_prose=True) == cell


@pytest.mark.parametrize(
    "written",
    [
        "3/14/2024 0:00",
        "3/14/2024 00:00:00",
        "3/14/2024 12:00 AM",
        "3/14/2024 12:00:00 am",
        "2024-03-14T00:00:00",
        "2024-03-14T00:00",
        "2024-03-14 00:00:00.000",
        "2024-03-14T00:00:00.000Z",
        "2024-03-14",
    ],
)
def test_midnight_is_the_day(written: str) -> None:
    assert cells.day(written) == date(2024, 3, 14)


@pytest.mark.parametrize(
    "written", ["3/14/2024 9:30", "3/14/2024 12:00 PM", "2024-03-14T05:00:00Z", "2024-03-14 00:00:01"]
)
def test_another_time_of_day_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"has a time of day\. Write only the day"):
        cells.day(written)


def test_the_number_of_a_day_is_refused_with_its_cause() -> None:
    with pytest.raises(ValueError, match="“45365” is a spreadsheet's number of a day"):
        cells.day("45365")


@pytest.mark.parametrize(
    ("one", "other", "is_spoiled"),
    [
        ("0123", "123", True),
        ("123", "000123", True),
        ("+18475550100", "18475550100", True),
        ("123", "123.0", True),
        ("0", "000", True),
        ("0123", "0123", False),
        ("123", "124", False),
        ("A-0123", "A-123", False),
        ("", "0", False),
        ("02134-1000", "2134-1000", False),
    ],
)
def test_two_numbers_may_differ_only_by_what_a_spreadsheet_does(one: str, other: str, is_spoiled: bool) -> None:
    assert cells.differs_by_spreadsheet(one, other) is is_spoiled
    assert cells.differs_by_spreadsheet(other, one) is is_spoiled


def test_what_a_number_may_have_been() -> None:
    assert cells.before_a_spreadsheet("42", most_zeros=2) == ["042", "0042"]
    assert cells.before_a_spreadsheet("042", most_zeros=2) == ["42", "0042"]
    assert cells.before_a_spreadsheet("A42") == []


PLAIN = st.text("AZaz059,./:@'()-", min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(PLAIN, min_size=1, max_size=4).map(" ".join), st.booleans(), st.booleans())
def test_a_plain_cell_is_in_its_clean_form(cell: str, joins_lines: bool, is_prose: bool) -> None:
    """Such a cell is taken as it is, without the questions that a cell is asked otherwise."""
    assert cells._PLAIN.fullmatch(cell)
    assert cells._cleaned(cell, joins_lines=joins_lines, is_prose=is_prose) == cell
