"""Business days in the United States: Monday to Friday, without the federal holidays.

A federal holiday that falls on a Saturday is observed on the Friday before, one that falls on a
Sunday on the Monday after. The list is that of 5 U.S.C. 6103; it has changed twice since 1983.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6

# The holiday is this weekday of the month, counted from its beginning; -1 is the last.
_BY_WEEKDAY = {
    "Birthday of Martin Luther King, Jr.": (1, MONDAY, 3),
    "Washington's Birthday": (2, MONDAY, 3),
    "Memorial Day": (5, MONDAY, -1),
    "Labor Day": (9, MONDAY, 1),
    "Columbus Day": (10, MONDAY, 2),
    "Thanksgiving Day": (11, THURSDAY, 4),
}
_BY_DAY = {
    "New Year's Day": (1, 1),
    "Juneteenth National Independence Day": (6, 19),
    "Independence Day": (7, 4),
    "Veterans Day": (11, 11),
    "Christmas Day": (12, 25),
}


def is_business_day(day: date) -> bool:
    # New Year's Day of the next year may be observed on December 31.
    return day.weekday() < SATURDAY and day not in holidays(day.year) and day not in holidays(day.year + 1)


def this_or_next(day: date) -> date:
    """Return the day, or the first business day after it."""
    while not is_business_day(day):
        day += DAY
    return day


@cache
def holidays(year: int) -> frozenset[date]:
    """Return the days on which the federal holidays of the year are observed."""
    return frozenset(_observed(year))


def _observed(year: int) -> Iterator[date]:
    for month, day in _BY_DAY.values():
        holiday = date(year, month, day)
        yield holiday + {SATURDAY: -DAY, SUNDAY: DAY}.get(holiday.weekday(), timedelta())
    for month, weekday, count in _BY_WEEKDAY.values():
        yield _weekday_of_month(year, month, weekday, count)


def _weekday_of_month(year: int, month: int, weekday: int, count: int) -> date:
    """Return the first, second … day of the month with this weekday; the last one for -1."""
    first = date(year, month, 1)
    first += timedelta(days=(weekday - first.weekday()) % 7)
    days = [day for week in range(5) if (day := first + timedelta(weeks=week)).month == month]
    return days[count - 1 if count > 0 else count]
