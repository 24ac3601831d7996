"""After Submit: what the next page of every kind says, and what a second Submit does."""

import uuid
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.dates import CHICAGO
from amtportal.members.models import Member
from ccp.models import Activity, Credit
from tests.support.builders import client_of, cycle_of, invoice_of, make_activity, make_cycle, set_terms
from tests.support.pages import (
    certification_figures,
    error_summary,
    figures,
    form_values,
    read,
    record_ce,
    submit,
    words,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]


@pytest.fixture
def member() -> Member:
    """RMA 5/1/2023 to 4/30/2026 with 12 of 30 points."""
    cycle = make_cycle()
    make_activity(cycle, points="12")
    return cycle.certification.member


@pytest.fixture
def signed_in(member: Member) -> Client:
    return client_of(member)


def test_submit_leads_to_the_page_of_the_activity(signed_in: Client) -> None:
    answer = submit(
        signed_in,
        "/ccp/record/",
        activity_type="self-study",
        title="Blood cultures",
        provider="ABC College",
        points="1,5",
        starts_on="3/1/2026",
        attested="on",
    )
    activity = Activity.objects.get(title="Blood cultures")
    assert answer.headers["Location"] == f"/ccp/activities/{activity.pk}/"
    page = read(signed_in.get(answer.headers["Location"]))
    assert figures(page.main) == {
        "reference": activity.reference,
        "points-counted": "13.5",
        "points-required": "30",
        "invoice-status": "locked",
        "keep-until": "2027-12-31",
    }
    assert words(page.h1) == "+1.5 points. 13.5 of 30."
    assert "Blood cultures" in words(page.main)


def test_that_page_says_what_counted_what_is_missing_and_when_the_invoice_opens(signed_in: Client) -> None:
    """12 + 1.5 = 13.5 of 30 points, so 16.5 are missing."""
    said = words(read(signed_in.get(record_ce(signed_in).headers["Location"])).main)
    assert "+1.5 points. 13.5 of 30. 16.5 points to go by Apr 30." in said
    assert "Your renewal invoice opens the day after your requirement is met." in said


def test_the_new_total_stands_in_the_very_next_response_of_every_page(signed_in: Client, member: Member) -> None:
    """12 + 1.5 = 13.5, and 30 - 13.5 = 16.5 are missing. The PDF has its own tests."""
    cycle = cycle_of(member)
    activity = record_ce(signed_in).headers["Location"]
    for address, said in {
        activity: "13.5 of 30.",
        "/": "13.5 of 30 points 16.5 to go",
        "/certifications/": "16.5 points to go",
        f"/ccp/transcript/{cycle.pk}/": "Points counted 13.5",
        f"/invoices/{invoice_of(cycle).pk}/": "13.5 of 30 points",
        "/ccp/activities/": "RMA 1.5",
    }.items():
        assert said in words(read(signed_in.get(address)).main), address
    assert certification_figures(signed_in)[f"certification-{cycle.certification_id}"]["points-counted"] == "13.5"


def test_the_page_says_why_less_than_the_claim_counts(signed_in: Client) -> None:
    """A cap of 13 leaves 1 of the 1.5, because 12 have counted."""
    set_terms(cap=Decimal(13))
    page = read(signed_in.get(record_ce(signed_in, starts_on="3/2/2026").headers["Location"]))
    said = words(page.main)
    assert "+1 point. 13 of 30. Over the most that this activity type can count for in one cycle." in said


def test_one_entry_is_told_for_both_certifications(two: Member) -> None:
    signed_in = client_of(two)
    page = read(signed_in.get(record_ce(signed_in, points="2").headers["Location"]))
    assert [words(row) for row in page.select("main table tbody tr")] == [
        "RMA 5/1/2023 to 4/30/2026 2 2",
        "RPT 9/15/2024 to 9/14/2027 2 2",
    ]


@pytest.mark.parametrize(
    ("chosen", "credited"),
    [
        pytest.param(["RMA"], {"RMA"}, id="one"),
        pytest.param(["RMA", "RPT"], {"RMA", "RPT"}, id="both"),
        pytest.param(None, {"RMA", "RPT"}, id="not asked: every one whose open cycle covers the dates"),
    ],
)
def test_the_certifications_chosen_are_credited(two: Member, chosen: list[str] | None, credited: set[str]) -> None:
    Credit.objects.all().delete()
    keys = chosen and ["", *(str(cycle_of(two, code).certification_id) for code in chosen)]
    assert record_ce(client_of(two), certifications=keys).status_code == 302
    found = Credit.objects.values_list("cycle__certification__credential__code", flat=True)
    assert set(found) == credited


def test_the_certification_asked_for_is_credited_alone(two: Member) -> None:
    Credit.objects.all().delete()
    rpt = cycle_of(two, "RPT")
    submit(
        client_of(two),
        f"/ccp/record/?certification={rpt.certification_id}",
        activity_type="self-study",
        points="2",
        starts_on="3/1/2026",
        attested="on",
    )
    assert Credit.objects.get().cycle == rpt


def test_the_same_form_twice_records_once_and_leads_to_the_same_page(signed_in: Client) -> None:
    number = str(uuid.uuid4())
    first, second = (record_ce(signed_in, submission_id=number) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Activity.objects.count() == 2, "the 12 points of before and this one"


def test_the_same_form_after_back_in_another_spelling_is_a_repeat(signed_in: Client) -> None:
    """1,5 is 1.5, and 2026-03-01 is 3/1/2026.

    An end on the same day is an empty end.
    """
    number = str(uuid.uuid4())
    first = record_ce(signed_in, submission_id=number)
    again = record_ce(
        signed_in, submission_id=number.upper(), points=" 1,50 ", starts_on="2026-03-01", ends_on="3/1/2026"
    )
    assert again.headers["Location"] == first.headers["Location"]


def test_the_same_form_after_its_entry_was_withdrawn_is_not_said_to_be_on_record(signed_in: Client) -> None:
    """The page of the entry says that it was withdrawn.

    A notice above, which says that it is on record, would contradict it.
    """
    number = str(uuid.uuid4())
    entry = record_ce(signed_in, submission_id=number).headers["Location"]
    assert "is on record." in words(read(signed_in.get(entry)).select_one(".notices"))
    signed_in.post(f"{entry}withdraw/")
    signed_in.get(entry)  # it says that the entry is withdrawn
    assert record_ce(signed_in, submission_id=number).headers["Location"] == entry
    page = read(signed_in.get(entry))
    assert not page.select(".notices")
    assert "This entry was withdrawn on" in words(page.main)


def test_other_values_under_a_used_number_are_refused_with_an_explanation(signed_in: Client) -> None:
    number = str(uuid.uuid4())
    record_ce(signed_in, submission_id=number)
    page = read(record_ce(signed_in, submission_id=number, points="7", title="Another"), status=409)
    assert words(page.title).startswith("Error: ")
    assert "already been submitted with other values" in error_summary(page)[""]
    assert sorted(Activity.objects.values_list("points", flat=True)) == [Decimal("1.5"), Decimal(12)]
    kept = form_values(page)
    assert (kept["points"], kept["title"], kept["activity_type"]) == (["7"], ["Another"], ["course-seminar-webinar"])
    assert kept["submission_id"] != [number]
    assert signed_in.post("/ccp/record/", kept).status_code == 302, "submitted again, it records the other activity"
    assert Activity.objects.get(title="Another").points == Decimal(7)


def test_the_number_of_another_members_form_is_refused_without_a_word_about_them(
    signed_in: Client, stranger: Member
) -> None:
    number = str(uuid.uuid4())
    record_ce(client_of(stranger), submission_id=number, title="Secret seminar")
    page = read(record_ce(signed_in, submission_id=number), status=409)
    assert "Secret seminar" not in words(page)
    assert Activity.objects.filter(member=stranger).count() == 1


def test_a_client_without_a_number_records_each_time(signed_in: Client) -> None:
    for _ in range(2):
        assert record_ce(signed_in, submission_id=None).status_code == 302
    assert Activity.objects.count() == 3


def test_a_garbled_number_is_replaced_and_nothing_is_recorded_until_the_next_submit(signed_in: Client) -> None:
    page = read(record_ce(signed_in, submission_id="12345"))
    assert error_summary(page) == {"": "The form lost its number. Nothing was recorded; submit it again."}
    assert Activity.objects.count() == 1
    assert signed_in.post("/ccp/record/", form_values(page)).status_code == 302


@pytest.mark.parametrize(
    ("day", "next_day", "due_on"),
    [
        pytest.param(date(2026, 3, 14), date(2026, 3, 15), date(2026, 5, 1), id="any day"),
        pytest.param(date(2026, 3, 7), date(2026, 3, 8), date(2026, 4, 20), id="before the short day in March"),
        pytest.param(date(2026, 3, 8), date(2026, 3, 9), date(2026, 4, 20), id="on the short day"),
        pytest.param(date(2026, 10, 31), date(2026, 11, 1), date(2026, 12, 1), id="before the long day in November"),
        pytest.param(date(2026, 11, 1), date(2026, 11, 2), date(2026, 12, 1), id="on the long day"),
        pytest.param(date(2028, 2, 28), date(2028, 2, 29), date(2028, 4, 10), id="before 29 February"),
        pytest.param(date(2028, 2, 29), date(2028, 3, 1), date(2028, 4, 10), id="on 29 February"),
        pytest.param(date(2027, 2, 28), date(2027, 3, 1), date(2027, 4, 10), id="on 28 February of a common year"),
        pytest.param(date(2026, 12, 31), date(2027, 1, 1), date(2027, 2, 1), id="on New Year's Eve"),
    ],
)
@pytest.mark.parametrize("met_at", [time(9), time(23, 50)], ids=["met at 09:00", "met at 23:50"])
def test_the_invoice_opens_at_midnight_in_chicago_after_the_requirement_was_met(
    on_today: TimeMachineFixture, day: date, next_day: date, due_on: date, met_at: time
) -> None:
    """One form brings 30 of 30 points, less than 60 days before the invoice is due.

    Nothing runs at midnight.
    """
    on_today.move_to(datetime.combine(day, met_at, CHICAGO))
    cycle = make_cycle(awarded_on=due_on.replace(year=due_on.year - 3), on=day)
    signed_in = client_of(cycle.certification.member)
    assert record_ce(signed_in, points="30", starts_on=f"{cycle.starts_on}").status_code == 302
    for moment, state in ((time(23, 55), "upcoming"), (time(0, 5), "open")):
        on_today.move_to(datetime.combine(day if state == "upcoming" else next_day, moment, CHICAGO))
        found = certification_figures(signed_in)[f"certification-{cycle.certification_id}"]
        assert (found["invoice-status"], found["invoice-opens"]) == (state, f"{next_day}")
