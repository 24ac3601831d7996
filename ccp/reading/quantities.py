"""Numbers of contact hours, CEU, points and semester hours in the words of a certificate.

A number is read with the unit beside it (``1.5 contact hours``, ``CEU: 0.15``), or alone, for a
label elsewhere. ``Tier`` says how clearly the certificate means it; the rest of the page decides
what is awarded and what only could have been.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import IntEnum

HOUR, CEU, SEMESTER, QUARTER, POINT = "hour", "ceu", "semester-hour", "quarter-hour", "point"
HOUR_OR_CEU = "hour or ceu"  # "CEU hours": some mean the one, some the other


class Tier(IntEnum):
    """How clearly a number says what was earned."""

    NONE = 0
    WEAK = 1  # a length in hours, or credits of a kind that is not named
    CLEAR = 2  # a number of contact hours or the like


@dataclass(frozen=True)
class Mention:
    """A number from ``start`` to ``end`` of a text, with its unit. ``is_clear`` as in ``Tier``."""

    start: int
    end: int
    number: Decimal
    unit: str
    is_clear: bool


_DIGITS = r"(?:[0-9]{1,3}(?:[.][0-9]{1,3}|,[0-9]{1,2})?|[.,][0-9]{1,2})(?![0-9]|[.,/:][0-9]|%| ?%)"
_FRACTION = r"(?:[0-9]{1,2}[ -])?[13][\u2044/][24](?![0-9/])"
NUMBER = rf"(?:{_FRACTION}|{_DIGITS})"
_START = r"(?<![0-9$#a-z./:,-])(?<![a-z]-)(?<!no\. )(?<!# )"

_CE = (
    r"(?:continuing (?:[a-z]+ ){0,3}education|continuing education|c\.? ?e\.?|contact|clock|cne|cme|cde|cpe|ceh|"
    r"nursing|"
    r"p\.? ?a\.? ?c\.? ?e\.?|pace|ama pra category 1|ama pra|category [1i]|professional development|instruction(?:al)?|"
    r"training|educational?|cpd|cdep|general|amt|approved)"
)
_HOUR_WORD = r"(?:hours?|hrs?\b\.?|hour ?\(s\)|hr ?\(s\)|hours?)"
_CREDIT_WORD = r"(?:credit hours?|credits?(?: ?\(s\))?(?: hours?)?|credit ?\(s\)|units?(?: ?\(s\))?)"
_REGISTERED = r"(?: ?(?:\(r\)|\(tm\)|\u00ae|tm|\*))?"
_UNITS: tuple[tuple[str, str, bool], ...] = (
    (HOUR_OR_CEU, rf"c\.? ?e\.? ?u\.?(?:'?s)? (?:contact )?(?:{_CREDIT_WORD}|{_HOUR_WORD})", True),
    (CEU, r"(?:c\.? ?e\.? ?u\.?(?:'?s\b|\(s\)| ?\(s\))?|continuing education units?(?: ?\(s\))?)(?! contact)", True),
    (CEU, r"(?:unidad(?:es)? de educacion continua|u\.?e\.?c\.?)", True),
    (
        SEMESTER,
        r"(?:semester (?:credit |credits?|unit )?(?:hours?|units?)?|horas? (?:de semestre|semestre|semestrales?))",
        True,
    ),
    (QUARTER, r"(?:quarter (?:credit |unit )?(?:hours?|units?)|horas? (?:de trimestre|trimestre|trimestrales?))", True),
    (HOUR, rf"(?:{_CE}{_REGISTERED} )+(?:{_CREDIT_WORD}|{_HOUR_WORD})(?: credits?)?", True),
    (HOUR, rf"(?:contact|clock)(?:-| )?{_HOUR_WORD}", True),
    (HOUR, rf"{_HOUR_WORD} (?:of |de )?(?:{_CE}|credit|contacto)", True),
    (
        HOUR,
        r"horas? ?(?:\(s\) )?(?:de )?(?:contacto|credito|educacion continua(?:da)?|educacion medica continua)",
        True,
    ),
    (
        HOUR,
        r"(?:creditos?|horas?) (?:de |por )?(?:educacion|formacion) (?:medica )?(?:continua(?:da)?|profesional)",
        True,
    ),
    (HOUR, r"horas? ?(?:\(s\) )?(?:lectivas?|academicas?|cronologicas?|presenciales)", True),
    (HOUR, r"(?:contact hours?|ce hours?)", True),
    (POINT, r"(?:amt|ccp|ce|cpd|renewal|recertification|continuing education) points?", True),
    (POINT, r"points?", False),
    (POINT, r"puntos?(?: de educacion continua)?", True),
    (HOUR, r"credit[- ]hours?", False),
    (HOUR, rf"{_HOUR_WORD}(?: of (?:instruction|training|study|participation|attendance|class))?", False),
    (HOUR, r"horas?(?: de (?:duracion|formacion|capacitacion|instruccion|adiestramiento|clase))?", False),
    (HOUR, r"(?:credits?(?: ?\(s\))?|creditos?)", False),
)


def _wrapped(words: str) -> str:
    """Return the pattern for words of which some may stand in the next line."""
    return words.replace(" ", r"[ \n]")


# In "Contact hours: 1.5 CEU: 0.15" the 1.5 are no CEU. In "1.5 contact hours (0.15 CEU)" they are hours.
_NO_LABEL = rf"(?! ?[:=]| ?{NUMBER}(?![a-z0-9])| ?\({NUMBER}\))"
_OF_MORE = rf"(?: (?:out )?of (?:an? )?(?:possible |total )?{NUMBER})?"  # in "3 of 5 contact hours" it is the 3
_AFTER = [
    (
        unit,
        is_clear,
        re.compile(
            _START
            + rf"\(?(?P<number>{NUMBER})\)?(?: ?\([a-z -]{{3,20}}\))?{_OF_MORE}(?:[ \n]|-)?"
            + rf"(?:\(?{_wrapped(words)}\)?)(?![a-z]){_NO_LABEL}"
        ),
    )
    for unit, words, is_clear in _UNITS
]
_MORE = (
    r"(?: (?:earned|awarded|attended|offered|aprobad[ao]s|granted|received|completed|credited|claimed|obtained|"
    r"value|total|reported|otorgad[ao]s|obtenid[ao]s|acreditad[ao]s|for this (?:course|program|activity)))*"
)
_OF = (
    r"(?:(?:total |number of |numero (?:total )?de |no\. of |# of |total (?:number )?(?:of |de )|cantidad de |"
    r"amount of )?)"
)
_LABELS = [
    (unit, is_clear, re.compile(rf"(?<![a-z0-9]){_OF}(?:{words}){_MORE}(?: ?\([^)0-9]{{1,20}}\))?(?![a-z])"))
    for unit, words, is_clear in (
        (
            HOUR,
            r"(?<!semester )(?<!quarter )(?<!ceu )(?:hours?|credits?|hrs\.?) (?:earned|awarded|granted|received|"
            r"credited|attended|completed|otorgad[ao]s|obtenid[ao]s)",
            True,
        ),
        *_UNITS,
        (HOUR, rf"{_HOUR_WORD} of {_CREDIT_WORD}", True),
        (HOUR, r"(?:length|duration|duracion|valor)", False),
    )
]
_COLON = re.compile(r" ?(?:[:=]| - |\.{2,}|_+|is|are|son|es)? ?")
_NUMBER = re.compile(
    _START
    + rf"\(?(?P<number>{NUMBER})\)?(?![a-z0-9])(?! ?(?:min|%|years?|days?|pages?|am\\b|pm\\b|a\\.m|p\\.m|anos?|dias?))"
)
# One CEU is ten contact hours, wherever it is said, is nobody's.
_DEFINITION = re.compile(
    r"(?<![0-9.])(?:one|an?|una?|ten|diez|\(?1(?:\.0+)?\)?|\(?0?\.10?\)?|10|60|50)(?: \([0-9.]+\))? "
    r"(?:c\.?e\.?u\.?s?|continuing education units?|contact hours?|clock hours?|credits?|points?|puntos?|hours?|"
    r"hora|minutes?|minutos)"
    r"(?: de contacto)?(?: \(ceu\))? ?(?:=|is equal to|are equal to|equals?|is equivalent to|is|equivale[n]? a|"
    r"es igual a|per |for each |por cada )[^.;\n]{0,120}"
)
_HOURS_AND_MINUTES = re.compile(
    _START + r"(?P<hours>[0-9]{1,2}) ?(?:hours?|hrs?\b\.?|h\b\.?|horas?),?(?: (?:and|y))? "
    r"(?P<minutes>[0-5]?[0-9]) ?(?:minutes?|mins?\b\.?|m\b\.?|minutos?)(?![a-z])"
)
_MINUTES = re.compile(_START + r"(?P<number>[0-9]{2,4})[ -](?:minutes?|mins?\b\.?|minutos?)(?![a-z])")


def number_of(written: str) -> Decimal | None:
    """Return the number: ``1.5``, ``1,5``, ``1 1/2``."""
    fraction = re.fullmatch(r"(?:([0-9]{1,2})[ -])?([13])[\u2044/]([24])", written)
    if fraction:
        return Decimal(fraction[1] or 0) + Decimal(fraction[2]) / Decimal(fraction[3])
    try:
        return Decimal(written.replace(",", "."))
    except InvalidOperation:
        return None


# "1 hour = 60 minutes", also if the sign was not recognized.
_MINUTES_OF_AN_HOUR = re.compile(
    r"\b(?:1|one|una?) (?:contact |clock )?(?:hour|hora)[^0-9a-z]{0,5}(?:[a-z]{1,6} )?[56]0 ?min\w*"
)


def without_definitions(text: str) -> str:
    """Return the text, as long as before, without what one unit is worth in another."""
    plain = text.replace("\n", " ")
    for pattern in (_DEFINITION, _MINUTES_OF_AN_HOUR):
        plain = pattern.sub(lambda found: "." * len(found[0]), plain)
    return plain


def mentions(text: str) -> list[Mention]:
    """Return the numbers that have a unit beside them, in their order.

    The text is in small letters without accents, with its line feeds: a label and its number stand
    in one line.
    """
    found: list[Mention] = []
    without = without_definitions(text)
    lined = "".join("\n" if letter == "\n" else kept for letter, kept in zip(text, without, strict=True))
    for mention in _all(lined):
        if not any(mention.start < other.end and other.start < mention.end for other in found):
            found.append(mention)
    return sorted(found, key=lambda mention: mention.start)


def _all(text: str) -> Iterator[Mention]:
    """Return the mentions, the clearest units first."""
    for match in _HOURS_AND_MINUTES.finditer(text):
        hours = int(match["hours"]) + Decimal(match["minutes"]) / 60
        yield Mention(match.start(), match.end(), hours, HOUR, False)
    for unit, is_clear, pattern in _AFTER:
        for match in pattern.finditer(text):
            number = number_of(match["number"])
            if number is not None:
                yield Mention(match.start("number"), match.end(), number, unit, is_clear)
    for unit, is_clear, pattern in _LABELS:
        for label in pattern.finditer(text):
            colon = _COLON.match(text, label.end())
            number_at = _NUMBER.match(text, colon.end() if colon else label.end())
            if number_at and (number := number_of(number_at["number"])) is not None:
                yield Mention(label.start(), number_at.end(), number, unit, is_clear)
    for match in _MINUTES.finditer(text):
        yield Mention(match.start(), match.end(), Decimal(match["number"]) / 60, HOUR, False)


def label_of(text: str) -> tuple[str, bool] | None:
    """Return the unit that a label names, and whether it does so clearly; None if it names none.

    The unit is at least half of the label.
    """
    plain = re.sub(r"\([^)]*\)|^[0-9]{1,2}[.)] |[ :._*#]+$", "", text).strip()
    for unit, is_clear, pattern in _LABELS:
        match = pattern.search(plain)
        if match and 2 * len(match[0]) >= len(plain):
            return unit, is_clear
    return None


def alone(text: str) -> Decimal | None:
    """Return the number if the text is nothing but one, such as a cell under a label."""
    match = _NUMBER.fullmatch(text.strip(" .:_"))
    return number_of(match["number"]) if match else None
