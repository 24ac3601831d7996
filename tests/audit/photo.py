"""Recording from the photo of a certificate, from Home to points that count: whose time it takes.

    .venv/bin/python -m tests.audit.photo

Chromium does what a member does. What the machine takes (pages, sending, reading, recording) is
measured. What the member takes is calculated by the keystroke-level model: Card, Moran and Newell,
"The keystroke-level model for user performance time with interactive systems", Communications of
the ACM 23 (7), 1980. Its operators, in seconds: pressing a key or a button, pointing, moving the
hand to another device, and preparing mentally. On a phone no hand moves between devices.

The model has one mental act for a unit of thought. Whether the check of what was read is one such
unit, or one for each value, it does not say: both sums are printed.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from playwright.sync_api import Browser, Page, sync_playwright

from tests.audit.portal import PASSWORD, running_portal, today
from tests.audit.screens import ENGLISH, SHORT
from tests.support.waiting import PATIENCE

SECONDS = {"K": 0.28, "P": 1.1, "H": 0.4, "M": 1.35}
CERTIFICATE = """<title>Certificate</title><body style="text-align: center; font: 16pt sans-serif">
<h1>Certificate of Completion</h1><p>This certifies that</p><h2>Søren Lindqvist</h2><p>attended the webinar</p>
<p>Title: Coagulation Case Studies</p><p>Date: {day}</p><p>Contact hours: 2.0</p>
<p>Provider: Prairie Laboratory Society</p></body>"""


def photo(folder: Path) -> Path:
    """Return a photo of a certificate for 2 contact hours, a week ago."""
    import weasyprint

    from tests.benchmarks.reading.making import photo_of

    day = today() - timedelta(days=7)
    pdf = weasyprint.HTML(string=CERTIFICATE.format(day=f"{day:%B} {day.day}, {day.year}")).write_pdf()
    made = folder / "certificate.jpg"
    made.write_bytes(photo_of(pdf, Random("upright 1")))
    return made


@dataclass
class Act:
    """What the member does, as operators of the model, and what the machine took to answer."""

    name: str
    operators: str
    machine: float

    @property
    def member(self) -> float:
        return sum(SECONDS[operator] for operator in self.operators)


@dataclass
class Account:
    acts: list[Act] = field(default_factory=list)

    def act(self, name: str, operators: str, do: Callable[[], object] = lambda: None) -> None:
        begun = time.perf_counter()
        do()
        self.acts.append(Act(name, operators, time.perf_counter() - begun))

    @property
    def member(self) -> float:
        return sum(act.member for act in self.acts)

    @property
    def machine(self) -> float:
        return sum(act.machine for act in self.acts)


def record(page: Page, file: Path) -> tuple[Account, int]:
    """Record from the photo. Return what was done, and how many values were read and have to be checked."""
    account = Account()
    beside = page.locator("main .read-beside")

    def choose() -> None:
        page.locator("[name=photo]").set_input_files(file)
        page.locator("#id_starts_on_read").wait_for()
        page.locator("[name=quantity]").wait_for()

    def submit() -> None:
        page.get_by_role("button", name="Submit").click()
        page.locator("[data-name=reference]").wait_for()

    account.act(
        "Home: Take a photo of a certificate",
        "MPK",
        lambda: (
            page.get_by_role("link", name="Take a photo of a certificate").click(),
            page.locator("#from-file label.button").wait_for(),
        ),
    )
    account.act("Take a photo or choose a file", "PK")
    account.act("choose the photo; it is sent and read", "PK", choose)
    read = beside.count()
    account.act("check what was read", "M")
    account.act("attest", "PK", lambda: page.locator("[name=attested]").check())
    account.act("Submit; it counts", "PK", submit)
    return account, read


def print_photo(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as name, running_portal(Path(name), cast=False, worker=True) as address:
        file = photo(Path(name))
        context = browser.new_context(base_url=address, locale=ENGLISH, viewport={"width": 390, "height": 844})
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.goto("/accounts/login/")
        page.get_by_label("E-mail address").fill(SHORT)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{address}/")
        account, read = record(page, file)
        said = page.locator("main h1").inner_text()
        context.close()
    print("\n| recording from a photo | operators | member, s | machine, s |\n| --- | --- | --- | --- |")
    for act in account.acts:
        print(f"| {act.name} | {act.operators} | {act.member:.2f} | {act.machine:.1f} |")
    print(f"| together: “{' '.join(said.split())}” | | **{account.member:.1f}** | {account.machine:.1f} |")
    each = account.member + (read - 1) * SECONDS["M"]
    print(f"\nWith one mental act for each of the {read} values that were read: {each:.1f} s.")


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        print_photo(browser)
        browser.close()


if __name__ == "__main__":
    main()
