"""The tutorial shows the portal as it is, and its clips play where they are asked for.

`make tutorial` records the clips again. The first test goes the same way through the portal on the
same day. What the clips show must read the same, word by word.
"""

import json
import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from time_machine import TimeMachineFixture

from amtportal.tutorial import CLIPS, FOLDER, RECORD
from tests.audit import measures
from tests.browser import scenes
from tests.browser.tutorial import HEIGHT, LANGUAGES, SCALE, WAYS, WIDTH, Camera, captions_of, write
from tests.support.builders import TODAY, noon
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
WRITES = bool(os.environ.get("WRITE_TUTORIAL"))
Window = Callable[..., Page]


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """Use the whole browser, which can play the clips."""
    return chromium


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_clips_show_the_portal_as_it_is(
    window: Window, transactional_db: None, time_machine: TimeMachineFixture, language: str
) -> None:
    time_machine.move_to(noon(TODAY))
    page = window(
        scenes.ada(),
        viewport={"width": WIDTH, "height": HEIGHT},
        device_scale_factor=SCALE,
        reduced_motion="reduce",
        locale=f"{language}-US",
    )
    cameras = []
    for name, way in WAYS.items():
        camera = Camera(page, CLIPS[name], language, films=WRITES)
        way(camera)
        cameras.append(camera)
    if WRITES:
        write(cameras)
    kept = json.loads(RECORD.read_text(encoding="utf-8"))
    for camera in cameras:
        name = camera.clip.name
        again = f"{name}: the portal is otherwise than the clip. Run: make tutorial"
        assert camera.says == kept[name]["says"][language], again
        for code in LANGUAGES:
            file = FOLDER.parent / camera.clip.track(code)
            assert file.read_text(encoding="utf-8") == captions_of(camera, code), again


def test_a_clip_is_fetched_only_when_it_is_played(window: Window, transactional_db: None) -> None:
    page = window()
    complaints = measures.complaints(page)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))

    def films() -> list[str]:
        return [url for url in fetched if url.endswith((".webm", ".vtt"))]

    page.goto("/guide/", wait_until="networkidle")
    assert not any("/static/tutorial/" in url for url in fetched)
    page.locator("#enter .watch a").click()
    film = page.locator("video")
    expect(film).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not [url for url in films() if url.endswith(".webm")]
    assert measures.violations(page) == []
    film.evaluate("film => film.play()")
    cue = "film => film.currentTime > 0.2 ? film.textTracks[0].activeCues?.[0]?.text : ''"
    wait_until(lambda: film.evaluate(cue), "first caption", pause=lambda: page.wait_for_timeout(20))
    shown = film.evaluate("film => film.textTracks[0].activeCues[0].text")
    assert shown == str(CLIPS["enter-ce"].captions[0])
    assert any(url.endswith("enter-ce-en.webm") for url in films())
    assert complaints == []
