"""The characters of each font are those that fontTools reads, and take next to no memory."""

import sys

import pytest
from fontTools.ttLib import TTFont

from amtportal.documents.coverage import Characters, characters_of
from amtportal.documents.fonts import Font, all_fonts

FONTS = [*all_fonts().own, *all_fonts().installed[::20], *all_fonts().last]


@pytest.mark.parametrize("font", FONTS, ids=lambda font: font.file.stem)
def test_a_font_has_what_fonttools_reads(font: Font) -> None:
    with TTFont(font.file, fontNumber=0, lazy=True) as opened:
        expected = set(map(chr, opened.getBestCmap()))
    characters = characters_of(font.file)
    assert set(characters) == expected
    assert len(characters) == len(expected)


def test_characters_are_a_set() -> None:
    characters = Characters([*range(65, 70), 80, 0x6771])
    assert len(characters) == 7
    assert [one in characters for one in ("A", "E", "F", "P", "東", "", 65)] == [
        True,
        True,
        False,
        True,
        True,
        False,
        False,
    ]
    assert {"A", "東", "京"} & characters == {"A", "東"}
    assert {"A", "東", "京"} - characters == {"京"}
    assert {"A", "P"} <= characters
    assert not {"A", "京"} <= characters
    assert not Characters([])


def test_a_large_font_takes_little_memory() -> None:
    characters = characters_of(max((font.file for font in FONTS), key=lambda file: file.stat().st_size))
    assert len(characters) > 1000
    assert sys.getsizeof(characters._first) + sys.getsizeof(characters._last) < 200_000
