"""What must always be true of categories, activity types, activities and credits.

These tests try to break each constraint.
"""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ccp.amt_credits import credits as amt_credits
from ccp.amt_credits import error_reports
from ccp.amt_credits import holding as held_credits
from ccp.models import (
    Activity,
    ActivityType,
    AttestationStatement,
    CalendarFeed,
    Category,
    CategoryTerms,
    CourseLink,
    Credit,
    ErrorReport,
    Evidence,
    HeldCredit,
    PendingFile,
    Reading,
    Transcript,
    TranscriptFile,
    TypeTerms,
)
from ccp.standing import calendar
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing
from tests.support.builders import TODAY, make_activity, make_claim, make_cycle, make_member, make_user, noon
from tests.support.constraints import changed, constraints_of, copied, refused_by

pytestmark = pytest.mark.django_db

TENTH, NOTHING, NEGATIVE = Decimal("1.1"), Decimal(0), Decimal("-0.25")
WITHDRAWN = {"withdrawn_at": noon(TODAY), "withdrawn_by": make_user}


def category() -> Category:
    return Category.objects.get(code="professional-education")


def kind() -> ActivityType:
    return ActivityType.objects.get(code="course-seminar-webinar")


def category_terms() -> CategoryTerms:
    return category().terms.get()


def type_terms() -> TypeTerms:
    """Return the terms of an activity type in which a contact hour is a point."""
    return kind().terms.get()


def activity() -> Activity:
    """5 points for 3/1/2026."""
    return make_activity(make_cycle(), points="5", starts_on=date(2026, 3, 1))


def statement() -> AttestationStatement:
    return AttestationStatement.objects.of("I attest.")


def credit() -> Credit:
    return activity().credits.get()


def amt_credit() -> Activity:
    """5 points for 3/1/2026 from AMT."""
    member = make_cycle().certification.member
    credits = [amt_credits.AmtCredit("W-1", member, make_claim())]
    return amt_credits.record(credits=credits, by=None, at=noon(TODAY))["W-1"]


def held() -> HeldCredit:
    """5 points for 3/1/2026 of an unknown person."""
    received = held_credits.Received("W-1", "7009999", make_claim())
    held_credits.receive(credits=[received], by=None, at=noon(TODAY))
    return HeldCredit.objects.get()


def matched() -> HeldCredit:
    """Return a held credit that has been recorded."""
    waiting = held()
    make_cycle(make_member(amt_id="7009999"))
    held_credits.match(by=None, at=noon(TODAY))
    waiting.refresh_from_db()
    return waiting


def report() -> ErrorReport:
    credit = amt_credit()
    return error_reports.report(activity=credit, text="Wrong day", by=credit.member.user, at=noon(TODAY))


def evidence() -> Evidence:
    entry = activity()
    return Evidence.objects.create(
        activity=entry,
        original_name="certificate.pdf",
        kind="pdf",
        size=1,
        sha256="0" * 64,
        stored_name="00/0",
        added_at=noon(TODAY),
        added_by=entry.member.user,
    )


def pending() -> PendingFile:
    return PendingFile.objects.create(
        member=make_member(),
        submission_id=uuid.uuid4(),
        original_name="certificate.pdf",
        kind="pdf",
        size=1,
        sha256="0" * 64,
        stored_sha256="0" * 64,
        stored_name="00/0",
        added_at=noon(TODAY),
    )


def reading() -> Reading:
    return Reading.objects.create(file=pending(), asked_at=noon(TODAY))


def feed() -> CalendarFeed:
    return calendar.create(member=make_member(), at=noon(TODAY))


def course() -> CourseLink:
    return CourseLink.objects.get()


def transcript() -> Transcript:
    member = make_member()
    contents = transcripts.of_cycle(make_cycle(member))
    return issuing.issue(contents=contents, by=member.user, at=noon(TODAY))


def transcript_file() -> TranscriptFile:
    return TranscriptFile.objects.create(transcript=transcript(), sha256="0" * 64, made_at=noon(TODAY))


ANSWERED = {"answer": "Corrected.", "answered_at": noon(TODAY), "answered_by": make_user}
CHANGES = [
    ("transcript_is_of_its_kind", transcript, {"kind": "card"}, "card of no certification"),
    ("categoryterms_cap_in_quarters", category_terms, {"cap": NOTHING}, "zero"),
    ("categoryterms_cap_in_quarters", category_terms, {"cap": TENTH}, "tenths"),
    ("typeterms_unit_known", type_terms, {"unit": "fortnight"}, "no such unit"),
    ("typeterms_cap_in_quarters", type_terms, {"cap": NOTHING}, "zero"),
    ("typeterms_cap_in_quarters", type_terms, {"cap": TENTH}, "tenths"),
    ("typeterms_points_per_unit_in_quarters", type_terms, {"points_per_unit": NOTHING}, "zero"),
    ("typeterms_points_per_unit_in_quarters", type_terms, {"points_per_unit": TENTH}, "tenths"),
    ("typeterms_points_per_unit_in_quarters", type_terms, {"unit": ""}, "points for a unit that there is not"),
    ("typeterms_claim_limits_in_order", type_terms, {"least": NOTHING}, "nothing can be claimed"),
    ("typeterms_claim_limits_in_order", type_terms, {"least": TENTH}, "from a tenth"),
    ("typeterms_claim_limits_in_order", type_terms, {"most": TENTH}, "to a tenth"),
    ("typeterms_claim_limits_in_order", type_terms, {"least": Decimal(2), "most": Decimal("1.75")}, "least over most"),
    ("typeterms_claim_limits_in_order", type_terms, {"most": Decimal("99.25")}, "a quarter too many"),
    (
        "typeterms_window_in_order",
        type_terms,
        {"claimable_from": date(2021, 1, 1), "claimable_until": date(2020, 12, 31)},
        "ends the day before it starts",
    ),
    ("activity_points_above_0_to_99", activity, {"points": NOTHING}, "zero"),
    ("activity_points_above_0_to_99", activity, {"points": NEGATIVE}, "negative"),
    ("activity_points_above_0_to_99", activity, {"points": Decimal("99.25")}, "a quarter too many"),
    ("activity_points_in_quarters", activity, {"points": TENTH}, "tenths"),
    ("activity_only_members_wait", amt_credit, {"points": None}, "what AMT credited without points"),
    (
        "activity_only_members_wait",
        activity,
        {"points": None, "quantity": Decimal(2), "unit": "hour"},
        "units that make no points",
    ),
    ("activity_points_set_whole", activity, {"points_set_at": noon(TODAY)}, "set by nobody"),
    ("activity_points_set_whole", activity, {"points_set_by": make_user}, "set never"),
    (
        "activity_points_set_whole",
        activity,
        {"points_set_at": noon(TODAY), "points_set_by": make_user, "points": None},
        "set to nothing",
    ),
    ("activity_starts_before_end", activity, {"ends_on": date(2026, 2, 28)}, "ends the day before it starts"),
    ("activity_has_one_attestation", activity, {"attestation_text": "I attest."}, "two attestations"),
    ("activity_has_one_attestation", activity, {"statement": None}, "no attestation"),
    ("attestationstatement_has_text", statement, {"text": ""}, "an empty statement"),
    ("activity_attested_by_its_member", activity, {"attested_by": None}, "attested by nobody"),
    ("activity_reference_of_amt_only", activity, {"provider_reference": "W-1"}, "reference of what a member recorded"),
    ("activity_reference_of_amt_only", activity, {"source": "amt"}, "credit without reference"),
    ("activity_reference_of_amt_only", activity, {"source": "amtrax"}, "entry of AMTrax without reference"),
    ("activity_day_of_amtrax_only", activity, {"recorded_in_amtrax_on": TODAY}, "day of another source"),
    (
        "activity_day_of_amtrax_only",
        amt_credit,
        {"source": "amtrax", "recorded_in_amtrax_on": date(2020, 1, 1)},
        "before the activity ended",
    ),
    ("heldcredit_points_above_0_to_99", held, {"points": NOTHING}, "zero"),
    ("heldcredit_points_above_0_to_99", held, {"points": TENTH}, "tenths"),
    ("heldcredit_points_above_0_to_99", held, {"points": Decimal("99.25")}, "a quarter too many"),
    ("heldcredit_starts_before_end", held, {"ends_on": date(2026, 2, 28)}, "ends the day before it starts"),
    ("errorreport_has_text", report, {"text": ""}, "says nothing"),
    ("errorreport_answer_whole", report, {"answer": "Corrected."}, "answer alone"),
    ("errorreport_answer_whole", report, {**ANSWERED, "answer": ""}, "answered with nothing"),
    ("errorreport_answer_whole", report, {**ANSWERED, "answered_by": None}, "answered by nobody"),
    ("calendarfeed_in_the_open_is_revoked", feed, {"was_in_the_open": True}, "in the open, and not revoked"),
    ("courselink_url_is_https", course, {"url": "http://example.org/"}, "not encrypted"),
    ("courselink_has_title", course, {"title": ""}, "no title"),
    ("evidence_kind_known", evidence, {"kind": "svg"}, "no such kind"),
    ("evidence_not_empty", evidence, {"size": 0}, "nothing"),
    ("evidence_has_name", evidence, {"original_name": ""}, "no name"),
    ("evidence_removed_whole", evidence, {"removed_at": noon(TODAY)}, "by nobody"),
    ("evidence_removed_whole", evidence, {"removed_by": make_user}, "never"),
    ("pendingfile_kind_known", pending, {"kind": "svg"}, "no such kind"),
    ("pendingfile_not_empty", pending, {"size": 0}, "nothing"),
    ("pendingfile_has_name", pending, {"original_name": ""}, "no name"),
    ("reading_state_known", reading, {"state": "dreaming"}, "no such state"),
    ("reading_done_with_result", reading, {"state": "done"}, "done without a result"),
    ("reading_done_with_result", reading, {"found": {}}, "a result before it is done"),
    ("activity_quantity_positive", activity, {"quantity": NOTHING, "unit": "hour"}, "zero units"),
    ("activity_quantity_has_unit", activity, {"quantity": Decimal(2)}, "units of nothing"),
    ("activity_quantity_has_unit", activity, {"unit": "hour"}, "a unit and no number"),
    ("activity_quantity_has_unit", activity, {"quantity": Decimal(2), "unit": "fortnight"}, "no such unit"),
    ("activity_source_known", activity, {"source": "rumour"}, "no such source"),
    ("activity_withdrawn_whole", activity, {**WITHDRAWN, "withdrawn_by": None}, "by nobody"),
    ("activity_withdrawn_whole", activity, {**WITHDRAWN, "withdrawn_at": None}, "never"),
    ("activity_withdrawn_whole", activity, {"void_reason": "No proof."}, "reason alone"),
    ("credit_points_from_0", credit, {"points": NEGATIVE}, "negative"),
    ("credit_points_in_quarters", credit, {"points": TENTH}, "tenths"),
    ("credit_cut_known", credit, {"cut": "whim"}, "no such cut"),
    ("credit_nothing_counts_unclaimed", credit, {"cut": "not-standing"}, "points of a withdrawn entry"),
    ("credit_nothing_counts_unclaimed", credit, {"cut": "window"}, "points of days that cannot be claimed"),
    ("credit_nothing_counts_unclaimed", credit, {"cut": "unclaimed"}, "points that are not claimed"),
    ("credit_nothing_counts_unclaimed", credit, {"cut": "outside"}, "points of days outside the cycle"),
]
COPIES = [
    ("categoryterms_one_a_day", category_terms, {}, "same day"),
    ("typeterms_one_a_day", type_terms, {}, "same day"),
    ("category.code", category, {}, "same code"),
    ("activitytype.code", kind, {}, "same code"),
    ("activity.submission_id", activity, {}, "same form"),
    ("activity_provider_reference_unique", amt_credit, {"submission_id": uuid.uuid4}, "same reference"),
    ("attestationstatement.text", statement, {}, "same statement"),
    ("heldcredit.provider_reference", held, {}, "same reference"),
    ("heldcredit.activity_id", matched, {"provider_reference": "W-9"}, "same entry"),
    ("errorreport_one_open", report, {}, "waits for an answer"),
    ("evidence_file_once", evidence, {"stored_name": "00/1"}, "same file"),
    ("evidence.stored_name", evidence, {"sha256": "1" * 64}, "same place"),
    ("pendingfile_file_once", pending, {"stored_name": "00/1"}, "same file"),
    ("pendingfile.stored_name", pending, {"sha256": "1" * 64}, "same place"),
    ("reading.file_id", reading, {}, "same file"),
    ("credit_once_a_cycle", credit, {}, "same activity and cycle"),
    ("calendarfeed.token", feed, {"revoked_at": noon(TODAY)}, "same address"),
    ("calendarfeed_one_standing", feed, {"token": "another"}, "two addresses"),
    ("transcript.code", transcript, {"content_hash": "0" * 64}, "same code"),
    ("transcript.content_hash", transcript, {"code": "0" * 16}, "same record"),
    ("transcriptfile.sha256", transcript_file, {}, "same file"),
]


def _rows(cases: list[tuple[str, Any, dict[str, Any], str]]) -> list[Any]:
    return [pytest.param(f"ccp_{name}", row, changes, id=f"{name}: {what}") for name, row, changes, what in cases]


@pytest.mark.parametrize(("name", "row", "changes"), _rows(CHANGES))
def test_the_database_refuses_a_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("ccp", name):
        changed(sound, changes)


@pytest.mark.parametrize(("name", "row", "changes"), _rows(COPIES))
def test_the_database_refuses_a_second_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("ccp", name):
        copied(sound, changes)


def test_every_constraint_has_its_try() -> None:
    assert set(constraints_of("ccp")) == {f"ccp_{name}" for name, *_ in CHANGES + COPIES}


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        pytest.param(category_terms, {"cap": Decimal("0.25")}, id="category capped at a quarter point"),
        pytest.param(type_terms, {"cap": None, "points_per_unit": None}, id="type without cap and points for a unit"),
        pytest.param(type_terms, {"unit": "", "points_per_unit": None}, id="type without unit"),
        pytest.param(type_terms, {"least": Decimal(2), "most": Decimal(2)}, id="type of one size"),
        pytest.param(
            type_terms, {"claimable_from": TODAY, "claimable_until": TODAY}, id="type that is claimable on one day"
        ),
        pytest.param(activity, {"quantity": Decimal("0.01"), "unit": "ceu"}, id="activity of a hundredth of a unit"),
        pytest.param(credit, {"points": NOTHING, "cut": "window"}, id="credit of days that cannot be claimed"),
        pytest.param(activity, {"points": Decimal("0.25")}, id="activity of a quarter point"),
        pytest.param(activity, {"points": Decimal(99)}, id="activity of 99 points"),
        pytest.param(activity, {"ends_on": date(2026, 3, 1) + timedelta(days=1)}, id="activity of two days"),
        pytest.param(activity, {**WITHDRAWN, "void_reason": "No proof."}, id="void activity"),
        pytest.param(credit, {"points": NOTHING, "cut": "unclaimed"}, id="credit that is not claimed"),
        pytest.param(credit, {"points": NOTHING, "cut": "type-cap"}, id="credit cut to nothing"),
    ],
)
def test_the_database_takes_a_row_at_the_edge(row: Any, changes: dict[str, Any]) -> None:
    changed(row(), changes)


def test_all_six_categories_are_shipped_with_an_activity_type_each() -> None:
    shipped = Category.objects.filter(activity_types__isnull=False).distinct().values_list("name", flat=True)
    assert list(shipped) == [
        "Professional Education",
        "Formal Education",
        "Authorship of Written Works",
        "Instructional Presentations",
        "Organizational Participation",
        "Employment Verification",
    ]


def test_employment_can_be_claimed_to_the_last_day_of_2020() -> None:
    employment = TypeTerms.objects.get(activity_type__category__code="employment-verification")
    assert (employment.claimable_from, employment.claimable_until) == (None, date(2020, 12, 31))


def test_every_shipped_type_and_category_has_terms_from_the_first_day_on() -> None:
    assert set(TypeTerms.objects.values_list("activity_type", flat=True)) == set(
        ActivityType.objects.values_list("pk", flat=True)
    )
    assert set(CategoryTerms.objects.values_list("category", flat=True)) == set(
        Category.objects.values_list("pk", flat=True)
    )
    assert set(TypeTerms.objects.values_list("effective_from", flat=True)) == {date(2000, 1, 1)}


@pytest.mark.parametrize(
    ("code", "unit", "points"),
    [
        pytest.param("course-seminar-webinar", "hour", "1", id="contact hour"),
        pytest.param("course-ceu", "ceu", "10", id="0.1 CEU is a point"),
        pytest.param("college-semester-hours", "semester-hour", "15", id="semester hour"),
        pytest.param("college-quarter-hours", "quarter-hour", "10", id="quarter hour"),
    ],
)
def test_the_figures_are_shipped_as_assumed(code: str, unit: str, points: str) -> None:
    terms = TypeTerms.objects.get(activity_type__code=code)
    assert (terms.unit, terms.points_per_unit, terms.provenance) == (unit, Decimal(points), "assumed")


def test_what_amt_publishes_is_shipped_as_published() -> None:
    assert TypeTerms.objects.get(provenance="published").activity_type.code == "employment"
