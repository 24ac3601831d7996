"""Certificates of the test set: a layout with values becomes a PDF, and a photo of that.

A layout is a file in ``layouts/``: a head, ``---``, and HTML.

- ``[[on|F j, Y]]`` is a value of ``values.py``, written in this form.
- ``((one||another))`` is one of several wordings, chosen by the seed.
- ``truth`` names the value of each field; a field that it does not name is not judged.
  ``one|another`` is right as a choice of both, never as one of them alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from tests.benchmarks.reading.values import Day, Number, values

HERE = Path(__file__).parent
LAYOUTS = sorted(path.stem for path in (HERE / "layouts").glob("*.html"))
VALUE = re.compile(r"\[\[(\w+)(?:\|([^\]]*))?\]\]")
WORDINGS = re.compile(r"\(\((.+?)\)\)(?!\))", re.DOTALL)


@dataclass(frozen=True)
class Certificate:
    """``truth``: by field, the values of which each is true of an activity on the page."""

    layout: str
    seed: int
    html: str
    truth: Mapping[str, tuple[str, ...]]
    unit: str

    @property
    def pdf(self) -> bytes:
        return _html(self.html)

    def photo(self) -> bytes:
        return photo_of(self.pdf, Random(f"{self.layout} {self.seed} photo"))


def make(layout: str, seed: int) -> Certificate:
    head, body = _layout(layout)
    chance = Random(f"{layout} {seed}")
    said = values(chance, head["lang"])
    body = WORDINGS.sub(lambda found: chance.choice(found[1].split("||")), body)
    html = VALUE.sub(lambda found: _written(said[found[1]], found[2] or ""), body)
    named = dict(part.split("=") for part in head["truth"].split())
    truth = {name: tuple(_true(said, key) for key in keys.split("|")) for name, keys in named.items() if name != "unit"}
    return Certificate(layout, seed, html, truth, named.get("unit", ""))


@cache
def _layout(name: str) -> tuple[dict[str, str], str]:
    head, body = (HERE / "layouts" / f"{name}.html").read_text().split("---\n", 1)
    return dict(line.split(": ", 1) for line in head.strip().splitlines()), body


def _written(value: object, how: str) -> str:
    return value.written(how) if isinstance(value, (Day, Number)) else str(value)


def _true(said: Mapping[str, object], key: str) -> str:
    """Return the value as the form takes it. What is no name of a value stands for itself."""
    value = said.get(key, key)
    if isinstance(value, Day):
        return value.day.isoformat()
    return f"{value.number.normalize():f}" if isinstance(value, Number) else str(value)


def _html(body: str) -> bytes:
    from weasyprint import CSS, HTML

    return HTML(string=body).write_pdf(stylesheets=[CSS(filename=str(HERE / "page.css"))])  # type: ignore[no-any-return]


def photo_of(pdf: bytes, chance: Random) -> bytes:
    """Return a photo of the first page, as phones take it: a little turned, on a table, unevenly lit.

    One in five lies on its side, one in eight upside down or on the other side.
    """
    from PIL import Image, ImageEnhance, ImageFilter
    from pypdfium2 import PdfDocument

    page = PdfDocument(pdf)[0]
    longer = chance.choice([1900, 2300, 2800])
    image = page.render(scale=longer / max(page.get_size())).to_pil().convert("RGB")
    table = tuple(chance.randrange(60, 170) for _ in range(3))
    margin = round(longer * chance.uniform(0.02, 0.08))
    wide = Image.new("RGB", (image.width + 2 * margin, image.height + 2 * margin), table)
    wide.paste(image, (margin, margin))
    wide = wide.rotate(chance.uniform(-3, 3), Image.Resampling.BICUBIC, fillcolor=table)
    wide = wide.transform(
        wide.size, Image.Transform.PERSPECTIVE, _perspective(wide.size, chance), Image.Resampling.BICUBIC,
        fillcolor=table,
    )  # fmt: skip
    wide = Image.composite(
        wide, ImageEnhance.Brightness(wide).enhance(chance.uniform(0.45, 0.75)), _shade(wide, chance)
    )
    wide = ImageEnhance.Contrast(wide).enhance(chance.uniform(0.6, 1.0))
    wide = wide.filter(ImageFilter.GaussianBlur(longer / 2300 * chance.uniform(0.3, 1.3)))
    noise = Image.frombytes("L", wide.size, chance.randbytes(wide.width * wide.height)).convert("RGB")
    wide = Image.blend(wide, noise, chance.uniform(0.0, 0.08))
    turn = chance.choice([0] * 27 + [90] * 5 + [270] * 4 + [180] * 4)
    file = BytesIO()
    wide.rotate(turn, expand=True).save(file, "JPEG", quality=chance.randrange(60, 90))
    return file.getvalue()


def _shade(image: Any, chance: Random) -> Any:
    """Return a mask that is dark where the shadow of a hand or a lamp falls."""
    from PIL import Image, ImageFilter

    small = Image.new("L", (16, 16), 255)
    for _ in range(chance.randrange(1, 4)):
        left, top = chance.randrange(-4, 12), chance.randrange(-4, 12)
        small.paste(
            chance.randrange(0, 200), (left, top, left + chance.randrange(4, 12), top + chance.randrange(4, 14))
        )
    return small.resize(image.size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(image.width / 40))


def _perspective(size: tuple[int, int], chance: Random) -> list[float]:
    """Return the coefficients that move the corners by up to 2 % of the side."""
    width, height = size
    moved = [
        (x * width + chance.uniform(-0.02, 0.02) * width, y * height + chance.uniform(-0.02, 0.02) * height)
        for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    rows = []
    for (x, y), (u, v) in zip(corners, moved, strict=True):
        rows.append([x, y, 1.0, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1.0, -v * x, -v * y, v])
    return _solved(rows)


def _solved(rows: list[list[float]]) -> list[float]:
    """Return the solution of the linear equations, by elimination."""
    size = len(rows)
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for other in range(size):
            if other != at:
                rows[other] = [a - rows[other][at] * b for a, b in zip(rows[other], rows[at], strict=True)]
    return [row[-1] for row in rows]
