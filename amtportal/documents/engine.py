"""WeasyPrint, set up so that it uses our style sheet and fonts only, and fetches nothing.

WeasyPrint leaks memory if fonts and style sheets are created again for each document, and corrupts
memory if threads use them at the same time. Therefore each process keeps one set, and
``amtportal.documents.layout`` uses it under a lock. It also imports this module only when it is
needed.

Fonts are registered when the first document needs them. No other font and no font rule of the
machine is used.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from amtportal.documents.fonts import ASSETS, Font

VARIANT = "pdf/ua-1"
# A document makes so many objects that Python searches all for garbage again and again. The modules are none.
gc.collect()
gc.freeze()


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


def lay_out(html: str, chosen: tuple[Font, ...]) -> tuple[bytes, set[str]]:
    """Return the HTML as PDF/UA-1, set in these fonts, and the characters that came out as boxes."""
    document = weasyprint.HTML(string=html, url_fetcher=NothingFetched()).render(
        stylesheets=[_style_sheet(), _set_in(chosen)], font_config=_registry(), pdf_variant=VARIANT
    )
    content: bytes = document.write_pdf(pdf_variant=VARIANT)
    return content, {chr(number) for font in document.fonts.values() for number in font.missing}
