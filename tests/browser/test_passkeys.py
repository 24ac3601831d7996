"""A passkey in Chromium, with an authenticator that the browser simulates.

The policy that only the portal's own scripts run is in force.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import CDPSession, ConsoleMessage, Page, expect

from amtportal.members.models import Member
from tests.support.builders import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
Window = Callable[..., Page]


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Passkeys belong to a name, and browsers make none for the number of a machine."""
    return {**browser_context_args, "base_url": browser_context_args["base_url"].replace("127.0.0.1", "localhost")}


@pytest.fixture
def page(window: Window, member: Member) -> Iterator[Page]:
    """Return a window with a phone's authenticator.

    Nothing may be logged in it against the policy.
    """
    page = window()
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        said.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: said.append(str(error)))
    authenticator_of(page)
    yield page
    assert said == []


def authenticator_of(page: Page) -> CDPSession:
    """Return the session of a new authenticator, which keeps passkeys and knows its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Activate account").first).to_be_visible()


def add_passkey(page: Page, *, alone: bool = True) -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    page.get_by_label("Sign in with this passkey alone").set_checked(alone)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def test_a_member_adds_a_passkey_and_signs_in_with_nothing_else(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_role("heading", name="Ada Lane")).to_be_visible()
    add_passkey(page)
    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Ada Lane")).to_be_visible()
    page.goto("/certifications/")
    expect(page.get_by_role("heading", name="My Certifications")).to_be_visible()


def test_after_the_password_the_passkey_is_the_second_step_and_confirms_who_it_is(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_role("heading", name="Ada Lane")).to_be_visible()
    add_passkey(page, alone=False)
    sign_out(page)
    sign_in(page)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.get_by_role("heading", name="Ada Lane")).to_be_visible()
    page.goto("/accounts/2fa/webauthn/reauthenticate/?next=/accounts/2fa/recovery-codes/")
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert Authenticator.objects.filter(type="webauthn", last_used_at__isnull=False).exists()


def test_a_passkey_that_is_not_there_is_told_in_words(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("The passkey was not used.")).to_be_visible()


def test_without_scripts_the_ways_that_need_none_are_there(window: Window, member: Member) -> None:
    page = window(java_script_enabled=False)
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
