"""How the portal writes days, points and money."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.template import engines
from django.utils import translation

from amtportal.formatting import (
    as_count,
    days_away,
    direction,
    dollars,
    dollars_in_words,
    format_day,
    format_day_in_table,
    format_day_near,
    format_moment,
    format_points,
    format_when,
    translated,
    typed,
)
from tests.support.builders import chicago


@pytest.mark.parametrize(
    ("day", "words"),
    [
        pytest.param(date(2026, 3, 14), "Mar 14, 2026", id="a month of three letters"),
        pytest.param(date(2026, 12, 1), "Dec 1, 2026", id="no leading zero in the day"),
    ],
)
def test_days_are_written_in_words(day: date, words: str) -> None:
    assert format_day(day) == words


@pytest.mark.parametrize(
    ("points", "words"),
    [
        pytest.param("27.5", "27.5", id="half"),
        pytest.param("27.50", "27.5", id="needless zero"),
        pytest.param("30.00", "30", id="whole"),
        pytest.param("0.25", "0.25", id="quarter"),
        pytest.param("0", "0", id="nothing"),
        pytest.param("100", "100", id="zeros before the point stay"),
        pytest.param("1E+2", "100", id="never an exponent"),
    ],
)
def test_points_are_written_as_people_write_them(points: str, words: str) -> None:
    assert format_points(Decimal(points)) == words


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        pytest.param(9000, "$90.00", id="whole dollars"),
        pytest.param(9005, "$90.05", id="cents below ten"),
        pytest.param(5, "$0.05", id="less than a dollar"),
        pytest.param(0, "$0.00", id="nothing"),
        pytest.param(123456789, "$1,234,567.89", id="thousands"),
        pytest.param(-9005, "-$90.05", id="owed to the member"),
    ],
)
def test_money_is_written_in_dollars_and_cents(cents: int, words: str) -> None:
    assert dollars(cents) == words


@pytest.mark.parametrize(("cents", "words"), [(9000, "$90"), (9050, "$90.50"), (0, "$0"), (123400, "$1,234")])
def test_a_sentence_says_whole_dollars_without_cents(cents: int, words: str) -> None:
    assert dollars_in_words(cents) == words


def test_templates_write_the_same_words() -> None:
    template = engines["django"].from_string(
        "{{ day|day }} {{ day|day_text }} {{ day|day_in_table }} {{ points|points }} {{ cents|dollars }}"
    )
    shown = template.render({"day": date(2026, 3, 14), "points": Decimal("27.50"), "cents": 9000})
    assert shown == (
        '<time datetime="2026-03-14">Mar 14, 2026</time> Mar 14, 2026 <time datetime="2026-03-14">3/14/2026</time> '
        "27.5 $90.00"
    )


@pytest.mark.parametrize(
    ("day", "words"),
    [
        pytest.param(date(2026, 3, 4), "4 mar 2026", id="never 4/3 or 3/4"),
        pytest.param(date(2026, 9, 30), "30 sept 2026", id="September has four letters"),
        pytest.param(date(2026, 12, 1), "1 dic 2026", id="December"),
    ],
)
def test_days_in_spanish_name_their_month(day: date, words: str) -> None:
    with translation.override("es"):
        assert format_day(day) == format_day_in_table(day) == words
        assert typed(day) == f"{day.month}/{day.day}/{day.year}"


@pytest.mark.parametrize(
    ("day", "near", "english", "spanish"),
    [
        pytest.param(date(2026, 11, 15), "Nov 15", "15 days ago", "hace 15 días", id="15 days ago, no weekday"),
        pytest.param(date(2026, 11, 16), "Mon Nov 16", "14 days ago", "hace 14 días", id="14 days ago"),
        pytest.param(date(2026, 11, 29), "yesterday, Sun Nov 29", "yesterday", "ayer", id="yesterday"),
        pytest.param(date(2026, 11, 30), "today, Mon Nov 30", "today", "hoy", id="today"),
        pytest.param(date(2026, 12, 1), "tomorrow, Tue Dec 1", "tomorrow", "mañana", id="tomorrow"),
        pytest.param(date(2026, 12, 2), "Wed Dec 2", "in 2 days", "en 2 días", id="the day after tomorrow"),
        pytest.param(date(2026, 12, 14), "Mon Dec 14", "in 14 days", "en 14 días", id="in 14 days"),
        pytest.param(date(2026, 12, 15), "Dec 15", "in 15 days", "en 15 días", id="in 15 days, no weekday"),
        pytest.param(date(2026, 12, 31), "Dec 31", "in 31 days", "en 31 días", id="the last day of this year"),
        pytest.param(date(2027, 1, 1), "Jan 1, 2027", "in 32 days", "en 32 días", id="next year"),
        pytest.param(date(2025, 11, 30), "Nov 30, 2025", "365 days ago", "hace 365 días", id="a year ago"),
        pytest.param(date(2029, 11, 30), "Nov 30, 2029", "in 1,096 days", "en 1,096 días", id="in three years"),
    ],
)
def test_a_day_is_said_from_today(day: date, near: str, english: str, spanish: str) -> None:
    """Today is Monday, November 30, 2026."""
    on = date(2026, 11, 30)
    assert format_when(day, on) == near
    assert format_day_near(day, on) == (near.split(", ")[1] if near[0].islower() else near)
    assert days_away(day, on) == english
    with translation.override("es"):
        assert days_away(day, on) == spanish


def test_a_near_day_of_another_year_has_weekday_and_year() -> None:
    assert format_when(date(2027, 1, 1), date(2026, 12, 31)) == "tomorrow, Fri Jan 1, 2027"
    assert format_day_near(date(2026, 12, 31), date(2027, 1, 1)) == "Thu Dec 31, 2026"


def test_a_near_day_in_spanish() -> None:
    with translation.override("es"):
        assert format_when(date(2026, 12, 1), date(2026, 11, 30)) == "mañana, mar 1 dic"
        assert format_day_near(date(2026, 12, 2), date(2026, 11, 30)) == "mié 2 dic"
        assert format_when(date(2027, 1, 8), date(2026, 11, 30)) == "8 ene 2027"


def test_templates_say_a_day_from_today() -> None:
    template = engines["django"].from_string("{{ day|when:on }}|{{ day|day_near:on }}|{{ day|days_away:on }}")
    shown = template.render({"day": date(2026, 12, 1), "on": date(2026, 11, 30)})
    assert shown == (
        '<time datetime="2026-12-01">tomorrow, Tue Dec 1</time>|<time datetime="2026-12-01">Tue Dec 1</time>|tomorrow'
    )


@pytest.mark.parametrize(
    ("instant", "english", "spanish"),
    [
        pytest.param(chicago(2026, 3, 14, 0, 5), "Mar 14, 2026, 12:05 AM", "14 mar 2026, 12:05 a. m.", id="midnight"),
        pytest.param(chicago(2026, 3, 14, 12, 0), "Mar 14, 2026, 12:00 PM", "14 mar 2026, 12:00 p. m.", id="noon"),
        pytest.param(
            datetime(2026, 3, 15, 1, 30, tzinfo=UTC),
            "Mar 14, 2026, 8:30 PM",
            "14 mar 2026, 8:30 p. m.",
            id="in Chicago",
        ),
    ],
)
def test_instants_are_written_by_the_clock_in_chicago(instant: datetime, english: str, spanish: str) -> None:
    assert format_moment(instant) == english
    with translation.override("es"):
        assert format_moment(instant) == spanish


def test_figures_are_written_as_in_english() -> None:
    """The point and the comma are as readers in the United States know them.

    That also holds where Django writes the number.
    """
    template = engines["django"].from_string("{{ points|points }} {{ cents|dollars }} {{ number }} {{ many }}")
    with translation.override("es"):
        shown = template.render({"points": Decimal("27.50"), "cents": 123456, "number": Decimal("1.5"), "many": 12345})
    assert shown == "27.5 $1,234.56 1.5 12345"


def test_a_typed_date_has_its_month_first_in_both_languages() -> None:
    """Django's Spanish would read 3/4/2026 as the third of April."""
    for code in ("en", "es"):
        with translation.override(code):
            assert forms.DateField().clean("3/4/2026") == date(2026, 3, 4)
            assert forms.DecimalField(localize=True).clean("1.5") == Decimal("1.5")


@pytest.mark.parametrize(
    ("number", "expected"),
    [("1", 1), ("1.00", 1), ("0", 2), ("0.25", 2), ("1.5", 2), ("2", 2)],
)
def test_one_alone_is_singular(number: str, expected: int) -> None:
    assert as_count(Decimal(number)) == expected


def test_shipped_texts_are_translated_and_others_stay() -> None:
    with translation.override("es"):
        assert translated("Professional Education") == "Educación profesional"
        assert translated("Something that staff wrote.") == "Something that staff wrote."
        assert translated("") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada שרה", "ltr"),
        ("שלום CPR, part 2!", "rtl"),
        ("(2024) مرحبا", "rtl"),
        ("𞤀𞤥𞤭𞤲𞤢", "rtl"),
        ("健太", "ltr"),
        ("12/3", "ltr"),
        ("", "ltr"),
    ],
)
def test_a_text_runs_as_its_first_letter_does(text: str, expected: str) -> None:
    assert direction(text) == expected
