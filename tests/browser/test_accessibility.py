"""Every page is usable for everybody.

axe objects to nothing, in light and in dark. A phone scrolls no page sideways, and nothing is too
small for a finger.
"""

import pytest
from playwright.sync_api import ViewportSize

from amtportal.members.models import Member
from tests.audit.measures import sideways, small_targets, violations
from tests.browser.states import Window, every_page

# Members can pay online, so that the pages have a Pay button.
pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("provider")]
# The width of a small phone, or of a page of 1,280 pixels enlarged four times.
PHONE: ViewportSize = {"width": 320, "height": 640}
# The rules that depend on colors and on room. The other rules are asked where the page is light and
# wide.
BY_LOOKS = ("color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size")
# Pages on which the language changes more than words: axe looks at these in Spanish too.
MAIN = {
    "nobody: /accounts/login/",
    "nobody: /guide/",
    "member: /",
    "member: /certifications/",
    "member: entry with everything wrong",
    "member: /ccp/activities/",
    "careful: /accounts/2fa/",
}


def test_axe_finds_nothing_nothing_scrolls_sideways_and_a_finger_hits_every_target(
    window: Window, member: Member
) -> None:
    """Each page is opened once, light on a desk, and then turned into a dark one on a small phone."""
    found = {}
    for name, page in every_page(window, member, color_scheme="light", reduced_motion="reduce"):
        found[f"{name}, light on a desk"] = violations(page) + sideways(page) + small_targets(page)
        desk = page.viewport_size
        assert desk is not None
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="dark")
        found[f"{name}, dark on a small phone"] = violations(page, *BY_LOOKS) + sideways(page) + small_targets(page)
        page.set_viewport_size(desk)
        page.emulate_media(color_scheme="light")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert len(found) > 120


def test_the_same_in_spanish_whose_words_are_longer(window: Window, member: Member) -> None:
    found = {}
    for name, page in every_page(window, member, locale="es-US", viewport=PHONE):
        assert page.locator("html").get_attribute("lang") == "es-US", name
        found[name] = sideways(page) + (violations(page) if name in MAIN else [])
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert found.keys() >= MAIN


def test_what_has_the_focus_is_seen(window: Window, member: Member) -> None:
    """Each of the first twenty stops of the Tab key has an outline or another mark.

    The page is My Certifications.
    """
    page = window(member)
    page.goto("/certifications/")
    unseen = []
    for _ in range(20):
        page.keyboard.press("Tab")
        style = page.locator(":focus").evaluate(
            "e => { const s = getComputedStyle(e); return [s.outlineStyle, s.outlineWidth, s.boxShadow, e.outerHTML] }"
        )
        if style[0] == "none" and style[2] == "none":
            unseen.append(style[3][:100])
    assert unseen == []
