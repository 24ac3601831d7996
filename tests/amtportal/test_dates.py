"""Days in Chicago, and anniversaries counted from the original day."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from amtportal.dates import UnreadableDay, anniversary, day_of, read_day, today

LEAP_DAY = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        # Chicago is 6 hours behind UTC in winter, 5 in summer.
        pytest.param(datetime(2026, 1, 16, 5, 55, tzinfo=UTC), date(2026, 1, 15), id="winter, 23:55 in Chicago"),
        pytest.param(datetime(2026, 1, 16, 6, 0, tzinfo=UTC), date(2026, 1, 16), id="winter, midnight in Chicago"),
        pytest.param(datetime(2026, 1, 16, 6, 5, tzinfo=UTC), date(2026, 1, 16), id="winter, 00:05 in Chicago"),
        pytest.param(datetime(2026, 7, 16, 4, 55, tzinfo=UTC), date(2026, 7, 15), id="summer, 23:55 in Chicago"),
        pytest.param(datetime(2026, 7, 16, 5, 5, tzinfo=UTC), date(2026, 7, 16), id="summer, 00:05 in Chicago"),
        # Clocks go forward on 3/8/2026 at 02:00, and back on 11/1/2026 at 02:00.
        pytest.param(datetime(2026, 3, 8, 5, 55, tzinfo=UTC), date(2026, 3, 7), id="before the short day"),
        pytest.param(datetime(2026, 3, 8, 6, 5, tzinfo=UTC), date(2026, 3, 8), id="short day begins"),
        pytest.param(datetime(2026, 3, 9, 4, 55, tzinfo=UTC), date(2026, 3, 8), id="short day ends"),
        pytest.param(datetime(2026, 3, 9, 5, 5, tzinfo=UTC), date(2026, 3, 9), id="after the short day"),
        pytest.param(datetime(2026, 11, 1, 4, 55, tzinfo=UTC), date(2026, 10, 31), id="before the long day"),
        pytest.param(datetime(2026, 11, 1, 5, 5, tzinfo=UTC), date(2026, 11, 1), id="long day begins"),
        pytest.param(datetime(2026, 11, 2, 5, 55, tzinfo=UTC), date(2026, 11, 1), id="long day ends"),
        pytest.param(datetime(2026, 11, 2, 6, 5, tzinfo=UTC), date(2026, 11, 2), id="after the long day"),
    ],
)
def test_today_is_the_date_in_chicago(instant: datetime, day: date) -> None:
    assert day_of(instant) == day
    with time_machine.travel(instant, tick=False):
        assert today() == day


def test_an_instant_without_a_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        day_of(datetime(2026, 1, 16, 12))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("years", "day"),
    [
        pytest.param(0, date(2024, 2, 29), id="the day itself"),
        pytest.param(1, date(2025, 2, 28), id="first common year"),
        pytest.param(2, date(2026, 2, 28), id="second common year"),
        pytest.param(3, date(2027, 2, 28), id="third common year"),
        pytest.param(4, date(2028, 2, 29), id="the next leap year has the 29th again"),
        pytest.param(12, date(2036, 2, 29), id="four cycles on"),
    ],
)
def test_anniversaries_of_29_february_are_counted_from_the_day_itself(years: int, day: date) -> None:
    assert anniversary(LEAP_DAY, years) == day


def test_steps_from_anniversary_to_anniversary_would_lose_the_leap_day() -> None:
    """One year after 29 February 2024 is the 28th, and three years from there is 28 February 2028.

    That is why anniversaries are counted from the original day.
    """
    assert anniversary(anniversary(LEAP_DAY, 1), 3) == date(2028, 2, 28) != anniversary(LEAP_DAY, 4)


@pytest.mark.parametrize(
    ("day", "years", "later"),
    [
        pytest.param(date(2006, 5, 1), 3, date(2009, 5, 1), id="the programme's example"),
        pytest.param(date(2023, 2, 28), 1, date(2024, 2, 28), id="28 February stays the 28th in a leap year"),
        pytest.param(date(2023, 3, 1), 1, date(2024, 3, 1), id="1 March"),
        pytest.param(date(2023, 12, 31), 3, date(2026, 12, 31), id="last day of the year"),
    ],
)
def test_anniversaries_of_other_days_keep_month_and_day(day: date, years: int, later: date) -> None:
    assert anniversary(day, years) == later


@pytest.mark.parametrize("typed", ["3/1/2026", "03/01/2026", "2026-03-01", "2026-3-1"])
def test_a_day_is_read_with_the_month_first_or_as_iso_has_it(typed: str) -> None:
    assert read_day(typed) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        pytest.param("soon", "no date", id="a word"),
        pytest.param("", "no date", id="nothing"),
        pytest.param("1.3.2026", "no date", id="points"),
        pytest.param("٣/١/٢٠٢٦", "no date", id="Arabic digits"),
        pytest.param("3/1/2026 ", "no date", id="a space, which the form has taken away"),
        pytest.param("3/1/26", "short year", id="two digits of the year"),
        pytest.param("3/1", "no year", id="no year"),
        pytest.param("3/1/", "no year", id="no year after the slash"),
        pytest.param("2/30/2026", "not in the calendar", id="30 February"),
        pytest.param("2025-02-29", "not in the calendar", id="29 February of a common year"),
        pytest.param("13/1/2026", "not in the calendar", id="the day first"),
        pytest.param("0000-01-01", "not in the calendar", id="year 0"),
    ],
)
def test_of_anything_else_it_is_said_what_is_wrong(typed: str, why: str) -> None:
    with pytest.raises(UnreadableDay) as refused:
        read_day(typed)
    assert refused.value.why == why
