"""`make audit-pages`: measures every screen in Chromium and prints a table.

Pictures land in `screenshots/`. It exits with 1 if a page breaks a rule or a budget. The times are
medians of three visits on this machine, so run it on a machine that has nothing else to do. An
argument, such as `home|record`, picks screens by name. After it may stand the path of another
checkout: what that one asks of members stands before what this one asks.
"""

import re
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright
from tqdm import tqdm

from tests.audit import measures
from tests.audit.effort import print_effort
from tests.audit.photo import print_photo
from tests.audit.portal import PASSWORD, PROJECT, app_code, running_portal
from tests.audit.screens import ENGLISH, HALFWAY, MIDWAY, SCREENS, SHORT, Screen

PICTURES = PROJECT / "screenshots"
WIDTHS = {320: 640, 390: 844, 1280: 800}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


class Audit:
    """One run: what was found wrong, by kind and screen."""

    def __init__(self, browser: Browser, base_url: str, folder: Path, errors: Path) -> None:
        self.browser, self.base_url, self.folder, self.errors = browser, base_url, folder, errors
        self.wrong: dict[str, list[str]] = {}
        self.states: dict[str, Any] = {"": None}

    def window(self, who: str, locale: str = ENGLISH, **changes: Any) -> BrowserContext:
        if who not in self.states:
            self.states[who] = self.signed_in(who)
        return self.browser.new_context(
            base_url=self.base_url, storage_state=self.states[who], locale=locale, **changes
        )

    def window_for(self, screen: Screen, **changes: Any) -> BrowserContext:
        context = self.window(screen.who, screen.locale, **changes)
        if screen.address.startswith("/errors/"):  # answering for the server costs the browser its cache
            file = self.errors / Path(screen.address).name
            context.route(f"**{screen.address}", lambda route: route.fulfill(path=file))
        return context

    def signed_in(self, who: str) -> Any:
        """Return the cookies of that person.

        A HALFWAY person has given the password and not the code.
        """
        context = self.browser.new_context(base_url=self.base_url, locale=ENGLISH)
        page = context.new_page()
        page.goto("/accounts/login/")
        page.get_by_label("E-mail address").fill(who.removeprefix(HALFWAY))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile(f"^{self.base_url}/(accounts/2fa/authenticate/)?$"))
        if page.url.endswith("/authenticate/") and not who.startswith(HALFWAY):
            page.get_by_label("Code from the app").fill(app_code())
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{self.base_url}/")
        state = context.storage_state()
        context.close()
        return state

    def note(self, screen: str, kind: str, found: list[str]) -> str:
        """Keep what was found, and return the cell of the table."""
        self.wrong.setdefault(kind, []).extend(f"{screen}: {each}" for each in found)
        return str(len(found))

    def open(self, screen: Screen, page: Page) -> None:
        screen.open(page)
        if screen.who and not screen.who.startswith(HALFWAY):
            # Whoever confirms their identity on the way goes on under a new token.
            self.states[screen.who] = page.context.storage_state()
            assert "/accounts/login/" not in page.url, f"{screen.who} is signed out"

    def look_at(self, screen: Screen) -> list[str]:
        """Measure one screen in every size and scheme, and return a row of the table."""
        axe, wide, small, told = [], [], [], []
        window = partial(self.window_for, screen)
        for scheme in ("light", "dark"):
            context = window(color_scheme=scheme)
            page = context.new_page()
            complaints = measures.complaints(page)
            documents: list[Any] = []
            page.on(
                "response",
                lambda answer, seen=documents: (
                    answer.request.is_navigation_request() and answer.status != 302 and seen.append(answer)
                ),
            )
            self.open(screen, page)
            if scheme == "light":
                html = documents[-1].text()
                (self.folder / f"{screen.name}.html").write_text(html, encoding="utf-8")
            for width, height in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": height})
                page.screenshot(path=PICTURES / f"{screen.name}-{width}-{scheme}.png", full_page=True)
                wide += [f"{width} px: {each}" for each in measures.sideways(page)]
                if width != 390:
                    axe += [f"{scheme}, {width} px: {each}" for each in measures.violations(page)]
                if scheme == "light" and width != 390:
                    small += [f"{width} px: {each}" for each in measures.small_targets(page)]
            told += complaints
            context.close()
        context = window(viewport={"width": 1280, "height": 1024}, forced_colors="active")
        page = context.new_page()
        self.open(screen, page)
        page.emulate_media(media="print", forced_colors="none")
        axe += [f"print: {each}" for each in measures.violations(page)]
        context.close()
        # This is how a browser shows 1,280 pixels enlarged four times.
        context = window(viewport={"width": 320, "height": 256})
        page = context.new_page()
        self.open(screen, page)
        wide += [f"400 %: {each}" for each in measures.sideways(page)]
        context.close()
        told = [each for each in told if not expected(screen, each)]
        return [
            self.note(screen.name, "axe", axe),
            self.note(screen.name, "sideways", wide),
            self.note(screen.name, "small targets", small),
            self.note(screen.name, "complaints", told),
        ]


def expected(screen: Screen, complaint: str) -> bool:
    """Return whether the complaint is only that the page is meant to be refused.

    The console reports such a page as one that failed to load.
    """
    return bool(screen.status) and f"status of {screen.status}" in complaint


def row(name: str, cells: list[str], widths: list[int]) -> str:
    return f"{name:24}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def print_screens(audit: Audit, screens: list[Screen]) -> None:
    widths = [8, 10, 15, 12]
    print(row("screen", ["axe", "sideways", "small targets", "complaints"], widths))
    for screen in tqdm(screens, desc="screens", disable=not sys.stderr.isatty()):
        try:
            cells = audit.look_at(screen)
        except (Error, AssertionError) as error:  # the other screens are looked at nevertheless
            audit.note(screen.name, "not opened", [str(error)])
            cells = ["-"] * len(widths)
        print(row(screen.name, cells, widths), flush=True)
    if shutil.which("java"):
        malformed = audit.note("", "malformed HTML", measures.malformed(audit.folder))
        print(f"\nHTML: {malformed} errors in {len(screens)} pages")
    else:
        print("\nHTML: not checked, because its checker needs Java (deploy/setup.sh audit installs it)")


def type_and_tick(page: Page) -> None:
    page.get_by_label("How many").press_sequentially("2.5")
    page.get_by_label("I attest").click()


def open_account(page: Page) -> None:
    page.locator("summary").first.click()


PACED = [
    ("sign-in", "/accounts/login/", "", lambda page: page.get_by_label("E-mail address").press_sequentially("ada")),
    ("home", "/", MIDWAY, open_account),
    ("certifications", "/certifications/", MIDWAY, open_account),
    ("record", "/ccp/record/", SHORT, type_and_tick),
    ("activities", "/ccp/activities/", MIDWAY, open_account),
]


def print_paces(audit: Audit) -> None:
    widths = [10, 8, 8, 10, 8, 10]
    print("\n" + row("page", ["requests", "bytes", "again", "LCP ms", "CLS", "INP ms"], widths))
    for name, address, who, interact in PACED:
        context = audit.window(who)
        page = context.new_page()
        first, again = measures.weight(page, address), measures.weight(page, address)
        context.close()
        pace = measures.pace(audit.browser, audit.states[who], address, audit.base_url, interact)
        over = [
            (first.requests > measures.MOST_REQUESTS, f"{first.requests} requests"),
            (first.bytes > measures.MOST_BYTES, f"{first.bytes} bytes"),
            (again.requests > measures.MOST_REQUESTS_AGAIN, f"{again.requests} requests the second time"),
            (pace.lcp > measures.MOST_LCP_MS, f"LCP {pace.lcp:.0f} ms"),
            (pace.shift > measures.MOST_SHIFT, f"CLS {pace.shift:.3f}"),
            (pace.inp > measures.MOST_INP_MS, f"INP {pace.inp:.0f} ms"),
        ]
        audit.note(name, "over budget", [text for is_over, text in over if is_over])
        cells = [first.requests, first.bytes, again.requests, round(pace.lcp), f"{pace.shift:.3f}", round(pace.inp)]
        print(row(name, [str(cell) for cell in cells], widths), flush=True)


def main() -> int:
    screens = [screen for screen in SCREENS if re.search(sys.argv[1] if sys.argv[1:] else "", screen.name)]
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        html = folder / "html"
        html.mkdir()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        with running_portal(folder / "var") as base_url:
            audit = Audit(browser, base_url, html, folder / "var" / "errors")
            print_screens(audit, screens)
            print_paces(audit)
        print_effort(browser, *sys.argv[2:3])
        print_photo(browser)
        browser.close()
    found = {kind: told for kind, told in audit.wrong.items() if told}
    for kind, told in found.items():
        print(f"\n{kind}:")
        print("\n".join(f"  {' '.join(each.split())}" for each in told))
    print(f"\nPictures: {PICTURES}")
    print(
        "Nothing found." if not found else f"Found: {', '.join(f'{len(told)} {kind}' for kind, told in found.items())}."
    )
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
