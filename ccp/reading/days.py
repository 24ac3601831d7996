"""Days in the words of a certificate, in English and Spanish: one day, or the first and the last.

What is read (case, accents and the kind of dash do not matter):

- ``March 14, 2026``, ``Mar. 14th, 2026``, ``14 March 2026``, ``14-Mar-2026``, ``14 de marzo de
  2026``, ``14th day of March, 2026``, ``14 días del mes de marzo de 2026``
- ``3/14/2026``, ``3-14-2026``, ``3.14.2026``, ``3/14/26``, ``2026-03-14``
- from the first to the last day: ``March 14-16, 2026``, ``Friday, March 13, to Sunday, March 15,
  2026``, ``March 30 to April 2, 2026``, ``del 14 al
  16 de marzo de 2026``, and two days with a word such as ``through`` between them

A day in numbers has several readings if the month may come first or second. The page decides it if
another day on it can be read in one way only; else English has the month first. A page in Spanish or
in British English, and one with days such as ``03.04.2026``, keeps both readings. A weekday that
stands before a day decides, too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from difflib import get_close_matches

from amtportal.month_names import MONTHS

LEAST_FUZZY = 5  # letters of a month that is recognized although one was read wrong
LONG_MONTHS = [name for name in MONTHS if len(name) >= LEAST_FUZZY]

_NAME = r"(?P<{}>[a-z]{{3,11}})\.?"
_DAY = r"(?P<{}>[0-3]?[0-9])(?: ?(?:st|nd|rd|th|o|er))?"
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})(?![0-9])"
_TO = r" ?(?:-|to|thru|through|until|till|and|&|al?|hasta(?: el)?|y) ?"
_OF = r"(?:,? ?(?:de|del|of|,) ?| )"
_BEGIN = r"(?<![0-9a-z/.-])"
_ANY_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
_MONTH_FIRST_RANGE = re.compile(
    _BEGIN + _NAME.format("m1") + " ?" + _DAY.format("d1") + rf"(?:, ?[0-9]{{1,2}})*,?{_TO}{_ANY_WEEKDAY}"
    rf"(?:{_NAME.format('m2')} ?)?" + _DAY.format("d2") + r",? ?(?:de )?" + _YEAR
)
_DAY_FIRST_RANGE = re.compile(
    _BEGIN + _DAY.format("d1") + rf"(?:{_OF}{_NAME.format('m1')})?(?:, ?[0-9]{{1,2}})*,?{_TO}"
    + _DAY.format("d2") + _OF + _NAME.format("m2") + _OF + _YEAR
)  # fmt: skip
_MONTH_FIRST = re.compile(_BEGIN + _NAME.format("m1") + r" ?" + _DAY.format("d1") + r"(?: ?[,.] ?| )(?:de )?" + _YEAR)
_DAY_FIRST = re.compile(
    _BEGIN
    + _DAY.format("d1")
    + r"(?: ?- ?|,? ?(?:days?|dias?)? ?(?:of|de|del)?(?: (?:mes|the month))?(?: (?:of|de))? ?)"
    + _NAME.format("m1")
    + r"(?: ?- ?|,? ?(?:del? )?(?:(?:ano|year) )?(?:in the year )?)"
    + _YEAR
)
_YEAR_FIRST = re.compile(r"(?<![0-9])(20[0-9]{2}|19[0-9]{2})([/.-])([01]?[0-9])\2([0-3]?[0-9])(?![0-9])")
_NUMBERS = re.compile(r"(?<![0-9/.-])([0-3]?[0-9]) ?([/.-]) ?([0-3]?[0-9]) ?\2 ?((?:19|20)[0-9]{2}|[0-9]{2})(?![0-9/])")
_DOTTED = re.compile(r"(?<![0-9.])[0-3]?[0-9]\.[01]?[0-9]\.20[0-9]{2}(?![0-9.])")
BRITISH = re.compile(
    r"\b(?:organised|recognised|programme|centre|licence|nhs|united kingdom|england|scotland|wales|ireland|london|"
    r"australia|new zealand|canada|ontario)\b"
)
_BETWEEN = re.compile(r"[\s,]*(?:-|to|thru|through|until|till|al?|hasta(?: el)?|y el)[\s,]*(?:[a-z]{3,9},? )?")


_AND = re.compile(r",? (?:and|&|y)(?: el)? (?:[a-z]{3,9}, )?")
WEEK = timedelta(days=7)  # two days with "and" between them are the first and the last of one activity


@dataclass(frozen=True)
class Mention:
    """A day, or the first and last day, from ``start`` to ``end`` of a text.

    ``readings`` are pairs of the first and the last day, which are the same for one day.
    ``is_sure`` is False if the weekday before it is that of another day: one of both is wrong.
    """

    start: int
    end: int
    readings: tuple[tuple[date, date], ...]
    is_sure: bool = True

    @property
    def is_range(self) -> bool:
        return any(first != last for first, last in self.readings)


def month_of(name: str) -> int | None:
    """Return the number of the month, also if one letter of a long name was read wrong."""
    if name in MONTHS:
        return MONTHS[name]
    if len(name) < LEAST_FUZZY:
        return None
    near = get_close_matches(name.replace("rn", "m"), LONG_MONTHS, n=2, cutoff=0.82)
    return MONTHS[near[0]] if len({MONTHS[one] for one in near}) == 1 else None


def day_comes_first(texts: Sequence[str], *, is_spanish: bool) -> bool | None:
    """Return whether days in numbers begin with the day; None if they may do either.

    ``texts`` are all those of the certificate.
    """
    seen = {
        int(found[1]) > 12
        for text in texts
        for found in _NUMBERS.finditer(text)
        if (int(found[1]) > 12) != (int(found[3]) > 12) and max(int(found[1]), int(found[3])) <= 31
    }
    if len(seen) == 1:
        return seen.pop()
    is_open = is_spanish or any(_DOTTED.search(text) or BRITISH.search(text) for text in texts)
    return None if seen or is_open else False


def mentions(text: str, *, day_first: bool | None) -> list[Mention]:
    """Return the days in the text, which is in small letters without accents, in their order."""
    found: list[Mention] = []
    for mention in sorted(_all(text, day_first=day_first), key=lambda mention: (mention.start, -mention.end)):
        if not found or mention.start >= found[-1].end:
            found.append(_of_weekday(text, mention))
    return _joined(text, found)


_WEEKDAYS = (
    "mon(?:day)?|lunes",
    "tue(?:s(?:day)?)?|martes",
    "wed(?:nesday)?|miercoles",
    "thu(?:rs?(?:day)?)?|jueves",
    "fri(?:day)?|viernes",
    "sat(?:urday)?|sabado",
    "sun(?:day)?|domingo",
)
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(f'({names})' for names in _WEEKDAYS)})[.,]*(?: the)? ?$")


def _of_weekday(text: str, mention: Mention) -> Mention:
    """Return the day with the readings that fall on the weekday that stands before it, if any does."""
    named = _WEEKDAY.search(text, max(0, mention.start - 20), mention.start)
    if not named or named.lastindex is None:
        return mention
    fitting = tuple(pair for pair in mention.readings if pair[0].weekday() == named.lastindex - 1)
    return replace(mention, readings=fitting or mention.readings, is_sure=bool(fitting))


def _all(text: str, *, day_first: bool | None) -> Iterator[Mention]:
    for pattern in (_MONTH_FIRST_RANGE, _DAY_FIRST_RANGE, _MONTH_FIRST, _DAY_FIRST):
        for match in pattern.finditer(text):
            if reading := _with_month(match.groupdict()):
                yield Mention(match.start(), match.end(), (reading,))
    for match in _YEAR_FIRST.finditer(text):
        if day := _day(int(match[1]), int(match[3]), int(match[4])):
            yield Mention(match.start(), match.end(), ((day, day),))
    for match in _NUMBERS.finditer(text):
        one, other, year = int(match[1]), int(match[3]), int(match[4])
        if len(match[4]) == 2:
            year += 2000
        month_first, day_before = _day(year, one, other), _day(year, other, one)
        wanted = {True: [day_before], False: [month_first or day_before], None: [month_first, day_before]}[day_first]
        if days := tuple(dict.fromkeys(day for day in wanted if day)):
            yield Mention(match.start(), match.end(), tuple((day, day) for day in days))


def _with_month(parts: dict[str, str | None]) -> tuple[date, date] | None:
    """Return the first and last day of a match, or None if it names no month or no such day."""
    year = int(parts["year"] or 0)
    names = [parts.get("m1"), parts.get("m2")]
    months = [month_of(name) if name else None for name in names]
    if any(name and not month for name, month in zip(names, months, strict=True)):
        return None
    first_month, last_month = months[0] or months[1], months[1] or months[0]
    day, last = parts["d1"], parts.get("d2") or parts["d1"]
    if not (first_month and last_month and day and last):
        return None
    begins, ends = _day(year - (first_month > last_month), first_month, int(day)), _day(year, last_month, int(last))
    return (begins, ends) if begins and ends and begins <= ends else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _joined(text: str, found: Sequence[Mention]) -> list[Mention]:
    """Return the days with two that have a word such as ``through`` between them as one."""
    joined: list[Mention] = []
    for mention in found:
        before = joined[-1] if joined else None
        between = text[before.end : mention.start] if before else ""
        is_to, is_and = _BETWEEN.fullmatch(between), _AND.fullmatch(between)
        if before and not before.is_range and (is_to or is_and):
            pairs = tuple(
                (first, last)
                for (first, _), (last, _) in zip(before.readings, mention.readings, strict=False)
                if first < last and (is_to or last - first < WEEK)
            )
            if pairs and not mention.is_range:
                joined[-1] = Mention(before.start, mention.end, pairs, before.is_sure and mention.is_sure)
                continue
        joined.append(mention)
    return joined
