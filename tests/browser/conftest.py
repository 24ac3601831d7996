"""Debian's Chromium against the running portal.

Chromium has a clock of its own, so these tests use the real date of today.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.staticfiles.finders import get_finder
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, BrowserType, Page, Playwright, expect
from pytest_django.live_server_helper import LiveServer

from amtportal.dates import anniversary, today
from amtportal.members.models import Member
from amtportal.static_files import JOINED, join
from tests.support.builders import PASSWORD, client_of, make_activity, make_cycle, make_member, make_user
from tests.support.waiting import PATIENCE

CHROMIUM = "/usr/bin/chromium"
# The same browser without anything around the page takes a third of the processor time.
PAGES_ALONE = shutil.which("chromium-headless-shell") or CHROMIUM

# A busy machine answers late. An expectation that is met goes on at once.
expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {
        "executable_path": PAGES_ALONE,
        # Playwright switches off something that members' browsers do: Back shows the page as it was
        # left.
        "ignore_default_args": ["--disable-back-forward-cache"],
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture
def chromium(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """Return the whole browser, as members have it, for what the page alone does not show."""
    browser = browser_type.launch(**browser_type_launch_args | {"executable_path": CHROMIUM})
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def playwright(playwright: Playwright) -> Iterator[Playwright]:
    """Close the database connections that Django keeps while Playwright runs its event loop.

    Before and after that, Django keeps other connections.
    """
    yield playwright
    connections.close_all()


@pytest.fixture(scope="session")
def joined_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Serve the files joined that are joined when static files are collected."""
    folder = tmp_path_factory.mktemp("static")
    for name in JOINED:
        joined, _ = join(name, lambda part: (settings.BASE_DIR / "static" / part).read_text())
        (folder / name).parent.mkdir()
        (folder / name).write_text(joined)
    settings.STATICFILES_DIRS.insert(0, folder)
    get_finder.cache_clear()
    yield
    settings.STATICFILES_DIRS.remove(folder)
    get_finder.cache_clear()


@pytest.fixture(scope="session")
def browser_context_args(django_db_setup: None, joined_files: None, live_server: LiveServer) -> dict[str, Any]:
    """Return a member's browser, in another time zone than AMT's office.

    The fixture that is asked for first ends last: first the browser ends, then the server, and then
    the database they use.
    """
    return {"base_url": live_server.url, "locale": "en-US", "timezone_id": "America/Los_Angeles"}


@pytest.fixture
def member(live_server: LiveServer) -> Member:
    """RMA, 2 years and 330 days into the cycle.

    The member has 22 of 30 points, so 8 are missing and the invoice is locked.
    """
    user = make_user(email="ada@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    member = make_member(user=user, first_name="Ada", last_name="Lane")
    cycle = make_cycle(member, awarded_on=anniversary(today(), -2) - timedelta(days=330), on=today())
    make_activity(cycle, points="22", title="Hematology", starts_on=today() - timedelta(days=30), at=timezone.now())
    return member


@pytest.fixture
def window(browser_context_args: dict[str, Any], browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a separate window.

    If a member is given, the member is signed in there.
    """
    contexts = []

    def open_window(signed_in: Member | None = None, **changes: Any) -> Page:
        context = browser.new_context(**browser_context_args | changes)
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        if signed_in:
            session = client_of(signed_in).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": browser_context_args["base_url"]}]
            )
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()
