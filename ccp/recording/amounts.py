"""Numbers of units and of points as people write them, in English and Spanish.

- a number: ``3``, ``1.5``, ``1,5``, ``.5``, ``1½``, ``1 1/2``, ``3/4``
- with its unit: ``3 hours``, ``3 horas``, ``0.4 CEU``, ``2 semester hours``
- a time: ``90 min``, ``45 minutos``, ``1:30``, ``1h30``, ``1 h 30 min``, ``1 hora y 30 minutos``
- a half in words: ``half an hour``, ``media hora``, ``1 hour and a half``, ``2 horas y media``

A time is read in contact hours of 60 minutes, to the nearest hundredth: 90 minutes are 1.5 and 50
minutes are 0.83. Which unit an activity type takes is for the form to compare.

Nothing is guessed: signs, exponents, ``1,500`` (thousands, or one and a half), ``3/2``, ``1:75``,
``1 5`` and bare ``credits`` are not read.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ccp.models.catalogue import ActivityUnit

HUNDREDTH = Decimal("0.01")
MINUTES = Decimal(60)  # of a contact hour

_UNITS: dict[str, ActivityUnit] = {
    **dict.fromkeys(("contact hour", "contact hours", "contact hrs", "contact hr"), ActivityUnit.HOUR),
    **dict.fromkeys(("hora de contacto", "horas de contacto", "horas contacto"), ActivityUnit.HOUR),
    **dict.fromkeys(("semester hour", "semester hours"), ActivityUnit.SEMESTER_HOUR),
    **dict.fromkeys(("hora de semestre", "horas de semestre", "hora semestral"), ActivityUnit.SEMESTER_HOUR),
    **dict.fromkeys(("horas semestre", "horas semestrales"), ActivityUnit.SEMESTER_HOUR),
    **dict.fromkeys(("quarter hour", "quarter hours"), ActivityUnit.QUARTER_HOUR),
    **dict.fromkeys(("hora de trimestre", "horas de trimestre", "hora trimestral"), ActivityUnit.QUARTER_HOUR),
    **dict.fromkeys(("horas trimestre", "horas trimestrales"), ActivityUnit.QUARTER_HOUR),
    **dict.fromkeys(("ceu", "ceus"), ActivityUnit.CEU),
    **dict.fromkeys(("year", "years", "ano", "anos"), ActivityUnit.YEAR),
    **dict.fromkeys(("work", "works", "obra", "obras"), ActivityUnit.WORK),
}
_HALVES = {"\N{VULGAR FRACTION ONE HALF}": "1/2", "\N{VULGAR FRACTION ONE QUARTER}": "1/4"}
_HALVES["\N{VULGAR FRACTION THREE QUARTERS}"] = "3/4"
_SLASHES = str.maketrans({"\N{FRACTION SLASH}": "/", "\N{DIVISION SLASH}": "/"})

# A comma before three digits is not read, because it may separate thousands.
_NUMBER = r"(?=\.?[0-9])[0-9]{0,20}(?:\.[0-9]{0,20}|,[0-9]{0,2})?"
_FRACTION = r"(?:[0-9]{1,4}(?: |-| and | y ))?[0-9]{1,2}/[0-9]{1,2}"
_AMOUNT = re.compile(rf"({_FRACTION}|{_NUMBER}) ?([a-z][a-z ]*)?", re.ASCII)
_HOURS = r"(?:h|hr|hrs|hour|hours|hora|horas)\.?"
_MINUTES = r"(?:m|min|mins|minute|minutes|minuto|minutos)\.?"
_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?: ?" + _HOURS + ")?", re.ASCII)
_SOME_HOURS = re.compile(rf"({_FRACTION}|{_NUMBER}) ?{_HOURS}", re.ASCII)
_SOME_MINUTES = re.compile(rf"({_NUMBER}) ?{_MINUTES}", re.ASCII)
_HOURS_AND_MINUTES = re.compile(rf"([0-9]{{1,3}}) ?{_HOURS}(?:,| and| y)? ?([0-5]?[0-9])(?: ?{_MINUTES})?", re.ASCII)
_AND_A_HALF = re.compile(rf"([0-9]{{1,3}}) ?({_HOURS}) (?:and a half|y media)", re.ASCII)
_HALF_AN_HOUR = {"half an hour", "half hour", "media hora"}
_POINTS = {"", "point", "points", "pt", "pts", "punto", "puntos"}


@dataclass(frozen=True)
class Amount:
    """A number, and the unit that was written with it; an empty unit if none was."""

    number: Decimal
    unit: ActivityUnit | None = None


def read_quantity(written: str) -> Amount | None:
    """Return the number of units that is written; None if it cannot be read in one way."""
    plain = _AND_A_HALF.sub(r"\1 1/2 \2", _plain(written))
    if plain in _HALF_AN_HOUR:
        plain = "1/2 hour"
    if clock := _CLOCK.fullmatch(plain) or _HOURS_AND_MINUTES.fullmatch(plain):
        return _time(Decimal(clock[1]) * MINUTES + Decimal(clock[2]))
    if minutes := _SOME_MINUTES.fullmatch(plain):
        return _time(_decimal(minutes[1]))
    if hours := _SOME_HOURS.fullmatch(plain):
        number = _number(hours[1])
        return None if number is None else Amount(number, ActivityUnit.HOUR)
    read = _AMOUNT.fullmatch(plain)
    if not read or (number := _number(read[1])) is None:
        return None
    unit = (read[2] or "").strip()
    if unit and unit not in _UNITS:
        return None
    return Amount(number, _UNITS.get(unit))


def read_points(written: str) -> Decimal | None:
    """Return the points that are written; None if they cannot be read in one way."""
    read = _AMOUNT.fullmatch(_plain(written))
    return _number(read[1]) if read and (read[2] or "").strip() in _POINTS else None


def _plain(written: str) -> str:
    """Return the text in small letters without accents, with fractions as ``1/2``."""
    for sign, fraction in _HALVES.items():
        written = written.replace(sign, f" {fraction}")
    letters = unicodedata.normalize("NFD", written.translate(_SLASHES)).casefold()
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def _time(minutes: Decimal) -> Amount:
    return Amount((minutes / MINUTES).quantize(HUNDREDTH, ROUND_HALF_UP), ActivityUnit.HOUR)


def _number(written: str) -> Decimal | None:
    """Return ``1.5`` for ``1.5``, ``1,5`` and ``1 1/2``; None for a fraction without an exact decimal."""
    if "/" not in written:
        return _decimal(written)
    *whole, above, below = map(int, re.findall("[0-9]+", written))
    if below not in (2, 4, 5, 8, 10) or not 0 < above < below:
        return None
    return Decimal(sum(whole)) + Decimal(above) / Decimal(below)


def _decimal(written: str) -> Decimal:
    return Decimal(written.replace(",", ".").rstrip(".") or "0")
