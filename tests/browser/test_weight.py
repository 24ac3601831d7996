"""What a visit costs on a phone.

The production server's requests and bytes are counted, and the layout must not shift.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.audit import measures
from tests.audit.portal import PASSWORD, running_portal
from tests.audit.screens import MIDWAY
from tests.support import template_database
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
PAGES = ["/", "/certifications/", "/ccp/record/", "/ccp/activities/", "/invoices/"]


@pytest.fixture
def address(db: None, tmp_path: Path) -> Iterator[str]:
    template_database.copy_for_sqlite(tmp_path / "amtportal.sqlite3")
    with running_portal(tmp_path, cast=False) as address:
        yield address


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(MIDWAY)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def test_a_visit_fits_its_budget(browser: Browser, address: str) -> None:
    """A page takes at most 60 KB in 6 requests the first time, and 2 requests from then on.

    Nothing moves while it loads. There is one test for all pages, so that the portal with its demo
    association is started only once.
    """
    context = browser.new_context(base_url=address)
    context.set_default_timeout(PATIENCE * 1000)
    sign_in(context.new_page())
    signed_in = context.storage_state()
    context.close()
    for path in ("/accounts/login/", *PAGES):
        state = signed_in if path in PAGES else None
        context = browser.new_context(base_url=address, storage_state=state, viewport={"width": 390, "height": 844})
        context.set_default_timeout(PATIENCE * 1000)
        context.add_init_script(measures.WATCH)
        page = context.new_page()
        first, again = measures.weight(page, path), measures.weight(page, path)
        shift = page.evaluate("audit.cls")
        context.close()
        assert first.requests <= measures.MOST_REQUESTS, path
        assert 0 < first.bytes <= measures.MOST_BYTES, path
        assert again.requests <= measures.MOST_REQUESTS_AGAIN, path
        assert shift <= measures.MOST_SHIFT, path
