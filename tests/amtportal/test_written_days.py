"""Days as people and certificates write them, in English and Spanish; never guessed."""

from datetime import date

import pytest

from amtportal import written_days
from amtportal.dates import UnreadableDay

TODAY = date(2026, 11, 30)  # a Monday
THE_20TH = date(2026, 11, 20)  # a Friday


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20",
        "11/20/2026",
        "Nov 20, 2026",
        "Nov. 20 2026",
        "NOVEMBER 20TH, 2026",
        "nov 20 26",
        "Nov. 20, '26",
        "20 nov 2026",
        "20-Nov-2026",
        "20NOV2026",
        "the 20th of November 2026",
        "2026 Nov 20",
        "20 de noviembre de 2026",
        "20 de noviembre del 2026",
        "noviembre 20, 2026",
        "11-20-2026",
        "11–20–2026",
        "11.20.2026",
        "11 20 2026",
        "11 / 20 / 2026",
        "11202026",
        "11/20/26",
        "11-20-26",
        "2026/11/20",
        "2026.11.20",
        "20261120",
        "Fri, Nov 20, 2026",
        "Friday 11/20/2026",
        "Fri,11/20/2026",
        "Viernes 20 de noviembre de 2026",
        "Nov\N{NO-BREAK SPACE}20, 2026\N{ZERO WIDTH SPACE}",
    ],
)
def test_the_same_day_is_read_however_it_is_written(written: str) -> None:
    assert written_days.read(written, TODAY) == THE_20TH


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("today", TODAY),
        ("Hoy", TODAY),
        ("Yesterday", date(2026, 11, 29)),
        ("ayer", date(2026, 11, 29)),
        ("3/4/2026", date(2026, 3, 4)),
        ("3-4-26", date(2026, 3, 4)),
        ("mié, 4 mar. 2026", date(2026, 3, 4)),
        ("mar 3, 2026", date(2026, 3, 3)),
        ("mar 3 mar 2026", date(2026, 3, 3)),
        ("1º de enero de 2026", date(2026, 1, 1)),
        ("1° de enero de 2026", date(2026, 1, 1)),
        ("sáb 28 feb 2026", date(2026, 2, 28)),
        ("4 setiembre 2026", date(2026, 9, 4)),
        ("Sept 4th 2026", date(2026, 9, 4)),
        ("12122012", date(2012, 12, 12)),
        ("1/1/27", date(2027, 1, 1)),
        ("1/1/00", date(2000, 1, 1)),
    ],
)
def test_words_and_short_years_are_read(written: str, day: date) -> None:
    assert written_days.read(written, TODAY) == day


@pytest.mark.parametrize("number", range(1, 13))
def test_each_month_is_read_in_both_languages_whole_and_short(number: int) -> None:
    named = [name for name, month in written_days.MONTHS.items() if month == number]
    assert len(named) >= 2
    for name in named:
        assert written_days.read(f"5 {name} 2026", TODAY) == date(2026, number, 5)


@pytest.mark.parametrize(
    ("written", "why", "meant"),
    [
        pytest.param("13/12/2026", "not in the calendar", date(2026, 12, 13), id="only with the day first"),
        pytest.param("20.11.2026", "not in the calendar", THE_20TH, id="only with the day first, with points"),
        pytest.param("20112026", "not in the calendar", THE_20TH, id="only with the day first, in a row"),
        pytest.param("26-11-20", "not in the calendar", None, id="of 2020 or of 2026"),
        pytest.param("13/12/26", "not in the calendar", None, id="of 2013 or of 2026"),
        pytest.param("30/2/2026", "not in the calendar", None, id="30 February, the day first"),
        pytest.param("2/30/2026", "not in the calendar", None, id="30 February"),
        pytest.param("Feb 29, 2026", "not in the calendar", None, id="29 February of a common year"),
        pytest.param("99999999", "not in the calendar", None, id="nines"),
        pytest.param("112026", "no date", None, id="six digits"),
        pytest.param("1112026", "no date", None, id="seven digits"),
        pytest.param("11/20-2026", "no date", None, id="two kinds of marks"),
        pytest.param("Nov 20-21, 2026", "no date", None, id="two days"),
        pytest.param("11/20/2026 - 11/21/2026", "no date", None, id="from and to"),
        pytest.param("11/20/026", "no date", None, id="a year of three digits"),
        pytest.param("last Friday", "no date", None, id="words"),
        pytest.param("Friday", "no date", None, id="a weekday alone"),
        pytest.param("٣/١/٢٠٢٦", "no date", None, id="Arabic digits"),
        pytest.param("", "no date", None, id="nothing"),
        pytest.param("Nov 20th", "no year", None, id="no year"),
        pytest.param("11/20", "no year", None, id="no year, in numbers"),
        pytest.param("11-20-", "no year", None, id="no year after the dash"),
        pytest.param("Nov 2026", "no day", None, id="no day"),
        pytest.param("11/2026", "no day", None, id="no day, in numbers"),
        pytest.param("0026-11-20", "short year", None, id="26 in a date picker"),
        pytest.param("11/20/0206", "short year", None, id="a slip of the finger"),
        pytest.param("11/20/28", "short year", None, id="of 1928 or 2028"),
        pytest.param("11/20/99", "short year", None, id="of 1999 or 2099"),
        pytest.param("Monday, Nov 20, 2026", "other weekday", THE_20TH, id="another weekday"),
        pytest.param("lunes 20 de noviembre de 2026", "other weekday", THE_20TH, id="another weekday, in Spanish"),
    ],
)
def test_nothing_is_guessed_and_what_is_wrong_is_told(written: str, why: str, meant: date | None) -> None:
    with pytest.raises(UnreadableDay) as refused:
        written_days.read(written, TODAY)
    assert (refused.value.why, refused.value.meant) == (why, meant)
