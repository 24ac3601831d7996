"""Days as people and certificates write them, in English and Spanish.

What is read (case, accents and the kind of dash do not matter):

- with a month in letters: ``Nov 20, 2026``, ``November 20th 2026``, ``20 nov 2026``, ``20-Nov-26``,
  ``20 de noviembre de 2026``, ``2026 Nov 20``
- in numbers, with the month first, whatever stands between them: ``11/20/2026``, ``11-20-2026``,
  ``11.20.2026``, ``11 20 2026``, ``11202026``, ``11/20/26``
- in numbers, with a year of four digits first: ``2026-11-20``, ``2026/11/20``, ``20261120``
- ``today``, ``yesterday``, ``hoy``, ``ayer``: in Chicago
- a weekday in front of any of these, if the day is one: ``Fri, Nov 20, 2026``

Nothing is guessed:

- ``3/4/2026`` is March 4, because every field says that the month comes first. ``13/12/2026`` makes
  sense only with the day first. It is refused, with how to write it with the month first.
- A year of two digits is read as 20.. from 2000 to next year: ``11/20/26``. Any other could be of
  either century: four digits are asked for. Without a month in letters it is read only at the end,
  so ``26-11-20`` is refused: it could be of 2020 or 2026.
- A year before 1000, such as 0026 from a date picker in which somebody typed 26, is no year.
- Six or seven digits in a row (``112026``) can be divided in several ways, and are refused.
"""

import re
import unicodedata
from datetime import date, timedelta

from amtportal import clean
from amtportal.dates import UnreadableDay
from amtportal.month_names import MONTHS

_WEEKDAYS = (
    "monday mon lunes lun",
    "tuesday tues tue martes mar",
    "wednesday wed miercoles mie",
    "thursday thurs thur thu jueves jue",
    "friday fri viernes vie",
    "saturday sat sabado sab",
    "sunday sun domingo dom",
)
WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}
EARLIEST_YEAR = 1000
DAYS_AGO = {"today": 0, "hoy": 0, "yesterday": 1, "ayer": 1}

_ORDINALS = {"st", "nd", "rd", "th", "o", "ro", "er", "do", "to"}
_LITTLE_WORDS = {"de", "del", "of", "the", "el"}
_WRITTEN = re.compile(r"[a-z0-9 ,./'-]*")
_PIECES = re.compile(r"[a-z]+|[0-9]+")
_WEEKDAY_IN_FRONT = re.compile(r"[a-z]+[., ]*")
_IN_A_ROW = re.compile(r"[0-9]{8}")
_BETWEEN_NUMBERS = re.compile(r"[0-9]+(?: ?([/.-]) ?| )[0-9]+(?: ?([/.-]) ?| )[0-9]+[.]?")


def read(written: str, on: date) -> date:
    """Return the day that is written. ``on`` is today in Chicago. Raises ``UnreadableDay``."""
    plain = _plain(written)
    if not _WRITTEN.fullmatch(plain):
        raise UnreadableDay("no date")
    pieces = _PIECES.findall(plain)
    if len(pieces) == 1 and pieces[0] in DAYS_AGO:
        return on - timedelta(days=DAYS_AGO[pieces[0]])
    weekday = None
    if pieces and pieces[0] in WEEKDAYS and (len(pieces) > 3 or pieces[0] not in MONTHS):
        weekday = WEEKDAYS[pieces.pop(0)]
        plain = _WEEKDAY_IN_FRONT.sub("", plain, count=1)
    has_month = any(piece in MONTHS for piece in pieces)
    day = _with_month_in_letters(pieces, on) if has_month else _in_numbers(plain, on)
    if weekday is not None and day.weekday() != weekday:
        raise UnreadableDay("other weekday", meant=day)
    return day


def _plain(written: str) -> str:
    """Return the text in small letters without accents, with plain dashes and single spaces."""
    letters = []
    for character in unicodedata.normalize("NFKD", clean.typed(written)).casefold():
        category = unicodedata.category(character)
        if category == "Pd" or character == "\N{MINUS SIGN}":
            letters.append("-")
        elif character in "\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}":
            letters.append("'")
        elif character == "\N{DEGREE SIGN}":  # typed for º: 1° de marzo
            letters.append("o")
        elif category != "Mn":
            letters.append(character)
    return " ".join("".join(letters).split())


def _with_month_in_letters(pieces: list[str], on: date) -> date:
    """Read ``nov 20 2026``, ``20 de nov de 2026`` or ``2026 nov 20``, given in pieces."""
    kept: list[str] = []
    for piece in pieces:
        if piece in _LITTLE_WORDS or (piece in _ORDINALS and kept and kept[-1].isdigit()):
            continue
        kept.append("1" if piece == "primero" else piece)
    kinds = ["month" if piece in MONTHS else "number" if piece.isdigit() else "word" for piece in kept]
    place = kinds.index("month")
    month, numbers = MONTHS[kept[place]], [piece for at, piece in enumerate(kept) if at != place]
    if "word" in kinds or kinds.count("month") > 1 or len(numbers) > 2:
        raise UnreadableDay("no date")
    if len(numbers) < 2:
        raise UnreadableDay("no day" if numbers and len(numbers[0]) == 4 else "no year")
    if place == 1 and len(numbers[0]) == 4:
        numbers.reverse()
    day, year = numbers
    if len(day) > 2 or place == 2:
        raise UnreadableDay("no date")
    return _day(_year(year, on), month, int(day))


def _in_numbers(plain: str, on: date) -> date:
    if _IN_A_ROW.fullmatch(plain):
        if int(plain[:2]) > 12 and 1 <= int(plain[4:6]) <= 12:  # 20261120, but not 20112026
            return _day(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
        return _month_first(plain[:2], plain[2:4], plain[4:], on)
    numbers = re.findall(r"[0-9]+", plain)
    between = re.fullmatch(r"[0-9]+(?: ?[/.-] ?[0-9]+| [0-9]+)[/.-]?", plain)
    if between and len(numbers) == 2:
        raise UnreadableDay("no day" if len(numbers[1]) == 4 or len(numbers[0]) == 4 else "no year")
    match = _BETWEEN_NUMBERS.fullmatch(plain)
    if not match or match[1] != match[2]:
        raise UnreadableDay("no date")
    lengths = [len(number) for number in numbers]
    if lengths[0] == 4 and lengths[1] <= 2 and lengths[2] <= 2:
        return _day(int(numbers[0]), int(numbers[1]), int(numbers[2]))
    if lengths[0] <= 2 and lengths[1] <= 2 and lengths[2] in (2, 4):
        return _month_first(numbers[0], numbers[1], numbers[2], on)
    raise UnreadableDay("no date")


def _month_first(month: str, day: str, year: str, on: date) -> date:
    """Return the day; if it makes sense only with the day first, the error says which is meant."""
    if int(month) > 12 >= int(day):
        try:
            meant = _day(_year(year, on), int(day), int(month)) if len(year) == 4 else None
        except UnreadableDay:
            meant = None
        raise UnreadableDay("not in the calendar", meant=meant)
    return _day(_year(year, on), int(month), int(day))


def _year(written: str, on: date) -> int:
    if len(written) == 4:
        return int(written)
    if len(written) != 2:
        raise UnreadableDay("no date")
    year = 2000 + int(written)
    if year > on.year + 1:
        raise UnreadableDay("short year")
    return year


def _day(year: int, month: int, day: int) -> date:
    try:
        read = date(year, month, day)
    except ValueError:
        raise UnreadableDay("not in the calendar") from None
    if year < EARLIEST_YEAR:
        raise UnreadableDay("short year")
    return read
