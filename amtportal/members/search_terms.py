"""By what members are found: words of the name, the AMT ID, and any part of the phone number.

Each member has terms (``SearchTerm``), and a word that staff type finds the terms that begin with
it. Names are folded (``names.folded``), so that a spelling heard on the phone finds the name. The
number 312-555-0142 has the terms 3125550142, 125550142, and so on, so that a word finds any part of
it. One table and one index do this alike on both databases.

Two names that many people have are found by a term of their own: Mary Smith has the term of the
pair "mary" and "smith" (``paired``), so that nobody else's Mary is looked at. It holds the letters
of both words in turn, after a space, which no other term begins with: " msamriyt h". So it begins
alike for everybody whose words begin alike, and "smi ma" finds it too, in either order.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, combinations, zip_longest

from amtportal.members.names import folded, sound

LEAST_DIGITS = 3
"""The length of the shortest part of a phone number that finds it."""
MOST_DIGITS = 20
LONGEST = 60
"""The length of the longest term. Longer words are cut, on both sides."""
LONGEST_PAIRED = (LONGEST - 1) // 2
"""The length up to which a word is in its pairs. What was typed longer is not looked for in them."""

_APOSTROPHES = re.compile("['’‘ʼʻ`´ʹʾʿ′＇]")
_NO_DIGITS = re.compile("[^0-9]+")
_PHONE = re.compile(r"[0-9\s()+./\-]+")
_BETWEEN = re.compile(r"[\s,;]+")


def digits_of(phone: str) -> str:
    """Return the digits of a phone number, without the 1 of the United States before ten others."""
    digits = _NO_DIGITS.sub("", phone)
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits


def terms_of(*, names: Iterable[str], amt_ids: Iterable[str], phone: str) -> set[str]:
    """Return the terms of a member: what a typed word may begin.

    A name with an apostrophe or of several words is there as it is written together and apart.
    """
    terms = set().union(*map(_terms_of_name, names))
    terms |= {folded(amt_id).replace(" ", "") for amt_id in amt_ids}
    digits = digits_of(phone)[:MOST_DIGITS]
    terms |= {digits[start:] for start in range(len(digits) - LEAST_DIGITS + 1)}
    terms = {term[:LONGEST] for term in terms if term}
    return terms | _pairs_of(terms)


@lru_cache(maxsize=4096)
def _terms_of_name(name: str) -> frozenset[str]:
    terms: set[str] = set()
    for spelled in {name, _APOSTROPHES.sub(" ", name)}:
        words = folded(spelled).split()
        terms |= {*words, "".join(words)}
    return frozenset(terms)


def sound_terms(names: Iterable[str]) -> set[str]:
    """Return the terms by which names are found that somebody heard and wrote down another way.

    "Lindqvist" and "Lindkvist" have the same: ``~lndkvst~``. No word that is typed begins so.
    """
    spelled = {each for name in names for each in (name, _APOSTROPHES.sub(" ", name))}
    words = {word for each in spelled for word in folded(each).split()}
    return {f"~{key[: LONGEST - 2]}~" for word in words if (key := sound(word))}


def _pairs_of(terms: Iterable[str]) -> set[str]:
    """Return the terms of each two of a member's terms that two typed words may begin.

    Phone numbers have none: each has eight terms. Neither have two of which one begins the other,
    because what begins both is one word.
    """
    named = sorted(filter(_is_named, terms))
    return {paired(one, other) for one, other in combinations(named, 2) if not other.startswith(one)}


def _is_named(term: str) -> bool:
    """Return whether it is, or begins, a word of a name or an AMT ID with a letter: no phone number begins so."""
    return term[0].isalnum() and term[0] not in "0123456789"


def paired(one: str, other: str, unknown: str = " ") -> str:
    """Return the term of two words: their letters in turn, of the first in the alphabet first.

    ``unknown`` stands for the letters that the shorter word does not have.
    """
    first, second = sorted((one[:LONGEST_PAIRED], other[:LONGEST_PAIRED]))
    return " " + "".join(chain.from_iterable(zip_longest(first, second, fillvalue=unknown)))


def can_be_paired(beginning: str) -> bool:
    """Return whether a typed word is looked for in pairs."""
    return _is_named(beginning) and len(beginning) <= LONGEST_PAIRED


def needed(beginnings: Sequence[str]) -> list[str]:
    """Return those of the typed words that say something: not those with which another begins."""
    different = list(dict.fromkeys(beginnings))
    return [one for one in different if not any(other != one and other.startswith(one) for other in different)]


def typed_words(typed: str) -> list[list[str]]:
    """Return what was typed as words, each as a list of terms that must all begin so.

    A comma is a space. What looks like a phone number is one word, however it is grouped.
    """
    if _PHONE.fullmatch(typed) and (digits := digits_of(typed)):
        return [[digits[:LONGEST]]]
    words = (folded(word).split() for word in _BETWEEN.split(typed))
    return [[term[:LONGEST] for term in word] for word in words if word]
