"""What the portal asks of its members: clicks, pages, answers; and words, fields and heights of its pages.

    .venv/bin/python -m tests.audit.effort              # this checkout
    .venv/bin/python -m tests.audit.effort /path/to/it  # and another one before it, in one table

The ways and pages are named by what no release changes: addresses, names of fields, the demo's
members. So the same script measures an earlier release, and each figure has its figure before.

- *clicks* are links and buttons; *loads* are pages that the browser loads; *answers* are fields that
  the member fills in.
- *words* are those that can be seen when the page opens, without the header and the footer. *fields*
  can be seen too.
- *heights* are those of the whole page, in CSS pixels, 390 and 1,280 pixels wide.
"""

import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.audit.portal import PASSWORD, PROJECT, link_of, running_portal, today
from tests.audit.screens import ENGLISH, MET, MIDWAY, SHORT, TWO
from tests.support.waiting import PATIENCE

NEVER_OPENED = "unopened@demo.example"
NEW_PASSWORD = "nine green umbrellas"
MOST_PAGES = 12
ACTIVITY = "main table.activities tbody tr"

SEEN = """() => {
    const main = document.querySelector("main"), words = [];
    const seen = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true})
        && !e.closest(".visually-hidden, .skip-link");
    const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    while (texts.nextNode())
        if (seen(texts.currentNode.parentElement))
            words.push(...(texts.currentNode.data.match(/[\\p{L}\\p{N}$][^\\s]*/gu) || []));
    const fields = [...main.querySelectorAll("input, select, textarea")].filter(e => {
        const {width, height} = e.getBoundingClientRect();
        return e.type !== "hidden" && e.type !== "submit" && seen(e) && width > 2 && height > 2;
    });
    return [words.length, fields.length];
}"""


@dataclass
class Way:
    """What a member does from the first page to the last."""

    page: Page
    clicks: int = 0
    answers: int = 0
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("load", lambda page: self.loaded.append(page.url))

    def click(self, target: Locator) -> None:
        self.clicks += 1
        with self.page.expect_navigation(wait_until="load"):
            target.first.click()

    def answer(self, name: str, value: str) -> None:
        self.answers += 1
        named = self.page.locator(f"main [name={name}]")
        if named.evaluate("e => e.tagName") == "SELECT":
            named.select_option(value)
        elif named.get_attribute("type") == "checkbox":
            named.check()
        else:
            named.fill(value)

    @property
    def cells(self) -> list[str]:
        return [str(self.clicks), str(len(self.loaded)), str(self.answers)]


@dataclass(frozen=True)
class Release:
    """A checkout whose demo is served from the folder."""

    browser: Browser
    address: str
    folder: Path
    project: Path

    def window(self, who: str = "") -> Page:
        context = self.browser.new_context(
            base_url=self.address, locale=ENGLISH, viewport={"width": 390, "height": 844}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        if who:
            page.goto("/accounts/login/")
            page.get_by_label("E-mail address").fill(who)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{self.address}/")
        return page


def record(release: Release) -> list[str]:
    """From Home to points that count, for an activity of today of which no certificate is at hand."""
    page = release.window(SHORT)
    page.goto("/", wait_until="load")
    way = Way(page)
    way.click(page.locator("main a[href^='/ccp/record/']:visible"))
    way.answer("activity_type", "self-study")
    way.answer("quantity", "2")
    on = today()
    way.answer("starts_on", f"{on.month}/{on.day}/{on.year}")
    way.answer("attested", "on")
    way.click(page.locator("#entry-form button[type=submit]:visible:not([name])"))
    assert page.locator("[data-name=reference]").count(), page.locator("main").inner_text()
    page.context.close()
    return way.cells


def arrive(release: Release) -> list[str]:
    """From the page on which the link is asked for to Home, with a new password."""
    page = release.window()
    way = Way(page)
    page.goto("/accounts/activate/", wait_until="load")
    way.answer("email", NEVER_OPENED)
    way.click(page.locator("main form button[type=submit]"))
    way.clicks += 1  # the link in the mail
    page.goto(link_of(NEVER_OPENED, release.folder, project=release.project), wait_until="load")
    for _ in range(MOST_PAGES):
        if urlsplit(page.url).path == "/":
            break
        for name in page.locator("main form input:visible").evaluate_all("all => all.map(e => e.name)"):
            if re.search("password|login|email", name):
                way.answer(name, NEW_PASSWORD if "password" in name else NEVER_OPENED)
        buttons = page.locator("main form button[type=submit]:visible:not(.button-quiet)")
        way.click(buttons if buttons.count() else page.locator("main a.button:visible, main a[href*=login]:visible"))
    assert "Otto Feld" in page.content(), page.locator("main").inner_text()
    page.context.close()
    return way.cells


WAYS: list[tuple[str, Callable[[Release], list[str]]]] = [
    ("Home to recorded, typed", record),
    ("link asked for to Home", arrive),
]
PAGES = [
    ("welcome", "/", ""),
    ("sign-in", "/accounts/login/", ""),
    ("Home, one certification", "/", SHORT),
    ("Home, requirement met", "/", MET),
    ("Home, two certifications", "/", TWO),
    ("My Certifications, one", "/certifications/", SHORT),
    ("My Certifications, two", "/certifications/", TWO),
    ("Record CE", "/ccp/record/", SHORT),
    ("Activities", "/ccp/activities/", MIDWAY),
    ("Invoices", "/invoices/", MIDWAY),
    ("transcript", "/ccp/transcript/all/", MIDWAY),
    ("guide", "/guide/", ""),
]
PARTS = [("the footer", "/", "", "footer"), ("one activity in the list", "/ccp/activities/", MIDWAY, ACTIVITY)]

Rows = dict[str, list[str]]


def ways(release: Release) -> Rows:
    return {name: way(release) for name, way in WAYS}


def pages(release: Release) -> Rows:
    rows: Rows = {}
    for who in dict.fromkeys(who for _, _, who in PAGES):
        page = release.window(who)
        for name, address, owner in PAGES:
            if owner != who:
                continue
            page.set_viewport_size({"width": 390, "height": 844})
            page.goto(address, wait_until="load")
            seen = [str(number) for number in page.evaluate(SEEN)]
            rows[name] = [*seen, *(_height(page, "html", width) for width in (390, 1280))]
        for name, address, owner, part in PARTS:
            if owner == who:
                page.goto(address, wait_until="load")
                rows[name] = ["", "", *(_height(page, part, width) for width in (390, 1280))]
        page.context.close()
    return rows


def _height(page: Page, part: str, width: int) -> str:
    page.set_viewport_size({"width": width, "height": 844})
    return str(round(page.locator(part).first.evaluate("e => e.getBoundingClientRect().height")))


def measured(browser: Browser, project: Path) -> list[tuple[list[str], Rows]]:
    """Return the tables of one checkout: the columns, and its rows by name. The pages come before anything is done."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_portal(Path(folder), cast=False, project=project) as address,
    ):
        release = Release(browser, address, Path(folder), project)
        seen = pages(release)
        return [
            (["clicks", "loads", "answers"], ways(release)),
            (["words", "fields", "height 390", "height 1280"], seen),
        ]


def table(now: list[tuple[list[str], Rows]], before: list[tuple[list[str], Rows]] | None) -> str:
    """Return the figures as Markdown: each before → now, or only now."""
    lines = []
    for place, (columns, rows) in enumerate(now):
        lines += [f"| | {' | '.join(columns)} |", f"| --- |{' --- |' * len(columns)}"]
        earlier = before[place][1] if before else {}
        for name, cells in rows.items():
            was = earlier.get(name, [""] * len(cells))
            both = [f"{old} → {new}" if old else new for old, new in zip(was, cells, strict=True)]
            lines.append(f"| {name} | {' | '.join(both)} |")
        lines.append("")
    return "\n".join(lines)


def print_effort(browser: Browser, before: str = "") -> None:
    was = measured(browser, Path(before).resolve()) if before else None
    print("\n" + table(measured(browser, PROJECT), was))


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        print_effort(browser, *sys.argv[1:2])
        browser.close()


if __name__ == "__main__":
    main()
