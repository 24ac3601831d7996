"""Days as AMT counts them.

"Today" is the date in Chicago, where AMT's office is, whatever the server's or the reader's zone. Anniversaries
are counted from the original day, never from the last anniversary, so that 29 February comes back in leap years.
A day is read as people type it (``3/14/2026``) and as machines send it (``2026-03-14``).
"""

import re
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.utils import timezone

CHICAGO = ZoneInfo("America/Chicago")

_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})")
_AMERICAN = re.compile(r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}")
_NO_YEAR = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/?")


class UnreadableDay(ValueError):
    """What was typed is no day; ``why`` tells what is wrong with it."""

    def __init__(self, why: Literal["no date", "no year", "short year", "not in the calendar"]) -> None:
        super().__init__(why)
        self.why = why


def day_of(instant: datetime) -> date:
    """The date in Chicago at that instant (which must carry its zone)."""
    if timezone.is_naive(instant):
        raise ValueError("An instant without a time zone has no day in Chicago.")
    return instant.astimezone(CHICAGO).date()


def today() -> date:
    """Today's date in Chicago. Read once, at the edge; rules take the day as a parameter."""
    return day_of(timezone.now())


def anniversary(day: date, years: int) -> date:
    """The anniversary of ``day`` that many years on; 29 February falls on the 28th in common years."""
    return day + relativedelta(years=years)


def read_day(typed: str) -> date:
    """The day that was typed, with month first or as ISO has it. Raises ``UnreadableDay``."""
    found = _ISO.fullmatch(typed) or _AMERICAN.fullmatch(typed)
    if not found:
        if _SHORT_YEAR.fullmatch(typed):
            raise UnreadableDay("short year")
        raise UnreadableDay("no year" if _NO_YEAR.fullmatch(typed) else "no date")
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        raise UnreadableDay("not in the calendar") from None
