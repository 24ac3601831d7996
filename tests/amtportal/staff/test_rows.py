"""The rows and filters of every list are those that Django's own templates would show."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import admin_list_filter, results
from django.test import Client, RequestFactory
from django.urls import reverse

from amtportal.members.models import Member
from tests.support.builders import client_of, make_member, make_user
from tests.support.staff import make_clerk, page, populate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


@pytest.fixture
def lists() -> list[Any]:
    """Return the list of each model of the admin as a superuser sees it, with rows."""
    populate(2)
    make_member(first_name="<b>Ada</b>", last_name="O'Neil & Co")
    request: Any = RequestFactory().get("/admin/")
    request.resolver_match = None
    request.user = make_user(is_staff=True, is_superuser=True)
    lists = [model_admin.get_changelist_instance(request) for model_admin in admin.site._registry.values()]
    for changelist in lists:
        changelist.formset = None  # as the view sets it
    return lists


def test_rows_are_as_django_writes_them(lists: list[Any]) -> None:
    compared = 0
    for number, changelist in enumerate(lists):
        if number % 2:  # the list that one comes back to is filtered
            changelist.preserved_filters = urlencode({"_changelist_filters": urlencode({"q": "O'Neil & <é>"})})
        expected = ["".join(row) for row in results(changelist)]
        assert [row.removeprefix("<tr>") for row in changelist.rows.split("</tr>\n") if row] == expected
        compared += len(expected)
    assert compared > 60


def test_filters_are_as_django_writes_them(lists: list[Any]) -> None:
    compared = 0
    for changelist in lists:
        expected = "".join(admin_list_filter(changelist, one) for one in changelist.filter_specs)
        assert _without_space(changelist.filters) == _without_space(expected)
        compared += expected.count("<li")
    assert compared > 60


def _without_space(text: str) -> str:
    """Return HTML without the space around tags, which nobody sees here."""
    return re.sub(r"\s*(<[^>]*>)\s*", r"\1", text).strip()


def test_filtered_list_is_kept_in_the_links_of_its_rows() -> None:
    make_member(city="Reno", user=None)
    Member.objects.update(user=None)
    desk = client_of(make_clerk("view_member"))
    text = desk.get(page(Member), {"sign_in": "none"}).text
    key = Member.objects.get().pk
    address = reverse("admin:members_member_change", args=[key])
    assert f'<a href="{address}?_changelist_filters=sign_in%3Dnone">' in text


@pytest.mark.ignore_template_errors
def test_list_that_chooses_a_record_for_a_form_has_its_keys() -> None:
    member = make_member()
    desk = client_of(make_clerk("view_member"))
    assert f'data-popup-opener="{member.pk}"' in desk.get(page(Member), {"_popup": "1"}).text


@pytest.mark.ignore_template_errors
def test_only_the_index_finds_out_what_may_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    build = admin.site._build_app_dict
    monkeypatch.setattr(admin.site, "_build_app_dict", lambda *args: asked.append(args) or build(*args))
    desk: Client = client_of(make_clerk("view_member"))
    assert desk.get(page(Member)).status_code == 200
    assert not asked
    assert "Members" in desk.get(reverse("admin:index")).text
    assert asked
