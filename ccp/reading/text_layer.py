"""The words of a PDF that has text, and pictures of its pages, by pdfium."""

import ctypes
from typing import Any

from ccp.reading.pages import WIDTH, Page, Word, plain

MOST_PAGES = 3
MOST_LETTERS = 20_000
FINE = 20_000  # steps to a page, in which pdfium tells where a letter stands
OF_A_PICTURE = 2_400  # pixels of the longer side


class Pdf:
    """An open PDF. What members filled in stands on its pages, as viewers show it."""

    def __init__(self, content: bytes) -> None:
        import pypdfium2

        self._opened = pypdfium2.PdfDocument(content)

    def __len__(self) -> int:
        return min(MOST_PAGES, len(self._opened))

    def words(self, number: int) -> Page:
        """Return the words of the page; none if it is a scan."""
        import pypdfium2.raw as pdfium

        page = self._opened[number]
        if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS:
            page = self._opened[number]
        width, height = page.get_size()
        scale = WIDTH / width
        text = page.get_textpage()
        found: list[list[tuple[str, Box]]] = []
        letters: list[tuple[str, Box]] = []
        for index in range(min(text.count_chars(), MOST_LETTERS)):
            letter = chr(pdfium.FPDFText_GetUnicode(text, index))
            if letter.isspace() or not letter.isprintable():
                found.append(letters)
                letters = []
                continue
            box = _box(page, text, index, width * scale, height * scale)
            if letters and not _continues(letters[-1][1], box):
                found.append(letters)
                letters = []
            letters.append((letter, box))
        words = [_word(letters) for letters in [*found, letters] if letters]
        return Page(tuple(word for word in words if word.text), height * scale)

    def picture(self, number: int, *, longer: int = OF_A_PICTURE) -> Any:
        """Return a picture of the page, so many pixels long."""
        page = self._opened[number]
        return page.render(scale=longer / max(page.get_size()), may_draw_forms=False).to_pil().convert("RGB")


Box = tuple[float, float, float, float]


def _box(page: Any, text: Any, index: int, width: float, height: float) -> Box:
    """Return where the letter stands on the page as it is shown, however the page is turned."""
    import pypdfium2.raw as pdfium

    rect = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text, index, rect)
    (left, top), (right, bottom) = (
        _shown(page, x, y, width, height) for x, y in ((rect.left, rect.top), (rect.right, rect.bottom))
    )
    return min(left, right), min(top, bottom), max(left, right), max(top, bottom)


def _shown(page: Any, x: float, y: float, width: float, height: float) -> tuple[float, float]:
    import pypdfium2.raw as pdfium

    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, FINE, FINE, 0, x, y, across, down)
    return across.value * width / FINE, down.value * height / FINE


def _continues(before: Box, box: Box) -> bool:
    """Return whether the letter stands beside the one before it."""
    height = max(before[3] - before[1], box[3] - box[1])
    return abs(box[3] - before[3]) < 0.5 * height and -height < box[0] - before[2] < 0.5 * height


def _word(letters: list[tuple[str, Box]]) -> Word:
    boxes = [box for _, box in letters]
    return Word(
        plain("".join(letter for letter, _ in letters)),
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
