"""PDF documents: WeasyPrint makes PDF/UA-1 from our own HTML, style sheet and fonts only.

Documents are records of AMT. They are in English whatever the reader's language, so that the same
record gives everyone the same bytes.

WeasyPrint leaks memory if fonts and style sheets are created again for each document, and corrupts
memory if threads use them at the same time. Therefore each process keeps one set and uses it under
a lock. If the same HTML was laid out before, the document comes from the cache; if the disk of the
cache is full or read-only, the document is laid out again.

A document longer than ``MOST_WEIGHT`` is not laid out, because it would take more than ten seconds
of processor time, and all other documents would wait. The person who asks for it is told so.

No font of the machine is used, so that the same HTML gives the same bytes on every machine with the
same libraries.
"""

import hashlib
import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import weasyprint
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

ASSETS = Path(__file__).resolve().parent / "document_assets"
# This changes with everything outside the HTML that changes the bytes.
LAYOUT_VERSION = "-".join(
    ["2", weasyprint.__version__, hashlib.sha256((ASSETS / "document.css").read_bytes()).hexdigest()]
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
    """Gives the style sheet the fonts that are next to it, and nothing else."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        for font in (ASSETS / "fonts").iterdir():
            if url == font.as_uri():
                return URLFetcherResponse(url, body=font.read_bytes(), headers={"Content-Type": "font/ttf"})
        raise FatalURLFetchingError(f"The style sheet may not fetch {url!r}.")


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
def _fonts_and_styles() -> tuple[FontConfiguration, weasyprint.CSS]:
    with _no_font_of_the_machine():
        fonts = FontConfiguration()
    path = ASSETS / "document.css"
    styles = weasyprint.CSS(
        string=path.read_text(encoding="utf-8"),
        base_url=path.as_uri(),
        url_fetcher=OwnFonts(),
        font_config=fonts,
    )
    return fonts, styles


def html_of(template: str, context: dict[str, Any]) -> str:
    """Return the HTML of a document from its template and context, in English."""
    with translation.override("en"):
        return render_to_string(template, context)


def lay_out(html: str) -> bytes:
    """Return the HTML as PDF/UA-1, one document at a time. Raises ``TooLong``."""
    text, tags = re.subn(r"<[^>]*>", "", html)
    weight = len(re.sub(r"&[#\w]{1,8};", ".", text)) * CHARACTER_WEIGHT + tags * TAG_WEIGHT
    if weight > MOST_WEIGHT:
        raise TooLong(f"A document of {len(text):,} characters and {tags:,} tags.")
    with _lock:
        fonts, styles = _fonts_and_styles()
        document = weasyprint.HTML(string=html, url_fetcher=NothingFetched())
        result: bytes = document.write_pdf(stylesheets=[styles], font_config=fonts, pdf_variant="pdf/ua-1")
        return result


def too_long(request: HttpRequest) -> HttpResponse:
    """Return the page that is shown in place of a document that is too long."""
    return render(request, "document_too_long.html", status=422)


def pdf(html: str) -> bytes:
    """Return the HTML as PDF/UA-1, from the cache if the same HTML was laid out before.

    The cache is checked again under the lock, so that only one of several threads that want the
    same new document lays it out. Raises ``TooLong``.
    """
    key = hashlib.sha256(f"{LAYOUT_VERSION}\n{html}".encode()).hexdigest()
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
