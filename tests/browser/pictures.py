"""Pictures that the project keeps, compared with how the portal looks now.

`make pictures` takes them again.
"""

import io
import os

from PIL import Image, ImageChops, ImageStat

WRITES = bool(os.environ.get("WRITE_PICTURES"))
MOST_APART = 4  # CSS pixels between two sizes of the same picture
MOST_DIFFERENCE = 4.0  # of 255, in a picture made eight times smaller


def difference(one: bytes, other: bytes) -> float:
    """Return how far two pictures differ on average, from 0 to 255.

    The edges of letters do not matter.
    """
    first = Image.open(io.BytesIO(one)).convert("RGB")
    size = (max(first.width // 8, 1), max(first.height // 8, 1))
    small = [Image.open(io.BytesIO(data)).convert("RGB").resize(size, Image.Resampling.BOX) for data in (one, other)]
    return max(ImageStat.Stat(ImageChops.difference(*small)).mean)
