"""What a visit costs on a phone: requests and bytes from the production server, and a layout that stands still."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.audit import measures
from tests.audit.portal import PASSWORD, running_portal
from tests.audit.screens import MIDWAY

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
PAGES = ["/", "/certifications/", "/ccp/record/", "/ccp/activities/", "/invoices/"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_portal(tmp_path_factory.mktemp("audit")) as address:
        yield address


@pytest.fixture(scope="module")
def signed_in(browser: Browser, address: str) -> Any:
    """The cookies of midway@, signed in through the form."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    sign_in(page)
    state = context.storage_state()
    context.close()
    return state


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(MIDWAY)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


@pytest.mark.parametrize("path", ["/accounts/login/", *PAGES])
def test_a_visit_fits_its_budget(browser: Browser, address: str, signed_in: Any, path: str) -> None:
    """At most 60 KB in 6 requests the first time, 2 requests from then on, and nothing moves while it loads."""
    state = signed_in if path in PAGES else None
    context = browser.new_context(base_url=address, storage_state=state, viewport={"width": 390, "height": 844})
    context.add_init_script(measures.WATCH)
    page = context.new_page()
    first, again = measures.weight(page, path), measures.weight(page, path)
    shift = page.evaluate("audit.cls")
    context.close()
    assert first.requests <= measures.MOST_REQUESTS
    assert 0 < first.bytes <= measures.MOST_BYTES
    assert again.requests <= measures.MOST_REQUESTS_AGAIN
    assert shift <= measures.MOST_SHIFT
