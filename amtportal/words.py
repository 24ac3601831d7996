"""How the portal writes days, points and money, on pages, in mails and on paper.

Money is whole US cents in the database and in code; dollars exist only here.
"""

from datetime import date
from decimal import Decimal


def us(day: date) -> str:
    """A day as members write it and read it everywhere: ``3/14/2026``."""
    return f"{day.month}/{day.day}/{day.year}"


def plain(points: Decimal) -> str:
    """Points as people write them: ``27.5``, ``30``, ``0.25``; never an exponent or a needless zero."""
    return f"{points.quantize(Decimal('0.01')):f}".rstrip("0").rstrip(".")


def dollars(cents: int) -> str:
    """``9000`` → ``$90.00``."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}${whole:,}.{rest:02d}"
