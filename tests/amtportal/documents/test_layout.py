"""PDF documents: nothing is fetched, nothing is laid out twice, and threads take turns."""

import os
from functools import partial
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.core.cache import caches
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from amtportal.documents import engine
from amtportal.documents import layout as documents
from amtportal.documents.fonts import all_fonts
from amtportal.documents.process import NotLaidOut
from tests.support.threads import at_once


def page(body: str) -> str:
    return f'<!DOCTYPE html><html lang="en-US"><head><title>A document</title></head><body>{body}</body></html>'


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/picture.png",
        "https://example.org/style.css",
        "file:///etc/passwd",
        "ftp://example.org/x",
        "data:image/png;base64,iVBORw0KGgo=",
        documents.ASSETS.as_uri() + "/document.css",
    ],
)
def test_a_document_may_fetch_nothing(address: str) -> None:
    with pytest.raises(FatalURLFetchingError, match="may not fetch"):
        engine.NothingFetched().fetch(address)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('<img src="{}" alt="x">', id="picture"),
        pytest.param('<link rel="stylesheet" href="{}">', id="style sheet"),
        pytest.param('<link rel="attachment" href="{}">', id="attachment"),
        pytest.param('<a rel="attachment" href="{}">x</a>', id="attached link"),
        pytest.param('<p style="background: url({})">x</p>', id="background"),
        pytest.param('<object data="{}"></object>', id="object"),
        pytest.param("<style>@import url({});</style>", id="import"),
    ],
)
def test_what_a_document_asks_for_does_not_get_into_it(body: str, tmp_path: Path) -> None:
    """The engine either refuses the whole document or lays it out without the reference.

    The secret is in neither.
    """
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of this machine")
    try:
        pdf = documents.lay_out(page(body.format(secret.as_uri())))
    except NotLaidOut:
        return
    assert "secret" not in text_of(pdf)
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert not opened.attachments


def test_the_style_sheet_may_fetch_the_files_of_a_font_and_nothing_else(tmp_path: Path) -> None:
    font, *_, other = all_fonts().own
    assert engine.OwnFonts(font).fetch(font.file.as_uri()).url == font.file.as_uri()
    for address in (
        "http://127.0.0.1:9/x.ttf",
        (tmp_path / font.file.name).as_uri(),
        f"{font.file.parent.as_uri()}/../document.css",
        other.file.as_uri(),
    ):
        with pytest.raises(FatalURLFetchingError):
            engine.OwnFonts(font).fetch(address)


def test_the_same_html_gives_the_same_bytes() -> None:
    assert documents.lay_out(page("<h1>Twice</h1>")) == documents.lay_out(page("<h1>Twice</h1>"))


def test_a_document_is_kept_by_what_stands_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out = []
    monkeypatch.setattr(documents, "lay_out", lambda html: laid_out.append(html) or html.encode())
    for html in ("<p>a", "<p>b", "<p>a"):
        assert documents.pdf(html) == html.encode()
    assert laid_out == ["<p>a", "<p>b"]


def test_documents_are_kept_on_disk_for_all_processes(settings: object, tmp_path: Path) -> None:
    """The cache is that of the settings: what one process laid out, the next one finds."""
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {**settings.CACHES, "documents": {"BACKEND": backend, "LOCATION": tmp_path}}
    first = documents.pdf(page("<p>Kept</p>"))
    assert list(tmp_path.iterdir())
    del caches["documents"]
    assert documents.pdf(page("<p>Kept</p>")) == first


def test_eight_threads_lay_out_at_once_and_each_gets_its_own() -> None:
    """They ask one process, which answers one after the other."""
    results = at_once(
        *[partial(documents.lay_out, page(f"<h1>Document {n}</h1><p>{'word ' * 200}")) for n in range(8)],
        database=False,
    )
    for n, pdf in enumerate(results):
        assert f"Document {n}" in text_of(pdf)


def test_text_in_other_scripts_is_printed() -> None:
    said = "Łukasz Ünal Ψ Жуков 東京 עברית العربية"
    text = text_of(documents.lay_out(page(f"<p>{said}</p>")))
    for word in ("Łukasz", "Ünal", "Ψ", "Жуков", "東京"):
        assert word in text


def test_no_other_font_and_no_font_rule_of_the_machine_is_used() -> None:
    with pikepdf.open(BytesIO(documents.lay_out(page("<p>Plain, <b>bold</b>, 東京 <b>東京</b>")))) as pdf:
        names = {str(font.BaseFont).split("+")[1] for font in pdf.pages[0].Resources.Font.values()}
    assert names == {"Public-Sans", "Public-Sans-Bold", "Noto-Sans-CJK-JP", "Noto-Sans-CJK-JP-Bold"}
    assert "FONTCONFIG_FILE" not in os.environ, "the programs that we start have the machine's fonts"


def test_threads_that_want_the_same_new_document_lay_it_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out, lay_out = [], documents.lay_out

    def counting(html: str) -> bytes:
        laid_out.append(html)
        return lay_out(html)

    monkeypatch.setattr(documents, "lay_out", counting)
    results = at_once(*[partial(documents.pdf, page("<h1>One</h1>"))] * 8, database=False)
    assert len(set(results)) == 1
    assert len(laid_out) == 1


def test_documents_are_kept_by_the_style_sheet_too(monkeypatch: pytest.MonkeyPatch) -> None:
    first = documents.pdf(page("<p>Styled</p>"))
    monkeypatch.setattr(documents, "LAYOUT_VERSION", "another")
    monkeypatch.setattr(documents, "lay_out", lambda html: b"another")
    assert documents.pdf(page("<p>Styled</p>")) == b"another" != first
