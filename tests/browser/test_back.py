"""Back brings a form back with what was typed, and never asks whether to send it again.

With scripts and without. Chromium shows a page of its own ("Confirm Form Resubmission") in place of
a page that answered a POST.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from amtportal.dates import today
from amtportal.formatting import typed
from amtportal.members.models import Member
from ccp.models import Activity
from tests.support.builders import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.django_db(transaction=True)]
Window = Callable[..., Page]
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


def fill_in(page: Page, title: str = "Blood cultures") -> None:
    """Fill in everything but the attestation."""
    page.locator("[name=activity_type]").select_option("self-study")
    page.get_by_label("Title").fill(title)
    page.locator("[name=quantity]").fill("2")
    page.get_by_label("When?").fill(typed(today()))


def leave(page: Page) -> None:
    page.get_by_role("link", name="Help", exact=True).click()
    expect(page).to_have_url(re.compile("/guide/$"))


def what_is_read(page: Page) -> list[str]:
    """Return the words of the page, once its style is there, which hides what needs a script."""
    page.wait_for_load_state("load")
    return page.locator("main").inner_text().split()


def has_what_was_typed(page: Page, title: str = "Blood cultures") -> None:
    expect(page.get_by_label("Title")).to_have_value(title)
    expect(page.locator("[name=quantity]")).to_have_value("2")
    expect(page.locator("[name=activity_type]")).to_have_value("self-study")
    expect(page.get_by_label("When?")).to_have_value(typed(today()))


@SCRIPTS
@pytest.mark.parametrize("button", ["Submit", "Preview"])
def test_back_to_an_error_or_a_preview_and_back_again_to_the_form(
    window: Window, member: Member, scripts: bool, button: str
) -> None:
    page = window(member, java_script_enabled=scripts)
    page.goto("/ccp/record/")
    fill_in(page)
    page.get_by_role("button", name=button).click()
    expect(page.locator(".error-summary" if button == "Submit" else "#preview h2")).to_be_visible()
    shown = what_is_read(page)
    leave(page)
    page.go_back()
    has_what_was_typed(page)
    assert what_is_read(page) == shown, "the page is the one that was left"
    page.go_back()
    has_what_was_typed(page)
    expect(page.locator(".error-summary")).not_to_be_visible()
    page.get_by_label("I attest").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    assert Activity.objects.filter(title="Blood cultures").count() == 1
    page.goto("/ccp/record/")
    expect(page.get_by_label("Title")).to_have_value("")


@SCRIPTS
def test_back_after_two_errors_and_a_success_records_nothing_twice(
    window: Window, member: Member, scripts: bool
) -> None:
    page = window(member, java_script_enabled=scripts)
    page.goto("/ccp/record/")
    fill_in(page)
    page.locator("[name=quantity]").fill("two")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".error-summary")).to_be_visible()
    fill_in(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".error-summary li")).to_have_count(1)
    page.get_by_label("I attest").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    page.go_back()
    has_what_was_typed(page)
    page.get_by_label("I attest").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    assert Activity.objects.filter(title="Blood cultures").count() == 1


@SCRIPTS
def test_back_to_a_refused_file(window: Window, member: Member, scripts: bool, tmp_path: Path) -> None:
    entry = Activity.objects.get()
    (tmp_path / "notes.txt").write_text("no certificate")
    page = window(member, java_script_enabled=scripts)
    page.goto(f"/ccp/activities/{entry.pk}/")
    page.locator("input[type=file]").set_input_files(tmp_path / "notes.txt")
    page.locator("form[enctype='multipart/form-data'] button").click()
    expect(page.locator(".error-summary")).to_be_visible()
    leave(page)
    page.go_back()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("input[type=file]")).to_be_visible()
    page.go_back()
    expect(page.locator('[data-name="reference"]')).to_be_visible()


@SCRIPTS
def test_back_to_a_refused_sign_in(window: Window, member: Member, scripts: bool) -> None:
    page = window(java_script_enabled=scripts)
    page.goto("/accounts/login/")
    for password in ("wrong", "wrong again"):
        page.get_by_label("E-mail address").fill("ada@example.org")
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".error-summary")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("E-mail address")).to_have_value("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/$"))
    page.go_back()
    expect(page.locator("html")).to_have_attribute("lang", "en-US")


@SCRIPTS
def test_the_switch_of_the_language_on_an_error_page_loses_nothing(
    window: Window, member: Member, scripts: bool
) -> None:
    page = window(member, java_script_enabled=scripts)
    page.goto("/ccp/record/")
    fill_in(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".error-summary")).to_be_visible()
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es-US")
    expect(page.get_by_label("Título")).to_have_value("Blood cultures")
    expect(page.locator("[name=quantity]")).to_have_value("2")
    page.get_by_role("button", name="Enviar").click()
    expect(page.locator(".error-summary")).to_contain_text("Marque la casilla")


def test_an_answer_is_shown_to_nobody_else(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    fill_in(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".error-summary")).to_be_visible()
    address = page.url
    assert "answer-shown=" in address
    other = window()
    other.goto(address)
    expect(other).to_have_url(re.compile("/accounts/login/"))
    page.context.clear_cookies()
    page.goto(address)
    expect(page).to_have_url(re.compile("/accounts/login/"))
