"""Read a certificate: the words of its pages, the values in them, and the piece of the page of each."""

from dataclasses import replace
from io import BytesIO
from typing import Any

from ccp.reading import ocr, parsing
from ccp.reading.found import Candidate, Found, Spot
from ccp.reading.pages import Page
from ccp.reading.text_layer import Pdf

FEW_WORDS = 8
MOST_PIXELS = 50_000_000
CROP_WIDTH, CROP_COLORS = 640, 16
MARGIN = 0.012


def read(content: bytes, kind: str) -> Found:
    """Return what the certificate says. Raises ``NoOcr`` where only tesseract could read it."""
    pages, pictures = _of_pdf(content) if kind == "pdf" else _of_picture(content)
    found = parsing.parse(pages)
    return Found(
        {
            name: tuple(replace(candidate, crop=_crop(candidate, pictures)) for candidate in candidates)
            for name, candidates in found.candidates.items()
        },
        found.unit,
    )


class Pictures:
    """Pictures of the pages, made when they are asked for."""

    def __init__(self, pdf: Pdf | None = None) -> None:
        self.pdf, self.known = pdf, dict[int, Any]()

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
    spot = candidate.spot
    if spot is None:
        return b""
    picture = pictures[spot.page]
    piece = picture.crop(_pixels(spot, picture.size))
    piece.thumbnail((CROP_WIDTH, CROP_WIDTH // 2))
    file = BytesIO()
    piece.quantize(CROP_COLORS).save(file, "PNG", optimize=True)
    return file.getvalue()


def _pixels(spot: Spot, size: tuple[int, int]) -> tuple[int, int, int, int]:
    width, height = size
    margin = MARGIN * max(width, height)
    left, top = max(0, spot.left * width - 3 * margin), max(0, spot.top * height - margin)
    right, bottom = min(width, spot.right * width + 3 * margin), min(height, spot.bottom * height + margin)
    return int(left), int(top), max(int(left) + 1, int(right)), max(int(top) + 1, int(bottom))
