"""The pictures of the guide: the size of each and the text in it.

``make pictures`` takes them from the running portal, and ``tests/browser/test_guide_pictures.py``
fails when the portal no longer looks or reads the same. Each picture exists in light and in dark.
Sizes are in CSS pixels; the image file has one and a half times as many.
"""

import base64
import io
import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from django.conf import settings

RECORD = Path(__file__).with_suffix(".json")
FOLDER = Path(settings.BASE_DIR) / "static" / "guide"
JPEG_QUALITY = 72


@dataclass(frozen=True)
class Picture:
    name: str
    width: int
    height: int
    text: list[str]

    @property
    def light(self) -> str:
        """The path of the static file for the light theme."""
        return f"guide/{self.name}-light.webp"

    @property
    def dark(self) -> str:
        return f"guide/{self.name}-dark.webp"

    @cached_property
    def content(self) -> str:
        """Return the picture for the light theme as an address that contains it, for a document.

        PDF knows no WebP: without loss, a picture would take ten times as many bytes as on its page.
        """
        from PIL import Image  # with the first document that has pictures

        file = io.BytesIO()
        with Image.open(FOLDER / f"{self.name}-light.webp") as picture:
            picture.save(file, "JPEG", quality=JPEG_QUALITY, optimize=True)
        return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


@cache
def pictures() -> dict[str, Picture]:
    """Return every picture by name, in the order of the guide."""
    rows = json.loads(RECORD.read_text(encoding="utf-8"))
    return {name: Picture(name=name, **row) for name, row in rows.items()}
