"""How the portal writes days, points and money."""

from datetime import date
from decimal import Decimal

import pytest
from django.template import engines

from amtportal.words import dollars, plain, us


@pytest.mark.parametrize(
    ("day", "words"),
    [
        pytest.param(date(2026, 3, 14), "3/14/2026", id="no leading zero in the month"),
        pytest.param(date(2026, 12, 1), "12/1/2026", id="no leading zero in the day"),
    ],
)
def test_days_are_written_month_day_year(day: date, words: str) -> None:
    assert us(day) == words


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
    assert plain(Decimal(points)) == words


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


def test_templates_write_the_same_words() -> None:
    template = engines["django"].from_string("{{ day|day }} {{ day|day_text }} {{ points|points }} {{ cents|dollars }}")
    shown = template.render({"day": date(2026, 3, 14), "points": Decimal("27.50"), "cents": 9000})
    assert shown == '<time datetime="2026-03-14">3/14/2026</time> 3/14/2026 27.5 $90.00'
