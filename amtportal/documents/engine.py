"""WeasyPrint, set up so that it uses our style sheet and fonts only, and fetches nothing.

This module runs in a process of its own (``python -m amtportal.documents.engine``), which
``amtportal.documents.process`` starts, asks and ends. It must not load Django. WeasyPrint leaks
memory if fonts and style sheets are created again for each document, and corrupts memory if threads
use them at the same time. Therefore the process has one thread, and keeps one set.

Fonts are registered when the first document needs them. No other font and no font rule of the
machine is used, because Fontconfig reads our configuration, which is empty (``FONTCONFIG_FILE``).
"""

import gc
import json
import os
import signal
import sys
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from amtportal.documents.fonts import ASSETS, Font
from amtportal.documents.process import MOST_SECONDS, receive, send

VARIANT = "pdf/ua-1"
PICTURE = "data:image/jpeg;base64,"
"""How the address of a picture of ours begins, which is the picture itself."""
# A document makes so many objects that Python searches all for garbage again and again. The modules are none.
gc.collect()
gc.freeze()


class NothingFetched(URLFetcher):
    """Refuses every address, because the HTML of a document contains everything it needs, pictures too."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        if url.startswith(PICTURE):
            return super().fetch(url)
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


@cache
def _registry() -> FontConfiguration:
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


def lay_out(html: str, chosen: tuple[Font, ...]) -> tuple[bytes, set[str]]:
    """Return the HTML as PDF/UA-1, set in these fonts, and the characters that came out as boxes."""
    document = weasyprint.HTML(string=html, url_fetcher=NothingFetched()).render(
        stylesheets=[_style_sheet(), _set_in(chosen)], font_config=_registry(), pdf_variant=VARIANT
    )
    content: bytes = document.write_pdf(pdf_variant=VARIANT)
    return content, {chr(number) for font in document.fonts.values() for number in font.missing}


def main() -> None:
    """Answer the questions on standard input, until it is closed."""
    standard: Any = sys.stdin.buffer
    questions = standard.raw
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints is no answer
    with suppress(EOFError, BrokenPipeError):
        while True:
            question = json.loads(receive(questions))
            signal.alarm(2 * MOST_SECONDS)  # ends this process even if nobody is left who would
            answer, content = _answered(question)
            signal.alarm(0)
            send(answers, json.dumps(answer).encode())
            send(answers, content)


def _answered(question: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        fonts = tuple(Font(Path(file), bold and Path(bold)) for file, bold in question["fonts"])
        content, boxes = lay_out(question["html"], fonts)
    except (Exception, FatalURLFetchingError) as error:  # one document stops only itself
        return {"refused": f"{type(error).__name__}: {error}"}, b""
    return {"boxes": sorted(boxes)}, content


if __name__ == "__main__":
    main()
