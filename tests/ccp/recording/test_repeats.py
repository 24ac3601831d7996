"""The Record CE form posted again when the rules have changed in the meantime.

The answer is the entry that the form recorded, or what the form is told today. Back in the browser,
a second click or a lost connection sends the same form again, also just after records have ended or
terms have changed.
"""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from ccp.models import Activity, ActivityType
from ccp.recording.eligibility import FIELDS, Claim
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    chicago,
    client_of,
    cycle_of,
    make_cycle,
    make_member,
    make_payment,
    make_terms,
    noon,
)
from tests.support.pages import error_summary, read, record_ce, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
DAY = timedelta(days=1)
AMENDED = {"activity_type": "self-study", "points": "7", "starts_on": "3/1/2026", "attested": "on", "revision": "1"}
LAST, NEXT = chicago(2026, 7, 29, 23, 55), chicago(2026, 7, 30, 0, 5)  # of the grace period of RMA, and after


class Form:
    """One Record CE form of a member, which can be posted again.

    The member signs in each time.
    """

    def __init__(self, member: Member, **sent: Any) -> None:
        self.member, self.sent = member, {"submission_id": str(uuid.uuid4()), **sent}

    def post(self, **changes: Any) -> HttpResponse:
        return record_ce(client_of(self.member), **self.sent | changes)


@pytest.fixture
def member() -> Member:
    """RMA in the last year of 5/1/2023 to 4/30/2026; nothing is recorded."""
    return make_cycle().certification.member


def posted_again(on_today: TimeMachineFixture, form: Form) -> None:
    """The form records just before records end.

    It leads to its entry just after, while the cycle closes.
    """
    on_today.move_to(LAST)
    first = form.post()
    on_today.move_to(NEXT)
    again = form.post()
    entry = Activity.objects.get(submission_id=form.sent["submission_id"])
    for answer in (first, again):
        assert (answer.status_code, answer.headers.get("Location")) == (302, f"/ccp/activities/{entry.pk}/")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({}, id="points"),
        pytest.param({"points": "", "quantity": "2"}, id="units"),
        pytest.param({"submission_id": str(uuid.uuid4()).upper()}, id="a number in capitals"),
    ],
)
def test_the_same_form_after_records_have_ended_leads_to_the_same_page(
    on_today: TimeMachineFixture, member: Member, sent: dict[str, str]
) -> None:
    posted_again(on_today, Form(member, **sent))
    assert cycle_of(member).outcome == "non-compliant"


@pytest.mark.parametrize("chosen", [["RMA"], ["RMA", "RPT"], None], ids=["one", "both", "not sent"])
def test_so_it_does_where_another_certification_still_takes_records(
    on_today: TimeMachineFixture, two: Member, chosen: list[str] | None
) -> None:
    """The days lie in the cycles of both certifications.

    A certification that was given up takes no records and is not meant.
    """
    make_cycle(two, credential="MLT", status="retired")
    keys = chosen and ["", *(str(cycle_of(two, code).certification_id) for code in chosen)]
    posted_again(on_today, Form(two, certifications=keys))


def test_so_it_does_for_the_certification_that_was_asked_for(on_today: TimeMachineFixture, two: Member) -> None:
    address = f"/ccp/record/?certification={cycle_of(two).certification_id}"
    form = {"activity_type": "self-study", "points": "2", "starts_on": "3/1/2026", "attested": "on"}
    form["submission_id"] = str(uuid.uuid4())
    on_today.move_to(LAST)
    first = client_of(two).post(address, form)
    on_today.move_to(NEXT)
    assert client_of(two).post(address, form).headers["Location"] == first.headers["Location"]


def test_so_it_does_when_the_next_cycle_has_opened_on_the_same_day(on_today: TimeMachineFixture) -> None:
    """The cycle is voluntary and paid, so it closes on the day after its last.

    That day is not a day of the next cycle's form.
    """
    member = make_member()
    cycle = make_cycle(member, awarded_on=date(1999, 5, 1), ccp_mandatory=False)
    on_today.move_to(chicago(2026, 4, 30, 23, 55))
    form = Form(member)
    first = form.post()
    for invoice in cycle.invoices.all():
        make_payment(invoice, at=noon(date(2026, 4, 30)))
    on_today.move_to(chicago(2026, 5, 1, 0, 5))
    assert form.post().headers["Location"] == first.headers["Location"]
    assert Cycle.objects.count() == 2


def test_so_it_does_when_the_type_was_retired_or_has_other_terms_meanwhile(
    on_today: TimeMachineFixture, member: Member
) -> None:
    """2 hours made 2 points. From tomorrow on they make 1."""
    form = Form(member, points="", quantity="2")
    first = form.post()
    make_terms(effective_from=TODAY + DAY, unit="hour", points_per_unit=Decimal("0.5"))
    ActivityType.objects.update(retired_on=TODAY + DAY)
    on_today.move_to(noon(TODAY + DAY))
    assert form.post().headers["Location"] == first.headers["Location"]


def test_other_values_under_the_number_are_told_what_everybody_is_told(
    on_today: TimeMachineFixture, member: Member
) -> None:
    """No cycle takes records, so there is no form, as before.

    Nothing is recorded.
    """
    form = Form(member)
    on_today.move_to(LAST)
    form.post()
    on_today.move_to(NEXT)
    page = read(form.post(points="2"))
    assert "You cannot record CE now" in words(page.h1)
    assert Activity.objects.count() == 1


def test_other_certifications_under_the_number_are_other_values(two: Member) -> None:
    rma, rpt = (str(cycle_of(two, code).certification_id) for code in ("RMA", "RPT"))
    form = Form(two, certifications=["", rma])
    assert form.post().status_code == 302
    assert "with other values" in error_summary(read(form.post(certifications=["", rma, rpt]), 409))[""]


def test_a_preview_of_a_form_that_was_submitted_is_a_preview(member: Member) -> None:
    form = Form(member)
    form.post()
    assert read(form.post(preview="1")).select("#preview")


def test_the_number_of_another_members_form_leads_nowhere_after_records_have_ended(
    on_today: TimeMachineFixture, member: Member
) -> None:
    on_today.move_to(LAST)
    form = Form(make_cycle().certification.member)
    form.post()
    on_today.move_to(NEXT)
    form.member = member
    assert "You cannot record CE now" in words(read(form.post()).h1)


def recorded_before_there_was_a_digest_of_what_is_typed(form: Form) -> str:
    """The address of the entry, which has the digest of its claim."""
    address = form.post().headers["Location"]
    entry = Activity.objects.get()
    claim = Claim(**{field: getattr(entry, field) for field in FIELDS})
    Activity.objects.update(submission_digest=claim.digest([cycle_of(form.member)]))
    return address


@pytest.mark.parametrize("sent", [{}, {"points": "", "quantity": "2"}], ids=["points", "units"])
def test_the_form_of_an_entry_from_before_leads_to_it_also_once_it_is_amended(
    member: Member, sent: dict[str, str]
) -> None:
    form = Form(member, **sent)
    address = recorded_before_there_was_a_digest_of_what_is_typed(form)
    assert form.post().headers["Location"] == address
    client_of(member).post(f"{address}amend/", AMENDED)
    assert Activity.objects.get().points == 7
    assert form.post().headers["Location"] == address
    assert Activity.objects.count() == 1


def test_after_records_have_ended_that_form_is_told_so_and_records_nothing(
    on_today: TimeMachineFixture, member: Member
) -> None:
    on_today.move_to(LAST)
    form = Form(member)
    recorded_before_there_was_a_digest_of_what_is_typed(form)
    on_today.move_to(NEXT)
    assert "You cannot record CE now" in words(read(form.post()).h1)
    assert Activity.objects.count() == 1


def test_the_form_of_an_amended_entry_leads_to_it_after_records_have_ended(
    on_today: TimeMachineFixture, member: Member
) -> None:
    on_today.move_to(LAST)
    form = Form(member)
    address = form.post().headers["Location"]
    client_of(member).post(f"{address}amend/", AMENDED)
    on_today.move_to(NEXT)
    assert form.post().headers["Location"] == address
    assert Activity.objects.get().points == 7
