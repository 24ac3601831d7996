"""The words of a scan or a photo, by Debian's tesseract.

A picture is made gray and evenly bright, as large as tesseract likes it, and turned upright: phones
keep some pictures lying down.
"""

import csv
import subprocess
from dataclasses import dataclass
from io import BytesIO, StringIO
from math import atan, cos, sin
from statistics import median
from typing import Any

from ccp.reading.pages import WIDTH, Page, Word, plain

LANGUAGES = "eng+spa"
LONGER = 2_400  # pixels of the longer side, about 220 dots per inch of a letter page
SECONDS = 25
LEAST_SURE = 20
FEW_WORDS = 12
SURE = 60


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
        return len(self.page.words) >= FEW_WORDS and self.sure >= SURE


def read(picture: Any) -> Read:
    """Return the words of the picture, turned as most words are recognized."""
    picture = _sized(picture)
    even = _even(picture)
    turned = _turn(even)
    best = _read(picture, even, turned)
    for turn in (0, 90, 270, 180):
        if best.is_good:
            break
        if turn != turned:
            best = max(best, _read(picture, even, turn), key=lambda read: read.sure * len(read.page.words))
    return best


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
    said = _tesseract(upright, "--psm", "3", "-l", LANGUAGES, "tsv")
    found = [row for row in csv.DictReader(StringIO(said), delimiter="\t", quoting=csv.QUOTE_NONE) if _is_word(row)]
    scale = WIDTH / upright.width
    words, lines = [], []
    for row in found:
        left, top, width, height = (int(row[name]) * scale for name in ("left", "top", "width", "height"))
        words.append(Word(plain(row["text"]), left, top, left + width, top + height, float(row["conf"])))
        lines.append((row["block_num"], row["par_num"], row["line_num"]))
    sure = median(word.sure for word in words) if words else 0
    shown = picture.rotate(turn, expand=True) if turn else picture
    return Read(Page(tuple(words), upright.height * scale), shown, sure)


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
