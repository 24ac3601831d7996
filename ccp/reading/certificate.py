"""Read a certificate: the words of its pages, the values in them, and the piece of the page of each."""

import re
from dataclasses import replace
from difflib import SequenceMatcher
from io import BytesIO
from typing import Any

from ccp.reading import days, ocr, parsing
from ccp.reading.found import FIELDS, MOST_CROP, Candidate, Found, Spot
from ccp.reading.labels import folded
from ccp.reading.pages import Page
from ccp.reading.text_layer import Pdf

FEW_WORDS = 8
MOST_PIXELS = 50_000_000
CROP_WIDTH, CROP_COLORS = 640, 16


def read(content: bytes, kind: str) -> Found:
    """Return what the certificate says. Raises ``NoOcr`` where only tesseract could read it."""
    pages, pictures = _of_pdf(content) if kind == "pdf" else _of_picture(content)
    found = parsing.parse(pages)
    if pictures.scanned:
        found = _confirmed(found, pictures)
    return Found(
        {
            name: tuple(replace(candidate, crop=_crop(candidate, pictures)) for candidate in candidates)
            for name, candidates in found.candidates.items()
        },
        found.unit,
    )


def _confirmed(found: Found, pictures: "Pictures") -> Found:
    """Return what is found without what another reading reads differently.

    A number has to be read alike at both sizes, a name at one of them.

    Choices stay: the member looks at them in any case.
    """
    firsts = {
        name: found[name][0]
        for name in FIELDS
        if name != "activity_type" and len(found[name]) == 1 and _is_scanned(found[name][0], pictures)
    }
    if not firsts:
        return found
    pieces = [(_piece(one.spot, pictures, TIGHT), one.said.count("\n") + 1) for one in firsts.values() if one.spot]
    again = ocr.read_again(pieces)
    doubtful = {
        name
        for (name, one), readings in zip(firsts.items(), again, strict=True)
        if not (any if name in NAMES else all)(agree(name, one.said, said) for said in readings)
    }
    for together in ({"starts_on", "ends_on"}, {"quantity", "points"}):
        if together & doubtful:
            doubtful |= together
    kept = {name: candidates for name, candidates in found.candidates.items() if name not in doubtful}
    return Found(kept, "" if "quantity" in doubtful else found.unit)


def _is_scanned(candidate: Candidate, pictures: "Pictures") -> bool:
    return candidate.spot is not None and candidate.spot.page in pictures.scanned


NAMES = ("title", "provider")
NUMBER = re.compile(r"[0-9]+(?:[.,/-][0-9]+)*")
ALIKE = 0.92


def agree(name: str, once: str, again: str) -> bool:
    """Return whether the second reading has the same numbers and months, or the same name."""
    if name in NAMES:
        first, second = (re.sub(r"\W+", " ", folded(text)).strip() for text in (once, again))
        return SequenceMatcher(None, first, second, autojunk=False).ratio() >= ALIKE
    numbers = [NUMBER.findall(text.replace(",", ".")) for text in (once, again)]
    months = [
        [days.month_of(word) for word in re.findall(r"[a-z]+", folded(text)) if days.month_of(word)]
        for text in (once, again)
    ]
    return all(set(before) <= set(after) for before, after in (numbers, months))


class Pictures:
    """Pictures of the pages, made when they are asked for."""

    def __init__(self, pdf: Pdf | None = None) -> None:
        self.pdf, self.known = pdf, dict[int, Any]()
        self.scanned = set[int]()  # pages of which tesseract read the words

    def __getitem__(self, number: int) -> Any:
        if number not in self.known:
            assert self.pdf is not None
            self.known[number] = self.pdf.picture(number, longer=1600)
        return self.known[number]


def _of_pdf(content: bytes) -> tuple[list[Page], Pictures]:
    pdf = Pdf(content)
    pages, pictures = [], Pictures(pdf)
    for number in range(len(pdf)):
        page = pdf.words(number)
        if len(page.words) < FEW_WORDS:
            scanned = ocr.read(pdf.picture(number))
            page, pictures.known[number] = scanned.page, scanned.picture
            pictures.scanned.add(number)
        pages.append(page)
    return pages, pictures


def _of_picture(content: bytes) -> tuple[list[Page], Pictures]:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses more than twice this number
    pictures = Pictures()
    with Image.open(BytesIO(content), formats=["JPEG", "PNG"]) as opened:
        opened.draft("RGB", (ocr.LONGER, ocr.LONGER))
        scanned = ocr.read(_on_white(opened))
    pictures.known[0] = scanned.picture
    pictures.scanned.add(0)
    return [scanned.page], pictures


def _on_white(opened: Any) -> Any:
    """Return the picture in colors; what is transparent becomes white."""
    from PIL import Image

    if not opened.has_transparency_data:
        return opened.convert("RGB")
    shown = opened.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown).convert("RGB")


def _crop(candidate: Candidate, pictures: Pictures) -> bytes:
    """Return the piece of the page on which the candidate stands, with a little around it."""
    if candidate.spot is None:
        return b""
    return png(_piece(candidate.spot, pictures, WIDE))


def png(piece: Any) -> bytes:
    """Return the piece as a PNG of at most ``MOST_CROP`` bytes: a noisy one has fewer pixels."""
    width = CROP_WIDTH
    while True:
        piece.thumbnail((width, width // 2))
        file = BytesIO()
        piece.quantize(CROP_COLORS).save(file, "PNG", optimize=True)
        if file.tell() <= MOST_CROP:
            return file.getvalue()
        width = width * 3 // 4


WIDE, TIGHT = (1.5, 0.6), (0.3, 0.15)  # how much of the height of the letters stands around them


def _piece(spot: Spot, pictures: Pictures, around: tuple[float, float]) -> Any:
    picture = pictures[spot.page]
    width, height = picture.size
    left, top, right, bottom = spot.left * width, spot.top * height, spot.right * width, spot.bottom * height
    across, down = (share * min(bottom - top, 0.05 * height) for share in around)
    left, top = int(max(0, left - across)), int(max(0, top - down))
    return picture.crop((left, top, int(min(width, right + across)) + 1, int(min(height, bottom + down)) + 1))
