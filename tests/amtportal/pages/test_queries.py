"""The cost of a page: a fixed number of queries, at most 10, however much is on record."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member
from ccp.models import Activity
from tests.support.audits import case_on_record, letter_on_record
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    noon,
    record_more,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today", "terms_known")]

MOST = 10
EXACTLY = {
    "home": 5,
    "My Certifications": 5,
    "Record CE": 5,
    "activities": 6,
    "activity": 8,
    "transcript": 6,
    "transcript as PDF": 10,
    "invoices": 4,
    "invoice": 6,
}
"""The session, the account with its member, and what the page shows.

A transcript is issued when it is first opened, which is one query, and a PDF is noted when it is
first made, which are two more.
"""
PAGES = {
    "home": "/",
    "My Certifications": "/certifications/",
    "Record CE": "/ccp/record/",
    "Record CE for one certification": "/ccp/record/?certification={certification}",
    "Record CE like an earlier entry": "/ccp/record/?like={activity}",
    "activities": "/ccp/activities/",
    "activities of a cycle and category": "/ccp/activities/?cycle={cycle}&category=professional-education",
    "activities sorted by points, of one certification": "/ccp/activities/?certification={certification}&sort=-points",
    "activities as CSV": "/ccp/activities/export.csv?sort=title",
    "activity": "/ccp/activities/{activity}/",
    "days to be reminded of": "/ccp/activities/{activity}/reminders.ics",
    "amend": "/ccp/activities/{activity}/amend/",
    "withdraw": "/ccp/activities/{activity}/withdraw/",
    "attach evidence": "/ccp/activities/{activity}/evidence/",
    "what differs": "/ccp/activities/{activity}/difference/",
    "transcript": "/ccp/transcript/{cycle}/",
    "transcript as PDF": "/ccp/transcript/{cycle}.pdf",
    "whole history": "/ccp/transcript/all/",
    "whole history as PDF": "/ccp/transcript/all.pdf",
    "if I were audited today": "/audits/check/",
    "audits": "/audits/",
    "audit": "/audits/{audit}/",
    "letter of an audit": "/audits/{audit}/letters/{letter}/",
    "attach files in an audit": "/audits/{audit}/entries/{activity}/files/",
    "letter of good standing": "/account/letter/{certification}/",
    "certificate of completion": "/ccp/completion/{cycle}.pdf",
    "calendar": "/calendar/",
    "notices": "/account/notices/",
    "my details": "/account/details/",
    "another name": "/account/details/name/",
    "share with an employer": "/account/sharing/",
    "course systems": "/account/course-systems/",
    "interface for course systems": "/api/v1/docs",
    "everything about me": "/account/my-data/",
    "badge": "/badges/{certification}.jwt",
    "invoices": "/invoices/",
    "invoice": "/invoices/{invoice}/",
    "invoice as PDF": "/invoices/{invoice}.pdf",
    "sign-in and security": "/accounts/2fa/",
    "where somebody is signed in": "/accounts/sessions/",
    "qualifying activities": "/qualifying-activities/",
    "guidance document": "/qualifying-activities/guidance-document.pdf",
    "points calculator": "/qualifying-activities/?type=self-study&quantity=3",
    "guide": "/guide/",
    "tutorial": "/guide/tutorial/enter-ce/",
    "tutorial-list": "/guide/tutorial/",
}


@pytest.fixture
def one() -> Member:
    """Return a member with one certification and one entry, whose last invoice is open."""
    member = make_member()
    make_activity(make_cycle(member), points="30", at=noon(TODAY - timedelta(days=1)))
    return member


@pytest.fixture
def many() -> Member:
    """Return a member with three certifications, and 200 entries that count for all of them.

    The last invoice of RMA is open.
    """
    member = make_member()
    cycles = [
        make_cycle(member),
        make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15)),
        make_cycle(member, credential="MLT", awarded_on=date(2025, 1, 1)),
    ]
    first = make_activity(*cycles, points="30", starts_on=date(2026, 1, 2), at=noon(TODAY - timedelta(days=1)))
    record_more(first, cycles, 199)
    return member


def queries(client: Client, member: Member, pattern: str) -> int:
    cycle = member.certifications.order_by("pk")[0].cycles.get()
    address = pattern.format(
        activity=member.activities.order_by("pk")[0].pk,
        certification=cycle.certification_id,
        cycle=cycle.pk,
        invoice=invoice_of(cycle).pk,
        audit=case_on_record(cycle).pk if "{audit}" in pattern else 0,
        letter=letter_on_record(case_on_record(cycle)).pk if "{letter}" in pattern else 0,
    )
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(address)
        if answer.streaming:
            b"".join(answer)
    assert answer.status_code == 200, address
    return len([query for query in captured if not query["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE"))])


@pytest.mark.any_database
@pytest.mark.parametrize("pattern", PAGES.values(), ids=PAGES.keys())
def test_a_page_takes_the_same_few_queries_with_one_entry_and_with_200(one: Member, many: Member, pattern: str) -> None:
    few, more = (queries(client_of(member), member, pattern) for member in (one, many))
    assert few == more <= MOST


@pytest.mark.any_database
@pytest.mark.parametrize("name", EXACTLY)
def test_the_pages_that_everybody_opens_take_no_more_queries_than_they_did(one: Member, name: str) -> None:
    assert queries(client_of(one), one, PAGES[name]) == EXACTLY[name]


@pytest.mark.any_database
@pytest.mark.parametrize("name", ["home", "My Certifications", "activities", "invoices", "activity"])
def test_a_page_takes_the_same_queries_with_one_certification_and_with_two(one: Member, two: Member, name: str) -> None:
    make_activity(cycle_of(two), cycle_of(two, "RPT"), points="30")
    assert queries(client_of(one), one, PAGES[name]) == queries(client_of(two), two, PAGES[name])


def test_the_links_to_courses_cost_home_one_query(short: Member) -> None:
    """They are read only while they are shown."""
    before = queries(client_of(short), short, PAGES["home"])
    make_activity(cycle_of(short, "RPT"), points="2")
    assert queries(client_of(short), short, PAGES["home"]) == before - 1 == EXACTLY["home"]


def test_recording_takes_the_same_queries_however_much_is_on_record(one: Member) -> None:
    """Entries of the cycle are read in one query.

    Those that count as before are not written again.
    """
    record_more(one.activities.get(), [cycle_of(one)], 20)
    with CaptureQueriesContext(connection) as few:
        make_activity(cycle_of(one), points="0.25")
    record_more(one.activities.order_by("pk")[0], [cycle_of(one)], 180)
    with CaptureQueriesContext(connection) as more:
        make_activity(cycle_of(one), points="0.25")
    assert len(few) == len(more)


def test_submit_takes_few_statements(one: Member) -> None:
    """Session, and account with member; two for the cycles, locked and read; one for the form's number and statement.

    The lock on the terms and their stamp; the entry and the credit, each with its line; the cycle counted again.
    """
    client, form = (
        client_of(one),
        {"activity_type": "self-study", "starts_on": "3/1/2026", "points": "1", "attested": "on"},
    )
    with CaptureQueriesContext(connection) as captured:
        assert client.post("/ccp/record/", form).status_code == 302
    asked = [
        query["sql"] for query in captured if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
    ]
    assert len(asked) == (12 if connection.vendor == "postgresql" else 11)


def test_the_history_of_an_entry_takes_the_same_queries_however_long(one: Member) -> None:
    client, entry = client_of(one), one.activities.get()
    before = queries(client, one, PAGES["activity"])
    for points in range(31, 51):
        client.post(
            f"/ccp/activities/{entry.pk}/amend/",
            {
                "activity_type": "self-study",
                "points": points,
                "starts_on": "3/1/2026",
                "attested": "on",
                "revision": points - 30,
            },
        )
    assert Activity.objects.get().revision == 21
    assert queries(client, one, PAGES["activity"]) == before
