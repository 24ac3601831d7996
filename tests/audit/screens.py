"""Every screen that the audit opens: a page, who looks at it, and what is done there first."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.audit.portal import LONG

MIDWAY, NEW, SHORT, MET, TWO, GRACE, STAFF = (
    f"{name}@demo.example" for name in ("midway", "new", "short", "met", "two", "grace", "staff")
)


def _nothing(page: Page) -> None:
    return None


@dataclass(frozen=True)
class Screen:
    """``who`` is a sign-in of the demo, or nobody. ``act`` leads from the address to the state that is looked at."""

    name: str
    address: str
    who: str = ""
    act: Callable[[Page], None] = _nothing

    def open(self, page: Page) -> None:
        page.goto(self.address, wait_until="load")
        self.act(page)
        page.wait_for_load_state("load")


def _follow(link: str) -> Callable[[Page], None]:
    """Follow the first link in the page's content whose address has that in it."""

    def act(page: Page) -> None:
        target = page.locator(f'main a[href*="{link}"]').first.get_attribute("href")
        assert target, f"{page.url} has no link to {link}"
        page.goto(target, wait_until="load")

    return act


def _then(*acts: Callable[[Page], None]) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for step in acts:
            step(page)

    return act


def _press(name: str, title: str = "") -> Callable[[Page], None]:
    """Press the button and wait for the page that follows."""

    def act(page: Page) -> None:
        with page.expect_navigation(wait_until="load"):
            page.get_by_role("main").get_by_role("button", name=name, exact=True).first.click()
        assert page.title().startswith(title), page.title()

    return act


def _goto(end: str) -> Callable[[Page], None]:
    """From the page of an entry to one of its own pages."""

    def act(page: Page) -> None:
        page.goto(page.url.split("?")[0].rstrip("/") + end, wait_until="load")

    return act


def _typed(page: Page) -> None:
    page.get_by_label("Points earned").fill("2")
    page.get_by_label("Start date").fill("1/1/2020")


SCREENS = [
    Screen("welcome", "/"),
    Screen("sign-in", "/accounts/login/"),
    Screen("sign-in-error", "/accounts/login/", act=_press("Sign in", "Error: ")),
    Screen("activate", "/accounts/activate/"),
    Screen("activate-error", "/accounts/activate/", act=_press("Send me the link", "Error: ")),
    Screen("reset", "/accounts/password/reset/"),
    Screen("sign-up-closed", "/accounts/signup/"),
    Screen("qualifying-activities", "/qualifying-activities/"),
    Screen("calculator", "/qualifying-activities/?type=self-study&quantity=3#calculator"),
    Screen("calculator-error", "/qualifying-activities/", act=_press("Compute the points", "Error: ")),
    Screen("guide", "/guide/"),
    Screen("not-found", "/nothing/here/"),
    Screen("home", "/", MIDWAY),
    Screen("home-new", "/", NEW),
    Screen("home-two", "/", TWO),
    Screen("home-met", "/", MET),
    Screen("home-grace", "/", GRACE),
    Screen("home-long", "/", LONG),
    Screen("certifications", "/certifications/", MIDWAY),
    Screen("certifications-long", "/certifications/", LONG),
    Screen("record", "/ccp/record/", SHORT),
    Screen("record-error", "/ccp/record/", SHORT, act=_press("Submit", "Error: ")),
    Screen("record-error-typed", "/ccp/record/", TWO, act=_then(_typed, _press("Submit", "Error: "))),
    Screen("record-long", "/ccp/record/", LONG),
    Screen("activities", "/ccp/activities/", MIDWAY),
    Screen("activities-empty", "/ccp/activities/", NEW),
    Screen("activity", "/ccp/activities/", MIDWAY, act=_follow("/ccp/activities/")),
    Screen("amend", "/ccp/activities/", SHORT, act=_then(_follow("/ccp/activities/"), _goto("/amend/"))),
    Screen("withdraw", "/ccp/activities/", SHORT, act=_then(_follow("/ccp/activities/"), _goto("/withdraw/"))),
    Screen("transcript", "/certifications/", MIDWAY, act=_follow("/ccp/transcript/")),
    Screen("transcript-empty", "/certifications/", NEW, act=_follow("/ccp/transcript/")),
    Screen("transcript-long", "/certifications/", LONG, act=_follow("/ccp/transcript/")),
    Screen("invoices", "/invoices/", MIDWAY),
    Screen("invoice", "/invoices/", MIDWAY, act=_follow("/invoices/")),
    Screen("calendar", "/calendar/", MIDWAY),
    Screen("password", "/accounts/password/change/", MIDWAY),
    Screen("password-error", "/accounts/password/change/", MIDWAY, act=_press("Change password", "Error: ")),
    Screen("sign-out", "/accounts/logout/", MIDWAY),
]
