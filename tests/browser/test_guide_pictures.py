"""The pictures of the guide show the portal as it is.

`make pictures` takes them again. The test goes the same way through the portal on the same day, and
compares what it sees there with the pictures that the guide has. What they say must be the same,
word by word. What they look like must be nearly the same, because machines draw the edges of
letters differently.
"""

import io
import json
from collections.abc import Callable
from typing import Any, Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page
from time_machine import TimeMachineFixture

from amtportal.guide_pictures import FOLDER, RECORD, pictures
from tests.browser import scenes
from tests.browser.pictures import MOST_APART, MOST_DIFFERENCE, WRITES, difference
from tests.support.builders import TODAY, noon

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTH, SCALE, MARGIN = 400, 1.5, 12  # CSS pixels, except for the scale
MOST_BYTES = 40 * 1024

# Numbers that the database gives are never the same twice.
SAME_NUMBERS = """() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode())
        texts.currentNode.data = texts.currentNode.data.replace(/\\b(CE|INV)-\\d+/g, (found, kind) => kind + '-1042');
    document.activeElement?.blur();
}"""


class Camera:
    """Takes pictures of a page, in light and in dark, and records what they say."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.record: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}

    def take(self, name: str, *shown: Locator) -> None:
        """Take the part of the page that holds all of these, with a margin."""
        self.page.evaluate(SAME_NUMBERS)
        self.page.evaluate("document.fonts.ready.then(() => true)")
        boxes = [box for box in (part.bounding_box() for part in shown) if box]
        assert len(boxes) == len(shown), f"{name}: not all of it is on the page"
        top = min(box["y"] for box in boxes) + self.page.evaluate("scrollY") - MARGIN
        bottom = max(box["y"] + box["height"] for box in boxes) + self.page.evaluate("scrollY") + MARGIN
        clip = {"x": 0, "y": int(top), "width": WIDTH, "height": int(bottom - int(top)) + 1}
        text = [line.strip() for part in shown for line in part.aria_snapshot().splitlines() if "/url:" not in line]
        self.record[name] = {"width": clip["width"], "height": clip["height"], "text": text}
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            png = self.page.screenshot(clip=clip, full_page=True)
            file = io.BytesIO()
            Image.open(io.BytesIO(png)).convert("RGB").save(file, "WEBP", quality=70, method=6)
            self.files[f"{name}-{scheme}.webp"] = file.getvalue()


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """Take every picture with the whole browser: without it, a list to choose from is drawn in another height."""
    return chromium


@pytest.fixture
def camera(window: Callable[..., Page], transactional_db: None, time_machine: TimeMachineFixture) -> Camera:
    """Return pictures of the whole way, taken on a phone at noon of a fixed day."""
    time_machine.move_to(noon(TODAY))
    page = window(
        scenes.ada(), viewport={"width": WIDTH, "height": 900}, device_scale_factor=SCALE, reduced_motion="reduce"
    )
    camera = Camera(page)
    scenes.play(page, camera.take)
    return camera


def test_the_pictures_of_the_guide_show_the_portal_as_it_is(camera: Camera) -> None:
    if WRITES:
        for old in FOLDER.glob("*.webp"):
            old.unlink()
        for name, data in camera.files.items():
            (FOLDER / name).write_bytes(data)
        RECORD.write_text(json.dumps(camera.record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        pictures.cache_clear()
    kept = pictures()
    assert {name: row["text"] for name, row in camera.record.items()} == {
        name: picture.text for name, picture in kept.items()
    }, "The portal reads otherwise than the pictures of the guide. Run: make pictures"
    apart = {
        name: (row["width"], row["height"])
        for name, row in camera.record.items()
        if abs(row["width"] - kept[name].width) + abs(row["height"] - kept[name].height) > MOST_APART
    }
    assert apart == {}, "The portal has other measures than the pictures of the guide. Run: make pictures"
    differing = {name: difference(data, (FOLDER / name).read_bytes()) for name, data in camera.files.items()}
    assert {name: much for name, much in differing.items() if much > MOST_DIFFERENCE} == {}, (
        "The portal looks otherwise than the pictures of the guide. Run: make pictures"
    )
