"""On paper: the record and not what only a screen can do."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from amtportal.members.models import Member
from ccp.models import Activity

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.django_db(transaction=True)]


def test_an_activity_is_printed_without_the_form_for_a_file(window: Callable[..., Page], member: Member) -> None:
    page = window(member)
    page.goto(f"/ccp/activities/{Activity.objects.get().pk}/")
    controls = page.locator("main :is(input, textarea, select, button, label, form):visible")
    expect(page.locator("input[type=file]")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    expect(page.locator("#evidence")).to_be_visible()
    expect(controls).to_have_count(0)
