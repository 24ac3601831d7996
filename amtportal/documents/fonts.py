"""The fonts of documents, and the characters that none of them has.

Documents are set in the portal's typeface, Public Sans. Other letters are printed with the fonts
that come with the portal and with those of the Debian packages ``fonts-noto-cjk`` and
``fonts-noto-core``, by fixed rules, whatever else is installed on the machine. Without the packages
the portal runs, and refuses what it cannot print.

A document with a character that no font has would show an empty box. It is not made: ``check`` says
which characters they are and where they stand.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

from amtportal.documents.coverage import Characters, characters_of

ASSETS = Path(__file__).resolve().parent / "document_assets"
INSTALLED = Path("/usr/share/fonts")
NOTO = Path("truetype/noto")
PACKAGES = {
    "fonts-noto-cjk": Path("opentype/noto/NotoSansCJK-Regular.ttc"),
    "fonts-noto-core": NOTO / "NotoSansBengali-Regular.ttf",
}
"""Debian packages, each with a file by which it is known to be there."""

# Line ends that no font has, and controls, are printed as the space that they are for a reader. The
# key around a digit is left out: it would stand beside the digit, as an empty box.
PRINTED_AS: dict[int, str | None] = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), *range(127, 160), 0x2028, 0x2029], " "
) | {0x20E3: None}

PLAIN = frozenset("\n–—‘’“”…•") | (set(map(chr, [*range(32, 127), *range(0xA1, 0x180)])) - set("Ĳĳŉſ"))
"""Letters of western and central Europe and usual signs. The first font is known to have them all:
to see that a text has no others, no font needs to be opened."""

# Default_Ignorable_Code_Point of Unicode: joiners, selectors and marks of direction, which shape
# their neighbors or nothing. No font needs them.
_IGNORED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True)
class Font:
    """A font file, with the file of its bold letters if there is one."""

    file: Path
    bold: Path | None = None

    @cached_property
    def family(self) -> str:
        """Return the name that the font has; of several in one file, the first."""
        from fontTools.ttLib import TTFont  # only the engine asks for it

        with TTFont(self.file, fontNumber=0, lazy=True) as font:
            return str(font["name"].getBestFamilyName())

    @cached_property
    def characters(self) -> Characters:
        return characters_of(self.file)

    @property
    def css(self) -> str:
        """Return the rules of the style sheet that name the files."""
        files = [(self.file, 400), *([(self.bold, 700)] if self.bold else [])]
        return "".join(
            f'@font-face {{ font-family: "{self.family}"; font-weight: {weight}; src: url("{file.as_uri()}"); }}'
            for file, weight in files
        )


def _font(file: Path) -> Font:
    """Return the font of a file; its bold letters may be in the installed packages."""
    name = file.name.replace("-Regular", "-Bold")
    bold = [folder / name for folder in (file.parent, INSTALLED / NOTO) if (folder / name).exists()]
    return Font(file, bold[0] if bold and name != file.name else None)


@dataclass(frozen=True)
class Fonts:
    """All fonts that documents may use."""

    own: tuple[Font, ...]
    """Those that every portal has. The first two share the accents of Latin letters. Then come the
    pictures, so that a picture and its modifiers are from one font."""
    installed: tuple[Font, ...]
    """Those of scripts that few people write."""
    last: tuple[Font, ...]
    """Those that have much and look unlike the others."""


@cache
def all_fonts() -> Fonts:
    """Return the fonts that are on this machine when the process asks first."""
    bundled, debian = ASSETS / "fonts", INSTALLED / NOTO
    first = [bundled / f"{name}-Regular.ttf" for name in ("PublicSans", "NotoSans", "NotoEmoji")]
    last = [bundled / "DroidSansFallback.ttf", bundled / "DejaVuSans.ttf"]
    own = [*first, *sorted(set(bundled.glob("*-Regular.ttf")) - set(first))]
    cjk = [file for file in [INSTALLED / PACKAGES["fonts-noto-cjk"]] if file.exists()]
    names = {file.name for file in own}
    noto = [file for file in debian.glob("Noto*-Regular.ttf") if file.name not in names]
    noto.sort(key=lambda file: (not file.name.startswith("NotoSans"), file.name))
    return Fonts(tuple(map(_font, [*own, *cjk])), tuple(map(_font, noto)), tuple(map(_font, last)))


def packages_missing() -> list[str]:
    """Return the Debian packages of fonts that are not on this machine."""
    return [package for package, file in PACKAGES.items() if not (INSTALLED / file).exists()]


def chosen(text: str) -> tuple[tuple[Font, ...], frozenset[str]]:
    """Return the fonts that print the text, the leading one first, and the characters none has.

    A character is printed with the first of them that has it. Of the installed fonts, the one that
    has most of the characters comes first: several have signs of the same script, but only the
    script's own font has all of them, and joins them.
    """
    if PLAIN.issuperset(text):
        return all_fonts().own[:1], frozenset()
    fonts = all_fonts()
    leading, second, *others = fonts.own
    if _has_accents_of(second, text, not_of=leading):
        leading, second = second, leading
    wanted = _needing_a_glyph(text) - leading.characters
    result = [leading]

    def take(font: Font) -> None:
        nonlocal wanted
        if wanted and wanted & font.characters:
            result.append(font)
            wanted -= font.characters

    for font in (second, *others):
        take(font)
    while wanted and fonts.installed:
        most = max(fonts.installed, key=lambda font: len(wanted & font.characters))
        if not wanted & most.characters:
            break
        take(most)
    for font in fonts.last:
        take(font)
    return tuple(result), frozenset(wanted)


def _needing_a_glyph(text: str) -> set[str]:
    """Return the characters of a text that something must be drawn for; any space is left blank."""
    return {character for character in set(_IGNORED.sub("", text)) if not character.isspace()}


def _has_accents_of(font: Font, text: str, *, not_of: Font) -> bool:
    """Return whether a letter and the accent after it are both in ``font``, but not in ``not_of``.

    An accent from another font than its letter would stand beside it. Then the whole document is
    set in the font that has both.
    """
    if not any(map(unicodedata.combining, set(text))):
        return False
    return any(
        unicodedata.combining(accent)
        and {letter, accent} <= font.characters
        and not {letter, accent} <= not_of.characters
        for letter, accent in pairwise(text)
    )


@dataclass(frozen=True)
class Missing:
    """A character that cannot be printed, and the places where it stands."""

    character: str
    places: tuple[str, ...]

    @property
    def number(self) -> str:
        """Return its number as Unicode writes it, for example ``U+1F9E0``."""
        return f"U+{ord(self.character):04X}"


class Unprintable(Exception):
    """A document has characters that no font has: printed, each would be an empty box."""

    def __init__(self, missing: list[Missing]) -> None:
        super().__init__(" ".join(one.number for one in missing))
        self.missing = missing


def wanting(texts: Iterable[str]) -> frozenset[str]:
    """Return the characters of the texts that no font has."""
    return chosen("\n".join(texts).translate(PRINTED_AS))[1]


def check(texts: Iterable[tuple[str, str]]) -> None:
    """Raise ``Unprintable`` unless every character of the texts can be printed.

    Each text comes after the name of its place, as the person who asks reads it.
    """
    texts = [(place, text.translate(PRINTED_AS)) for place, text in texts]
    if missing := wanting(text for _, text in texts):
        raise Unprintable(
            [
                Missing(character, tuple(dict.fromkeys(place for place, text in texts if character in text)))
                for character in sorted(missing)
            ]
        )
