"""Days as AMT counts them.

"Today" is the date in Chicago, where AMT's office is, whatever the time zone of the server or the
reader. Anniversaries are counted from the original day, never from the last anniversary, so that
February 29 comes back in leap years. Files have days as ``3/14/2026`` or ``2026-03-14``; what people
type into forms is read by ``amtportal.written_days``.
"""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.utils import timezone

CHICAGO = ZoneInfo("America/Chicago")

_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})")
_AMERICAN = re.compile(r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}")
_NO_YEAR = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/?")


Unreadable = Literal["no date", "no year", "no day", "short year", "not in the calendar", "other weekday"]


class UnreadableDay(ValueError):
    """The typed text is not a day; ``why`` says what is wrong with it.

    ``meant`` is the day that it would be with the day in front of the month, or without its weekday.
    """

    def __init__(self, why: Unreadable, *, meant: date | None = None) -> None:
        super().__init__(why)
        self.why, self.meant = why, meant


def day_of(instant: datetime) -> date:
    """Return the date in Chicago at that instant. Raises ``ValueError`` if it has no time zone."""
    if timezone.is_naive(instant):
        raise ValueError("An instant without a time zone has no day in Chicago.")
    return instant.astimezone(CHICAGO).date()


def today() -> date:
    """Return today's date in Chicago.

    Views and commands call this once; the rules take the day as a parameter.
    """
    return day_of(timezone.now())


@lru_cache(maxsize=2**16)  # runs over all members ask for the same days again and again
def anniversary(day: date, years: int) -> date:
    """Return the anniversary of ``day`` after that many years.

    The anniversary of February 29 is February 28 in years that are not leap years.
    """
    return day + relativedelta(years=years)


def read_day(typed: str) -> date:
    """Return the day in a file, month first or in ISO format. Raises ``UnreadableDay``."""
    match = _ISO.fullmatch(typed) or _AMERICAN.fullmatch(typed)
    if not match:
        if _SHORT_YEAR.fullmatch(typed):
            raise UnreadableDay("short year")
        raise UnreadableDay("no year" if _NO_YEAR.fullmatch(typed) else "no date")
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        raise UnreadableDay("not in the calendar") from None
