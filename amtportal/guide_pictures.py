"""The pictures of the guide: the size of each and the text in it.

``make pictures`` takes them from the running portal, and ``tests/browser/test_guide_pictures.py``
fails when the portal no longer looks or reads the same. Each picture exists in light and in dark.
Sizes are in CSS pixels; the image file has one and a half times as many.
"""

import base64
import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from django.conf import settings

RECORD = Path(__file__).with_suffix(".json")
FOLDER = Path(settings.BASE_DIR) / "static" / "guide"


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
        """Return the picture for the light theme as an address that contains it, for a document."""
        encoded = base64.b64encode((FOLDER / f"{self.name}-light.webp").read_bytes()).decode()
        return f"data:image/webp;base64,{encoded}"


@cache
def pictures() -> dict[str, Picture]:
    """Return every picture by name, in the order of the guide."""
    rows = json.loads(RECORD.read_text(encoding="utf-8"))
    return {name: Picture(name=name, **row) for name, row in rows.items()}
