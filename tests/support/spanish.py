"""Finds what a page says in Spanish in the same words as in English."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from bs4 import BeautifulSoup, Comment, Doctype
from django.http import HttpResponse
from django.test import Client

# Names of this portal and of the association, which are the same in every language.
NAMES = (
    *("American Medical Technologists", "My AMT Portal", "AMT Portal", "AMT ID"),
    *("10700 W. Higgins Road, Suite 150", "Rosemont, IL 60018"),
)
# The names of members in these tests, and what they typed.
TYPED = ("Nora New", "Sam Short", "Mia Met", "Gil Grace", "Vic Voluntary", "Ada Lane", "Safe phlebotomy for all")
CODES = re.compile(r"\S+@\S+|https?:\S+|[0-9A-Z]{4}(-[0-9A-Z]{4}){3}")


def texts(answer: HttpResponse, code: str) -> Iterator[str]:
    """Return every text of a page, with single spaces.

    The texts are those between tags, and those in attributes that are shown or read aloud.
    """
    if not answer.headers["Content-Type"].startswith("text/html"):
        return
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.html is None or page.html.get("lang") == f"{code}-US", answer.request
    for node in page.find_all(string=True):
        if not isinstance(node, Comment | Doctype) and node.parent.name not in ("script", "style"):
            yield " ".join(node.split())
    for name in ("aria-label", "alt", "title", "placeholder", "data-label", "data-said", "data-none", "data-many"):
        for element in page.select(f"[{name}]"):
            yield " ".join(str(element[name]).split())


def prose(text: str) -> str:
    """Return the text without names, addresses, codes of transcripts and what people typed.

    Every figure is 0.
    """
    for name in (*NAMES, *TYPED):
        text = text.replace(name, "")
    return re.sub(r"\d+", "0", " ".join(CODES.sub("", text).split()))


def word_count(text: str) -> int:
    return len(re.findall(r"[A-Za-z]{2,}", text))


def english_left(ask: Callable[[str], HttpResponse]) -> set[str]:
    """Return what a page says in both languages in the very same words."""
    english, spanish = ({prose(text) for text in texts(ask(code), code)} for code in ("en", "es"))
    return {text for text in english & spanish if word_count(text) >= 3}


def left_on(client: Client, addresses: list[str], **keys: Any) -> set[str]:
    """Return the same for these pages."""
    found = set()
    for pattern in addresses:
        address = pattern.format(**keys)
        found |= english_left(
            lambda code, address=address: client.get(address, headers={"accept-language": code}, follow=True)
        )
    return found


def left_after(client: Client, address: str, **values: str) -> set[str]:
    """Return the same for the page to which a form leads."""
    return english_left(lambda code: client.post(address, values, headers={"accept-language": code}, follow=True))
