"""The list of sessions, used without a mouse and in a browser that runs no scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from amtportal.members.models import Member
from tests.support.builders import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Ada Lane")).to_be_visible()


def test_one_session_is_ended_by_the_keyboard_and_without_scripts(window: Callable[..., Page], member: Member) -> None:
    phone, page = window(user_agent=IPHONE), window(java_script_enabled=False)
    sign_in(phone)
    sign_in(page)
    page.goto("/accounts/sessions/")
    button = page.get_by_role("button", name="Sign out Safari on iPhone")
    expect(button).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("found => found === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Safari on iPhone is signed out.")
    expect(page.get_by_role("heading", name="(this browser)")).to_be_visible()
    phone.goto("/certifications/")
    expect(phone.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
