"""The Record CE page in Chromium.

The tests go the way from home, use the box for the type and the preview, and lose a
session.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from amtportal.dates import anniversary, today
from amtportal.formatting import typed
from amtportal.members.models import Member
from ccp.models import Activity
from tests.support.builders import PASSWORD, client_of, make_cycle, make_member

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
Window = Callable[..., Page]
TYPE = "What did you do?"


def fill_in(page: Page, points: str = "2") -> None:
    """Fill in the four answers that an activity of one day takes."""
    page.locator("[name=activity_type]").select_option("self-study")
    page.locator("[name=quantity]").fill(points)
    page.get_by_label("When?").fill(typed(today()))
    page.get_by_label("I attest").check()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_home_to_recorded_takes_two_clicks_two_pages_and_four_answers(
    window: Window, member: Member, javascript: bool
) -> None:
    page = window(member, java_script_enabled=javascript)
    page.goto("/")
    pages: list[str] = []
    page.on("response", lambda got: pages.append(got.url) if got.request.is_navigation_request() and got.ok else None)
    page.locator("main").get_by_role("link", name="Type it in").click()
    expect(page.get_by_role("heading", name="Record CE")).to_be_visible()
    fill_in(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    assert len(pages) == 2, pages
    entry = Activity.objects.latest("pk")
    assert (entry.starts_on, entry.ends_on) == (today(), today())


# The box for the type


def test_an_activity_type_is_found_by_typing_and_chosen_by_keyboard(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    box = page.get_by_role("combobox", name=TYPE)
    box.focus()
    page.keyboard.type("cour")
    expect(page.get_by_role("listbox", name="What fits").get_by_role("option")).to_have_count(5)
    expect(page.locator("#type-said")).to_have_text("5 fit.")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).to_have_attribute("aria-activedescendant", "type-found-0")
    page.keyboard.type("se ceu")
    expect(page.locator("#type-said")).to_have_text("1 fits.")
    page.keyboard.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("Course measured in CEU")
    expect(page.locator("[name=activity_type]")).to_have_value("course-ceu")
    expect(page.locator("#type-said")).to_have_text("Course measured in CEU is chosen.")
    expect(page.get_by_label("CEU, 10 points each")).to_be_visible()
    expect(page.locator("#chosen-kind")).to_contain_text("Keep: The certificate of completion")
    expect(page).to_have_title(re.compile("^Record CE"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Course measured in CEU")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.locator("[name=activity_type]")).to_have_value("self-study")


def test_an_activity_type_is_found_by_a_word_of_its_guidance_and_chosen_by_mouse(
    window: Window, member: Member
) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    box, chosen = page.get_by_label(TYPE), page.locator("[name=activity_type]")
    box.fill("GRADED quiz")
    page.get_by_role("option", name="Self-study or journal quiz Professional Education").click()
    expect(chosen).to_have_value("self-study")
    expect(box).to_be_focused()
    box.fill("meeting")
    page.get_by_role("heading", name="Record CE").click()
    expect(box).to_have_value("Self-study or journal quiz")
    box.click()
    expect(page.get_by_role("option")).to_have_count(11)
    box.fill("poster")
    page.get_by_role("heading", name="Record CE").click()
    expect(chosen).to_have_value("abstract-or-poster")
    box.fill("")
    page.get_by_role("heading", name="Record CE").click()
    expect(chosen).to_have_value("")
    chosen.select_option("course-ceu")
    expect(box).to_have_value("Course measured in CEU")


def test_where_nothing_fits_it_is_said_and_what_was_typed_comes_back_with_the_error(
    window: Window, member: Member
) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    box, found = page.get_by_label(TYPE), page.get_by_role("listbox", name="What fits")
    box.fill("book")
    expect(found).to_be_visible()
    page.keyboard.press("Escape")
    expect(found).to_be_hidden()
    box.fill("unicorn")
    expect(page.locator("#type-said")).to_have_text(re.compile("^Nothing fits"))
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(found).to_be_hidden()
    expect(page).to_have_title(re.compile("^Record CE"))
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("alert").get_by_role("link", name="Choose an activity type from the list.").click()
    expect(box).to_be_focused()
    expect(box).to_have_value("unicorn")
    expect(box).to_have_accessible_description(re.compile("Choose an activity type from the list."))


COURSE, COLLEGE, TALK = "course-seminar-webinar", "college-semester-hours", "presentation"


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        pytest.param(
            "en-US",
            {
                "workshop": COURSE,
                "Conferences": COURSE,
                "class": COURSE,
                "courses": COURSE,
                "webinars": COURSE,
                "meeting": COURSE,
                "online course": COURSE,
                "in-service": COURSE,
                "universities": COLLEGE,
                "teaching": TALK,
                "president": "office-or-committee",
                "magazine articles": "self-study",
                "health-care degree": "course-ceu",
            },
            id="English",
        ),
        pytest.param(
            "es-US",
            {
                "webinars": COURSE,
                "talleres": COURSE,
                "congreso": COURSE,
                "reunión": COURSE,
                "reunion": COURSE,
                "universidades": COLLEGE,
                "clases en línea": COURSE,
                "enseñanza": TALK,
                "presidente": "office-or-committee",
            },
            id="Spanish",
        ),
    ],
)
def test_an_activity_type_is_found_by_what_members_call_it(
    window: Window, member: Member, language: str, wanted: dict[str, str]
) -> None:
    page = window(member, locale=language)
    page.goto("/ccp/record/")
    box, found = page.locator("#type-words"), page.locator("#type-found [role=option]")
    missed = {}
    for words, code in wanted.items():
        box.fill(words)
        codes = found.evaluate_all("found => found.map(option => option.dataset.code)")
        if code not in codes:
            missed[words] = codes
    assert missed == {}
    box.fill("president" if language == "en-US" else "presidente")
    expect(found.first).to_have_attribute("data-code", "office-or-committee")


def test_the_preview_says_that_amt_sets_the_points_of_a_type_without_any(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    page.get_by_label(TYPE).fill("president")
    page.get_by_label(TYPE).press("Enter")
    page.get_by_role("button", name="Today").click()
    expect(page.locator("#preview")).to_contain_text("AMT sets the points.")


@pytest.mark.parametrize("width", [320, 1280])
def test_what_the_search_finds_is_shown_and_moves_nothing(window: Window, member: Member, width: int) -> None:
    page = window(member, viewport={"width": width, "height": 800})
    page.goto("/ccp/record/")
    box, hint = page.get_by_label(TYPE), page.locator("#id_activity_type_helptext")
    before = box.bounding_box()
    for words, said in (("unicorn", "Nothing fits"), ("course", "5 fit."), ("poster", "1 fits.")):
        box.fill(words)
        expect(page.get_by_text(said)).to_be_visible()
        assert page.locator("#type-said").evaluate("said => said.clientWidth") > 50, "hidden from eyes"
        expect(hint).to_be_hidden()
        assert box.bounding_box() == before
    box.fill("")
    expect(hint).to_be_visible()


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_axe_finds_no_violation_in_the_open_list_and_the_preview(window: Window, member: Member, colors: str) -> None:
    page = window(member, color_scheme=colors, viewport={"width": 320, "height": 800})
    page.goto("/ccp/record/")
    fill_in(page)
    expect(page.locator("#preview")).to_be_visible()
    page.get_by_label(TYPE).fill("course")
    expect(page.get_by_role("listbox", name="What fits")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [f"{broken['id']}: {node['html'][:120]}" for broken in found for node in broken["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_javascript_there_is_the_list_and_each_field_can_be_reached(window: Window, member: Member) -> None:
    page = window(member, java_script_enabled=False)
    page.goto("/ccp/record/")
    page.get_by_label(TYPE).select_option("written-work")
    expect(page.locator("#chips")).to_be_hidden()
    page.get_by_text("Enter points instead").click()
    page.get_by_label("Points earned").fill("2")
    page.get_by_text("More than one day").click()
    expect(page.get_by_label("Last day")).to_be_visible()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_label("Points earned")).to_be_visible()
    page.get_by_label("Points earned").fill("")
    page.get_by_label(TYPE).select_option("course-ceu")
    page.get_by_label("How many").fill("0.4")
    page.get_by_label("When?").fill(typed(today()))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_label("CEU, 10 points each")).to_have_value("0.4")
    expect(page.locator("#earned")).to_have_text("= 4 points")


def test_a_script_that_comes_late_moves_nothing(window: Window, member: Member) -> None:
    page = window(member)
    late: list[Route] = []
    page.route("**/js/record*.js", lambda route: late.append(route))
    page.goto("/ccp/record/", wait_until="commit")
    listed, below = page.locator("select[name=activity_type]"), page.get_by_label("Title")
    expect(listed).to_be_visible()
    before = listed.bounding_box(), below.bounding_box()
    late[0].continue_()
    page.wait_for_load_state("load")
    page.get_by_role("combobox", name=TYPE).fill("webinar")
    expect(page.locator("#type-said")).to_have_text("4 fit.")
    assert (page.locator("#type-words").bounding_box(), below.bounding_box()) == before


# The amount, the day and the certifications


FIELDS_IN_SIGHT = """() => [...document.querySelectorAll("#entry-form :is(input, select, textarea)")]
    .filter(field => field.checkVisibility() && !field.classList.contains("visually-hidden") && field.type !== "hidden")
    .map(field => field.name || field.id)"""


def test_the_form_asks_for_what_the_type_asks_for_and_for_few_fields(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    listed, quantity, points = (page.locator(f"[name={name}]") for name in ("activity_type", "quantity", "points"))
    for kind, amount in (("", "quantity"), ("self-study", "quantity"), ("written-work", "points"), ("", "quantity")):
        listed.select_option(kind)
        fields = ["type-words", "title", amount, "starts_on", "attested"]
        assert [field for field in page.evaluate(FIELDS_IN_SIGHT) if field not in ("photo", "files")] == fields
    listed.select_option("self-study")
    page.get_by_label("Contact hours, 1 point each").fill("1:50")
    expect(page.locator("#earned")).to_have_text("= 1.75 points, rounded down to a quarter step")
    listed.select_option("written-work")
    expect(quantity).to_be_visible()  # what is filled in is not hidden
    expect(points).to_be_visible()
    quantity.fill("")
    points.fill("2")
    listed.select_option("self-study")
    expect(points).to_be_visible()
    hints = page.locator("#entry-form .hint").all_text_contents()
    assert hints
    assert [hint for hint in hints if len(hint.split()) > 12] == []


def test_the_day_is_filled_in_by_today_yesterday_and_the_calendar(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    day = page.get_by_label("When?")
    for name, ago in (("Yesterday", 1), ("Today", 0)):
        page.get_by_role("button", name=name).click()
        expect(day).to_have_value(typed(today() - timedelta(days=ago)))
    page.get_by_role("button", name="Choose a day").click()
    calendar = page.locator("input[type=date]")
    expect(calendar).to_have_value(f"{today()}")
    calendar.evaluate("(field, day) => { field.value = day; field.dispatchEvent(new Event('change')) }", "2026-03-04")
    expect(day).to_have_value("3/4/2026")


def test_the_folded_choice_says_which_certifications_are_chosen(window: Window, member: Member) -> None:
    make_cycle(member, credential="RPT", awarded_on=anniversary(today(), -1), on=today())
    page = window(member)
    page.goto("/ccp/record/")
    chosen = page.locator("#counts-for summary")
    expect(chosen).to_have_text(re.compile("RMA.*RPT|RPT.*RMA"))
    chosen.click()
    page.get_by_role("checkbox", name="RPT").uncheck()
    expect(chosen).to_have_text("Counts for RMA")


# The preview


def test_the_preview_comes_by_itself_is_announced_and_leaves_the_focus(window: Window, member: Member) -> None:
    """22 + 2 = 24 of 30, then 22 + 8 = 30."""
    page = window(member)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/preview/" in request.url else None)
    page.goto("/ccp/record/")
    page.locator("[name=activity_type]").select_option("self-study")
    page.locator("[name=quantity]").fill("2")
    expect(page.locator("#earned")).to_have_text("= 2 points")
    page.get_by_label("When?").focus()
    page.keyboard.type(typed(today()), delay=20)
    expect(page.locator("#preview")).to_contain_text("24 of 30")
    expect(page.locator("#preview-said")).to_have_text("RMA: 2 would count, new total 24 of 30.")
    expect(page.get_by_label("When?")).to_be_focused()
    assert len(asked) == 2, "typing a date of ten characters asks once more"
    page.locator("[name=quantity]").fill("8")
    expect(page.locator("#preview")).to_contain_text("This meets your CCP requirement")
    page.locator("[name=quantity]").fill("0.1")
    expect(page.locator("#preview")).to_contain_text("you earn less than a quarter point")
    expect(page.locator("#earned")).to_be_empty()
    page.locator("[name=quantity]").fill("")
    expect(page.locator("#preview")).to_have_count(0)
    assert Activity.objects.count() == 1


def test_an_answer_that_comes_late_does_not_take_the_place_of_the_last(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    held = []

    def hold_the_first(route: object) -> None:
        if held:
            route.continue_()  # type: ignore[attr-defined]
        else:
            held.append(route)

    page.route("**/ccp/record/preview/", hold_the_first)
    with page.expect_event("requestfailed"):
        page.locator("[name=activity_type]").select_option("self-study")
        page.get_by_label("When?").fill(typed(today()))
        with page.expect_request("**/ccp/record/preview/"):
            page.locator("[name=quantity]").fill("2")
        page.locator("[name=quantity]").fill("3")
    expect(page.locator("#preview")).to_contain_text("25 of 30")


# Back


def number_of(page: Page) -> str:
    return page.locator("[name=submission_id]").input_value()


def test_back_shows_the_form_as_it_was_left_under_its_number(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    number = number_of(page)
    fill_in(page)
    page.get_by_label("Title").fill("Blood cultures")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Title")).to_have_value("Blood cultures")
    expect(page.locator("[name=quantity]")).to_have_value("2")
    expect(page.locator("[name=activity_type]")).to_have_value("self-study")
    expect(page.get_by_label("When?")).to_have_value(typed(today()))
    expect(page.get_by_label("I attest")).to_be_checked()
    expect(page.locator("#chosen-kind dd").last).to_be_visible()
    assert number_of(page) == number
    page.locator("[name=quantity]").fill("3")
    expect(page.locator("#preview")).to_contain_text("27 of 30")  # 22 + 2 = 24 on record
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("main")).to_contain_text("other values")
    assert Activity.objects.filter(title="Blood cultures").count() == 1


def test_a_form_that_was_left_for_another_page_is_there_on_back(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    fill_in(page)
    page.get_by_role("link", name="Help", exact=True).click()
    expect(page).to_have_url(re.compile("/guide/$"))
    page.go_back()
    expect(page.locator("[name=quantity]")).to_have_value("2")


def test_a_new_form_is_empty_and_has_another_number(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    number = number_of(page)
    fill_in(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    page.goto("/ccp/record/")
    expect(page.locator("[name=quantity]")).to_have_value("")
    assert number_of(page) != number


def sign_in_another(page: Page) -> None:
    other = make_member(first_name="Bob")
    make_cycle(other, awarded_on=anniversary(today(), -1), on=today())
    session = client_of(other).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": page.evaluate("location.origin")}]
    )


def test_back_does_not_show_one_person_what_another_typed(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    page.get_by_label("Title").fill("Blood cultures")
    page.get_by_label("When?").focus()
    page.goto("/guide/")
    sign_in_another(page)
    page.go_back()
    expect(page.get_by_label("When?")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("")


@pytest.mark.parametrize("amended", [False, True], ids=["Record CE", "Amend"])
def test_the_switch_of_the_language_keeps_what_was_typed(window: Window, member: Member, amended: bool) -> None:
    page = window(member)
    address = f"/ccp/activities/{Activity.objects.get().pk}/amend/" if amended else "/ccp/record/"
    page.goto(address)
    fill_in(page)
    page.get_by_label("Title").fill("Blood cultures")
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es-US")
    expect(page.get_by_label("Título")).to_have_value("Blood cultures")
    expect(page.locator("[name=activity_type]")).to_have_value("self-study")
    expect(page.locator("[name=quantity]")).to_have_value("2")
    expect(page.locator("[name=attested]")).not_to_be_checked()
    expect(page.locator("#preview")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    page.goto("/guide/")
    page.goto(address)
    expect(page.get_by_label("Título")).not_to_have_value("Blood cultures")


def test_the_switch_of_the_language_shows_one_person_nothing_of_another(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    page.get_by_label("Title").fill("Blood cultures")
    sign_in_another(page)
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es-US")
    expect(page.get_by_label("Título")).to_have_value("")
    assert page.evaluate("sessionStorage.length") == 0


def test_without_javascript_back_shows_an_empty_form_and_submit_records_nothing_more(
    window: Window, member: Member
) -> None:
    page = window(member, java_script_enabled=False)
    page.goto("/ccp/record/")
    fill_in(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    recorded = Activity.objects.count()
    page.go_back()
    expect(page.locator("[name=quantity]")).to_have_value("")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert Activity.objects.count() == recorded


# A session that ends


def test_a_session_that_ends_while_typing_loses_nothing(window: Window, member: Member) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    fill_in(page)
    page.get_by_label("Title").fill("Blood cultures")
    Session.objects.all().delete()
    page.locator("summary", has_text="Provider").click()
    page.get_by_label("Provider").fill("ABC")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("main")).to_contain_text("what you typed comes back")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("main")).to_contain_text("Nothing is lost")
    expect(page.get_by_label("Title")).to_have_value("Blood cultures")
    expect(page.get_by_label("Provider")).to_have_value("ABC")
    expect(page.get_by_label("I attest")).not_to_be_checked()
    page.get_by_label("I attest").check()
    page.get_by_role("button", name="Submit").click()
    gains = page.locator(".gains")
    expect(gains.get_by_role("heading", level=1)).to_have_text(re.compile(r"\+2 points\.\s+24 of 30\."))
    expect(gains).to_contain_text("Blood cultures")
    assert Activity.objects.filter(starts_on__gt=today() - timedelta(days=1)).count() == 1
