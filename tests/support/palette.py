"""The colors of the style sheet, read from it, and how well each pair can be told apart.

Contrast is that of the Web Content Accessibility Guidelines: 4.5 for words, 3 for lines and signs.
"""

import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings

PAIRS = (
    ("ink", "paper", 4.5),
    ("ink", "surface", 4.5),
    ("ink", "sunken", 4.5),
    ("ink-soft", "paper", 4.5),
    ("ink-soft", "surface", 4.5),
    ("accent", "paper", 4.5),
    ("accent", "surface", 4.5),
    ("accent-strong", "accent-soft", 4.5),
    ("ink", "accent-soft", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-band", "band", 4.5),
    ("on-band-soft", "band", 4.5),
    ("alert", "surface", 4.5),
    ("alert", "alert-soft", 4.5),
    ("on-alert", "alert", 4.5),
    ("done", "paper", 4.5),
    ("done", "surface", 4.5),
    ("done", "done-soft", 4.5),
    ("on-done", "done", 4.5),
    ("ink", "done-soft", 4.5),
    ("heed", "surface", 4.5),
    ("heed", "heed-soft", 4.5),
    ("line-strong", "surface", 3),
    ("line-strong", "paper", 3),
    ("accent", "accent-soft", 3),
    ("accent", "sunken", 3),
    ("done", "sunken", 3),
    ("heed", "sunken", 3),
)
TOKEN = re.compile(r"--([a-z-]+): (?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));")


@dataclass(frozen=True)
class Contrast:
    """Two colors in one scheme, with their contrast and the least that it must be."""

    front: str
    back: str
    scheme: str
    front_value: str
    back_value: str
    ratio: float
    least: float


@cache
def tokens() -> dict[str, tuple[str, str]]:
    """Return each color of the style sheet by its name, in light and in dark."""
    css = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()
    return {name: (light or both, dark or both) for name, light, dark, both in TOKEN.findall(css)}


def contrasts() -> list[Contrast]:
    """Return every pair of colors that the pages use, in both schemes."""
    found = []
    for front, back, least in PAIRS:
        for number, scheme in enumerate(("light", "dark")):
            one, other = tokens()[front][number], tokens()[back][number]
            found.append(Contrast(front, back, scheme, one, other, contrast(one, other), least))
    return found


def contrast(one: str, other: str) -> float:
    """Return the contrast, from 1, which cannot be seen, to 21, black on white.

    It is cut to two places, so that 4.499 does not become 4.5.
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return int((lighter + 0.05) / (darker + 0.05) * 100) / 100


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
