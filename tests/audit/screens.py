"""Every screen that the audit opens: a page, who looks at it, and what is done there first."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image
from playwright.sync_api import Page

from tests.audit.portal import ERRORS, LONG, PASSWORD, SAFE

MIDWAY, NEW, SHORT, MET, TWO, GRACE, STAFF = (
    f"{name}@demo.example" for name in ("midway", "new", "short", "met", "two", "grace", "staff")
)
# This marks a person who has given the password but not yet the code.
HALFWAY = "halfway: "
ENGLISH, SPANISH = "en-US", "es-US"


def _nothing(page: Page) -> None:
    return None


@dataclass(frozen=True)
class Screen:
    """A page and who looks at it: ``who`` is a sign-in of the demo, or nobody.

    ``act`` leads from the address to the state that is looked at. ``status`` is given if the page
    is sent as a refusal.
    """

    name: str
    address: str
    who: str = ""
    act: Callable[[Page], None] = _nothing
    locale: str = ENGLISH
    status: int = 0

    def open(self, page: Page) -> None:
        page.goto(self.address, wait_until="load")
        self.act(page)
        page.wait_for_load_state("load")


def _follow(link: str) -> Callable[[Page], None]:
    """Follow the first link in the page's content whose address contains that text."""

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
    """Go from the page of an entry to one of its own pages."""

    def act(page: Page) -> None:
        page.goto(page.url.split("?")[0].rstrip("/") + end, wait_until="load")

    return act


def _typed(page: Page) -> None:
    page.get_by_label("How many").fill("2")
    page.get_by_label("When?").fill("1/1/2020")


def _confirmed(page: Page) -> None:
    """Give the password, which the portal asks for before the account is changed.

    The portal asks once in five minutes.
    """
    if "/accounts/reauthenticate/" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        _press("Confirm")(page)


def _entry(page: Page) -> None:
    """Open the first entry of a list that the member recorded."""
    target = page.locator("main tbody th a").first.get_attribute("href")
    assert target, page.url
    page.goto(target, wait_until="load")


def _cleared(label: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_label(label, exact=True).fill("")

    return act


def _attached(page: Page) -> None:
    """Open the entry with a file.

    The same file is attached only once.
    """
    content = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(content, "PNG")
    file = {"name": f"{'W' * 120}.png", "mimeType": "image/png", "buffer": content.getvalue()}
    page.get_by_label("File").set_input_files(file)
    _press("Attach")(page)


def _genuine(page: Page) -> None:
    """Open the page that tells whether this transcript is genuine."""
    code = page.locator("[data-name=transcript-code]").inner_text()
    page.goto(f"/verify/{code}/", wait_until="load")


OWN_ENTRIES = "/ccp/activities/?source=member&state=standing"
FACTORS, PASSKEYS = "/accounts/2fa/", "/accounts/2fa/webauthn/"
SCREENS = [
    Screen("welcome", "/"),
    Screen("sign-in", "/accounts/login/"),
    Screen("sign-in-error", "/accounts/login/", act=_press("Sign in", "Error: ")),
    Screen("activate", "/accounts/activate/"),
    Screen("activate-error", "/accounts/activate/", act=_press("Send me the link", "Error: ")),
    Screen("reset", "/accounts/password/reset/"),
    Screen("reset-error", "/accounts/password/reset/", act=_press("Send me the link", "Error: ")),
    Screen("reset-sent", "/accounts/password/reset/done/"),
    Screen("reset-link-spent", "/accounts/password/reset/key/1-abc/"),
    Screen("confirm-link-spent", "/accounts/confirm-email/abc/"),
    Screen("account-closed", "/accounts/inactive/"),
    Screen("second-step", "/accounts/2fa/authenticate/", f"{HALFWAY}{SAFE}"),
    Screen("second-step-error", "/accounts/2fa/authenticate/", f"{HALFWAY}{SAFE}", act=_press("Sign in", "Error: ")),
    Screen("sign-up-closed", "/accounts/signup/"),
    Screen("qualifying-activities", "/qualifying-activities/"),
    Screen("calculator", "/qualifying-activities/?type=self-study&quantity=3#calculator"),
    Screen("calculator-error", "/qualifying-activities/", act=_press("Calculate the points", "Error: ")),
    Screen("guide", "/guide/"),
    Screen("tutorial-list", "/guide/tutorial/"),
    Screen("tutorial", "/guide/tutorial/enter-ce/"),
    Screen("question", "/help/question/"),
    Screen("look-up", "/credentials/"),
    Screen("verify", "/verify/"),
    Screen("verify-error", "/verify/?code=7KQ2", status=400),
    Screen("verify-unknown", "/verify/0000000000000000/", status=404),
    Screen("verify-genuine", "/ccp/transcript/all/", MIDWAY, act=_genuine),
    Screen("not-found", "/nothing/here/", status=404),
    *(Screen(f"answer-{name}", f"/errors/{name}.html") for name in ERRORS),
    Screen("styleguide", "/styleguide/", STAFF),
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
    Screen("activity", "/ccp/activities/", MIDWAY, act=_entry),
    Screen("amend", OWN_ENTRIES, SHORT, act=_then(_entry, _goto("/amend/"))),
    Screen("withdraw", OWN_ENTRIES, SHORT, act=_then(_entry, _goto("/withdraw/"))),
    Screen("transcript", "/certifications/", MIDWAY, act=_follow("/ccp/transcript/")),
    Screen("transcript-empty", "/certifications/", NEW, act=_follow("/ccp/transcript/")),
    Screen("transcript-long", "/certifications/", LONG, act=_follow("/ccp/transcript/")),
    Screen("transcript-history", "/ccp/transcript/all/", MIDWAY),
    Screen("transcript-history-long", "/ccp/transcript/all/", LONG),
    Screen("evidence-add", OWN_ENTRIES, SHORT, act=_then(_entry, _goto("/evidence/"))),
    Screen("evidence-error", OWN_ENTRIES, SHORT, act=_then(_entry, _press("Attach", "Error: "))),
    Screen("evidence", OWN_ENTRIES, SHORT, act=_then(_entry, _attached)),
    Screen("evidence-remove", OWN_ENTRIES, SHORT, act=_then(_entry, _attached, _follow("/remove/"))),
    Screen("invoices", "/invoices/", MIDWAY),
    Screen("invoice", "/invoices/", MIDWAY, act=_follow("/invoices/")),
    Screen("calendar", "/calendar/", MIDWAY),
    Screen("details", "/account/details/", MIDWAY),
    Screen("name-ask", "/account/details/name/", MIDWAY),
    Screen("card", "/account/card/", TWO),
    Screen("letter", "/certifications/", TWO, act=_follow("/account/letter/")),
    Screen("sharing", "/account/sharing/", MIDWAY),
    Screen("sharing-link", "/account/sharing/", MIDWAY, act=_press("Make the link")),
    Screen("my-data", "/account/my-data/", MIDWAY),
    Screen("password", "/accounts/password/change/", MIDWAY),
    Screen("password-error", "/accounts/password/change/", MIDWAY, act=_press("Change password", "Error: ")),
    Screen("sign-out", "/accounts/logout/", MIDWAY),
    Screen("factors-none", FACTORS, MIDWAY),
    Screen("factors", FACTORS, SAFE),
    Screen("passkeys-none", PASSKEYS, MIDWAY),
    Screen("passkeys", PASSKEYS, SAFE),
    Screen("passkey-add", f"{PASSKEYS}add/", MIDWAY, act=_confirmed),
    Screen("passkey-rename", PASSKEYS, SAFE, act=_then(_follow("/edit/"), _confirmed)),
    Screen(
        "passkey-rename-error",
        PASSKEYS,
        SAFE,
        act=_then(_follow("/edit/"), _confirmed, _cleared("Name"), _press("Save the name", "Error: ")),
    ),
    Screen("passkey-remove", PASSKEYS, SAFE, act=_then(_follow("/remove/"), _confirmed)),
    Screen("app-set-up", f"{FACTORS}totp/activate/", MIDWAY, act=_confirmed),
    Screen(
        "app-set-up-error",
        f"{FACTORS}totp/activate/",
        MIDWAY,
        act=_then(_confirmed, _press("Set up the app", "Error: ")),
    ),
    Screen("app-remove", f"{FACTORS}totp/deactivate/", SAFE, act=_confirmed),
    Screen("recovery-codes", f"{FACTORS}recovery-codes/", SAFE, act=_confirmed),
    Screen("recovery-codes-new", f"{FACTORS}recovery-codes/generate/", SAFE, act=_confirmed),
    Screen("address", "/accounts/email/", SAFE, act=_confirmed),
    Screen("address-error", "/accounts/email/", SAFE, act=_then(_confirmed, _press("Send the link", "Error: "))),
    Screen("address-link-spent", "/accounts/email/x/", SAFE, status=404),
    Screen("confirm", "/accounts/reauthenticate/", SAFE),
    Screen("confirm-error", "/accounts/reauthenticate/", SAFE, act=_press("Confirm", "Error: ")),
    Screen("confirm-by-code", f"{FACTORS}reauthenticate/", SAFE),
    Screen("confirm-by-code-error", f"{FACTORS}reauthenticate/", SAFE, act=_press("Confirm", "Error: ")),
    Screen("confirm-by-passkey", f"{PASSKEYS}reauthenticate/", SAFE),
    Screen("sessions", "/accounts/sessions/", SAFE),
    Screen("sessions-one", "/accounts/sessions/", TWO),
    Screen("spanish-home", "/", MIDWAY, locale=SPANISH),
    Screen("spanish-certifications", "/certifications/", MIDWAY, locale=SPANISH),
    Screen("spanish-record-error", "/ccp/record/", SHORT, act=_press("Enviar", "Error: "), locale=SPANISH),
    Screen("spanish-activities", "/ccp/activities/", MIDWAY, locale=SPANISH),
    Screen("spanish-transcript-history", "/ccp/transcript/all/", MIDWAY, locale=SPANISH),
    Screen("spanish-guide", "/guide/", locale=SPANISH),
    Screen("spanish-factors", FACTORS, SAFE, locale=SPANISH),
    Screen("spanish-sessions", "/accounts/sessions/", SAFE, locale=SPANISH),
    Screen("spanish-evidence", OWN_ENTRIES, SHORT, act=_entry, locale=SPANISH),
]
