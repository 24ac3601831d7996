"""How the portal writes days, points and money, on pages, in mails and on paper, in the reader's language.

Money is whole US cents in the database and in code; dollars exist only here.

| | English | Spanish |
| --- | --- | --- |
| a day | ``3/14/2026`` | ``14 mar 2026``: 3/4/2026 would be read as the third of April |
| points | ``27.5`` | ``27.5``: the point, as in the United States and Mexico |
| money | ``$90.00`` | ``$90.00`` |

Days are *typed* with the month first in both languages, and the hints of the Spanish forms say so.
"""

from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import get_language, gettext

from amtportal.dates import CHICAGO

SPANISH_MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic")


def is_spanish() -> bool:
    return get_language() == "es"


def format_day(day: date) -> str:
    """A day as members read it everywhere: ``3/14/2026``."""
    if is_spanish():
        return f"{day.day} {SPANISH_MONTHS[day.month - 1]} {day.year}"
    return typed(day)


def typed(day: date) -> str:
    """A day as members type it into a field, in both languages: ``3/14/2026``."""
    return f"{day.month}/{day.day}/{day.year}"


def format_moment(instant: datetime) -> str:
    """An instant by the clock in Chicago: ``3/14/2026, 2:05 PM``."""
    there = instant.astimezone(CHICAGO)
    forenoon, afternoon = ("a. m.", "p. m.") if is_spanish() else ("AM", "PM")
    return (
        f"{format_day(there)}, {there.hour % 12 or 12}:{there.minute:02d} {forenoon if there.hour < 12 else afternoon}"
    )


def format_points(points: Decimal) -> str:
    """Points as people write them: ``27.5``, ``30``, ``0.25``; never an exponent or a needless zero."""
    return f"{points.quantize(Decimal('0.01')):f}".rstrip("0").rstrip(".")


def as_count(number: Decimal | int) -> int:
    """The number for ``ngettext``, which takes whole ones: 1 for one, 2 for any other, 0.25 and 1.5 among them."""
    return 1 if number == 1 else 2


def dollars(cents: int) -> str:
    """``9000`` → ``$90.00``."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}${whole:,}.{rest:02d}"


def translated(text: str) -> str:
    """What AMT ships in the database (names, guidance) in the reader's language; what staff wrote stays as it is."""
    return gettext(text) if text else ""
