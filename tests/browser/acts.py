"""Acts that lead to the states of a page that have no address.

Such a state is a form that comes back, a step of a sign-in, or an error page of the server. The
acts do not read a word of the page, so they work in any language.
"""

import re
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Page, expect

from amtportal.dates import today
from amtportal.formatting import typed
from certifications.models import Certification
from tests.support.builders import PASSWORD

Act = Callable[[Page], None]


def opened(page: Page, address: str) -> None:
    """Give the password, which the portal asks for before the account is changed.

    The portal asks once in five minutes.
    """
    page.goto(address)
    if "/accounts/reauthenticate/" in page.url and "/accounts/reauthenticate/" not in address:
        page.locator("main [name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").click()
        page.wait_for_url(f"**{address}")


def _send(page: Page, form: str = "main form") -> None:
    """Send a form that must come back with an error."""
    page.locator(f"{form} button[type=submit]:not([name])").click()
    expect(page).to_have_title(re.compile("^Error: "))


def wrong_entry(page: Page) -> None:
    """Show the Record CE page with every field wrong."""
    page.goto("/ccp/record/")
    _send(page, "#entry-form")


def preview(page: Page) -> None:
    """Show the Record CE page after Preview: what counts for each certification."""
    page.goto("/ccp/record/")
    page.locator("[name=activity_type]").select_option("self-study")
    page.locator("[name=quantity]").fill("2")
    page.locator("[name=starts_on]").fill(typed(today()))
    page.locator("#entry-form button[name=preview]").click()
    expect(page.locator("#preview[autofocus]")).to_be_visible()


def just_recorded(page: Page) -> None:
    """Show what an entry added, on the page that follows Submit."""
    preview(page)
    page.locator("[name=attested]").check()
    page.locator("#entry-form button[type=submit]:not([name])").click()
    expect(page.locator(".gains")).to_be_visible()


def no_file(page: Page) -> None:
    page.goto("/ccp/activities/?source=member")
    page.goto(page.locator("main tbody th a").first.get_attribute("href") or "")
    _send(page, "form[enctype]")


def wrong_app_code(page: Page) -> None:
    opened(page, "/accounts/2fa/totp/activate/")
    page.locator("main [name=code]").fill("000000")
    _send(page)


def no_address(page: Page) -> None:
    opened(page, "/accounts/email/")
    _send(page)


def wrong_password(page: Page) -> None:
    page.goto("/accounts/reauthenticate/")
    page.locator("main [name=password]").fill("wrong")
    _send(page)


def passkey_without_a_name(page: Page) -> None:
    opened(page, "/accounts/2fa/webauthn/")
    page.goto(page.locator("main a[href$='/edit/']").first.get_attribute("href") or "")
    page.locator("main [name=name]").fill("")
    _send(page)


def used_up_codes(page: Page) -> None:
    for codes in Authenticator.objects.filter(type=Authenticator.Type.RECOVERY_CODES):
        codes.data["used_mask"] = (1 << 10) - 1
        codes.save()
    opened(page, "/accounts/2fa/recovery-codes/")
    expect(page.locator("main p.notice-heed")).to_be_visible()


def second_step(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("main [name=login]").fill("cara@example.org")
    page.locator("main [name=password]").fill(PASSWORD)
    page.locator("main form:has([name=login]) button[type=submit]").click()
    page.wait_for_url("**/accounts/2fa/authenticate/")


def second_step_without_a_code(page: Page) -> None:
    page.goto("/accounts/2fa/authenticate/")
    _send(page, "main form:has([name=code])")


def error_page(name: str) -> Act:
    """Return the act that shows a page that the server sends when it cannot do otherwise."""

    def act(page: Page) -> None:
        with translation.override(page.evaluate("navigator.language")[:2]):
            html = render_to_string(f"{name}.html", {"typed": [("title", "x")], "asked": "/", "csrf_token": "x"})
        page.route("**/sent/*", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"/sent/{name}")
        page.unroute("**/sent/*")

    return act


def look_up(page: Page) -> None:
    """Look up a certification that is there."""
    held = Certification.objects.select_related("member").filter(member__listing=None, member__user__is_active=True)
    certification = held.order_by("pk")[0]
    page.goto("/credentials/")
    page.fill("[name=last_name]", certification.member.last_name)
    page.fill("[name=certificate_number]", certification.certificate_number)
    page.locator("main form button").click()
    page.wait_for_selector("[data-name=found]")


def look_up_nobody(page: Page) -> None:
    page.goto("/credentials/")
    page.fill("[name=last_name]", "W" * 100)
    page.fill("[name=certificate_number]", "1")
    page.locator("main form button").click()
    page.wait_for_selector("[data-name=not-found]")


def look_up_nothing(page: Page) -> None:
    page.goto("/credentials/")
    _send(page)


def link_until_a_past_day(page: Page) -> None:
    page.goto("/account/sharing/")
    page.fill("[name=until]", "2020-01-01")
    _send(page, "#new form")


SIGNED_OUT: dict[str, Act] = {
    **{f"answer {name}": error_page(name) for name in ("413", "500", "busy")},
    "look-up that finds nobody": look_up_nobody,
    "look-up of nothing": look_up_nothing,
    "second step": second_step,
    "second step without a code": second_step_without_a_code,
}
OF_MEMBER: dict[str, Act] = {
    "entry with everything wrong": wrong_entry,
    "preview": preview,
    "look-up": look_up,
    "link until a past day": link_until_a_past_day,
    "just recorded": just_recorded,
    "evidence without a file": no_file,
    "wrong code of an app": wrong_app_code,
    "no new address": no_address,
    "wrong password": wrong_password,
}
OF_CAREFUL: dict[str, Act] = {"passkey without a name": passkey_without_a_name, "codes that are used up": used_up_codes}
