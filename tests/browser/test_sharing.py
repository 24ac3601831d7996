"""Sharing in a browser: a link is copied or handed to the phone, and all of it works without JavaScript."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from amtportal.members.models import Member

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

PHONE = "navigator.share = shared => { window.shared = shared; return Promise.resolve(); };"


def test_a_link_is_made_shown_to_an_employer_and_revoked_without_javascript(
    window: Callable[..., Page], member: Member
) -> None:
    page = window(member, java_script_enabled=False)
    page.goto("/account/sharing/")
    page.get_by_label("Your note").fill("for Mercy Hospital")
    page.get_by_role("button", name="Make the link").click()
    address = page.locator("[data-name=share-address]").inner_text()
    assert not page.get_by_role("button", name="Copy the link").is_visible()
    employer = window(java_script_enabled=False)
    employer.goto(urlsplit(address).path)
    expect(employer.get_by_role("heading", name="Ada Lane")).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The link no longer works.")).to_be_visible()
    employer.reload()
    expect(employer.get_by_role("heading", name="This link does not work")).to_be_visible()


def test_a_link_is_copied_and_handed_to_the_phone(window: Callable[..., Page], member: Member) -> None:
    page = window(member, permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script(PHONE)
    page.goto("/account/sharing/")
    page.get_by_role("button", name="Make the link").click()
    address = page.locator("[data-name=share-address]").inner_text()
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address
    page.get_by_role("button", name="Share", exact=True).click()
    assert page.evaluate("window.shared.url") == address
