"""Every page for everybody: nothing that axe objects to, in light and in dark, and no sideways scrolling on a phone."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from amtportal.dates import today
from amtportal.members.models import Member
from amtportal.words import us
from ccp import issuing, transcripts
from tests.builders import PASSWORD, cycle_of, invoice_of, make_activity, make_amt_credit

pytestmark = pytest.mark.browser
Window = Callable[..., Page]
PUBLIC = [
    "/",
    "/accounts/login/",
    "/accounts/activate/",
    "/accounts/activate/done/",
    "/accounts/password/reset/",
    "/accounts/signup/",
    "/qualifying-activities/",
    "/qualifying-activities/?type=self-study&quantity=3",
    "/qualifying-activities/?type=&quantity=x",
    "/guide/",
    "/verify/",
    "/verify/?code=7KQ2",
    "/verify/0000000000000000/",
]


@pytest.fixture
def addresses(member: Member) -> list[str]:
    """Every page of a member, with a title that has no place to break."""
    cycle = cycle_of(member)
    long = make_activity(
        cycle,
        points="1",
        title="W" * 200,
        provider="x" * 200,
        starts_on=today() - timedelta(days=9),
        at=timezone.now(),
    )
    make_activity(cycle, points="1", title="W" * 200, starts_on=today() - timedelta(days=9), at=timezone.now())
    from_amt = make_amt_credit(cycle, points="1", starts_on=today() - timedelta(days=8), at=timezone.now())
    entry = member.activities.order_by("pk")[0]
    member.user.refresh_from_db()
    return [
        "/",
        "/certifications/",
        "/ccp/record/",
        "/ccp/activities/",
        "/ccp/activities/?sort=title&state=standing",
        "/ccp/activities/?category=formal-education",
        f"/ccp/activities/{long.pk}/",
        f"/ccp/activities/{entry.pk}/amend/",
        f"/ccp/activities/{long.pk}/withdraw/",
        f"/ccp/activities/{long.pk}/difference/",
        f"/ccp/activities/{from_amt.pk}/",
        f"/ccp/activities/{from_amt.pk}/report/",
        f"/ccp/transcript/{cycle.pk}/",
        "/ccp/transcript/all/",
        f"/verify/{issued_before(member)}/",
        "/calendar/",
        "/invoices/",
        f"/invoices/{invoice_of(cycle, 1).pk}/",
        f"/invoices/{invoice_of(cycle, 3).pk}/",
        f"/invoices/{invoice_of(cycle, 3).pk}.pdf",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/webauthn/",
        "/accounts/sessions/",
        "/accounts/reauthenticate/",
        "/accounts/logout/",
        "/nothing/here/",
    ]


def issued_before(member: Member) -> str:
    """The code of a transcript since which the record has changed."""
    cycle = cycle_of(member)
    issue = issuing.issue(contents=transcripts.of_cycle(cycle), by=member.user, at=timezone.now())
    make_activity(cycle, points="1", starts_on=today() - timedelta(days=7), at=timezone.now())
    return issue.code


def error_page(page: Page) -> None:
    """The Record CE page with everything wrong."""
    page.goto("/ccp/record/")
    page.locator("#entry-form button:not([name])").click()
    expect(page).to_have_title(re.compile("^Error: "))


def preview_page(page: Page) -> None:
    """The Record CE page after Preview: what counts, for each certification."""
    page.goto("/ccp/record/")
    page.locator("[name=activity_type]").select_option("self-study")
    page.locator("[name=points]").fill("2")
    page.locator("[name=starts_on]").fill(us(today()))
    page.locator("#entry-form button[name=preview]").click()
    expect(page.locator("#preview[autofocus]")).to_be_visible()


def second_factor_page(page: Page, address: str) -> None:
    """A page on which a second factor is set up: it asks for the password first, once in five minutes."""
    page.goto(address)
    if page.locator("main [name=password]").count():
        page.locator("main [name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").click()
    page.wait_for_url(f"**{address}")


def app_page(page: Page) -> None:
    second_factor_page(page, "/accounts/2fa/totp/activate/")


def passkey_page(page: Page) -> None:
    second_factor_page(page, "/accounts/2fa/webauthn/add/")


def address_page(page: Page) -> None:
    second_factor_page(page, "/accounts/email/")


# Pages that a posted form shows.
AFTER_A_FORM = {
    "changing the e-mail address": address_page,
    "setting up an app": app_page,
    "adding a passkey": passkey_page,
    "an error page": error_page,
    "a preview": preview_page,
}


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{violation['id']}: {node['html'][:120]}" for violation in found for node in violation["nodes"]]


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_axe_finds_no_violation(
    window: Window, member: Member, addresses: list[str], colors: Literal["light", "dark"]
) -> None:
    found = {}
    for who, pages in ((None, PUBLIC), (member, addresses)):
        page = window(who, color_scheme=colors)
        for address in pages:
            page.goto(address)
            found[f"{who}: {address}"] = violations(page)
    for name, show in AFTER_A_FORM.items():
        show(page)
        found[name] = violations(page)
    assert {name: broken for name, broken in found.items() if broken} == {}


@pytest.mark.parametrize("locale", ["en-US", "es-US"])
def test_nothing_scrolls_sideways_at_320_pixels(
    window: Window, member: Member, addresses: list[str], locale: str
) -> None:
    """As wide as a small phone, or a page of 1,280 pixels enlarged four times. Spanish words are longer."""
    found = {}
    for who, pages in ((None, PUBLIC), (member, addresses)):
        page = window(who, viewport={"width": 320, "height": 640}, locale=locale)
        for address in pages:
            page.goto(address)
            found[f"{who}: {address}"] = page.evaluate("document.documentElement.scrollWidth")
    for name, show in AFTER_A_FORM.items():
        show(page)
        found[name] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: width for name, width in found.items() if width > 320} == {}


def test_what_has_the_focus_is_seen(window: Window, member: Member) -> None:
    """Each of the first twenty stops of the Tab key on My Certifications has an outline or another mark."""
    page = window(member)
    page.goto("/certifications/")
    unseen = []
    for _ in range(20):
        page.keyboard.press("Tab")
        style = page.locator(":focus").evaluate(
            "e => { const s = getComputedStyle(e); return [s.outlineStyle, s.outlineWidth, s.boxShadow, e.outerHTML] }"
        )
        if style[0] == "none" and style[2] == "none":
            unseen.append(style[3][:100])
    assert unseen == []
