"""Paying in Chromium, which stops a form that leads to an address that the page's policy does not name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from amtportal.members.models import Member
from certifications.models import Payment
from tests.support.builders import cycle_of, invoice_of, make_activity
from tests.support.payment_provider import Provider

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
Window = Callable[..., Page]


def test_two_clicks_from_home_to_the_provider_and_back_to_paid(
    window: Window, member: Member, provider: Provider, settings: Any, live_server: LiveServer
) -> None:
    """Home asks for the fee that is overdue the longest. No message of the provider arrives.

    The second invoice is paid in a browser without JavaScript.
    """
    settings.SITE_URL = live_server.url
    cycle = cycle_of(member)
    make_activity(cycle, points="8", starts_on=cycle.starts_on, at=timezone.now() - timedelta(days=1))
    page = window(member)
    page.goto("/")
    page.get_by_role("button", name="Pay $60").click()
    expect(page.get_by_role("heading", name="Pay AMT")).to_be_visible()
    page.get_by_role("button", name="Pay by card that is declined").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    page.get_by_role("button", name="Pay $60.00 by card").click()
    expect(page.get_by_role("status")).to_contain_text("Paid. Receipt sent to ada@example.org.")
    assert page.url == f"{live_server.url}/invoices/{invoice_of(cycle, 1).pk}/"

    page = window(member, java_script_enabled=False)
    page.goto(f"/invoices/{invoice_of(cycle, 2).pk}/")
    page.get_by_role("button", name="Pay $60").click()
    page.get_by_role("button", name="Pay by card whose bank asks first").click()
    page.get_by_role("button", name="Yes, it is me").click()
    expect(page.get_by_role("status")).to_contain_text("Paid. Receipt sent to ada@example.org.")
    assert Payment.objects.count() == 2
