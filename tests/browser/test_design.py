"""What an eye sees at once, what moves, what is printed, and what a visit costs."""

import gzip
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, Response, expect
from pypdf import PdfReader

from amtportal.dates import anniversary, today
from amtportal.members.models import Member
from tests.audit.measures import violations
from tests.support.builders import cycle_of, invoice_of, make_activity, make_cycle

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
Window = Callable[..., Page]
FOLD = pytest.mark.parametrize(
    ("width", "height"), [pytest.param(390, 844, id="phone"), pytest.param(1280, 800, id="desk")]
)


@FOLD
@pytest.mark.parametrize("certifications", [1, 2])
def test_where_one_stands_and_what_comes_next_are_on_the_first_screen(
    window: Window, member: Member, certifications: int, width: int, height: int
) -> None:
    """Also with points missing, an overdue fee and a second certification."""
    if certifications == 2:
        make_cycle(member, credential="RPT", awarded_on=anniversary(today(), -4), on=today())
    page = window(member, viewport={"width": width, "height": height})
    page.goto("/")
    for part in (".status", ".glance-record .button", ".glance-next > .agenda > li"):
        shown = page.locator(f"main {part}").all()
        assert len(shown) == {".status": certifications, ".glance-record .button": 1}.get(part, 2)
        for each in shown:
            box = each.bounding_box()
            assert box, part
            assert box["height"] > 20, part
            assert box["y"] + box["height"] <= height, part
    assert not page.locator("main details .agenda").is_visible()


@pytest.mark.parametrize(("signed_in", "address"), [(False, "/accounts/login/"), (True, "/")], ids=["sign-in", "home"])
def test_a_first_visit_takes_60_kb_and_6_requests(
    window: Window, member: Member, signed_in: bool, address: str
) -> None:
    """Words weigh what WhiteNoise would send for them.

    The font and the pictures weigh what their files do.
    """
    page = window(member if signed_in else None)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address, wait_until="networkidle")
    weight = sum(_weight(answer) for answer in answers)
    assert len(answers) <= 6, [answer.url for answer in answers]
    assert weight <= 60 * 1024, {answer.url: _weight(answer) for answer in answers}


RULES = """() => {
    const flat = (rules, layer) => [...rules].flatMap(rule =>
        rule instanceof CSSImportRule ? flat(rule.styleSheet.cssRules, rule.layerName || "")
        : rule instanceof CSSLayerBlockRule ? flat(rule.cssRules, rule.name)
        : [`${layer}: ${rule.cssText}`]);
    return [...document.styleSheets].flatMap(sheet => flat(sheet.cssRules, ""));
}"""


def test_a_developer_sees_the_rules_that_members_see(window: Window) -> None:
    """In development the browser itself imports the parts of the style sheet.

    Members get them joined.
    """
    parts, joined = window(), window()
    serve_parts(parts, "css/portal.css")
    for page in (parts, joined):
        page.goto("/accounts/login/", wait_until="load")
    rules = joined.evaluate(RULES)
    assert len(rules) > 300
    assert parts.evaluate(RULES) == rules


def test_a_developer_has_the_scripts_that_members_have(window: Window, member: Member) -> None:
    page = window(member)
    serve_parts(page, "js/record.js")
    with page.expect_response("**/js/record/draft.js"):
        page.goto("/ccp/record/", wait_until="load")
    page.locator("input[role=combobox]").fill("webinar")
    expect(page.locator("#type-found").get_by_role("option", name="Course, seminar or webinar")).to_be_visible()


def serve_parts(page: Page, name: str) -> None:
    page.route(f"**/static/{name}", lambda route: route.fulfill(path=settings.BASE_DIR / "static" / name))


def _weight(answer: Response) -> int:
    body = answer.body()
    packed = gzip.compress(body, mtime=0)
    return min(len(body), len(packed))


@FOLD
def test_nothing_moves_while_the_page_loads(window: Window, member: Member, width: int, height: int) -> None:
    """The font comes late here. The font that stands in for it is as wide and as high."""
    page = window(member, viewport={"width": width, "height": height})
    page.route("**/*.woff2", lambda route: (page.wait_for_timeout(300), route.continue_()))
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach(e => window.moved += e.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    for address in ("/", "/accounts/password/change/", "/certifications/"):
        page.goto(address, wait_until="networkidle")
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(100)
        assert page.evaluate("window.moved") <= 0.01, address


@pytest.mark.parametrize(
    ("reduced", "longest"), [pytest.param("reduce", 0, id="reduced"), pytest.param("no-preference", 0.2, id="not")]
)
def test_nothing_moves_for_who_wants_it_still(window: Window, member: Member, reduced: Any, longest: float) -> None:
    page = window(member, reduced_motion=reduced)
    page.goto("/")
    lengths = page.evaluate(
        "[...document.querySelectorAll('*')].map(e => parseFloat(getComputedStyle(e).transitionDuration))"
    )
    assert max(lengths) <= longest
    assert (max(lengths) > 0) == (longest > 0)


def test_with_forced_colors_the_ring_and_the_picture_are_still_drawn(window: Window, member: Member) -> None:
    page = window(member, forced_colors="active")
    page.goto("/certifications/")
    for drawn in (".ring-value", ".picture-pace"):
        colours = page.locator(drawn).first.evaluate(
            "e => [getComputedStyle(e).stroke, getComputedStyle(document.body).backgroundColor]"
        )
        assert colours[0] != colours[1], drawn


def test_paper_carries_the_record_and_not_the_buttons(window: Window, member: Member) -> None:
    page = window(member, color_scheme="dark")
    page.emulate_media(media="print")
    cycle = cycle_of(member)
    for address in ("/", "/certifications/", f"/ccp/transcript/{cycle.pk}/", f"/invoices/{invoice_of(cycle, 1).pk}/"):
        page.goto(address)
        assert page.locator("h1").is_visible()
        for left_out in (".tabs", ".foot", ".button", ".account", ".languages"):
            assert all(not found.is_visible() for found in page.locator(left_out).all()), f"{address} {left_out}"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_home_is_one_sheet_of_paper(window: Window, member: Member) -> None:
    make_cycle(member, credential="RPT", awarded_on=anniversary(today(), -4), on=today())
    page = window(member)
    page.goto("/")
    [sheet] = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages
    said = sheet.extract_text()
    assert "of 30 points" in said
    assert "of 24 points" in said


def test_on_paper_the_subtotal_of_a_long_category_stands_once_at_its_end(window: Window, member: Member) -> None:
    """If it were on each page, it would be read as the sum of that page."""
    cycle = cycle_of(member)
    for number in range(40):
        make_activity(cycle, points="0.25", title=f"Webinar {number}", starts_on=today(), at=timezone.now())
    page = window(member)
    page.goto(f"/ccp/transcript/{cycle.pk}/")
    sheets = [sheet.extract_text() for sheet in PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages]
    with_rows = [sheet for sheet in sheets if "Webinar" in sheet]
    assert len(with_rows) > 1
    assert ["Subtotal" in sheet for sheet in with_rows] == [False] * (len(with_rows) - 1) + [True]


def test_on_paper_the_words_in_the_picture_are_smaller_than_the_headings(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/certifications/")
    page.emulate_media(media="print")
    drawn = page.locator(".picture text").first.evaluate(
        "text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a"
    )
    heading = page.locator(".picture-part h3").first.evaluate("h3 => parseFloat(getComputedStyle(h3).fontSize)")
    assert 9 <= drawn < heading


def test_an_activity_takes_at_most_90_pixels_on_a_phone(window: Window, member: Member) -> None:
    """Also one with a long title, of several days, that counts for less than was claimed."""
    cycle = cycle_of(member)
    first, last, at = today() - timedelta(days=9), today() - timedelta(days=5), timezone.now()
    make_activity(cycle, points="1", title="Quiz", starts_on=first, at=at)
    make_activity(
        cycle,
        points="3",
        title="Blood bank and transfusion " * 7,
        provider="College " * 9,
        starts_on=first,
        ends_on=last,
        at=at,
    )
    for _entry in range(3):
        make_activity(cycle, kind="office-or-committee", points="6", starts_on=first, ends_on=last, at=at)
    page = window(member, viewport={"width": 390, "height": 844})
    page.goto("/ccp/activities/")
    rows = page.locator(".activities tbody tr")
    heights = [box["height"] for box in (row.bounding_box() for row in rows.all()) if box]
    assert len(heights) >= 5
    assert max(heights) <= 90, heights
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_the_style_guide_is_for_everybody_too(window: Window, member: Member, colors: Any) -> None:
    member.user.refresh_from_db()
    member.user.is_staff = True
    member.user.save()
    page = window(member, color_scheme=colors, viewport={"width": 320, "height": 640})
    page.goto("/styleguide/")
    expect(page).to_have_title(re.compile("^Style guide"))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320
