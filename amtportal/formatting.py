"""How the portal writes days, points and money on pages, in mail and on paper, in both languages.

Money is whole US cents in the database and in code; only this module writes dollars.

| | English | Spanish |
| --- | --- | --- |
| a day | ``Mar 14, 2026`` | ``14 mar 2026`` |
| a day in a column of a table | ``3/14/2026`` | ``14 mar 2026``, because 3/4/2026 would be read as April 3 |
| points | ``27.5`` | ``27.5`` with a decimal point, as in the United States and Mexico |
| money in tables, receipts and facts | ``$90.00`` | ``$90.00`` |
| money in a sentence | ``$90``, ``$90.50`` | ``$90``, ``$90.50`` |

Whoever knows which day it is can say more of a day that is near (``format_day_near``,
``format_when``, ``days_away``). A document, a mail and a record are read later than they are
written, and name the year.

People *type* days with the month first in both languages, and the hints of the Spanish forms say
so.
"""

import unicodedata
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import get_language, gettext

from amtportal.dates import CHICAGO

ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SPANISH_MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic")
ENGLISH_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SPANISH_WEEKDAYS = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
WEEKDAY_DAYS = 14
_NEXT_TO_TODAY = {-1: ("yesterday", "ayer"), 0: ("today", "hoy"), 1: ("tomorrow", "mañana")}


def is_spanish() -> bool:
    return get_language() == "es"


def format_day(day: date) -> str:
    """Return a day in words: ``Mar 14, 2026``. Years have four digits."""
    year = f"{day.year:04}"
    return f"{format_day_briefly(day)} {year}" if is_spanish() else f"{format_day_briefly(day)}, {year}"


def format_day_in_table(day: date) -> str:
    """Return a day in a column of a table, where days are compared: ``3/14/2026``."""
    return format_day(day) if is_spanish() else typed(day)


def format_day_briefly(day: date) -> str:
    """Return a day near today for the subject of a mail: ``Jan 8``, or ``8 ene``."""
    if is_spanish():
        return f"{day.day} {SPANISH_MONTHS[day.month - 1]}"
    return f"{ENGLISH_MONTHS[day.month - 1]} {day.day}"


def format_day_near(day: date, on: date) -> str:
    """Return a day as somebody reads it on the day ``on``: ``Mon Nov 30``, ``Dec 25``, ``Jan 8, 2027``.

    It has its weekday up to 14 days away, and its year unless that is the year of ``on``.
    """
    written = format_day_briefly(day) if day.year == on.year else format_day(day)
    if abs((day - on).days) > WEEKDAY_DAYS:
        return written
    return f"{(SPANISH_WEEKDAYS if is_spanish() else ENGLISH_WEEKDAYS)[day.weekday()]} {written}"


def format_when(day: date, on: date) -> str:
    """Return ``tomorrow, Mon Nov 30``, the same for today and yesterday, else the day alone.

    A sentence puts no "on" in front of it.
    """
    near = _NEXT_TO_TODAY.get((day - on).days)
    written = format_day_near(day, on)
    return f"{near[is_spanish()]}, {written}" if near else written


def days_away(day: date, on: date) -> str:
    """Return how far a day is from ``on``: ``today``, ``tomorrow``, ``in 40 days``, ``12 days ago``."""
    days = (day - on).days
    if near := _NEXT_TO_TODAY.get(days):
        return near[is_spanish()]
    if days > 0:
        return f"en {days:,} días" if is_spanish() else f"in {days:,} days"
    return f"hace {-days:,} días" if is_spanish() else f"{-days:,} days ago"


def typed(day: date) -> str:
    """Return a day as members type it into a field, in both languages: ``3/14/2026``."""
    return f"{day.month}/{day.day}/{day.year:04}"


def format_moment(instant: datetime) -> str:
    """Return an instant as day and time in Chicago: ``Mar 14, 2026, 2:05 PM``."""
    return f"{format_day(instant.astimezone(CHICAGO))}, {format_time(instant)}"


def format_time(instant: datetime) -> str:
    """Return the time of an instant in Chicago: ``2:05 PM``."""
    there = instant.astimezone(CHICAGO)
    forenoon, afternoon = ("a. m.", "p. m.") if is_spanish() else ("AM", "PM")
    return f"{there.hour % 12 or 12}:{there.minute:02d} {forenoon if there.hour < 12 else afternoon}"


def format_points(points: Decimal) -> str:
    """Return points as people write them, without needless zeros: ``27.5``, ``30``, ``0.25``."""
    return f"{points.quantize(Decimal('0.01')):f}".rstrip("0").rstrip(".")


def as_count(number: Decimal | int) -> int:
    """Return the number for ``ngettext``, which takes only integers.

    It is 1 for one, and 2 for every other number, also for 0.25 and 1.5.
    """
    return 1 if number == 1 else 2


def dollars(cents: int) -> str:
    """Return an amount in US cents as dollars: ``9000`` becomes ``$90.00``."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}${whole:,}.{rest:02d}"


def dollars_in_words(cents: int) -> str:
    """Return an amount in US cents as a sentence says it, without needless cents: ``$90``, ``$90.50``."""
    return dollars(cents).removesuffix(".00")


def direction(text: str) -> str:
    """Return the direction of a text for HTML: that of its first letter that has one, else ``ltr``.

    Browsers find it out by ``dir="auto"``. The engine of documents does not.
    """
    strong = (unicodedata.bidirectional(character) for character in text)
    return "rtl" if next((one for one in strong if one in ("L", "R", "AL")), "L") != "L" else "ltr"


def translated(text: str) -> str:
    """Return text from the database in the reader's language.

    Only text that comes with the portal (names, guidance) has a translation. Text that staff wrote
    is returned unchanged.
    """
    return gettext(text) if text else ""
