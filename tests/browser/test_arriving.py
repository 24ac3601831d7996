"""From the link in the mail to Home: how many pages a new member sees, and what is asked."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from playwright.sync_api import Page, expect

from amtportal.members.models import Member
from tests.browser.acts import authenticator_of
from tests.support.mail import links_of

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
Window = Callable[..., Page]


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Passkeys belong to a name, and browsers make none for the number of a machine."""
    return {**browser_context_args, "base_url": browser_context_args["base_url"].replace("127.0.0.1", "localhost")}


@pytest.fixture
def link(member: Member) -> str:
    """Return the path of the link that a member who never signed in was mailed."""
    assert member.user
    member.user.set_unusable_password()
    member.user.save()
    EmailAddress.objects.all().delete()
    Client().post("/accounts/activate/", {"email": "ada@example.org"})
    return str(links_of(mail.outbox[-1])[0]).split("8000", 1)[1]


def pages_of(page: Page) -> list[str]:
    """Return the list that grows with the address of each page that is shown."""
    shown: list[str] = []
    page.on("load", lambda loaded: shown.append(loaded.url))
    return shown


def at_home(page: Page) -> None:
    expect(page.get_by_role("heading", name="Ada Lane", level=1)).to_be_visible()
    page.wait_for_load_state("load")
    assert urlsplit(page.url).path == "/"


def test_from_the_link_to_home_are_two_pages_and_one_password_that_can_be_seen(window: Window, link: str) -> None:
    page = window()
    shown = pages_of(page)
    page.goto(link)
    field = page.get_by_label("New password")
    field.fill("short")
    expect(page.get_by_text("5 of 15 characters")).to_be_visible()
    field.fill("nine green umbrellas")
    expect(page.get_by_text("Good: this is hard to guess.")).to_be_visible()
    page.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Save and continue").click()
    at_home(page)
    assert len(shown) == 2, shown


def test_a_passkey_at_once_leads_home_and_signs_in_again(window: Window, link: str) -> None:
    page = window()
    authenticator_of(page)
    shown = pages_of(page)
    page.goto(link)
    page.get_by_role("button", name="Use a passkey").click()
    at_home(page)
    assert len(shown) == 2, shown
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    at_home(page)


def test_without_scripts_the_password_leads_home(window: Window, link: str) -> None:
    page = window(java_script_enabled=False)
    page.goto(link)
    expect(page.get_by_role("button", name="Show password")).to_be_hidden()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    page.get_by_label("New password").fill("nine green umbrellas")
    page.get_by_role("button", name="Save and continue").click()
    at_home(page)
