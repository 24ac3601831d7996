"""The fonts of documents: every script is printed, or the document is refused; never a box."""

import csv
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.html import format_html_join

from amtportal import checks
from amtportal.documents import engine, fonts
from amtportal.documents import layout as documents
from amtportal.formatting import direction
from ccp import demo
from ccp.demo import everyday
from tests.support.scripts import GARAY, SCRIPTS, drawn_fonts, empty_boxes

pytestmark = pytest.mark.any_database

BUNDLED = fonts.ASSETS / "fonts"


def listed(names: list[str]) -> str:
    """Return a document with each name, plain and bold."""
    rows = format_html_join(
        "", '<tr><td dir="{1}">{0}</td><th dir="{1}">{0}</th></tr>', [(name, direction(name)) for name in names]
    )
    page = (
        f'<!DOCTYPE html><html lang="en-US"><head><title>Names</title></head><body><table>{rows}</table></body></html>'
    )
    return page.translate(fonts.PRINTED_AS)


@pytest.fixture
def without_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which nobody installed the Debian packages of fonts."""
    alone = fonts.all_fonts.__wrapped__
    monkeypatch.setattr(fonts, "INSTALLED", tmp_path)
    monkeypatch.setattr(fonts, "all_fonts", lambda: alone())


def test_no_box_is_drawn_in_fifty_scripts() -> None:
    assert len(SCRIPTS) >= 50
    pdf = documents.lay_out(listed(list(SCRIPTS.values())))
    assert empty_boxes(pdf) == 0
    assert {"Public-Sans", "Noto-Sans-CJK-JP", "Noto-Sans-Tamil", "Noto-Emoji"} <= drawn_fonts(pdf)
    assert "Noto-Sans-Grantha" not in drawn_fonts(pdf), "a part of Tamil, which Tamil's own font has too"
    assert len(pdf) < 600_000, "fonts are embedded in part"


def test_no_box_is_drawn_for_anybody_of_the_demo() -> None:
    """Their names, their courses, and the people who recorded them."""
    with demo.ROSTER.open(encoding="utf-8") as file:
        names = {f"{row['first_name']} {row['last_name']}" for row in csv.DictReader(file)}
    assert "健太 𠮷田" in names
    names |= {text for ce, _ in (*everyday.PROGRAM, *everyday.AMT_COURSES) for text in (ce.title, ce.provider)}
    assert empty_boxes(documents.lay_out(listed(sorted(names)))) == 0


def test_what_counts_the_boxes_sees_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layout itself refuses to hand out a box, also where the fonts were chosen wrongly."""
    only_latin = fonts.all_fonts().own[:1]
    monkeypatch.setattr(fonts, "chosen", lambda text: (only_latin, frozenset()))
    page = listed(["Ada", GARAY])
    with pytest.raises(fonts.Unprintable, match=f"U\\+{ord(GARAY):04X}"):
        documents.lay_out(page)
    monkeypatch.setattr(documents, "_unprintable", lambda boxes: Passed())
    with pytest.raises(Passed):
        documents.lay_out(page)


class Passed(Exception):
    """What the test sees instead of the refusal."""


@pytest.mark.parametrize(
    ("text", "family"),
    [
        pytest.param("Ada Lane, Zoë Łukasz Nguyễn", "Public Sans", id="the typeface of the site"),
        pytest.param("Zoe\u0308", "Public Sans", id="an accent that it has"),
        pytest.param("M\u0331ara", "Noto Sans", id="an accent that it does not have"),
        pytest.param("а\u0301 Наталья", "Noto Sans", id="an accent that it has, on a letter that it does not have"),
    ],
)
def test_a_letter_and_its_accent_are_from_one_font(text: str, family: str) -> None:
    chosen, missing = fonts.chosen(text)
    assert (chosen[0].family, missing) == (family, frozenset())


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        pytest.param("one\u2028two\u2029three\x85four\x0bfive\x1csix", "one two three four five six", id="line ends"),
        pytest.param("1\ufe0f\u20e3", "1\ufe0f", id="a key around a digit"),
        pytest.param("a\tb\nc", "a\tb\nc", id="what HTML knows"),
    ],
)
def test_what_no_font_has_and_nobody_misses_is_replaced(typed: str, printed: str) -> None:
    assert typed.translate(fonts.PRINTED_AS) == printed


def test_the_first_font_has_all_that_is_taken_for_plain() -> None:
    leading = fonts.all_fonts().own[0]
    assert {one for one in fonts.PLAIN if not one.isspace()} <= leading.characters
    assert fonts.chosen("".join(fonts.PLAIN)) == ((leading,), frozenset())


def test_the_bytes_do_not_depend_on_the_documents_before() -> None:
    pages = [listed([SCRIPTS["Japanese"]]), listed([SCRIPTS["Tamil"]]), listed(["Ada"])]
    first = [documents.lay_out(page) for page in pages]
    for cached in (engine._registry, engine._style_sheet, engine._register, engine._set_in):
        cached.cache_clear()
    assert [documents.lay_out(page) for page in reversed(pages)] == first[::-1]


@pytest.mark.usefixtures("without_packages")
def test_without_the_packages_the_portal_prints_what_it_can() -> None:
    assert empty_boxes(documents.lay_out(listed(["Ada", SCRIPTS["Korean"], SCRIPTS["Hebrew"], "健太", "≥ ✓"]))) == 0
    with pytest.raises(fonts.Unprintable) as refusal:
        documents.lay_out(listed([SCRIPTS["Bengali"]]))
    assert {one.number for one in refusal.value.missing} >= {"U+0985", "U+09AE"}
    assert fonts.packages_missing() == ["fonts-noto-cjk", "fonts-noto-core"]
    [warning] = checks.check_fonts()
    assert "apt-get install fonts-noto-cjk fonts-noto-core" in warning.msg


def test_with_them_nothing_is_missing() -> None:
    assert fonts.packages_missing() == []
    assert checks.check_fonts() == []


def test_where_a_character_stands_is_told_once_for_each_place() -> None:
    with pytest.raises(fonts.Unprintable) as refusal:
        fonts.check([("Name", f"Ada {GARAY}{GARAY}"), ("Title", "Plain"), ("Provider", f"{GARAY} \ue001")])
    assert [(one.number, one.places) for one in refusal.value.missing] == [
        ("U+E001", ("Provider",)),
        (f"U+{ord(GARAY):04X}", ("Name", "Provider")),
    ]


def test_a_document_whose_own_words_have_such_a_character_says_so() -> None:
    with translation.override("es"), pytest.raises(fonts.Unprintable) as refusal:
        documents.pdf(listed([GARAY]))
    [missing] = refusal.value.missing
    assert missing.places == ("El texto del documento",)


def test_each_bundled_font_is_used() -> None:
    every = fonts.all_fonts()
    files = {file for font in (*every.own, *every.last) for file in (font.file, font.bold) if file}
    assert set(BUNDLED.iterdir()) <= files


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("CE-transcript", "2100003", "RPT", "2026-11-30"), "CE-transcript-2100003-RPT-2026-11-30.pdf"),
        (("Receipt", 'Ä/..\\"7', "R\r\nM", 3), "Receipt-7-R-M-3.pdf"),
    ],
)
def test_the_name_of_a_file_is_plain(parts: tuple[object, ...], name: str) -> None:
    assert documents.filename(*parts) == name
