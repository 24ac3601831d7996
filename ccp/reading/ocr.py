"""The words of a scan or a photo, by Debian's tesseract.

A picture is made gray and evenly bright, as large as tesseract likes it, and turned upright: phones
keep some pictures lying down.
"""

import csv
import re
import subprocess
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
SURE = 75
LIKELY, UNSURE = 60, 30
WINDOW = 9  # of eight dots each
LEVEL = 0.002  # by how much a line may fall
LINES = (56, 38)  # pixels of a line that is read again


class NoOcr(Exception):
    """Tesseract is not installed, or not the languages."""


@dataclass(frozen=True)
class Read:
    """A page that was read, and the picture of it that stands upright."""

    page: Page
    picture: Any
    sure: float
    turn: int
    upright_page: Any  # gray, as it was read

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
    lean, on_its_side = _lean(even)
    picture, even = picture.rotate(lean, fillcolor="white"), even.rotate(lean, fillcolor=255)
    best = _read(picture, even, 90 if on_its_side else 0)
    if not best.is_good:
        for turn in dict.fromkeys((_turn(even), 270, 0, 180, 90)):
            if turn != best.turn:
                best = max(best, _read(picture, even, turn), key=lambda read: read.sure * read.upright)
            if best.is_good:
                break
    words = list(best.page.words)
    for layout in ("11", "6"):  # sparse text, and one block of text
        words = completed(words, _words(best.upright_page, layout))
    return _level(replace(best, page=Page(tuple(words), best.page.height)))


def _lean(even: Any) -> tuple[float, bool]:
    """Return by how many degrees to turn the picture so that its lines are level or upright.

    And return whether they are upright, so that the page lies on its side. Where lines are level,
    rows of dots are either dark or bright: their sums differ most from row to row.
    """
    from PIL import Image

    small = even.resize((even.width // 3, even.height // 3), Image.Resampling.BOX)

    def contrast(angle: float) -> tuple[float, float, bool]:
        turned = small.rotate(angle, Image.Resampling.BILINEAR, fillcolor=255)
        rows = turned.resize((1, turned.height), Image.Resampling.BOX).tobytes()
        columns = turned.resize((turned.width, 1), Image.Resampling.BOX).tobytes()
        level, upright = (sum((a - b) ** 2 for a, b in pairwise(sums)) for sums in (rows, columns))
        return max(level, upright), angle, upright > level

    rough = max(contrast(half / 2) for half in range(-10, 11))
    _, angle, on_its_side = max(contrast(rough[1] + tenth / 10) for tenth in range(-4, 5))
    return angle, on_its_side


def _level(read: Read) -> Read:
    """Return the page with its lines level, as far as they are not yet."""
    slope = _slope(read.page)
    if abs(slope) < LEVEL:
        return read
    height = read.page.height
    words = tuple(_moved(word, slope, WIDTH / 2, height / 2) for word in read.page.words)
    turned = read.picture.rotate(degrees(atan(slope)), fillcolor="white")
    return replace(read, page=Page(words, height), picture=turned)


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


def read_again(pieces: Sequence[tuple[Any, int]]) -> list[list[str]]:
    """Return what stands on each piece of a page, as it is read again at each of two sizes.

    A piece comes with the number of its lines. Only English is expected: what is misread once is
    seldom misread in the same way.
    """
    return [list(readings) for readings in zip(*(_read_at(line, pieces) for line in LINES), strict=True)]


def _read_at(height: int, pieces: Sequence[tuple[Any, int]]) -> list[str]:
    """Return what stands on each piece, read with lines so many pixels high."""
    from PIL import Image

    strips = []
    for piece, lines in pieces:
        scale = height * lines / piece.height
        larger = piece.resize((max(1, round(piece.width * scale)), height * lines), Image.Resampling.BICUBIC)
        strips.append(_even(larger))
    sheet = Image.new(
        "L", (max(strip.width for strip in strips) + 2 * height, sum(strip.height + height for strip in strips)), 255
    )
    ends, top = [], height // 2
    for strip in strips:
        sheet.paste(strip, (height, top))
        top += strip.height + height
        ends.append(top - height // 2)
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
    """Return the picture gray, without shadows: what is bright around a place becomes white.

    The table around a page becomes white too. What is left dark is narrower than ``WINDOW``.
    """
    from PIL import Image, ImageChops, ImageFilter, ImageOps

    gray = ImageOps.grayscale(picture)
    small = gray.resize((gray.width // 8 or 1, gray.height // 8 or 1), Image.Resampling.BOX)
    paper = small.filter(ImageFilter.MaxFilter(WINDOW)).filter(ImageFilter.MinFilter(WINDOW))
    paper = paper.filter(ImageFilter.GaussianBlur(2)).resize(gray.size, Image.Resampling.BICUBIC)
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
    words = _words(upright, "3")
    sure = median(word.sure for word in words) if words else 0
    shown = picture.rotate(turn, expand=True) if turn else picture
    return Read(Page(tuple(words), WIDTH * upright.height / upright.width), shown, sure, turn, upright)


def _words(upright: Any, layout: str) -> list[Word]:
    """Return the words, for which tesseract looks as for this kind of layout (its ``--psm``)."""
    scale = WIDTH / upright.width
    words = []
    for row in _rows(_tesseract(upright, "--psm", layout, "-l", LANGUAGES, "tsv")):
        left, top, width, height = (int(row[name]) * scale for name in ("left", "top", "width", "height"))
        words.append(
            Word(
                _digits(plain(row["text"])).strip("|\\_[]{}"), left, top, left + width, top + height, float(row["conf"])
            )
        )
    return words


def completed(words: Sequence[Word], others: Sequence[Word]) -> list[Word]:
    """Return the words with those that only another pass has recognized.

    In tables and beside shadows, each way to look for words misses some. A number that the two
    passes read differently is unsure.
    """
    known = list(words)
    for other in others:
        same = [number for number, word in enumerate(known) if _share_a_place(word, other)]
        if not same:
            if other.sure >= SURE and (len(other.text) > 1 or other.text.isdigit()):
                known.append(other)
        elif len(same) == 1 and other.sure >= LIKELY:
            word = known[same[0]]
            if word.sure < LIKELY:
                known[same[0]] = other
            elif _digits_of(word) != _digits_of(other):
                known[same[0]] = replace(word, sure=UNSURE)
    return known


def _digits_of(word: Word) -> str:
    return re.sub(r"[^0-9.,/]", "", word.text).strip(".,/")


def _share_a_place(word: Word, other: Word) -> bool:
    across = min(word.right, other.right) - max(word.left, other.left)
    down = min(word.bottom, other.bottom) - max(word.top, other.top)
    smaller = min((one.right - one.left) * one.height for one in (word, other))
    return across > 0 and down > 0 and across * down > 0.25 * smaller


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
    """Return whether a row is a word. The lines of tables and borders are read as bars and dashes."""
    text = plain(row["text"] or "")
    is_text = any(letter.isalnum() for letter in text) or text in ("-", "&", "/", "=")
    return row.get("level") == "5" and is_text and float(row["conf"]) >= LEAST_SURE


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
