"""The main way through the portal, as a member goes it.

The member uses the mouse, the keyboard alone, or a browser without JavaScript.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from amtportal.dates import today
from amtportal.formatting import typed
from amtportal.members.models import Member
from ccp.models import Activity
from tests.support.builders import PASSWORD, cycle_of

pytestmark = pytest.mark.browser
Window = Callable[..., Page]


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def total(page: Page) -> str | None:
    return page.locator('[data-name="points-counted"]').get_attribute("value")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_sign_in_record_ce_and_take_the_transcript_along(window: Window, member: Member, javascript: bool) -> None:
    """22 + 8 = 30 of 30 points."""
    page = window(java_script_enabled=javascript)
    sign_in(page)
    page.get_by_role("link", name="My Certifications").first.click()
    expect(page.get_by_role("heading", name="AMTRAX")).to_be_visible()
    assert total(page) == "22"
    page.get_by_role("link", name="Record CE").first.click()
    page.locator("[name=activity_type]").select_option(label="Self-study or journal quiz")
    page.get_by_label("Title").fill("Blood cultures")
    page.locator("[name=quantity]").fill("8")
    page.get_by_label("When?").fill(typed(today() - timedelta(days=3)))
    page.get_by_label("I attest").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"\+8 points\.\s+30 of 30\."))
    gains = page.locator(".gains")
    expect(gains).to_contain_text("Blood cultures")
    reference = gains.locator('[data-name="reference"]').get_attribute("value")
    assert reference
    opens = gains.locator('[data-name="invoice-opens"]')
    expect(opens).to_have_attribute("datetime", f"{today() + timedelta(days=1)}")
    expect(opens).to_contain_text("tomorrow")
    page.get_by_role("link", name="My Certifications").first.click()
    assert total(page) == "30"
    page.get_by_role("link", name="View or print").click()
    expect(page.locator("main")).to_contain_text(f"{reference}")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as PDF").click()
    assert re.fullmatch(rf"CE-transcript-\w+-RMA-{today()}\.pdf", saved.value.suggested_filename)
    text = PdfReader(saved.value.path()).pages[0].extract_text()
    assert "Blood cultures" in text
    assert reference in text


def fill_in(page: Page) -> None:
    page.locator("[name=activity_type]").select_option("self-study")
    page.locator("[name=quantity]").fill("2")
    page.get_by_label("When?").fill(typed(today()))
    page.get_by_label("I attest").check()


def test_back_and_submit_again_records_once(window: Window, member: Member) -> None:
    """22 + 2 = 24, not 26."""
    page = window()
    sign_in(page)
    page.get_by_role("link", name="Type it in").click()
    fill_in(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    confirmation = page.url
    page.go_back()  # loaded again, because no page is stored; what was typed and the form's number come back
    expect(page.locator("[name=quantity]")).to_have_value("2")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    assert page.url == confirmation
    page.goto("/certifications/")
    assert total(page) == "24"


def test_an_error_page_puts_the_focus_on_the_summary_which_leads_to_the_field(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    page.get_by_label("Title").fill("Blood cultures")
    page.locator("[name=quantity]").fill("one")
    page.get_by_role("button", name="Submit").click()
    expect(page).to_have_title(re.compile("^Error: "))
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_label("Title")).to_have_value("Blood cultures")
    summary.get_by_role("link", name="Enter how many as a number").click()
    expect(page.locator("[name=quantity]")).to_be_focused()
    expect(page.locator("[name=quantity]")).to_have_accessible_description(re.compile("Enter how many as a number"))


WHAT_HAS_THE_FOCUS = """() => {
    const e = document.activeElement;
    return [e.innerText, ...[...(e.labels ?? [])].map(label => label.innerText)].join(" ");
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the part with this name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate(WHAT_HAS_THE_FOCUS):
            return
    raise AssertionError(f"{name} is not to be reached by Tab")


def test_by_keyboard_alone(window: Window, member: Member) -> None:
    """22 + 1.5 = 23.5."""
    page = window()
    page.goto("/accounts/login/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to main content"
    page.keyboard.press("Enter")
    tab_to(page, "E-mail address")
    page.keyboard.type("ada@example.org")
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ada Lane")).to_be_visible()
    tab_to(page, "My Certifications")
    page.keyboard.press("Enter")
    page.wait_for_url("**/certifications/")
    tab_to(page, "Record CE")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ccp/record/**")
    tab_to(page, "What did you do?")
    page.keyboard.type("Self")
    tab_to(page, "Contact hours")
    page.keyboard.type("1,5")
    tab_to(page, "When?")
    page.keyboard.type(typed(today()))
    tab_to(page, "I attest")
    page.keyboard.press("Space")
    tab_to(page, "Submit")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ccp/activities/*/")
    tab_to(page, "My Certifications")
    page.keyboard.press("Enter")
    page.wait_for_url("**/certifications/")
    assert total(page) == "23.5"


def test_withdrawing_asks_first_and_can_be_left(window: Window, member: Member) -> None:
    entry = member.activities.get()
    page = window(member)
    page.goto(f"/ccp/activities/{entry.pk}/")
    page.get_by_role("link", name="Withdraw").click()
    page.get_by_role("link", name="Keep it").click()
    assert Activity.objects.get().is_standing
    page.get_by_role("link", name="Withdraw").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator("main")).to_contain_text("This entry was withdrawn")
    page.goto("/certifications/")
    assert total(page) == "0"


def test_nothing_is_stopped_by_the_content_security_policy(window: Window, member: Member) -> None:
    complaints: list[str] = []
    page = window(member)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.on("response", lambda response: response.status >= 400 and complaints.append(response.url))
    for address in ("/", "/certifications/", "/ccp/record/", f"/ccp/transcript/{cycle_of(member).pk}/", "/guide/"):
        page.goto(address, wait_until="networkidle")
    assert complaints == []
