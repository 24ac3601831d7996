"""The pace that reaches the requirement in time: never less than is needed, and in words."""

from decimal import Decimal

import pytest
from django.utils import translation

from ccp.standing.pace import Pace, pace, pace_in_words

QUARTER = Decimal("0.25")


@pytest.mark.parametrize(
    ("to_go", "days", "found"),
    [
        pytest.param("2", 40, Pace(Decimal(1), 2, "week"), id="20 days each: 2 weeks, 3 would be 21 days"),
        pytest.param("2", 42, Pace(Decimal(1), 3, "week"), id="21 days each: 3 weeks"),
        pytest.param("2", 41, Pace(Decimal(1), 2, "week"), id="20.5 days each"),
        pytest.param("4", 55, Pace(Decimal(1), 1, "week"), id="13.75 days each"),
        pytest.param("4", 56, Pace(Decimal(1), 2, "week"), id="14 days each"),
        pytest.param("8", 56, Pace(Decimal(1), 1, "week"), id="7 days each"),
        pytest.param("8", 55, Pace(Decimal(1), 6, "day"), id="6.9 days each"),
        pytest.param("20", 40, Pace(Decimal(1), 2, "day"), id="2 days each"),
        pytest.param("20", 39, Pace(Decimal(1), 1, "day"), id="1.95 days each"),
        pytest.param("20", 20, Pace(Decimal(1), 1, "day"), id="1 a day exactly"),
        pytest.param("20.25", 20, Pace(Decimal("1.5"), 1, "day"), id="a quarter over 1 a day"),
        pytest.param("30", 20, Pace(Decimal("1.5"), 1, "day"), id="1.5 a day exactly"),
        pytest.param("2", 1, Pace(Decimal(2), 1, "day"), id="the day before the last"),
        pytest.param("2", 0, None, id="the last day"),
        pytest.param("1", 40, None, id="1 point is one activity"),
        pytest.param("1.25", 59, Pace(Decimal(1), 6, "week"), id="a quarter more: 47 days each"),
        pytest.param("0", 40, None, id="nothing to go"),
    ],
)
def test_the_pace(to_go: str, days: int, found: Pace | None) -> None:
    assert pace(Decimal(to_go), days) == found


def test_whoever_keeps_the_pace_has_the_points_and_the_next_slower_one_would_not_do() -> None:
    for days in range(1, 60):
        for quarters in range(5, 45 * 4 + 1):
            to_go = quarters * QUARTER
            found = pace(to_go, days)
            assert found
            assert found.points * days / found.days >= to_go, (to_go, days)
            if found.points > 1:
                assert (found.points - Decimal("0.5")) * days < to_go, (to_go, days)
            else:
                slower = Pace(found.points, found.every + 1, found.unit)
                assert slower.points * days / slower.days < to_go, (to_go, days)


@pytest.mark.parametrize(
    ("found", "said", "en_español"),
    [
        (Pace(Decimal(1), 1, "day"), "1 point a day", "1 punto al día"),
        (Pace(Decimal("1.5"), 1, "day"), "1.5 points a day", "1.5 puntos al día"),
        (Pace(Decimal(1), 3, "day"), "1 point every 3 days", "1 punto cada 3 días"),
        (Pace(Decimal(1), 1, "week"), "1 point a week", "1 punto a la semana"),
        (Pace(Decimal(1), 3, "week"), "1 point every 3 weeks", "1 punto cada 3 semanas"),
    ],
)
def test_the_pace_in_words(found: Pace, said: str, en_español: str) -> None:
    assert pace_in_words(found) == f"That is about {said}."
    with translation.override("es"):
        assert en_español in pace_in_words(found)
