"""One search: by whatever somebody says on the phone or has on paper; what it shows, to whom, and at what cost."""

from collections.abc import Callable
from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amtportal.members import amt_ids
from amtportal.members.models import Member
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing
from certifications.models import Cycle
from tests.support.audits import case_on_record
from tests.support.builders import (
    TODAY,
    client_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_user,
    noon,
)
from tests.support.pages import words
from tests.support.staff import make_clerk, page

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]
SEARCH = "/admin/search/"


@pytest.fixture
def soren() -> Cycle:
    """Return the cycle of a member who can be found by everything."""
    member = make_member(
        first_name="Søren",
        last_name="O’Lindqvist-Berg",
        amt_id="2100003",
        phone="(312) 555-0142",
        user=make_user(email="soren@home.example"),
    )
    for _ in range(3):  # others, who fit none of it
        make_cycle()
    return make_cycle(member, certificate_number="RMA-77", awarded_on=date(2023, 5, 1))


@pytest.fixture
def root() -> Client:
    return client_of(make_user(is_staff=True, is_superuser=True))


def code_of(cycle: Cycle) -> str:
    member = cycle.certification.member
    issue = issuing.issue(contents=transcripts.of_cycle(cycle), by=member.user, at=noon(TODAY))
    return issue.grouped_code.lower()


WAYS: dict[str, Callable[[Cycle], str]] = {
    "last name without accents": lambda cycle: "lindqvist",
    "both names in the other order": lambda cycle: "berg soren",
    "apostrophe left out": lambda cycle: "olindqvist",
    "AMT ID": lambda cycle: "2100003",
    "e-mail address": lambda cycle: "Soren@Home.example",
    "the beginning of the address": lambda cycle: "soren@h",
    "phone as it is said": lambda cycle: "312 555 0142",
    "the last digits": lambda cycle: "0142",
    "certificate number": lambda cycle: "rma 77",
    "invoice": lambda cycle: invoice_of(cycle).number,
    "invoice without zeros": lambda cycle: f"inv{invoice_of(cycle).pk}",
    "entry": lambda cycle: make_activity(cycle).reference,
    "audit": lambda cycle: case_on_record(cycle).reference,
    "code of a transcript": code_of,
}


@pytest.mark.parametrize("way", WAYS)
def test_one_hit_goes_straight_to_the_page_of_the_member(soren: Cycle, root: Client, way: str) -> None:
    answer = root.get(SEARCH, {"q": f"  {WAYS[way](soren)} "})
    assert answer.status_code == 302, way
    assert answer["Location"] == page(Member, "change", soren.certification.member_id)


def test_a_former_amt_id_and_a_former_name_find_the_member(soren: Cycle, root: Client) -> None:
    member = soren.certification.member
    amt_ids.change(member=member, amt_id="99", reason="Re-keyed.", by=make_user(is_staff=True), at=noon(TODAY))
    member.last_name = "Dahl"
    member.save()
    for typed in ("2100003", "99", "lindqvist", "dahl"):
        assert root.get(SEARCH, {"q": typed})["Location"] == page(Member, "change", member.pk), typed


def test_several_hits_say_by_what_each_was_found(soren: Cycle, root: Client) -> None:
    make_member(first_name="Soren", last_name="Aas", amt_id="5")
    make_member(first_name="Ada", last_name="Zed", amt_id="6", user=make_user(email="soren.zed@home.example"))
    renamed = make_member(first_name="Soren", last_name="Kjær", amt_id="7")
    renamed.first_name = "Sam"
    renamed.save()
    soup = BeautifulSoup(root.get(SEARCH, {"q": "soren"}).text, "html.parser")
    assert [words(hit) for hit in soup.select("[data-name=hits] li")] == [
        "Soren Aas 5 Found by: name",
        "Sam Kjær 7 Found by: former name Soren Kjær",
        "Søren O’Lindqvist-Berg 2100003 Found by: name",
        "Ada Zed 6 Found by: e-mail address soren.zed@home.example",
    ]


def test_a_merged_record_leads_to_the_one_that_holds_everything(soren: Cycle, root: Client) -> None:
    kept = soren.certification.member
    make_member(first_name="Mahalia", last_name="Dahl", amt_id="8", merged_into=kept, user=None)
    assert root.get(SEARCH, {"q": "mahalia"})["Location"] == page(Member, "change", kept.pk)


def test_a_name_that_sounds_alike_is_shown_and_not_opened(soren: Cycle, root: Client) -> None:
    answer = root.get(SEARCH, {"q": "lindkvist"})
    assert "in the name. These sound alike." in answer.text
    assert "Found by: a name that sounds alike" in answer.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Write a name, an AMT ID"),
        ("   ", "Write a name, an AMT ID"),
        ("xyzzy", "Nobody fits “"),
        ("INV-999999999", "Nobody fits “"),
        ("CE-999999999999999999", "Nobody fits “"),
        ("%", "Nobody fits “"),
        ("\0", "Write a name, an AMT ID"),
        ("x" * 5000, "Nobody fits “"),
    ],
)
def test_what_finds_nobody_gets_a_sentence(soren: Cycle, root: Client, typed: str, sentence: str) -> None:
    answer = root.get(SEARCH, {"q": typed})
    assert answer.status_code == 200
    assert sentence in answer.text


def test_too_many_are_not_shown_as_if_they_were_all(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccp.desk.search.MOST_PEOPLE", 2)
    for _ in range(3):
        make_member(last_name="Lane")
    answer = root.get(SEARCH, {"q": "lane"})
    assert "More than 2 members fit" in answer.text
    assert 'data-name="hits"' not in answer.text


def test_a_way_that_reads_a_record_needs_the_permission_to_view_it(soren: Cycle) -> None:
    """A clerk who sees members only does not learn whose an invoice is."""
    clerk = client_of(make_clerk("view_member"))
    for way in ("invoice", "entry", "audit", "certificate number", "code of a transcript"):
        assert "Nobody fits" in clerk.get(SEARCH, {"q": WAYS[way](soren)}).text, way
    assert clerk.get(SEARCH, {"q": "lindqvist"}).status_code == 302


def test_the_search_is_on_every_page_of_who_may_view_members_and_on_no_other() -> None:
    for path in ("/admin/", page(Member)):
        assert 'name="q"' in client_of(make_clerk("view_member")).get(path).text
    assert "desk-search" not in client_of(make_clerk("view_activity")).get("/admin/").text


@pytest.mark.parametrize("typed", ["lane", "ada lane", "lindkvist", "INV-0000001", "2100003"])
def test_a_search_takes_the_same_queries_for_few_and_for_many(root: Client, typed: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            root.get(SEARCH, {"q": typed})
        return len(captured)

    make_cycle(make_member(first_name="Ada", last_name="Lane"))
    make_cycle(make_member(first_name="Ada", last_name="Lane"))
    queries()
    few = queries()
    for _ in range(10):
        make_cycle(make_member(first_name="Ada", last_name="Lane"))
    assert queries() == few <= 14
