"""The pages of the lists: what they show, what they keep, and that each opening is on record."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from amtportal.members.models import Member
from ccp.reports.lists import base, saved
from ccp.reports.lists.registry import address
from ccp.reports.models import ListName, ListOpening, SavedFilter
from tests.support.builders import client_of, make_cycle, make_member
from tests.support.staff import make_clerk, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

AT_RISK = "/admin/reports/at-risk/"


@pytest.fixture
def clerk() -> Client:
    return client_of(make_clerk("view_lists", "keep_filters", "view_member"))


def read(client: Client, page: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(page).text, "html.parser")


def cells(page: BeautifulSoup, title: str) -> list[str]:
    return [cell.get_text(strip=True) for cell in page.select(f'td[data-title="{title}"]')]


def test_the_addresses_are_those_to_which_other_pages_link() -> None:
    names = ("index", "at_risk", "in_grace", "lapsed", "overdue", "not_activated")
    assert [reverse(f"admin:reports_{name}") for name in names] == [
        "/admin/reports/",
        AT_RISK,
        "/admin/reports/in-grace/",
        "/admin/reports/lapsed/",
        "/admin/reports/overdue/",
        "/admin/reports/not-activated/",
    ]


def test_the_list_says_who_why_and_how_to_reach_them(clerk: Client, short: Member) -> None:
    """40 days left, 2 of 24 points missing, two fees overdue, never signed in: 4 × 2 × 4 × 5 × 2 × 2 = 640."""
    short.phone = "847-555-0134"
    short.save()
    page = read(clerk, AT_RISK)
    assert cells(page, "Risk") == ["640"]
    assert cells(page, "Why") == [
        "40 days left; 2 of 24 points missing; Fee overdue since Apr 24, 2024; Never signed in "
        "(4 × 2 × 4 × 5 × 2 × 2 = 640)"
    ]
    assert (cells(page, "E-mail"), cells(page, "Phone")) == ([short.user.email], ["847-555-0134"])
    assert page.select_one('td[data-title="Name"] a')["href"] == reverse("admin:members_member_change", args=[short.pk])
    assert page.select_one("[data-name=count]").get_text(strip=True) == "1row"


def test_who_may_not_view_members_gets_no_link_to_them(short: Member) -> None:
    page = read(client_of(make_clerk("view_lists")), AT_RISK)
    assert cells(page, "Name") == ["Sam Short"]
    assert not page.select("td a")


def test_each_opening_is_on_record_with_the_filter_and_the_rows(clerk: Client, short: Member, met: Member) -> None:
    clerk.get(AT_RISK, {"credential": "RPT", "sign_in": "never"})
    opening = ListOpening.objects.get()
    assert (opening.deed, opening.subject, opening.rows, opening.more) == ("opened", "At risk", 1, False)
    assert opening.filtered == "Credential: RPT; Last sign-in: Never"
    reader = client_of(make_clerk("view_listopening"))
    assert "Credential: RPT" in reader.get("/admin/reports/listopening/").text


def test_an_empty_list_says_so(clerk: Client) -> None:
    assert "Nobody is on this list today." in clerk.get("/admin/reports/overdue/").text
    assert "Nobody fits this filter." in clerk.get("/admin/reports/overdue/?year=1").text


def test_a_wrong_filter_shows_nobody_and_keeps_what_was_chosen(clerk: Client, short: Member) -> None:
    answer = clerk.get(AT_RISK, {"days": "40", "credential": "RPT"})
    assert answer.status_code == 400
    assert "Nothing is shown" in answer.text
    assert "Sam Short" not in answer.text
    assert '<option value="RPT" selected>' in answer.text
    assert not ListOpening.objects.exists()


def test_pages_have_50_rows_and_their_own_addresses(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccp.reports.views.lists.PAGE", 2)
    for _ in range(5):
        make_cycle(make_member())
    first = read(clerk, "/admin/reports/not-activated/?o=amt_id")
    assert len(cells(first, "Name")) == 2
    assert [link["href"] for link in first.select(".reports-pages a")] == ["?o=amt_id&p=2", "?o=amt_id&p=3"]
    last = read(clerk, "/admin/reports/not-activated/?o=amt_id&p=99")
    assert len(cells(last, "Name")) == 1
    ids = cells(first, "AMT ID") + cells(last, "AMT ID")
    assert ids == sorted(ids)


def test_a_list_over_the_bound_says_that_there_is_more(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base.count, "__defaults__", (3,))
    for _ in range(5):
        make_cycle(make_member())
    assert "<strong>More than 3</strong>" in clerk.get("/admin/reports/not-activated/").text


def test_a_page_takes_the_same_queries_for_one_row_and_for_many(clerk: Client, short: Member) -> None:
    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert clerk.get(page).status_code == 200
        return len(captured)

    pages = [address(name) for name in ListName]
    few = {page: queries(page) for page in pages}
    assert max(few.values()) <= 11, few
    for _ in range(4):
        make_cycle(make_member(), credential="RPT")
    assert {page: queries(page) for page in pages} == few


# Saved filters


def save(client: Client, **typed: Any) -> Any:
    return client.post("/admin/reports/at-risk/filters/", {"query": "days=30&credential=RMA", **typed})


def test_a_filter_is_kept_for_its_owner_and_shared_with_staff(clerk: Client) -> None:
    other = client_of(make_clerk("view_lists", "keep_filters"))
    assert told(clerk, save(clerk, name="Month's end")) == "The filter “Month's end” is kept."
    save(clerk, name="For all", shared="on")
    own = {link.get_text(): link["href"] for link in read(clerk, AT_RISK).select(".reports-saved li a")}
    assert own == dict.fromkeys(["For all", "Month's end"], f"{AT_RISK}?days=30&credential=RMA")
    assert [link.get_text() for link in read(other, AT_RISK).select(".reports-saved li a")] == ["For all"]
    shared = SavedFilter.objects.get(name="For all")
    assert told(other, save(other, delete=str(shared.pk))) == "There is no such filter."
    assert told(clerk, save(clerk, delete=str(shared.pk))) == "The filter “For all” is deleted."
    assert list(SavedFilter.objects.values_list("name", flat=True)) == ["Month's end"]
    assert SavedFilter.history.filter(history_type="-").get().name == "For all"


def test_the_same_name_again_replaces_the_filter(clerk: Client) -> None:
    save(clerk, name="Mine")
    save(clerk, name=" Mine ", query="days=7")
    assert SavedFilter.objects.get().query == "days=7"


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\x00b"])
def test_a_name_that_cannot_be_one_keeps_nothing(clerk: Client, name: str) -> None:
    assert save(clerk, name=name).status_code == 302
    assert not SavedFilter.objects.exists()


def test_nobody_keeps_more_filters_than_fit_on_a_page(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST", 1)
    save(clerk, name="One")
    assert "Delete one first." in told(clerk, save(clerk, name="Two"))
    assert SavedFilter.objects.count() == 1
