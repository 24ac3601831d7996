"""PDF documents: laid out by WeasyPrint as PDF/UA-1, from our own HTML, style sheet and fonts only.

They are records of AMT, in English whatever the reader's language: the same record gives everyone the same bytes.

WeasyPrint leaks memory when fonts and style sheets are made anew for each document, and corrupts memory when
threads share them at the same time: one of each is kept in the process, used under a lock. A document whose HTML was
laid out before comes from the cache; where the cache's disk is full or read-only, it is laid out again.

What is longer than ``MOST_WEIGHT`` is not laid out: it would take more than ten seconds of a processor, for which all
other documents wait. Whoever asks for it is told so.

No font of the machine is used: the same HTML gives the same bytes on every machine with the same libraries.
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
# Changes with what outside the HTML changes the bytes.
LAYOUT_VERSION = "-".join(
    ["2", weasyprint.__version__, hashlib.sha256((ASSETS / "document.css").read_bytes()).hexdigest()]
)

MOST_WEIGHT = 600_000
TAG_WEIGHT, CHARACTER_WEIGHT = 45, 1.5
"""To lay out a tag takes 0.45 ms; a character takes 0.01 ms, and its part of 400 MB of memory."""

_lock = threading.RLock()
logger = logging.getLogger(__name__)


class TooLong(Exception):
    """A document that nobody would read, and for which everybody would wait."""


class NothingFetched(URLFetcher):
    """Refuses every address: a document has all it needs in its own HTML."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        raise FatalURLFetchingError(f"A document may not fetch {url!r}.")


class OwnFonts(URLFetcher):
    """Gives the style sheet the fonts that lie beside it, and nothing else."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        for font in (ASSETS / "fonts").iterdir():
            if url == font.as_uri():
                return URLFetcherResponse(url, body=font.read_bytes(), headers={"Content-Type": "font/ttf"})
        raise FatalURLFetchingError(f"The style sheet may not fetch {url!r}.")


@contextmanager
def _no_font_of_the_machine() -> Iterator[None]:
    """Fontconfig reads its configuration here, and reads ours, which is empty; other programs keep the machine’s."""
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
    """The template of a document with what is to stand in it, in English."""
    with translation.override("en"):
        return render_to_string(template, context)


def lay_out(html: str) -> bytes:
    """The HTML as PDF/UA-1; one document at a time."""
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
    """The page in place of a document that is too long."""
    return render(request, "document_too_long.html", status=422)


def pdf(html: str) -> bytes:
    """The HTML as PDF/UA-1, from the cache where the very same HTML was laid out before.

    The cache is asked again under the lock: of threads that want the same new document, one lays it out.
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
        kept: bytes | None = caches["documents"].get(key)
    except OSError:
        logger.exception("The cache of documents cannot be read.")
        return None
    return kept


def _keep(key: str, document: bytes) -> None:
    try:
        caches["documents"].set(key, document)
    except OSError:
        logger.exception("The cache of documents cannot be written.")
