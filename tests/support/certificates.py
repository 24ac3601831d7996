"""Certificates as text: what stands where, without a PDF or a picture."""

import re
from textwrap import dedent

from ccp.reading import parsing
from ccp.reading.found import Found
from ccp.reading.pages import Page, Word, plain

LETTER, LINE, HEIGHT = 9.0, 24.0, 14.0


def page(text: str, *, sure: float = 100) -> Page:
    """Return the page on which the text stands as it is typed; three spaces separate cells.

    Letters are equally wide, so what stands below each other here stands so on the page.
    """
    words = []
    for number, line in enumerate(dedent(text).strip("\n").splitlines()):
        for word in re.finditer(r"\S+", line):
            left, top = 40 + LETTER * word.start(), 40 + LINE * number
            words.append(Word(plain(word[0]), left, top, left + LETTER * len(word[0]) - 2, top + HEIGHT, sure))
    return Page(tuple(words), 1300)


def read(text: str, *, sure: float = 100) -> Found:
    return parsing.parse([page(text, sure=sure)])
