"""Days as AMT counts them.

"Today" is the date in Chicago, where AMT's office is, whatever the server's or the reader's zone. Anniversaries
are counted from the original day, never from the last anniversary, so that 29 February comes back in leap years.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.utils import timezone

CHICAGO = ZoneInfo("America/Chicago")


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
