"""The list of activities by keyboard and without JavaScript, and undoing a withdrawal."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from amtportal.dates import today
from amtportal.members.models import Member
from ccp.models import Activity
from ccp.views import activities as activity_views
from tests.support.builders import cycle_of, make_activity

pytestmark = pytest.mark.browser
Window = Callable[..., Page]


@pytest.fixture
def record(member: Member, monkeypatch: pytest.MonkeyPatch) -> Member:
    """Return the member, whose list shows two entries on each page.

    The entries are Hematology (22 points, 30 days ago), Ethics (2, 20 days ago) and Zoonoses, a
    talk (1).
    """
    monkeypatch.setattr(activity_views, "PAGE_SIZE", 2)
    cycle = cycle_of(member)
    for title, kind, points, days in (
        ("Ethics", "course-seminar-webinar", "2", 20),
        ("Zoonoses", "presentation", "1", 25),
    ):
        make_activity(
            cycle,
            title=title,
            kind=kind,
            points=points,
            starts_on=today() - timedelta(days=days),
            at=timezone.now(),
        )
    member.user.refresh_from_db()
    return member


def titles(page: Page) -> Locator:
    return page.locator("main tbody th a")


def press(page: Page, part: Locator) -> None:
    """Press Tab until the part has the focus, then Enter."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if part.evaluate("e => e === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{part} is not to be reached by Tab")


def test_sort_page_and_filter_by_keyboard_alone(window: Window, record: Member) -> None:
    page = window(record)
    page.goto("/ccp/activities/")
    expect(titles(page)).to_have_text(["Ethics", "Zoonoses"])
    press(page, page.get_by_role("link", name="Sort by Activity"))
    expect(page).to_have_url(re.compile("sort=title$"))
    expect(titles(page)).to_have_text(["Ethics", "Hematology"])
    expect(page.get_by_role("columnheader", name="Activity")).to_have_attribute("aria-sort", "ascending")
    press(page, page.get_by_role("link", name="Next"))
    expect(page).to_have_url(re.compile("page=2&sort=title$"))
    expect(titles(page)).to_have_text(["Zoonoses"])
    press(page, page.get_by_text("Filter and sort"))
    category = page.get_by_label("Category")
    expect(category).to_be_visible()
    for _ in range(10):
        page.keyboard.press("Tab")
        if category.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.type("Prof")
    expect(category).to_have_value("professional-education")
    press(page, page.get_by_role("button", name="Show"))
    expect(page).to_have_url(re.compile("category=professional-education"))
    expect(titles(page)).to_have_text(["Ethics", "Hematology"])
    expect(page.locator("[data-name=activities-found]")).to_have_attribute("value", "2")
    press(page, page.get_by_role("link", name="Clear filters"))
    expect(page).to_have_url(re.compile("/ccp/activities/$"))
    expect(page.locator("[data-name=activities-found]")).to_have_attribute("value", "3")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_filter_sort_save_and_undo_a_withdrawal(window: Window, record: Member, javascript: bool) -> None:
    """22 + 2 + 1 = 25 points; 3 without the 22; 25 again."""
    page = window(record, java_script_enabled=javascript)
    page.goto("/ccp/activities/")
    page.get_by_text("Filter and sort").click()
    page.get_by_label("State").select_option(label="On record")
    page.get_by_label("Sort by").select_option(label="Points counted, most first")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("state=standing&sort=-points$"))
    expect(titles(page)).to_have_text(["Hematology", "Ethics"])
    file = page.request.get(page.get_by_role("link", name="Save as CSV").get_attribute("href") or "").text()
    assert [line.split('","')[3] for line in file.splitlines()[1:]] == ["Hematology", "Ethics", "Zoonoses"]
    page.get_by_role("link", name="Hematology").click()
    page.get_by_role("link", name="Withdraw").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.locator("main")).to_contain_text(re.compile(r"3\s+of 30 points"))
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("is back on record")
    expect(page.locator("main")).to_contain_text(re.compile(r"25\s+of 30 points"))
    assert Activity.objects.get(title="Hematology").is_standing


def test_on_a_phone_show_shows_what_was_found(window: Window, record: Member) -> None:
    page = window(record, viewport={"width": 390, "height": 844})
    page.goto("/ccp/activities/")
    page.get_by_text("Filter and sort").click()
    page.get_by_label("Category").select_option("professional-education")
    page.get_by_label("Source").select_option(label="Recorded by you")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("category=professional-education&source=member"))
    expect(titles(page)).to_have_text(["Ethics", "Hematology"])
    expect(titles(page).first).to_be_in_viewport()
    expect(page.locator(".filter summary")).to_contain_text("Professional Education · Recorded by you")
    expect(page.get_by_role("link", name="Clear filters")).to_be_in_viewport()


def test_on_a_phone_rows_are_cards_and_a_title_without_a_space_scrolls_nothing(window: Window, record: Member) -> None:
    record.activities.filter(title="Zoonoses").update(title="W" * 200)
    page = window(record, viewport={"width": 320, "height": 640})
    for query in ("", "?sort=title", "?sort=-title&page=2"):
        page.goto(f"/ccp/activities/{query}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        expect(page.locator("main thead").first).to_be_hidden()
        row = page.locator("main tbody tr").first
        assert row.evaluate("e => getComputedStyle(e).display") == "grid"
        name, days = row.locator("th a").bounding_box(), row.locator(".activity-days").bounding_box()
        assert name
        assert days
        assert name["y"] + name["height"] <= days["y"], "the days are below the name, not beside it"


def test_on_a_wide_screen_it_is_a_table(window: Window, record: Member) -> None:
    page = window(record, viewport={"width": 1280, "height": 800})
    page.goto("/ccp/activities/")
    expect(page.get_by_role("columnheader", name="Dates")).to_be_visible()
    assert page.locator("main tbody tr").first.evaluate("e => getComputedStyle(e).display") == "table-row"
