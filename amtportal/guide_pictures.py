"""The pictures of the guide: how large each is and what it says.

They are taken from the running portal by ``make pictures``, and ``tests/browser/test_guide_pictures.py`` fails once the
portal looks or reads otherwise. Each is there in light and in dark. Sizes are CSS pixels; a picture has one and a half
times as many.
"""

import json
from dataclasses import dataclass
from functools import cache
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
        """The static file that is shown in light."""
        return f"guide/{self.name}-light.webp"

    @property
    def dark(self) -> str:
        return f"guide/{self.name}-dark.webp"


@cache
def pictures() -> dict[str, Picture]:
    """Every picture, by name, in the order of the guide."""
    rows = json.loads(RECORD.read_text(encoding="utf-8"))
    return {name: Picture(name=name, **row) for name, row in rows.items()}
