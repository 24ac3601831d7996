"""A reviewer at work in Chromium, with the keyboard alone and without JavaScript."""

import time
from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from ccp.audits import items
from ccp.audits.models import AuditCase, CaseState, ItemReview
from tests.audit.measures import sideways, violations
from tests.support.audits import again, audited_cycle, make_case, person, taken
from tests.support.evidence import attach, written
from tests.support.staff import page as address

pytestmark = [pytest.mark.browser, pytest.mark.ignore_template_errors]

TWELVE = ("2.5",) * 12
PHONE: ViewportSize = {"width": 320, "height": 640}
MINUTES_OF_A_CASE = 3


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """Use the whole browser: a PDF is shown by a part of it that the page alone does not have."""
    return chromium


def red_pdf() -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(400, 400))
        made.pages[0].Contents = made.make_stream(b"1 0 0 rg 0 0 400 400 re f")
        return written(made)


def red(page: Page) -> int:
    """Return how many points of the window are red."""
    colors = Image.open(BytesIO(page.screenshot())).convert("RGB").getcolors(2**24) or []
    return sum(number for number, (r, g, b) in colors if r > 200 and g < 60 and b < 60)  # type: ignore[misc]


def case_of_twelve() -> AuditCase:
    """Return a submitted case of twelve entries, of which each has a file: the first one a PDF."""
    case = make_case("notified", cycle=audited_cycle(points=TWELVE), at=timezone.now())
    for place, item in enumerate(items.of_case(case)):
        if place:
            attach(item.activity)
        else:
            attach(item.activity, red_pdf(), name="certificate.pdf")
    AuditCase.objects.filter(pk=case.pk).update(state=CaseState.SUBMITTED, frozen_at=timezone.now())
    return again(case)


def tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        if page.locator(":focus").count() and page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not reach {selector} on {page.url}")


def test_a_case_of_twelve_entries_is_reviewed_by_keyboard_in_three_minutes(window: Callable[..., Page]) -> None:
    """The pages have no script of their own. The time that the machine needs for them is part of the three minutes."""
    case = case_of_twelve()
    page = window(person("reviewer"), java_script_enabled=False)
    page.goto(address(AuditCase, "change", case.pk))
    tab_to(page, ".audit-next a")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Conflict of interest")
    expect(page.locator("input[value=no]")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("Answered.")
    expect(page.locator(".audit-next input[type=submit]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("You have the case.")
    began = time.monotonic()
    expect(page.locator(".audit-next a")).to_be_focused()
    page.keyboard.press("Enter")
    strokes = 1
    for place in range(1, 13):
        expect(page.locator(".audit-move")).to_contain_text(f"Entry {place} of 12")
        boxes = page.locator("input[name=checked]")
        for box in range(6):  # the first that is not checked has the focus
            if not boxes.nth(box).is_checked():
                tab_to(page, f"input[name=checked][value={boxes.nth(box).get_attribute('value')}]")
                page.keyboard.press("Space")
                strokes += 2
        tab_to(page, "input[name=verdict]")
        if place == 12:
            page.keyboard.press("ArrowDown")  # from the first to “Reduce”
            page.keyboard.press("Tab")
            page.keyboard.type("0")
            page.keyboard.press("Tab")
            page.keyboard.press("ArrowDown")
            tab_to(page, ".submit-row input")
            strokes += 7
        else:
            page.keyboard.press("Space")
        page.keyboard.press("Enter")
        strokes += 3
    expect(page.locator("h1")).to_contain_text("Decide")
    tab_to(page, "input[type=submit].default")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("Decided.")
    assert time.monotonic() - began < MINUTES_OF_A_CASE * 60
    assert strokes < 12 * 18
    assert again(case).state != CaseState.SUBMITTED
    verdicts = list(ItemReview.objects.order_by("pk").values_list("verdict", "points"))
    assert verdicts[:11] == [("count", 2.5)] * 11
    assert verdicts[11] == ("reduce", 0)


@pytest.mark.any_database
def test_the_file_is_seen_beside_the_claim_and_every_page_is_usable(window: Callable[..., Page]) -> None:
    case = case_of_twelve()
    reviewer = person("reviewer")
    taken(case, reviewer, timezone.now())
    entry, picture, *_ = [item.activity.pk for item in items.of_case(case)]
    page = window(reviewer, color_scheme="light", viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(address(AuditCase, "item", case.pk, entry))
    assert page.locator("input[value=name]:focus").count() == 1, "the file does not take the focus"
    for _ in range(600):
        if red(page) > 10_000:
            break
        page.wait_for_timeout(100)
    assert red(page) > 10_000, "the PDF is not shown"
    page.goto(address(AuditCase, "item", case.pk, picture))
    shown = page.locator(".audit-files img")
    assert shown.evaluate("image => image.complete && image.naturalWidth") == 60
    claim, file = page.locator(".audit-verdict").bounding_box(), shown.bounding_box()
    assert claim
    assert file
    assert file["x"] >= claim["x"] + claim["width"], "the file is beside the claim"
    assert complaints == []
    found = {}
    for name, *more in (("change",), ("item", picture), ("item", entry), ("more",), ("release",)):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address(AuditCase, name, case.pk, *more))
        found[name, "at a desk"] = violations(page)
        page.set_viewport_size(PHONE)
        found[name, "on a phone"] = sideways(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
