"""The words of a scan or a photo, by Debian's tesseract.

A picture is made gray and evenly bright, as large as tesseract likes it, and turned upright: phones
keep some pictures lying down.
"""

import csv
import re
import subprocess
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from itertools import pairwise
from math import atan, cos, degrees, sin
from statistics import median
from typing import Any

from ccp.reading.pages import WIDTH, Page, Word, plain

LANGUAGES = "eng+spa"
LONGER = 2_400  # pixels of the longer side, about 220 dots per inch of a letter page
SECONDS = 90  # of the clock, on a machine that does much else
LEAST_SURE = 20
FEW_WORDS = 12
SURE = 60
LEVEL = 0.002  # by how much a line may fall
LINE = 56  # pixels of a line that is read a second time


class NoOcr(Exception):
    """Tesseract is not installed, or not the languages."""


@dataclass(frozen=True)
class Read:
    """A page that was read, and the picture of it that stands upright."""

    page: Page
    picture: Any
    sure: float

    @property
    def is_good(self) -> bool:
        return len(self.page.words) >= FEW_WORDS and self.sure >= SURE and 2 * self.upright > len(self.long)

    @property
    def long(self) -> list[Word]:
        return [word for word in self.page.words if len(word.text) > 3]

    @property
    def upright(self) -> int:
        """Return how many words are wider than high: others are read on a page that lies on its side."""
        return sum(word.right - word.left > word.height for word in self.long)


def read(picture: Any) -> Read:
    """Return the words of the picture, turned as most words are recognized."""
    picture = _sized(picture)
    even = _even(picture)
    best = _read(picture, even, 0)
    if not best.is_good:
        first = _turn(even)
        for turn in dict.fromkeys((first, 90, 270, 180)):
            if turn:
                best = max(best, _read(picture, even, turn), key=lambda read: read.sure * read.upright)
            if best.is_good:
                break
    return _level(best)


def _level(read: Read) -> Read:
    """Return the page with its lines level. Photos are taken at a small angle."""
    slope = _slope(read.page)
    if abs(slope) < LEVEL:
        return read
    height = read.page.height
    words = tuple(_moved(word, slope, WIDTH / 2, height / 2) for word in read.page.words)
    turned = read.picture.rotate(degrees(atan(slope)), fillcolor="white")
    return Read(Page(words, height), turned, read.sure)


def _slope(page: Page) -> float:
    """Return by how much the lines fall to the right: the median of all pairs of neighbors in a line."""
    slopes = [
        (word.middle - before.middle) / (word.left - before.left)
        for before, word in pairwise(page.words)
        if word.left - before.right < word.height and word.left > before.right and _are_alike(before, word)
    ]
    return median(slopes) if len(slopes) > 4 else 0.0


def _are_alike(before: Word, word: Word) -> bool:
    """Return whether two words stand in one line and are as high, so that their middles compare."""
    return (
        abs(word.middle - before.middle) < 0.5 * word.height
        and abs(word.height - before.height) < 0.15 * word.height
        and word.left - before.left > 2 * word.height
    )


def _moved(word: Word, slope: float, x: float, y: float) -> Word:
    """Return the word where it stands after the page was turned around its center."""
    angle = atan(slope)
    across, down = (word.left + word.right) / 2 - x, word.middle - y
    left = x + across * cos(angle) + down * sin(angle) - (word.right - word.left) / 2
    top = y - across * sin(angle) + down * cos(angle) - word.height / 2
    return Word(word.text, left, top, left + word.right - word.left, top + word.height, word.sure)


def read_again(pieces: Sequence[tuple[Any, int]]) -> list[str]:
    """Return what stands on each piece of a page, as it is read a second time.

    A piece comes with the number of its lines. It is made larger, and only English is expected:
    what is misread once is seldom misread in the same way.
    """
    from PIL import Image

    strips = []
    for piece, lines in pieces:
        scale = LINE * lines / piece.height
        larger = piece.resize((max(1, round(piece.width * scale)), LINE * lines), Image.Resampling.BICUBIC)
        strips.append(_even(larger))
    sheet = Image.new("L", (max(strip.width for strip in strips) + 2 * LINE, sum(s.height + LINE for s in strips)), 255)
    ends, top = [], LINE // 2
    for strip in strips:
        sheet.paste(strip, (LINE, top))
        top += strip.height + LINE
        ends.append(top - LINE // 2)
    words: list[list[str]] = [[] for _ in pieces]
    for row in _rows(_tesseract(sheet, "--psm", "6", "-l", "eng", "tsv")):
        middle = int(row["top"]) + int(row["height"]) // 2
        words[min(bisect(ends, middle), len(words) - 1)].append(_digits(plain(row["text"])))
    return [" ".join(line) for line in words]


def _sized(picture: Any) -> Any:
    from PIL import Image

    scale = LONGER / max(picture.size)
    size = tuple(max(1, round(side * scale)) for side in picture.size)
    return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _even(picture: Any) -> Any:
    """Return the picture gray, without shadows: what is bright around a place becomes white."""
    from PIL import Image, ImageChops, ImageFilter, ImageOps

    gray = ImageOps.grayscale(picture)
    small = gray.resize((gray.width // 8 or 1, gray.height // 8 or 1), Image.Resampling.BOX)
    paper = small.filter(ImageFilter.MaxFilter(7)).filter(ImageFilter.GaussianBlur(8)).resize(gray.size)
    return ImageOps.autocontrast(ImageChops.invert(ImageChops.subtract(paper, gray)), cutoff=(0.5, 0))


def _turn(even: Any) -> int:
    """Return by how many degrees, counterclockwise, the picture is to be turned; 0 if unknown."""
    half = even.resize((even.width // 2, even.height // 2))
    said = _tesseract(half, "--psm", "0", "-l", "osd")
    values = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    try:
        turn, sure = int(values["Rotate"]), float(values["Orientation confidence"])
    except (KeyError, ValueError):
        return 0
    return -turn % 360 if sure > 1 else 0


def _read(picture: Any, even: Any, turn: int) -> Read:
    upright = even.rotate(turn, expand=True) if turn else even
    scale = WIDTH / upright.width
    words = []
    for row in _rows(_tesseract(upright, "--psm", "3", "-l", LANGUAGES, "tsv")):
        left, top, width, height = (int(row[name]) * scale for name in ("left", "top", "width", "height"))
        words.append(Word(_digits(plain(row["text"])), left, top, left + width, top + height, float(row["conf"])))
    sure = median(word.sure for word in words) if words else 0
    shown = picture.rotate(turn, expand=True) if turn else picture
    return Read(Page(tuple(words), upright.height * scale), shown, sure)


def _rows(said: str) -> list[dict[str, str]]:
    """Return the words of a table that tesseract wrote."""
    return [row for row in csv.DictReader(StringIO(said), delimiter="\t", quoting=csv.QUOTE_NONE) if _is_word(row)]


# A number of which a letter was read for a digit: 2O26, l.5, 03/l4/2026
MIXED = re.compile(r"(?=[^0-9]*[0-9])[0-9OolI|]+(?:[.,/:-][0-9OolI|]+)*[.,;:)]*")
LETTERS = str.maketrans("OolI|", "00111")


def _digits(word: str) -> str:
    """Return the word with digits for letters that look like them, if all the rest are digits."""
    return word.translate(LETTERS) if MIXED.fullmatch(word) else word


def _is_word(row: dict[str, str]) -> bool:
    return row.get("level") == "5" and bool(plain(row["text"] or "")) and float(row["conf"]) >= LEAST_SURE


def _tesseract(picture: Any, *arguments: str) -> str:
    """Return what tesseract says. Raises ``NoOcr`` without it, and ``TimeoutError`` after a while."""
    file = BytesIO()
    picture.save(file, "PNG", compress_level=1)
    try:
        done = subprocess.run(  # noqa: S603  (our own arguments)
            ["tesseract", "stdin", "stdout", *arguments],  # noqa: S607  (in the system's own folders)
            input=file.getvalue(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise NoOcr from None
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    if b"Error opening data file" in done.stderr:
        raise NoOcr
    return done.stdout.decode("utf-8", "replace")
