"""The public pages in a browser.

The calculator answers while somebody types, and pictures load as the guide is read.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect

from amtportal.guide_pictures import pictures

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
Window = Callable[..., Page]


def test_the_calculator_answers_while_one_types(window: Window, transactional_db: None) -> None:
    page = window()
    page.goto("/qualifying-activities/")
    answer = page.locator("#answer")
    page.get_by_label("Activity type").select_option("course-ceu")
    page.get_by_label("How many").press_sequentially("0.4")
    expect(answer).to_contain_text("For 0.4 CEU you earn 4 points.")
    assert page.url.endswith("/qualifying-activities/")
    page.get_by_label("How many").fill("nothing")
    expect(answer).to_be_empty()
    expect(page.locator(".field-error")).to_have_count(0)


def test_the_calculator_answers_without_javascript(window: Window, transactional_db: None) -> None:
    page = window(java_script_enabled=False)
    page.goto("/qualifying-activities/")
    page.get_by_label("Activity type").select_option("course-ceu")
    page.get_by_label("How many").fill("0.4")
    page.get_by_role("button", name="Calculate the points").click()
    expect(page.locator("#answer")).to_contain_text("For 0.4 CEU you earn 4 points.")
    expect(page).to_have_url(re.compile(r"/qualifying-activities/\?type=course-ceu&quantity=0\.4$"))
    expect(page.locator("#answer")).to_be_focused()
    expect(page.locator("#answer")).to_be_in_viewport()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_what_is_wrong_has_the_focus(window: Window, transactional_db: None, javascript: bool) -> None:
    page = window(java_script_enabled=javascript, viewport={"width": 390, "height": 844})
    page.goto("/qualifying-activities/")
    page.get_by_role("button", name="Calculate the points").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator(".error-summary")).to_be_in_viewport()


def test_what_was_wrong_is_told_no_more_when_the_answer_is_there(window: Window, transactional_db: None) -> None:
    page = window()
    page.goto("/qualifying-activities/?type=course-ceu&quantity=nothing")
    quantity = page.get_by_label("How many")
    expect(quantity).to_have_attribute("aria-invalid", "true")
    quantity.fill("0.4")
    expect(page.locator("#answer")).to_contain_text("For 0.4 CEU you earn 4 points.")
    expect(page).to_have_title("Qualifying activities – AMT Portal")
    expect(page.locator(".error-summary, .field-error, .field-wrong, [aria-invalid]")).to_have_count(0)
    expect(quantity).to_be_focused()


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_pictures_come_as_the_guide_is_read(window: Window, transactional_db: None, colors: str) -> None:
    """The pictures near the top of the page come at once.

    In the end each picture has come once, in the reader's colors.
    """
    page = window(color_scheme=colors, viewport={"width": 390, "height": 844})
    came: list[Response] = []
    page.on("response", lambda answer: came.append(answer) if "/static/guide/" in answer.url else None)
    page.goto("/guide/", wait_until="networkidle")
    assert len(came) <= len(pictures()) / 2, "at most half: the browser asks for what is one or two screens away"
    for shot in page.locator(".shot img").all():
        shot.scroll_into_view_if_needed()
        expect(shot).to_have_js_property("complete", True)
    names = sorted(answer.url.rpartition("/")[2] for answer in came)
    assert names == sorted(f"{name}-{colors}.webp" for name in pictures())
