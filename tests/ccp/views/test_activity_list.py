"""The list of recorded activities: filters, sorts, pages and sums.

An empty list says why it is empty.
"""

from datetime import date
from decimal import Decimal
from itertools import product
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from amtportal.members.models import Member, User
from ccp.amt_credits import credits as amt_credits
from ccp.models import Activity
from ccp.recording import verbs as recording
from ccp.views import activities as activity_views
from ccp.views.activity_filters import COLUMNS, ORDERS, SORTS
from tests.support.builders import TODAY, client_of, cycle_of, make_activity, make_claim, noon
from tests.support.pages import figures, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
ADDRESS = "/ccp/activities/"
DAY_BEFORE = date(2026, 3, 13)


def credit(member: Member, reference: str = "W-1", **claim: str) -> Activity:
    """A self-study of 5 points that AMT credits on TODAY."""
    claimed = make_claim(**{"kind": "self-study", "title": "AMT webinar", **claim})
    credits = [amt_credits.AmtCredit(reference, member, claimed)]
    return amt_credits.record(credits=credits, by=None, at=noon(TODAY))[reference]


@pytest.fixture
def record(two: Member) -> Member:
    """RMA and RPT. Four entries:

    - "Course", 4 points for both, of 3/1/2026
    - "apheresis", a talk, 2.5 points for RPT, of 2/1/2026, recorded the day before the others
    - "Zoonoses", 1 point for RMA, of 1/5/2026, withdrawn
    - "AMT webinar", self-study, 5 points for both, of 3/1/2026, from AMT
    """
    two.activities.update(title="Course")
    rma, rpt = cycle_of(two), cycle_of(two, "RPT")
    make_activity(
        rpt, title="apheresis", kind="presentation", points="2.5", starts_on=date(2026, 2, 1), at=noon(DAY_BEFORE)
    )
    gone = make_activity(rma, title="Zoonoses", points="1", starts_on=date(2026, 1, 5))
    recording.withdraw(activity=gone, by=two.user, at=noon(TODAY))
    credit(two)
    return two


@pytest.fixture
def signed_in(record: Member) -> Client:
    return client_of(record)


def listed(client: Client, **query: object) -> BeautifulSoup:
    return read(client.get(ADDRESS, {name: str(value) for name, value in query.items()}))


def titles(page: BeautifulSoup) -> list[str]:
    return [words(link) for link in page.select("main tbody th a")]


def keys(member: Member, **query: str) -> dict[str, str]:
    """Return the query with RMA and RPT replaced by the keys that the address has."""
    of = {
        "cycle": lambda code: cycle_of(member, code).pk,
        "certification": lambda code: cycle_of(member, code).certification_id,
    }
    return {name: str(of[name](value)) if name in of else value for name, value in query.items()}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({}, ["AMT webinar", "Course", "apheresis", "Zoonoses"], id="all, newest first"),
        pytest.param({"cycle": "RMA"}, ["AMT webinar", "Course", "Zoonoses"], id="a cycle"),
        pytest.param({"certification": "RPT"}, ["AMT webinar", "Course", "apheresis"], id="a certification"),
        pytest.param({"category": "instructional-presentations"}, ["apheresis"], id="a category"),
        pytest.param({"source": "amt"}, ["AMT webinar"], id="credited by AMT"),
        pytest.param({"source": "member"}, ["Course", "apheresis", "Zoonoses"], id="recorded by the member"),
        pytest.param({"state": "withdrawn"}, ["Zoonoses"], id="withdrawn"),
        pytest.param({"state": "standing"}, ["AMT webinar", "Course", "apheresis"], id="on record"),
        pytest.param({"certification": "RMA", "source": "member", "state": "standing"}, ["Course"], id="three at once"),
        pytest.param({"cycle": "RMA", "certification": "RPT"}, [], id="a cycle of another certification"),
    ],
)
def test_each_filter_narrows_the_list_and_all_of_them_together(
    record: Member, signed_in: Client, query: dict[str, str], expected: list[str]
) -> None:
    assert titles(listed(signed_in, **keys(record, **query))) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        pytest.param("date", ["Zoonoses", "apheresis", "Course", "AMT webinar"], id="oldest first"),
        pytest.param("-date", ["AMT webinar", "Course", "apheresis", "Zoonoses"], id="newest first"),
        pytest.param("title", ["AMT webinar", "apheresis", "Course", "Zoonoses"], id="A to Z, whatever the case"),
        pytest.param("-title", ["Zoonoses", "Course", "apheresis", "AMT webinar"], id="Z to A"),
        pytest.param("type", ["Zoonoses", "Course", "AMT webinar", "apheresis"], id="category, type, date"),
        pytest.param("points", ["Zoonoses", "apheresis", "Course", "AMT webinar"], id="0, 2.5, 2 × 4, 2 × 5"),
        pytest.param("-points", ["AMT webinar", "Course", "apheresis", "Zoonoses"], id="most first"),
        pytest.param("recorded", ["apheresis", "Course", "Zoonoses", "AMT webinar"], id="recorded first"),
        pytest.param("-recorded", ["AMT webinar", "Zoonoses", "Course", "apheresis"], id="recorded last"),
    ],
)
def test_the_list_is_sorted_as_the_address_says(signed_in: Client, sort: str, expected: list[str]) -> None:
    assert titles(listed(signed_in, sort=sort)) == expected


def test_every_sort_is_of_a_column_and_has_both_directions() -> None:
    assert set(SORTS) == {f"{sign}{name}" for sign, name in product(("", "-"), ORDERS)}
    assert {first.removeprefix("-") for _, first in COLUMNS if first} == set(ORDERS)


@pytest.mark.parametrize("sort", SORTS)
def test_what_is_alike_stands_in_the_order_of_recording(met: Member, sort: str) -> None:
    """Four entries differ in nothing but their keys.

    They are in the order of the keys, or in the reverse order.
    """
    met.activities.update(starts_on=date(2026, 2, 28))
    alike = [make_activity(cycle_of(met), title="Course", points="1") for _ in range(4)]
    page = listed(client_of(met), sort=sort)
    found = [link["href"] for link in page.select("main tbody th a") if words(link) == "Course"]
    expected = [f"/ccp/activities/{entry.pk}/" for entry in alike]
    assert found == (expected[::-1] if sort.startswith("-") else expected)


def heads(page: BeautifulSoup) -> dict[str, tuple[str, str]]:
    """Return what the aria-sort of each sorting head says, and where it leads.

    The heads are those of the first table.
    """
    links = page.select_one("main table").select("thead a")
    return {words(link): (link.parent.get("aria-sort", ""), link["href"]) for link in links}


def test_the_heads_sort_and_the_one_sorted_by_turns_round_and_says_so(signed_in: Client) -> None:
    assert heads(listed(signed_in, state="standing")) == {
        "Sort by Activity": ("", "?state=standing&sort=title"),
        "Sort by Dates": ("descending", "?state=standing&sort=date"),
        "Sort by Category": ("", "?state=standing&sort=type"),
        "Sort by Recorded": ("", "?state=standing&sort=-recorded"),
        "Sort by Counted": ("", "?state=standing&sort=-points"),
    }
    by_title = heads(listed(signed_in, sort="title"))
    assert by_title["Sort by Activity"] == ("ascending", "?sort=-title")
    assert by_title["Sort by Dates"] == ("", "?")
    assert heads(listed(signed_in, sort="-title"))["Sort by Activity"] == ("descending", "?sort=title")


def test_it_stands_in_groups_by_cycle_if_sorted_by_date_and_otherwise_in_one(signed_in: Client) -> None:
    by_date = listed(signed_in, sort="date")
    assert [words(caption) for caption in by_date.select("main caption")] == [
        "RMA cycle May 1, 2023 to Apr 30, 2026",
        "RPT cycle Sep 15, 2024 to Sep 14, 2027",
        "RMA cycle May 1, 2023 to Apr 30, 2026 and RPT cycle Sep 15, 2024 to Sep 14, 2027",
    ]
    assert [len(table.select("thead a")) for table in by_date.select("main table")] == [5, 0, 0]
    assert [words(caption) for caption in listed(signed_in, sort="title").select("main caption")] == ["Title, A to Z"]


@pytest.mark.parametrize(
    ("query", "claimed", "counted"),
    [
        pytest.param({}, ("4", "11.5"), "RMA 9, RPT 11.5.", id="all: 4 + 2.5 + 5; 4 + 5 for RMA, 11.5 for RPT"),
        pytest.param({"cycle": "RMA"}, ("3", "9"), "RMA 9.", id="a cycle: what counts in it"),
        pytest.param({"certification": "RPT"}, ("3", "11.5"), "RPT 11.5.", id="a certification: what counts for it"),
        pytest.param({"state": "withdrawn"}, ("1", "0"), "RMA 0.", id="withdrawn: nothing is claimed"),
    ],
)
def test_it_says_how_many_there_are_and_what_they_come_to(
    record: Member, signed_in: Client, query: dict[str, str], claimed: tuple[str, str], counted: str
) -> None:
    tally = listed(signed_in, **keys(record, **query)).select_one("main .list-sum")
    assert (figures(tally)["activities-found"], figures(tally)["points-claimed"]) == claimed
    assert f"Points counted: {counted}" in words(tally)


def test_what_is_chosen_stays_chosen_in_the_form_and_can_be_cleared(signed_in: Client) -> None:
    page = listed(signed_in, source="amt", sort="title")
    assert words(page.select_one("details.filter summary")) == "Filter and sort: Credited by AMT"
    form = page.select_one("details.filter form[method=get]")
    assert {field["name"]: field.select_one("option[selected]")["value"] for field in form.select("select")} == {
        "cycle": "",
        "certification": "",
        "category": "",
        "source": "amt",
        "state": "",
        "sort": "title",
    }
    assert [words(link) for link in page.select("main a[href='/ccp/activities/']")] == ["Clear filters"]
    unfiltered = listed(signed_in)
    assert words(unfiltered.select_one("details.filter summary")) == "Filter and sort"
    assert not unfiltered.select("main a[href='/ccp/activities/']")


def test_the_fields_stand_open_only_where_one_of_them_is_wrong(signed_in: Client) -> None:
    assert not listed(signed_in, source="amt").select("details.filter[open]")
    assert listed(signed_in, source="nobody").select("details.filter[open]")


def test_pages_keep_the_filters_and_the_sort(met: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 + 4 = 5 entries, with two on a page: 2, 2 and 1.

    Every entry is on one page.
    """
    monkeypatch.setattr(activity_views, "PAGE_SIZE", 2)
    for number in range(4):
        make_activity(cycle_of(met), points="0.25", title=f"Course {number}", starts_on=date(2026, 3, 2))
    client = client_of(met)
    page = listed(client, source="member", sort="title", page=2)
    assert {words(link): link["href"] for link in page.select("nav.pages a")} == {
        "Previous": "?page=1&source=member&sort=title",
        "Page 1": "?page=1&source=member&sort=title",
        "Page 2": "?page=2&source=member&sort=title",
        "Page 3": "?page=3&source=member&sort=title",
        "Next": "?page=3&source=member&sort=title",
    }
    assert [words(link) for link in page.select("nav.pages [aria-current=page]")] == ["Page 2"]
    seen = [title for number in (1, 2, 3) for title in titles(listed(client, sort="title", page=number))]
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen)
    assert words(page.title) == "Activities, page 2 – AMT Portal"


def test_of_many_pages_those_in_between_are_left_out(met: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_views, "PAGE_SIZE", 1)
    for _ in range(8):
        make_activity(cycle_of(met), points="0.25")
    assert words(listed(client_of(met), page=5).select_one("nav.pages")) == (
        "Previous Page 1 … Page 4 Page 5 Page 6 … Page 9 Next"
    )


HOSTILE = ["-1", "0", "9" * 30, "RMA", "\x00", "a\x00b", "' OR 1=1 --", "<script>", "é", "💉", "[]", " ", "1.5"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cycle", "certification", "category", "source", "state", "sort", "page", "nothing"])
def test_what_the_list_does_not_have_is_left_aside(signed_in: Client, name: str) -> None:
    for value in HOSTILE:
        answer = signed_in.get(ADDRESS, {name: value})
        assert answer.content.decode().count('<th scope="row">') == 4, value
        assert "<script" not in answer.content.decode()
        assert b"".join(signed_in.get(f"{ADDRESS}export.csv", {name: value})).count(b"\r\n") == 5


@pytest.mark.parametrize("query", ["cycle=%ff%fe", "sort=%00", "cycle=x&cycle=y", "&&==", "page=" + quote("²")])
def test_an_address_that_is_no_address_is_answered(signed_in: Client, query: str) -> None:
    assert len(titles(read(signed_in.get(f"{ADDRESS}?{query}")))) == 4


def test_a_choice_that_there_is_not_is_told_at_its_field_and_the_others_hold(signed_in: Client) -> None:
    page = listed(signed_in, category="sleeping", source="amt")
    assert titles(page) == ["AMT webinar"]
    assert words(page.select_one("#id_category_error")) == "This choice does not exist, so it is ignored."
    assert "sleeping" not in page.select_one("main thead").decode_contents()


def test_the_cycle_and_the_certification_of_another_member_are_no_filters(signed_in: Client, stranger: Member) -> None:
    cycle = cycle_of(stranger)
    assert len(titles(listed(signed_in, cycle=cycle.pk))) == 4
    assert len(titles(listed(signed_in, certification=cycle.certification_id))) == 4


def test_where_nothing_matches_it_says_so_and_leads_back(signed_in: Client) -> None:
    page = listed(signed_in, category="formal-education")
    assert "Nothing matches" in words(page.main)
    assert not page.select("main table, main .list-sum")
    assert "Clear filters" in [words(link) for link in page.select("main a[href='/ccp/activities/']")]


def test_where_nothing_is_recorded_it_says_what_will_stand_there(new: Member) -> None:
    page = listed(client_of(new))
    assert "Nothing recorded yet" in words(page.main)
    assert not page.select("main form, main table, main .list-sum")


def test_a_void_entry_is_among_those_that_do_not_stand(record: Member, signed_in: Client, staff: User) -> None:
    course = record.activities.get(title="Course")
    recording.void(activity=course, reason="No proof.", by=staff, at=noon(TODAY))
    page = listed(signed_in, state="withdrawn", sort="title")
    assert [words(badge) for badge in page.select("main tbody .badge")] == ["Void", "Withdrawn"]


def test_an_entry_without_a_title_is_sorted_by_the_name_of_its_type(met: Member) -> None:
    """ "Course, seminar or webinar" comes between B and D."""
    for title in ("Donors", "Blood"):
        make_activity(cycle_of(met), title=title, points="1")
    assert titles(listed(client_of(met), sort="title")) == ["Blood", "Course, seminar or webinar", "Donors"]


def test_the_points_of_an_entry_are_those_it_counts_for_not_those_claimed(record: Member) -> None:
    """The withdrawn entry claims 1 and counts 0, so it comes first, before the 2.5."""
    assert record.activities.get(title="Zoonoses").points == Decimal(1)
    assert titles(listed(client_of(record), sort="points"))[0] == "Zoonoses"
