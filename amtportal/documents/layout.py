"""PDF documents: WeasyPrint makes PDF/UA-1 from our own HTML, style sheet and fonts only.

Documents are records of AMT. They are in English whatever the reader's language, so that the same
record gives everyone the same bytes.

WeasyPrint leaks memory if fonts and style sheets are created again for each document, and corrupts
memory if threads use them at the same time. Therefore each process keeps one set and uses it under
a lock. If the same HTML was laid out before, the document comes from the cache; if the disk of the
cache is full or read-only, the document is laid out again.

Fonts are registered when the first document needs them (``amtportal.documents.fonts``). A document
names the fonts that it needs in a fixed order, so that its bytes do not depend on the documents
before it. No other font and no font rule of the machine is used. If a character came out as an
empty box all the same, the document is not made.

A document longer than ``MOST_WEIGHT`` is not laid out, because it would take more than ten seconds
of processor time, and all other documents would wait. The person who asks for it is told so.
"""

import hashlib
import html as markup
import logging
import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

import weasyprint
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from amtportal.documents import fonts
from amtportal.documents.fonts import ASSETS, Font, Missing, Unprintable

# This changes with everything outside the HTML that changes the bytes.
LAYOUT_VERSION = "-".join(
    ["3", weasyprint.__version__, hashlib.sha256((ASSETS / "document.css").read_bytes()).hexdigest()]
)

MOST_WEIGHT = 600_000
TAG_WEIGHT, CHARACTER_WEIGHT = 45, 1.5
"""Laying out a tag takes 0.45 ms; a character takes 0.01 ms and its share of 400 MB of memory."""

_lock = threading.RLock()
logger = logging.getLogger(__name__)


class TooLong(Exception):
    """The document is so long that nobody would read it and everybody would wait for it."""


class NothingFetched(URLFetcher):
    """Refuses every address, because the HTML of a document contains everything it needs."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        raise FatalURLFetchingError(f"A document may not fetch {url!r}.")


class OwnFonts(URLFetcher):
    """Gives the style sheet the files of one font, and nothing else."""

    def __init__(self, font: Font) -> None:
        super().__init__()
        self.files = {file.as_uri(): file for file in (font.file, font.bold) if file}

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        if url not in self.files:
            raise FatalURLFetchingError(f"The style sheet may not fetch {url!r}.")
        return URLFetcherResponse(url, body=self.files[url].read_bytes(), headers={"Content-Type": "font/ttf"})


@contextmanager
def _no_font_of_the_machine() -> Iterator[None]:
    """Make Fontconfig read our configuration, which is empty, in this block only.

    Other programs keep using the machine's configuration.
    """
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(ASSETS / "fonts.conf")
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


@cache
def _registry() -> FontConfiguration:
    with _no_font_of_the_machine():
        return FontConfiguration()


@cache
def _style_sheet() -> weasyprint.CSS:
    path = ASSETS / "document.css"
    return weasyprint.CSS(
        string=path.read_text(encoding="utf-8"),
        base_url=path.as_uri(),
        url_fetcher=NothingFetched(),
        font_config=_registry(),
    )


@cache
def _register(font: Font) -> None:
    weasyprint.CSS(string=font.css, url_fetcher=OwnFonts(font), font_config=_registry())


@lru_cache(maxsize=256)
def _set_in(chosen: tuple[Font, ...]) -> weasyprint.CSS:
    """Return the style sheet that names the fonts of a document, after registering them."""
    for font in chosen:
        _register(font)
    families = ", ".join(f'"{font.family}"' for font in chosen)
    return weasyprint.CSS(string=f"html {{ font-family: {families}; }}", font_config=_registry())


def html_of(template: str, context: dict[str, Any]) -> str:
    """Return the HTML of a document from its template and context, in English.

    What no font has and nobody misses, such as a line end, is replaced (``fonts.PRINTED_AS``).
    """
    with translation.override("en"):
        return render_to_string(template, context).translate(fonts.PRINTED_AS)


def _text_of(html: str) -> str:
    return markup.unescape(re.sub(r"<[^>]*>", "", html))


def _fonts_of(html: str) -> tuple[Font, ...]:
    """Return the fonts that a document needs. Raises ``Unprintable``."""
    chosen, wanting = fonts.chosen(_text_of(html))
    if wanting:
        raise _unprintable(wanting)
    return chosen


def _unprintable(characters: Iterable[str]) -> Unprintable:
    return Unprintable([Missing(character, (_("The wording of the document"),)) for character in sorted(characters)])


def lay_out(html: str) -> bytes:
    """Return the HTML as PDF/UA-1, one document at a time.

    Raises ``TooLong``, and ``Unprintable`` if a character has no glyph.
    """
    text, tags = re.subn(r"<[^>]*>", "", html)
    weight = len(re.sub(r"&[#\w]{1,8};", ".", text)) * CHARACTER_WEIGHT + tags * TAG_WEIGHT
    if weight > MOST_WEIGHT:
        raise TooLong(f"A document of {len(text):,} characters and {tags:,} tags.")
    chosen = _fonts_of(html)
    with _lock:
        styles = [_style_sheet(), _set_in(chosen)]
        document = weasyprint.HTML(string=html, url_fetcher=NothingFetched()).render(
            stylesheets=styles, font_config=_registry(), pdf_variant="pdf/ua-1"
        )
        result: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
        boxes = {chr(number) for font in document.fonts.values() for number in font.missing}
    if boxes:
        raise _unprintable(boxes)
    return result


def not_made(request: HttpRequest, reason: TooLong | Unprintable) -> HttpResponse:
    """Return the page that is shown in place of a document that is too long or would have boxes."""
    if isinstance(reason, TooLong):
        return render(request, "document_too_long.html", status=422)
    logger.warning("A document was not made because no font has %s.", reason)
    return render(request, "document_unprintable.html", {"missing": reason.missing}, status=422)


def filename(*parts: object) -> str:
    """Return the file name of a document: the parts with hyphens, in ASCII.

    For example, ``CE-transcript-2100003-RPT-2026-11-30.pdf``.
    """
    return "-".join(re.sub(r"[^A-Za-z0-9]+", "-", str(part)).strip("-") for part in parts) + ".pdf"


def download(pdf: bytes, name: str) -> HttpResponse:
    """Return the answer with which a browser saves a document under its name."""
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def pdf(html: str) -> bytes:
    """Return the HTML as PDF/UA-1, from the cache if the same HTML was laid out before.

    The cache is checked again under the lock, so that only one of several threads that want the
    same new document lays it out. Raises ``TooLong`` and ``Unprintable``.
    """
    families = [font.file.name for font in _fonts_of(html)]
    key = hashlib.sha256(f"{LAYOUT_VERSION}\n{families}\n{html}".encode()).hexdigest()
    result = _kept(key)
    if result is None:
        with _lock:
            result = _kept(key)
            if result is None:
                result = lay_out(html)
                _keep(key, result)
    return result


def _kept(key: str) -> bytes | None:
    try:
        document: bytes | None = caches["documents"].get(key)
    except OSError:
        logger.exception("The cache of documents cannot be read.")
        return None
    return document


def _keep(key: str, document: bytes) -> None:
    try:
        caches["documents"].set(key, document)
    except OSError:
        logger.exception("The cache of documents cannot be written.")
