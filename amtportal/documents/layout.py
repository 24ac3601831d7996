"""PDF documents: WeasyPrint makes PDF/UA-1 from our own HTML, style sheet and fonts only.

Documents are records of AMT. They are in English whatever the reader's language, so that the same
record gives everyone the same bytes. A letter is in the language in which it was written.

If the same HTML was laid out before, the document comes from the cache; if the disk of the cache is
full or read-only, the document is laid out again, by a process that does nothing else
(``amtportal.documents.process``).

A document names the fonts that it needs in a fixed order (``amtportal.documents.fonts``), so that
its bytes do not depend on the documents before it. If a character came out as an empty box all the
same, the document is not made.

A document longer than ``MOST_WEIGHT`` is not laid out, because it would take more than ten seconds
of processor time, and all other documents would wait. The person who asks for it is told so.
"""

import hashlib
import html as markup
import logging
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from amtportal.documents import fonts
from amtportal.documents.fonts import ASSETS, Font, Missing, Unprintable
from amtportal.documents.process import engine

# This changes with everything outside the HTML that changes the bytes.
LAYOUT_VERSION = "-".join(
    ["3", version("weasyprint"), hashlib.sha256((ASSETS / "document.css").read_bytes()).hexdigest()]
)

MOST_WEIGHT = 600_000
TAG_WEIGHT, CHARACTER_WEIGHT = 45, 1.5
"""Laying out a tag takes 0.45 ms; a character takes 0.01 ms and its share of 400 MB of memory."""

_lock = threading.Lock()
logger = logging.getLogger(__name__)


class TooLong(Exception):
    """The document is so long that nobody would read it and everybody would wait for it."""


@dataclass(frozen=True)
class Drawn:
    """A picture that is drawn only if the document has to be laid out.

    ``what`` says completely what is drawn, and by what: the same text is the same picture.
    """

    what: str
    draw: Callable[[], str]

    @property
    def place(self) -> SafeString:
        """Return what stands in the HTML for the picture."""
        return SafeString(f"<!-- {self.what} -->")


def html_of(template: str, context: dict[str, Any], *, language: str = "en") -> str:
    """Return the HTML of a document from its template and context.

    What no font has and nobody misses, such as a line end, is replaced (``fonts.PRINTED_AS``).
    """
    with translation.override(language):
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

    Raises ``TooLong``, ``Unprintable`` if a character has no glyph, and what the engine raises.
    """
    text, tags = re.subn(r"<[^>]*>", "", html)
    weight = len(re.sub(r"&[#\w]{1,8};", ".", text)) * CHARACTER_WEIGHT + tags * TAG_WEIGHT
    if weight > MOST_WEIGHT:
        raise TooLong(f"A document of {len(text):,} characters and {tags:,} tags.")
    result, boxes = engine.lay_out(html, _fonts_of(html))
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


def pdf(html: str, *drawn: Drawn) -> bytes:
    """Return the HTML as PDF/UA-1, from the cache if the same HTML was laid out before.

    The cache is checked again under the lock, so that only one of several threads that want the
    same new document lays it out. Raises ``TooLong`` and ``Unprintable``.
    """
    key = _key(html)
    result = _kept(key)
    if result is None:
        with _lock:
            result = _kept(key)
            if result is None:
                for picture in drawn:
                    html = html.replace(picture.place, picture.draw())
                result = lay_out(html)
                _keep(key, result)
    return result


def kept(html: str) -> bytes | None:
    """Return the document if the same HTML was laid out before. Nothing is laid out."""
    return _kept(_key(html))


def _key(html: str) -> str:
    families = [font.file.name for font in _fonts_of(html)]
    return hashlib.sha256(f"{LAYOUT_VERSION}\n{families}\n{html}".encode()).hexdigest()


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
