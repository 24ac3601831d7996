"""Error reports.

A member says that a credit from AMT is wrong. Staff answer, and may void the entry.
"""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member
from amtportal.refusals import Refused
from ccp.amt_credits import credits as amt_credits
from ccp.amt_credits import error_reports
from ccp.counting import requirement
from ccp.models import Activity, ErrorReport
from ccp.recording import verbs as recording
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_user,
    noon,
)
from tests.support.pages import error_summary, read, submit, words
from tests.support.staff import found, make_clerk, page, told
from tests.support.staff import submit as type_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


@pytest.fixture
def member() -> Member:
    """Ann, to whom AMT credited 5 points for a course on 3/1/2026."""
    return make_cycle(make_member(first_name="Ann", last_name="O'Neil")).certification.member


@pytest.fixture
def credit(member: Member) -> Activity:
    claim = make_claim(provider=amt_credits.PROVIDER, title="Safe phlebotomy")
    credits = [amt_credits.AmtCredit("W-1", member, claim)]
    return amt_credits.record(credits=credits, by=None, at=noon(TODAY))["W-1"]


@pytest.fixture
def browser(member: Member) -> Client:
    return client_of(member)


def page_of(credit: Activity, name: str = "") -> str:
    return f"/ccp/activities/{credit.pk}/{name}"


def shown(browser: Client, credit: Activity) -> str:
    return words(read(browser.get(page_of(credit))).select_one("main"))


# The member


def test_a_report_is_sent_and_shown(browser: Client, credit: Activity) -> None:
    assert page_of(credit, "report/") in browser.get(page_of(credit)).text
    response = submit(browser, page_of(credit, "report/"), text="I was there on 3/2.\r\nNot on 3/1.")
    assert response.headers["Location"] == page_of(credit)
    report = ErrorReport.objects.get()
    assert (report.text, report.reported_by) == ("I was there on 3/2.\nNot on 3/1.", credit.member.user)
    text = shown(browser, credit)
    assert "I was there on 3/2." in text
    assert "AMT has not answered yet." in text


def test_the_same_report_sent_twice_is_one(browser: Client, credit: Activity) -> None:
    for _ in range(2):
        assert browser.post(page_of(credit, "report/"), {"text": "Wrong day"}).status_code == 302
    assert ErrorReport.objects.count() == 1


def test_another_report_waits_for_the_answer_to_the_first(browser: Client, credit: Activity) -> None:
    browser.post(page_of(credit, "report/"), {"text": "Wrong day"})
    refused = read(browser.post(page_of(credit, "report/"), {"text": "Wrong points too"}))
    assert "You have already reported an error for this credit." in " ".join(error_summary(refused).values())
    error_reports.answer(report=ErrorReport.objects.get(), text="Corrected.", by=make_user(), at=noon(TODAY))
    assert browser.post(page_of(credit, "report/"), {"text": "Wrong points too"}).status_code == 302
    assert ErrorReport.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "Say what is wrong with this credit.", id="empty"),
        pytest.param("  \n ", "Say what is wrong with this credit.", id="blank"),
        pytest.param("x" * 1_001, "Shorten your text to 1,000 characters; it has 1,001.", id="a character too long"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_at_its_field(
    browser: Client, credit: Activity, text: str, sentence: str
) -> None:
    refused = read(browser.post(page_of(credit, "report/"), {"text": text}))
    assert error_summary(refused) == {"id_text": sentence}
    assert not ErrorReport.objects.exists()


def test_a_text_of_1000_characters_is_taken(browser: Client, credit: Activity) -> None:
    assert browser.post(page_of(credit, "report/"), {"text": "x" * 1_000}).status_code == 302


def test_what_the_member_recorded_has_no_report(browser: Client, member: Member) -> None:
    own = make_activity(cycle_of(member))
    assert browser.get(page_of(own, "report/")).headers["Location"] == page_of(own)
    refused = read(browser.post(page_of(own, "report/"), {"text": "Wrong day"}))
    assert "Only a credit from AMT" in " ".join(error_summary(refused).values())
    assert page_of(own, "report/") not in browser.get(page_of(own)).text


def test_a_void_credit_can_no_longer_be_reported(browser: Client, credit: Activity) -> None:
    recording.void(activity=credit, reason="Wrong person.", by=make_user(), at=noon(TODAY))
    assert browser.get(page_of(credit, "report/")).headers["Location"] == page_of(credit)
    assert "Report an error" not in shown(browser, credit)


def test_nobody_else_reports_it(credit: Activity) -> None:
    address = page_of(credit, "report/")
    assert client_of(make_member()).post(address, {"text": "Mine"}).status_code == 404
    assert client_of(make_user(is_staff=True)).post(address, {"text": "Mine"}).headers["Location"] == "/"
    assert not ErrorReport.objects.exists()


def test_hostile_text_is_shown_as_text(browser: Client, credit: Activity) -> None:
    browser.post(page_of(credit, "report/"), {"text": "<script>alert(1)</script>"})
    assert "<script>alert" not in browser.get(page_of(credit)).text


# Staff


@pytest.fixture
def report(credit: Activity) -> ErrorReport:
    return error_reports.report(activity=credit, text="Wrong day", by=credit.member.user, at=noon(TODAY))


@pytest.fixture
def desk() -> Client:
    """Return staff who may answer, and void."""
    return client_of(make_clerk("view_errorreport", "answer_error_report", "view_activity", "void_entry"))


@pytest.mark.ignore_template_errors
def test_staff_answer_and_the_member_reads_it(desk: Client, browser: Client, report: ErrorReport) -> None:
    assert found(desk, ErrorReport, answered="no") == [report]
    assert found(desk, ErrorReport, q="o'neil") == found(desk, ErrorReport, q=report.activity.reference) == [report]
    address = page(ErrorReport, "answer", report.pk)
    assert address in desk.get(page(ErrorReport, "change", report.pk)).text
    text = desk.get(address).text
    assert "Wrong day" in text
    assert "W-1" in text
    response = type_in(desk, address, answer="The course was on 3/1.")
    assert told(desk, response) == f"Answered {report.activity.reference}."
    assert found(desk, ErrorReport, answered="yes") == [report]
    assert "The course was on 3/1." in shown(browser, report.activity)
    assert requirement.counted_points(cycle_of(report.activity.member)) == 5
    assert address not in desk.get(page(ErrorReport, "change", report.pk)).text


@pytest.mark.ignore_template_errors
def test_staff_may_void_the_entry_with_the_answer(desk: Client, report: ErrorReport) -> None:
    address = page(ErrorReport, "answer", report.pk)
    type_in(desk, address, answer="You are right.", void_reason="Wrong day.")
    report.activity.refresh_from_db()
    assert report.activity.void_reason == "Wrong day."
    assert requirement.counted_points(cycle_of(report.activity.member)) == 0


@pytest.mark.ignore_template_errors
def test_a_reason_that_nobody_sees_voids_nothing(desk: Client, report: ErrorReport) -> None:
    type_in(desk, page(ErrorReport, "answer", report.pk), answer="You are right.", void_reason="\u200b")
    report.activity.refresh_from_db()
    assert report.activity.is_standing


@pytest.mark.ignore_template_errors
def test_voiding_needs_its_own_permission(report: ErrorReport) -> None:
    desk = client_of(make_clerk("view_errorreport", "answer_error_report"))
    assert "void_reason" not in desk.get(page(ErrorReport, "answer", report.pk)).text
    desk.post(page(ErrorReport, "answer", report.pk), {"answer": "Yes.", "void_reason": "Wrong day."})
    report.activity.refresh_from_db()
    assert report.activity.is_standing


@pytest.mark.ignore_template_errors
def test_a_void_that_is_refused_leaves_the_report_open(desk: Client, report: ErrorReport) -> None:
    closed = {"ends_on": date(2026, 3, 13), "closed_on": TODAY, "outcome": "non-compliant", "points_at_close": 5}
    cycle = cycle_of(report.activity.member)
    type(cycle).objects.filter(pk=cycle.pk).update(**closed)
    response = type_in(desk, page(ErrorReport, "answer", report.pk), answer="Yes.", void_reason="Wrong day.")
    assert "cycle that is closed" in response.text
    report.refresh_from_db()
    assert report.answered_at is None


@pytest.mark.ignore_template_errors
def test_an_answer_sent_twice_is_one(desk: Client, report: ErrorReport) -> None:
    address = page(ErrorReport, "answer", report.pk)
    desk.post(address, {"answer": "The first."})
    assert told(desk, desk.post(address, {"answer": "The second."})) == "This report is already answered."
    report.refresh_from_db()
    assert report.answer == "The first."
    assert desk.get(address).status_code == 302


@pytest.mark.ignore_template_errors
@pytest.mark.parametrize("answer", ["", "   ", "\u200b\u00a0"], ids=["empty", "blank", "unseen"])
def test_an_answer_has_words(desk: Client, report: ErrorReport, answer: str) -> None:
    assert "required" in type_in(desk, page(ErrorReport, "answer", report.pk), answer=answer).text
    report.refresh_from_db()
    assert report.answered_at is None


def test_the_verb_refuses_a_blank_answer(report: ErrorReport) -> None:
    with pytest.raises(Refused, match="Write an answer"):
        error_reports.answer(report=report, text=" ", by=make_user(), at=noon(TODAY))


@pytest.mark.ignore_template_errors
def test_answering_needs_the_permission(report: ErrorReport) -> None:
    clerk = client_of(make_clerk("view_errorreport"))
    assert clerk.get(page(ErrorReport, "answer", report.pk)).status_code == 403
    assert clerk.post(page(ErrorReport, "answer", report.pk), {"answer": "No."}).status_code == 403


def test_the_page_of_a_credit_takes_at_most_10_queries_however_many_reports(browser: Client, credit: Activity) -> None:
    taken = []
    for n in range(3):
        with CaptureQueriesContext(connection) as captured:
            browser.get(page_of(credit))
        taken.append(len(captured))
        report = error_reports.report(activity=credit, text=f"Wrong, {n}", by=credit.member.user, at=noon(TODAY))
        error_reports.answer(report=report, text="Looked into it.", by=make_user(), at=noon(TODAY))
    assert len(set(taken)) == 1
    assert taken[0] <= 10
