"""Numbers of units and points as people write them, in English and Spanish; never guessed."""

from decimal import Decimal

import pytest

from ccp.recording.amounts import Amount, read_points, read_quantity


@pytest.mark.parametrize(
    ("written", "number", "unit"),
    [
        ("3", "3", None),
        ("1.5", "1.5", None),
        ("1,5", "1.5", None),
        (".5", "0.5", None),
        ("2.", "2", None),
        ("0.4", "0.4", None),
        ("1½", "1.5", None),
        ("1 ½", "1.5", None),
        ("½", "0.5", None),
        ("1¾", "1.75", None),
        ("1 1/2", "1.5", None),
        ("1-1/2", "1.5", None),
        ("1 y 1/2", "1.5", None),
        ("3/4", "0.75", None),
        ("1 1⁄2", "1.5", None),
        ("3 hours", "3", "hour"),
        ("3 Horas", "3", "hour"),
        ("1.5 hrs.", "1.5", "hour"),
        ("1,5 h", "1.5", "hour"),
        ("1 1/2 hours", "1.5", "hour"),
        ("3 contact hours", "3", "hour"),
        ("3 horas de contacto", "3", "hour"),
        ("90 min", "1.5", "hour"),
        ("90 minutes", "1.5", "hour"),
        ("45 minutos", "0.75", "hour"),
        ("50min.", "0.83", "hour"),
        ("100 min", "1.67", "hour"),
        ("1:30", "1.5", "hour"),
        ("0:45", "0.75", "hour"),
        ("1h30", "1.5", "hour"),
        ("1h 30m", "1.5", "hour"),
        ("1 h 30 min", "1.5", "hour"),
        ("1 hour 30 minutes", "1.5", "hour"),
        ("1 hour and 30 minutes", "1.5", "hour"),
        ("1 hora y 30 minutos", "1.5", "hour"),
        ("2 h 5 min", "2.08", "hour"),
        ("half an hour", "0.5", "hour"),
        ("media hora", "0.5", "hour"),
        ("1 hour and a half", "1.5", "hour"),
        ("2 horas y media", "2.5", "hour"),
        ("0.4 CEU", "0.4", "ceu"),
        ("0.4 CEUs", "0.4", "ceu"),
        ("2 semester hours", "2", "semester-hour"),
        ("2 horas de semestre", "2", "semester-hour"),
        ("4 quarter hours", "4", "quarter-hour"),
        ("2 años", "2", "year"),
        ("1 work", "1", "work"),
    ],
)
def test_a_number_of_units_is_read_as_people_write_it(written: str, number: str, unit: str | None) -> None:
    """60 minutes are one contact hour: 50/60 = 0.83, 100/60 = 1.67, 125/60 = 2.08."""
    assert read_quantity(written) == Amount(Decimal(number), unit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    [
        *("", ".", ",", "one", "-1", "+1", "1e3", "NaN", "١٢", "１２", "9" * 21, "1.5.5", "1,500", "1 5", "1, 5"),
        *("3/2", "1/3", "0/4", "1/0", "11/20/26", "1:75", "1:5", "1:30:00", "1:30 pm", "1h90", "1.5h30"),
        *("1:30 and a half", "1.5 horas y media", "90 min y media", "half", "media"),
        *("3 credits", "2 créditos", "3 pages", "3 days", "hours", "3 hours 2 hours", "90 min 3"),
    ],
)
def test_what_could_be_read_in_two_ways_or_none_is_not_read(written: str) -> None:
    assert read_quantity(written) is None


@pytest.mark.parametrize(
    ("written", "points"),
    [("1.5", "1.5"), ("1½", "1.5"), ("1 1/2", "1.5"), ("½", "0.5"), ("2 points", "2"), ("1,5 puntos", "1.5")],
)
def test_points_are_read_as_people_write_them(written: str, points: str) -> None:
    assert read_points(written) == Decimal(points)


@pytest.mark.parametrize("written", ["90 min", "1:30", "1h30", "3 hours", "0.4 CEU", "1,500", "1 5", "", "points"])
def test_a_time_is_no_number_of_points(written: str) -> None:
    assert read_points(written) is None
