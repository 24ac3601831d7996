"""The head of the pages is one row at every width, signed in or out, in both languages; the foot is low."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from amtportal.members.models import Member

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.django_db(transaction=True)]
Window = Callable[..., Page]
WIDTHS = [*range(320, 1100, 40), 1055, 1056, 1280]
SIZES = """() => {
  const masthead = document.querySelector(".masthead");
  const shown = [...masthead.querySelectorAll("a, button, summary")].filter((part) => part.checkVisibility());
  const boxes = shown.map((part) => part.getBoundingClientRect());
  return {
    height: Math.round(masthead.getBoundingClientRect().height),
    rows: boxes.every((box) => box.top < 28 && box.bottom > 28) ? 1 : 2,
    apart: boxes.every((box, at) => boxes.every((other, after) =>
      after <= at || box.right <= other.left + 0.5 || other.right <= box.left + 0.5)),
    help: shown.filter((part) => part.matches(".help-link[aria-current]")).length,
    wide: document.documentElement.scrollWidth > innerWidth,
  };
}"""


@pytest.mark.parametrize("language", ["en-US", "es"])
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "signed out"])
def test_the_head_is_one_row_with_help_in_it(window: Window, member: Member, language: str, signed_in: bool) -> None:
    page = window(member if signed_in else None, locale=language)
    found = {}
    for address in ("/guide/", "/qualifying-activities/"):
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 700})
            found[address, width] = page.evaluate(SIZES)
    assert {tuple(sizes.items()) for sizes in found.values()} == {
        (("height", 56), ("rows", 1), ("apart", True), ("help", 1), ("wide", False))
    }, found


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_on_a_phone_a_button_opens_the_menu_by_keyboard_too(window: Window, member: Member, scripts: bool) -> None:
    page = window(member, viewport={"width": 320, "height": 700}, java_script_enabled=scripts)
    page.goto("/certifications/")
    activities = page.get_by_role("link", name="Activities", exact=True)
    expect(activities).to_be_hidden()
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    expect(activities).to_be_visible()
    page.keyboard.press("Escape")
    expect(activities).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    activities.click()
    expect(page).to_have_title("Activities – AMT Portal")


@pytest.mark.parametrize("language", ["en-US", "es"])
def test_on_a_phone_the_foot_is_at_most_250_pixels_high(window: Window, language: str) -> None:
    page = window(None, locale=language, viewport={"width": 390, "height": 844})
    page.goto("/guide/")
    box = page.locator(".foot").bounding_box()
    assert box
    assert box["height"] <= 250
