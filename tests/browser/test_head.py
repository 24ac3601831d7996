"""The head of the pages has one height at every width, signed in or out, in both languages."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from amtportal.members.models import Member

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.django_db(transaction=True)]
Window = Callable[..., Page]
WIDTHS = [*range(320, 820, 20), 992, 1280]
SIZES = """() => {
  const masthead = document.querySelector(".masthead");
  const shown = [...document.querySelectorAll(".tabs li")].filter((tab) => tab.offsetParent);
  return {
    height: Math.round(masthead.getBoundingClientRect().height),
    rows: new Set(shown.map((tab) => tab.offsetTop)).size,
    current: shown.filter((tab) => tab.querySelector("[aria-current]")).length,
    wide: document.documentElement.scrollWidth > innerWidth,
  };
}"""


@pytest.mark.parametrize("language", ["en-US", "es"])
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "signed out"])
def test_the_head_keeps_its_height(window: Window, member: Member, language: str, signed_in: bool) -> None:
    page = window(member if signed_in else None, locale=language)
    found = {}
    for address in ("/guide/", "/qualifying-activities/", "/ccp/activities/" if signed_in else "/accounts/login/"):
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 700})
            found[address, width] = page.evaluate(SIZES)
    assert {tuple(sizes.items()) for sizes in found.values()} == {
        (("height", 100), ("rows", 1), ("current", 1), ("wide", False))
    }, found


def test_the_tabs_of_a_member_fit_a_phone(window: Window, member: Member) -> None:
    """At 360 pixels none has to be scrolled to, in Spanish either."""
    page = window(member, locale="es", viewport={"width": 360, "height": 700})
    page.goto("/certifications/")
    assert page.evaluate(
        "(() => { const ul = document.querySelector('.tabs ul'); return ul.scrollWidth <= ul.clientWidth })()"
    )
