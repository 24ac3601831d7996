"""Recording CE.

The tests show what one entry writes, where it counts, when the requirement is met, and what is
refused.
"""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from amtportal.members.models import Member
from amtportal.refusals import Refused
from ccp.counting import requirement
from ccp.models import Activity, AttestationStatement, Credit
from ccp.recording import claims, statements
from ccp.recording import verbs as recording
from certifications import invoices
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    chicago,
    cycle_of,
    invoice_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    noon,
    set_category_terms,
    set_terms,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def cycle() -> Cycle:
    """RMA 5/1/2023 to 4/30/2026, 30 points required, nothing recorded."""
    return make_cycle()


def counts(activity: Activity) -> dict[str, tuple[Decimal, str]]:
    """Return what the activity counts for, by certification."""
    credits = activity.credits.select_related("cycle__certification__credential")
    return {credit.cycle.certification.credential.code: (credit.points, credit.cut) for credit in credits}


def test_an_entry_is_stored_as_claimed_with_the_attestation_as_shown(cycle: Cycle) -> None:
    member = cycle.certification.member
    claim = make_claim(points="1.5", title="Blood cultures", provider="ABC College", ends_on=date(2026, 3, 2))
    number = uuid.uuid4()
    recording.record(member=member, cycles=[cycle], claim=claim, submission_id=number, by=member.user, at=noon(TODAY))
    stored = Activity.objects.get()
    assert claim.is_on(stored)
    assert (stored.member, stored.submission_id, stored.revision, stored.source) == (member, number, 1, "member")
    assert (stored.attestation, stored.attested_by, stored.attested_at) == (
        claims.ATTESTATION,
        member.user,
        noon(TODAY),
    )
    assert stored.is_standing
    assert stored.recorded_at == noon(TODAY)


def test_entries_refer_to_one_statement_in_each_language(cycle: Cycle) -> None:
    """Both statements come with the portal: nobody who records puts one on record."""
    statements.put_on_record()
    known = AttestationStatement.objects.count()
    first, second = make_activity(cycle), make_activity(cycle)
    with translation.override("es"):
        spanish = make_activity(cycle)
    assert first.statement_id == second.statement_id != spanish.statement_id
    assert (first.attestation[:8], spanish.attestation[:8]) == ("I attest", "Doy fe d")
    assert (first.attestation_text, first.history.get().statement_id) == ("", first.statement_id)
    assert AttestationStatement.objects.count() == known


def test_an_entry_from_before_there_were_statements_tells_its_own_until_it_is_amended(cycle: Cycle) -> None:
    entry = make_activity(cycle, points="2")
    Activity.objects.update(statement=None, attestation_text="I attested in 2025.")
    entry.refresh_from_db()
    assert entry.attestation == "I attested in 2025."
    by = entry.member.user
    recording.amend(activity=entry, cycles=[cycle], claim=make_claim(points="3"), revision=1, by=by, at=noon(TODAY))
    entry.refresh_from_db()
    assert (entry.attestation, entry.attestation_text) == (claims.ATTESTATION, "")


def test_another_wording_is_another_statement() -> None:
    first = AttestationStatement.objects.of("I attest.")
    assert first == AttestationStatement.objects.of("I attest.") != AttestationStatement.objects.of("I attest!")


def test_points_count_at_once(cycle: Cycle) -> None:
    """12 + 1.5 = 13.5."""
    for points, total in (("12", "12"), ("1.5", "13.5")):
        make_activity(cycle, points=points)
        assert requirement.counted_points(cycle) == Decimal(total)


def test_one_entry_counts_for_every_chosen_certification_whose_cycle_covers_it() -> None:
    """3/1/2026 lies in RMA 5/1/2023 to 4/30/2026 and in RPT 9/15/2024 to 9/14/2027."""
    member = make_member()
    rma, rpt = make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    activity = make_activity(rma, rpt, points="4")
    assert counts(activity) == {"RMA": (Decimal(4), ""), "RPT": (Decimal(4), "")}


def test_one_entry_does_not_count_where_the_cycle_does_not_cover_it() -> None:
    """9/14/2024 is the day before the cycle of RPT."""
    member = make_member()
    rma, rpt = make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    assert counts(make_activity(rma, rpt, starts_on=date(2024, 9, 14))) == {"RMA": (Decimal(5), "")}
    assert requirement.counted_points(rpt) == 0


def test_one_entry_does_not_count_where_the_member_did_not_choose() -> None:
    member = make_member()
    make_cycle(member)
    rpt = make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    assert counts(make_activity(rpt)) == {"RPT": (Decimal(5), "")}


def test_a_cycle_of_another_member_is_not_credited(cycle: Cycle, stranger: Member) -> None:
    other = cycle_of(stranger)
    activity = make_activity(cycle, other)
    assert counts(activity) == {"RMA": (Decimal(5), "")}
    assert requirement.counted_points(other) == 0


def test_a_member_cannot_record_for_a_cycle_of_another_member_alone(cycle: Cycle, stranger: Member) -> None:
    member = cycle.certification.member
    with pytest.raises(Refused, match="Choose a certification whose CCP cycle is open"):
        recording.record(
            member=member,
            cycles=[cycle_of(stranger)],
            claim=make_claim(),
            submission_id=uuid.uuid4(),
            by=member.user,
            at=noon(TODAY),
        )


def test_what_is_over_a_cap_stays_on_record_and_counts_for_nothing(cycle: Cycle) -> None:
    """The cap is 10: 8 count whole, then 10 - 8 = 2 of 5, then nothing of 1."""
    set_terms("course-seminar-webinar", cap=Decimal(10))
    found = [
        counts(make_activity(cycle, points=points, starts_on=date(2026, 3, day)))["RMA"]
        for day, points in enumerate(("8", "5", "1"), start=1)
    ]
    assert found == [(Decimal(8), ""), (Decimal(2), "type-cap"), (Decimal(0), "type-cap")]
    assert requirement.counted_points(cycle) == Decimal(10)


def test_an_earlier_day_recorded_later_takes_the_room_under_the_cap(cycle: Cycle) -> None:
    """The category has a cap of 10.

    8 of 3/2 count whole until 5 of 3/1 are recorded. Then 10 - 5 = 5 of the 8 count.
    """
    set_category_terms("professional-education", cap=Decimal(10))
    later = make_activity(cycle, points="8", starts_on=date(2026, 3, 2))
    earlier = make_activity(cycle, points="5", starts_on=date(2026, 3, 1))
    assert counts(earlier) == {"RMA": (Decimal(5), "")}
    assert counts(later) == {"RMA": (Decimal(5), "category-cap")}


def test_the_requirement_is_met_on_the_day_the_record_reaches_it_not_on_the_day_of_the_activity(cycle: Cycle) -> None:
    """29.75 + 0.25 = 30. The activity was done on 2/1/2026 and recorded today."""
    make_activity(cycle, points="29.75", at=noon(TODAY - 2 * DAY))
    assert cycle_of(cycle.certification.member).requirement_met_on is None
    make_activity(cycle, points="0.25", starts_on=date(2026, 2, 1))
    assert cycle_of(cycle.certification.member).requirement_met_on == TODAY


def test_more_points_leave_the_day_on_which_the_requirement_was_met(cycle: Cycle) -> None:
    make_activity(cycle, points="30", at=noon(TODAY - DAY))
    make_activity(cycle, points="5")
    assert cycle_of(cycle.certification.member).requirement_met_on == TODAY - DAY


@pytest.mark.parametrize(
    ("at", "met_on"),
    [
        pytest.param(chicago(2026, 3, 14, 23, 55), date(2026, 3, 14), id="23:55 in Chicago: 4:55 of the next day, UTC"),
        pytest.param(chicago(2026, 3, 15, 0, 5), date(2026, 3, 15), id="00:05"),
        pytest.param(chicago(2026, 3, 7, 23, 55), date(2026, 3, 7), id="23:55 before the short day"),
        pytest.param(chicago(2026, 3, 8, 23, 55), date(2026, 3, 8), id="23:55 of the short day"),
    ],
)
def test_the_day_is_the_one_in_chicago(cycle: Cycle, at: Any, met_on: date) -> None:
    make_activity(cycle, points="30", at=at)
    found = cycle_of(cycle.certification.member)
    assert found.requirement_met_on == met_on
    assert invoices.opening_of(invoice_of(found)).opens_on == met_on + DAY


@pytest.mark.parametrize(
    ("claim", "field", "sentence"),
    [
        pytest.param({"points": "0"}, "points", "more than 0", id="no points"),
        pytest.param({"points": "99.25"}, "points", "at most 99", id="too many points"),
        pytest.param({"points": "1.1"}, "points", "quarter steps", id="tenths"),
        pytest.param({"starts_on": TODAY + DAY}, "starts_on", "in the future", id="tomorrow"),
        pytest.param({"starts_on": date(2023, 4, 30)}, "starts_on", "before your CCP cycle", id="before the cycle"),
        pytest.param({"ends_on": date(2026, 2, 28)}, "ends_on", "before the start date", id="ends before it starts"),
        pytest.param({"kind": "employment"}, "activity_type", "up to Dec 31, 2020", id="employment after 2020"),
    ],
)
def test_a_claim_that_breaks_a_rule_is_refused_and_writes_nothing(
    cycle: Cycle, claim: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        make_activity(cycle, **claim)
    assert refused.value.problem.field == field
    assert not Activity.objects.exists()
    assert not Credit.objects.exists()


@pytest.mark.parametrize("status", ["lapsed", "retired", "revoked"])
def test_a_certification_that_is_not_active_takes_no_records(status: str) -> None:
    with pytest.raises(Refused, match="Choose a certification whose CCP cycle is open"):
        make_activity(make_cycle(status=status))


def test_a_closed_cycle_takes_no_records(cycle: Cycle) -> None:
    Cycle.objects.update(closed_on=date(2026, 5, 1), outcome="compliant", points_at_close=Decimal(30))
    with pytest.raises(Refused, match="Choose a certification whose CCP cycle is open"):
        make_activity(cycle, at=noon(date(2026, 5, 2)))


@pytest.mark.parametrize(
    ("done_on", "recorded_on"),
    [
        pytest.param(date(2026, 4, 30), date(2026, 4, 30), id="last day of the cycle"),
        pytest.param(date(2026, 4, 30), date(2026, 5, 1), id="first day of grace"),
        pytest.param(date(2026, 4, 30), date(2026, 7, 29), id="last day of grace"),
    ],
)
def test_in_the_grace_period_what_was_done_in_the_old_cycle_can_be_recorded(
    cycle: Cycle, done_on: date, recorded_on: date
) -> None:
    make_activity(cycle, points="30", starts_on=done_on, at=noon(recorded_on))
    assert cycle_of(cycle.certification.member).requirement_met_on == recorded_on


def test_in_the_grace_period_what_was_done_after_the_cycle_cannot_be_recorded(cycle: Cycle) -> None:
    with pytest.raises(Refused, match="after your CCP cycle"):
        make_activity(cycle, starts_on=date(2026, 5, 1), at=noon(date(2026, 5, 1)))


def test_after_the_grace_period_nothing_can_be_recorded(cycle: Cycle) -> None:
    with pytest.raises(Refused, match="Choose a certification whose CCP cycle is open"):
        make_activity(cycle, at=noon(date(2026, 7, 30)))


def test_the_same_form_twice_records_once_and_returns_the_same_entry(cycle: Cycle) -> None:
    number = uuid.uuid4()
    first = make_activity(cycle, submission_id=number)
    assert make_activity(cycle, submission_id=number, at=noon(TODAY + DAY)) == first
    assert requirement.counted_points(cycle) == Decimal(5)
    assert Activity.history.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"points": "6"}, id="points"),
        pytest.param({"title": "Phlebotomy"}, id="title"),
        pytest.param({"starts_on": date(2026, 3, 2)}, id="dates"),
        pytest.param({"kind": "self-study"}, id="type"),
    ],
)
def test_other_values_under_a_used_number_are_refused_and_change_nothing(cycle: Cycle, other: dict[str, Any]) -> None:
    number = uuid.uuid4()
    first = make_activity(cycle, submission_id=number)
    with pytest.raises(recording.SubmissionReused, match="already been submitted with other values"):
        make_activity(cycle, submission_id=number, **other)
    assert make_claim().is_on(Activity.objects.get())
    assert Activity.objects.get() == first


def test_other_certifications_under_a_used_number_are_refused() -> None:
    member, number = make_member(), uuid.uuid4()
    rma, rpt = make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    make_activity(rma, submission_id=number)
    with pytest.raises(recording.SubmissionReused):
        make_activity(rma, rpt, submission_id=number)


def test_the_number_of_another_members_form_is_refused_even_with_the_same_values(cycle: Cycle) -> None:
    number = uuid.uuid4()
    make_activity(cycle, submission_id=number)
    with pytest.raises(recording.SubmissionReused):
        make_activity(make_cycle(), submission_id=number)
    assert Activity.objects.count() == 1


def test_a_repeat_of_a_withdrawn_entry_returns_it_and_does_not_bring_it_back(cycle: Cycle) -> None:
    number = uuid.uuid4()
    first = make_activity(cycle, submission_id=number)
    recording.withdraw(activity=first, by=first.member.user, at=noon(TODAY))
    again = make_activity(cycle, submission_id=number)
    assert again == first
    assert not again.is_standing
    assert requirement.counted_points(cycle) == 0


def test_a_repeat_of_an_amended_entry_returns_it_as_it_is_now(cycle: Cycle) -> None:
    number = uuid.uuid4()
    first = make_activity(cycle, submission_id=number)
    recording.amend(
        activity=first,
        cycles=[cycle],
        claim=make_claim(points="7"),
        revision=1,
        by=first.member.user,
        at=noon(TODAY),
    )
    assert make_activity(cycle, submission_id=number).points == Decimal(7)
