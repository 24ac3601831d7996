"""Every page is usable for everybody.

axe objects to nothing, in light and in dark. A phone scrolls no page sideways, and nothing is too
small for a finger.
"""

from typing import Any

import pytest

from amtportal.members.models import Member
from tests.audit.measures import sideways, small_targets, violations
from tests.browser.states import Window, every_page

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
# The width of a small phone, or of a page of 1,280 pixels enlarged four times.
PHONE = {"width": 320, "height": 640}
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


@pytest.mark.parametrize(
    ("look", "rules"),
    [
        pytest.param({"color_scheme": "light"}, (), id="light on a desk"),
        pytest.param({"color_scheme": "dark", "viewport": PHONE}, BY_LOOKS, id="dark on a small phone"),
    ],
)
def test_axe_finds_nothing_nothing_scrolls_sideways_and_a_finger_hits_every_target(
    window: Window, member: Member, look: dict[str, Any], rules: tuple[str, ...]
) -> None:
    found = {
        name: violations(page, *rules) + sideways(page) + small_targets(page)
        for name, page in every_page(window, member, **look)
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert len(found) > 60


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
