"""What is done with a list, and figures as a file, need permissions of their own."""

import pytest
from django.urls import reverse

from ccp.reports.figures.registry import REPORTS
from ccp.reports.lists.registry import address
from ccp.reports.models import ListName
from tests.support.builders import client_of
from tests.support.staff import make_clerk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


@pytest.mark.parametrize("name", ListName)
def test_each_action_on_a_list_needs_its_permission_and_the_one_to_see_lists(name: ListName) -> None:
    sees, only = (
        client_of(make_clerk("view_lists")),
        client_of(make_clerk("export_lists", "mail_lists", "keep_filters")),
    )
    both = client_of(make_clerk("view_lists", "export_lists", "mail_lists", "keep_filters"))
    for action in ("export", "mail", "filters"):
        page = address(name, action)
        assert only.post(page).status_code == 403
        assert sees.post(page).status_code == 403
        assert both.post(page).status_code in (302, 400)
    assert only.get(address(name)).status_code == 403
    assert sees.get(address(name, "mail")).status_code == 403
    assert sees.get(address(name, "export")).status_code == 405


def test_buttons_are_there_for_those_who_may_press_them(short: object) -> None:
    page = address(ListName.AT_RISK)
    sees, both = client_of(make_clerk("view_lists")), client_of(make_clerk("view_lists", "export_lists", "mail_lists"))
    assert "Mail this list" in both.get(page).text
    assert 'name="format"' in both.get(page).text
    assert "Mail this list" not in sees.get(page).text
    assert 'name="format"' not in sees.get(page).text


def test_reports_need_their_permission() -> None:
    sees, other = client_of(make_clerk("view_reports")), client_of(make_clerk("view_lists"))
    for name in REPORTS:
        page = reverse(f"admin:reports_{name}_csv")
        assert sees.get(page).status_code == 302  # nothing was counted yet
        assert other.get(page).status_code == 403
    for clerk in (sees, other):
        assert clerk.post(reverse("admin:reports_count"), {"report": "money"}).status_code == 403


def test_the_first_page_shows_only_what_the_account_may_see(short: object) -> None:
    page = reverse("admin:reports_index")
    lists, reports = (
        client_of(make_clerk("view_lists")).get(page).text,
        client_of(make_clerk("view_reports")).get(page).text,
    )
    assert "At risk" in lists
    assert "Cohorts" not in lists
    assert "Cohorts" in reports
    assert "At risk" not in reports
    assert client_of(make_clerk()).get(page).status_code == 403
