"""The part of a page that says what an entry would count for.

The script of the Record CE page asks for it while the form is filled in.
"""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member
from ccp.models import Activity, Credit
from tests.support.builders import client_of, cycle_of, make_activity, make_cycle
from tests.support.pages import form_values, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today", "terms_known")]
ADDRESS = "/ccp/record/preview/"


@pytest.fixture
def member() -> Member:
    """RMA 5/1/2023 to 4/30/2026 with 12 of 30 points."""
    cycle = make_cycle()
    make_activity(cycle, points="12")
    return cycle.certification.member


@pytest.fixture
def signed_in(member: Member) -> Client:
    return client_of(member)


def ask(client: Client, address: str = ADDRESS, **changes: Any) -> BeautifulSoup:
    values = {"activity_type": "self-study", "points": "2", "starts_on": "3/2/2026", "preview": "1"} | changes
    answer = client.post(address, values)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html5lib")


def test_it_says_the_same_as_the_button(signed_in: Client) -> None:
    """12 + 2 = 14 of 30."""
    values = {"activity_type": "self-study", "points": "2", "starts_on": "3/2/2026", "preview": "1"}
    page = read(signed_in.post("/ccp/record/", values))
    part = ask(signed_in)
    assert words(part.select_one("#preview")) == words(page.select_one("#preview"))
    assert part.select_one("#preview")["data-said"] == "RMA: 2 would count, new total 14 of 30."


def test_it_does_not_take_the_focus(signed_in: Client) -> None:
    assert not ask(signed_in).select("[autofocus]")


def test_nothing_is_written(signed_in: Client) -> None:
    before = (Activity.objects.count(), Credit.objects.count(), Credit.history.count())
    with CaptureQueriesContext(connection) as captured:
        ask(signed_in, attested="on")
    assert (Activity.objects.count(), Credit.objects.count(), Credit.history.count()) == before
    assert not [query["sql"] for query in captured if not query["sql"].startswith("SELECT")]


def test_what_cannot_be_recorded_is_said_with_the_words_of_the_form(signed_in: Client) -> None:
    part = ask(signed_in, starts_on="3/15/2026", points="1.1")
    assert [words(item).split(".")[0] for item in part.select("#preview li")] == [
        "Points come in quarter steps",
        "The start date is in the future",
    ]
    assert not part.select("#preview table")


@pytest.mark.parametrize("empty", ["activity_type", "points", "starts_on"])
def test_a_form_that_is_not_filled_in_yet_is_told_nothing(signed_in: Client, empty: str) -> None:
    assert words(ask(signed_in, **{empty: ""})) == ""


def test_a_number_of_units_is_enough(signed_in: Client) -> None:
    part = ask(signed_in, points="", quantity="3")
    assert words(part.select_one("#earned-now")) == "= 3 points"
    assert "15 of 30" in words(part.select_one("#preview"))


def test_what_the_units_make_is_told_before_the_day_is_known(signed_in: Client) -> None:
    """0.4 CEU at 10 points make 4; 1:50 hours are 1.83, and 1.75 of them count."""
    ceu = ask(signed_in, activity_type="course-ceu", points="", quantity="0.4", starts_on="")
    assert words(ceu) == "= 4 points"
    assert words(ask(signed_in, points="", quantity="1:50", starts_on="")) == (
        "= 1.75 points, rounded down to a quarter step"
    )
    assert words(ask(signed_in, activity_type="written-work", points="", quantity="2", starts_on="")) == ""
    assert words(ask(signed_in, points="", quantity="some", starts_on="")) == ""


def test_it_previews_an_amendment(member: Member, signed_in: Client) -> None:
    """The 12 become 4."""
    entry = member.activities.get()
    page = read(signed_in.get(f"/ccp/activities/{entry.pk}/amend/"))
    address = page.select_one("form[data-preview]")["data-preview"]
    values = {name: typed[-1] for name, typed in form_values(page).items()}
    part = ask(signed_in, address, **values | {"points": "4"})
    assert "4 of 30" in words(part.select_one("#preview"))
    assert "Nothing is changed yet." in words(part)


def test_an_entry_of_another_member_is_not_found(stranger: Member, member: Member) -> None:
    entry = member.activities.get()
    assert client_of(stranger).post(f"{ADDRESS}?entry={entry.pk}").status_code == 404


def test_without_an_open_cycle_there_is_no_preview() -> None:
    member = make_cycle(status="lapsed").certification.member
    assert client_of(member).post(ADDRESS).status_code == 404


def test_it_is_guarded_against_other_sites(member: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member.user)
    assert client.post(ADDRESS).status_code == 403


def test_it_takes_the_same_queries_however_much_is_on_record(member: Member, signed_in: Client) -> None:
    with CaptureQueriesContext(connection) as few:
        ask(signed_in)
    for _ in range(5):
        make_activity(cycle_of(member), points="0.25")
    with CaptureQueriesContext(connection) as more:
        ask(signed_in)
    assert len(few) == len(more) <= 11, [query["sql"] for query in few]


def test_the_chosen_type_is_told_with_the_documents_to_keep(signed_in: Client) -> None:
    """Without a script, the answer is on the page that comes back."""
    page = read(signed_in.post("/ccp/record/", {"activity_type": "course-ceu"}))
    told = words(page.select_one("#chosen-kind"))
    assert "10 points for each CEU" in told
    assert "Keep: The certificate of completion with your name" in told
    assert words(read(signed_in.get("/ccp/record/")).select_one("#chosen-kind")) == ""
