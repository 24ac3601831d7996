"""Correcting the day of an award once things are recorded: cycles, entries, invoices, notices, papers."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from amtportal.dates import day_of
from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp import awards
from ccp.models import Activity, Credit, Transcript
from ccp.notices.models import Notice, NoticeKind
from ccp.recording import verbs as recording
from ccp.rollover import closing
from ccp.transcripts import authenticity, issuing
from ccp.transcripts import contents as transcripts
from certifications import invoices
from certifications.models import AwardCorrection, Certification, Cycle, RenewalInvoice
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.pages import read, words
from tests.support.staff import make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
AT = noon(TODAY)


@pytest.fixture
def clerk() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def cycle() -> Cycle:
    """RMA, 5/1/2023 to 4/30/2026, 30 points."""
    return make_cycle(make_member(amt_id="7001"))


def correct(cycle: Cycle, awarded_on: date, clerk: User, *, reason: str = "Typed wrong.") -> AwardCorrection:
    return awards.correct(certification=cycle.certification, awarded_on=awarded_on, reason=reason, by=clerk, at=AT)


def verified() -> str:
    stdout = StringIO()
    call_command("verify_records", stdout=stdout)
    return stdout.getvalue()


def counts(activity: Activity) -> tuple[Decimal, str]:
    credit = activity.credits.get()
    return credit.points, credit.cut


def due(cycle: Cycle) -> list[date]:
    return [invoice.due_on for invoice in RenewalInvoice.objects.filter(cycle=cycle).order_by("year")]


def test_cycle_invoices_and_entries_move_and_both_days_stay_on_record(cycle: Cycle, clerk: User) -> None:
    """The award moves from 5/1/2023 to 5/11/2023: what was done on 5/5/2023 was done before it."""
    early = make_activity(cycle, starts_on=date(2023, 5, 5), points="12")
    kept = make_activity(cycle, starts_on=date(2023, 5, 11), points="18")
    assert cycle_of(cycle.certification.member).requirement_met_on == TODAY
    correction = correct(cycle, date(2023, 5, 11), clerk)
    moved = cycle_of(cycle.certification.member)
    assert (moved.pk, moved.number, moved.starts_on, moved.ends_on) == (
        cycle.pk,
        1,
        date(2023, 5, 11),
        date(2026, 5, 10),
    )
    assert moved.requirement_met_on is None
    assert due(cycle) == [date(2024, 5, 11), date(2025, 5, 11), date(2026, 5, 11)]
    assert (counts(early), counts(kept)) == ((0, "outside"), (18, ""))
    last = invoice_of(cycle)
    assert last.opens_on is None
    assert invoice_of(cycle, 1).opens_on == date(2024, 5, 11) - invoices.NOTICE
    assert (correction.before, correction.after, correction.corrected_by) == (
        date(2023, 5, 1),
        date(2023, 5, 11),
        clerk,
    )
    lines = Certification.history.filter(id=cycle.certification_id).order_by("history_id")
    assert [line.awarded_on for line in lines] == [date(2023, 5, 1), date(2023, 5, 11)]
    assert lines[1].history_change_reason == "Award corrected: Typed wrong."
    assert "no differences" in verified()


def test_a_correction_back_counts_what_it_had_set_aside(cycle: Cycle, clerk: User) -> None:
    early = make_activity(cycle, starts_on=date(2023, 5, 5), points="12")
    make_activity(cycle, starts_on=date(2024, 5, 11), points="18")
    correct(cycle, date(2023, 5, 11), clerk)
    awards.correct(
        certification=cycle.certification, awarded_on=date(2023, 5, 1), reason="It was right.", by=clerk, at=AT + DAY
    )
    assert counts(early) == (12, "")
    moved = cycle_of(cycle.certification.member)
    assert (moved.starts_on, moved.requirement_met_on) == (date(2023, 5, 1), TODAY)
    assert "no differences" in verified()


def test_the_requirement_is_not_met_before_the_cycle_began(cycle: Cycle, clerk: User) -> None:
    """30 points met it on 6/1/2024. By the award on 1/1/2025 only later work counts, which met it on 3/14/2026."""
    make_activity(cycle, starts_on=date(2024, 5, 1), points="30", at=noon(date(2024, 6, 1)))
    make_activity(cycle, starts_on=date(2025, 5, 1), points="30", at=noon(TODAY))
    assert cycle_of(cycle.certification.member).requirement_met_on == date(2024, 6, 1)
    correct(cycle, date(2025, 1, 1), clerk)
    moved = cycle_of(cycle.certification.member)
    assert (moved.starts_on, moved.requirement_met_on) == (date(2025, 1, 1), TODAY)
    assert "no differences" in verified()


def test_an_entry_that_is_set_aside_counts_in_the_next_cycle(cycle: Cycle, clerk: User) -> None:
    """By the award on 5/1/2022 the cycle ended on 4/30/2025, and the one after it has what was done in 2026."""
    late = make_activity(cycle, starts_on=date(2026, 3, 1), points="5")
    make_activity(cycle, starts_on=date(2024, 5, 1), points="30")
    correct(cycle, date(2022, 5, 1), clerk)
    moved = cycle_of(cycle.certification.member)
    assert (moved.ends_on, counts(late)) == (date(2025, 4, 30), (0, "outside"))
    for year in (1, 2, 3):
        make_payment(invoice_of(moved, year), at=noon(TODAY + DAY))
    closing.close_due(at=noon(TODAY + DAY))
    following = Cycle.objects.unclosed().get()
    assert (following.number, following.starts_on) == (2, date(2025, 5, 1))
    assert Credit.objects.get(activity=late, cycle=following).points == 5
    assert "no differences" in verified()


def test_a_cycle_that_has_ended_by_the_new_day_lapses_nobody_overnight(cycle: Cycle, clerk: User) -> None:
    correct(cycle, date(2022, 5, 1), clerk)
    moved = cycle_of(cycle.certification.member)
    assert moved.grace_extended_to == TODAY + 90 * DAY
    tally = closing.close_due(at=AT)
    assert (tally.closed, tally.found["grace"]) == (0, 1)
    closing.close_due(at=noon(TODAY + 91 * DAY))
    assert cycle_of(cycle.certification.member, "RMA").outcome == "non-compliant"
    assert "no differences" in verified()


def test_a_paid_fee_stays_paid_for_the_year_in_which_it_was_due(clerk: User) -> None:
    """Paid as that of year 1, due on 5/1/2026. By the award a year earlier, that is the fee of year 2."""
    cycle = make_cycle(make_member(), awarded_on=date(2025, 5, 1))
    paid = invoice_of(cycle, 1)
    make_payment(paid)
    correct(cycle, date(2024, 5, 1), clerk)
    moved = RenewalInvoice.objects.get(pk=paid.pk)
    assert (moved.year, moved.due_on, moved.status, moved.amount) == (2, date(2026, 5, 1), "paid", paid.amount)
    assert due(cycle) == [date(2025, 5, 1), date(2026, 5, 1), date(2027, 5, 1)]
    assert invoice_of(cycle, 1).status == "issued"
    assert "no differences" in verified()


def test_what_was_paid_before_the_portal_is_settled_by_the_new_days(clerk: User) -> None:
    cycle = make_cycle(make_member(), fees_paid_through=date(2025, 5, 1))
    assert [invoice_of(cycle, year).status for year in (1, 2, 3)] == ["paid", "paid", "issued"]
    correct(cycle, date(2023, 5, 2), clerk)
    assert [invoice_of(cycle, year).status for year in (1, 2, 3)] == ["paid", "issued", "issued"]
    correct(cycle, date(2023, 5, 1), clerk)
    assert [invoice_of(cycle, year).status for year in (1, 2, 3)] == ["paid", "paid", "issued"]
    assert "no differences" in verified()


def test_what_staff_decided_about_an_invoice_stays(clerk: User) -> None:
    cycle = make_cycle(make_member(), fees_paid_through=date(2025, 5, 1))
    invoices.ask_for(invoice=invoice_of(cycle, 2), reason="It was not.", by=clerk, at=AT)
    void = invoices.void(invoice=invoice_of(cycle, 3), reason="Not due.")
    new = invoices.reissue(invoice=void, at=AT)
    correct(cycle, date(2023, 4, 30), clerk)
    assert [invoice_of(cycle, year).status for year in (1, 2, 3)] == ["paid", "issued", "issued"]
    void.refresh_from_db()
    assert (void.status, void.void_reason, invoice_of(cycle).pk) == ("void", "Not due.", new.pk)
    assert "no differences" in verified()


def test_a_closed_cycle_keeps_the_award_and_nothing_changes(cycle: Cycle, clerk: User) -> None:
    closing.close_due(at=noon(date(2026, 8, 5)))
    with pytest.raises(Refused, match="Cycle 1, May 1, 2023 to Apr 30, 2026, was counted from the award on record"):
        awards.correct(
            certification=cycle.certification,
            awarded_on=date(2023, 5, 2),
            reason="Wrong.",
            by=clerk,
            at=noon(date(2026, 8, 6)),
        )
    assert not AwardCorrection.objects.exists()
    assert cycle_of(cycle.certification.member).certification.awarded_on == date(2023, 5, 1)


def test_a_reason_is_asked_for_and_a_repeat_changes_nothing(cycle: Cycle, clerk: User) -> None:
    with pytest.raises(Refused, match="Say why the day was wrong"):
        correct(cycle, date(2023, 5, 2), clerk, reason="  ")
    with pytest.raises(Refused, match="on record as May 1, 2023 already"):
        correct(cycle, date(2023, 5, 1), clerk)
    first = correct(cycle, date(2023, 5, 2), clerk)
    again = awards.correct(
        certification=cycle.certification, awarded_on=date(2023, 5, 2), reason="Typed wrong.", by=clerk, at=AT + DAY
    )
    assert again == first
    assert Cycle.history.filter(id=cycle.pk).count() == 2
    with pytest.raises(Refused, match="on record as May 2, 2023 already"):
        correct(cycle, date(2023, 5, 2), clerk, reason="Another reason.")


def test_a_withdrawn_entry_stays_withdrawn(cycle: Cycle, clerk: User) -> None:
    activity = make_activity(cycle, starts_on=date(2024, 5, 1), points="12")
    outside = make_activity(cycle, starts_on=date(2023, 5, 2), points="1")
    for each in (activity, outside):
        recording.withdraw(activity=each, by=cycle.certification.member.user, at=AT)
    correct(cycle, date(2023, 5, 11), clerk)
    correct(cycle, date(2023, 5, 1), clerk, reason="Back.")
    assert [counts(each) for each in (activity, outside)] == [(0, "not-standing")] * 2
    assert "no differences" in verified()


def test_the_member_may_change_an_entry_that_was_set_aside(cycle: Cycle, clerk: User) -> None:
    activity = make_activity(cycle, starts_on=date(2023, 5, 5), points="12")
    correct(cycle, date(2023, 5, 11), clerk)
    member = cycle.certification.member
    text = words(read(client_of(member).get(f"/ccp/activities/{activity.pk}/")).main)
    assert "Outside the days of this cycle since AMT corrected the day of the award." in text
    recording.withdraw(activity=activity, by=member.user, at=AT)
    assert counts(activity) == (0, "outside")
    assert "no differences" in verified()


def test_a_preview_writes_nothing_and_says_what_the_correction_does(cycle: Cycle, clerk: User) -> None:
    make_activity(cycle, starts_on=date(2023, 5, 5), points="30")
    shown = awards.preview(certification=cycle.certification, awarded_on=date(2023, 5, 11), by=clerk, at=AT)
    lines = {line.what: str(line) for line in shown.lines}
    assert lines["Awarded"] == "May 1, 2023 → May 11, 2023"
    assert lines["CCP"] == "mandatory"
    assert lines["Cycle that is not closed"] == "1: May 1, 2023 to Apr 30, 2026 → 1: May 11, 2023 to May 10, 2026"
    assert lines["Points that count"] == "30 of 30 → 0 of 30"
    assert lines["Requirement met on"] == "Mar 14, 2026 → not met"
    third = invoice_of(cycle).number
    assert lines[third] == ("year 3, due May 1, 2026, opens Mar 15, 2026, upcoming → year 3, due May 11, 2026, locked")
    [entry] = [words for what, words in lines.items() if what.startswith("CE-")]
    assert entry == "counts 30 → outside the cycle"
    assert not AwardCorrection.objects.exists()
    assert not Notice.objects.exists()
    assert cycle_of(cycle.certification.member).starts_on == date(2023, 5, 1)


def test_the_member_is_told_once_and_reads_it_with_the_certification(cycle: Cycle, clerk: User) -> None:
    correct(cycle, date(2023, 5, 11), clerk)
    notice = Notice.objects.get()
    assert (notice.kind, notice.anchor_on, notice.member) == (
        NoticeKind.AWARD_CORRECTED,
        day_of(AT),
        cycle.certification.member,
    )
    text = words(read(client_of(cycle.certification.member).get("/certifications/")).main)
    assert (
        "AMT corrected the day of the award on Mar 14, 2026: it is May 11, 2023, not May 1, 2023. Typed wrong." in text
    )


def test_a_transcript_issued_before_stays_as_it_was_and_can_be_verified(cycle: Cycle, clerk: User) -> None:
    make_activity(cycle, starts_on=date(2023, 5, 5), points="12")
    member = cycle.certification.member
    issue = issuing.issue(contents=transcripts.of_cycle(cycle_of(member)), by=member.user, at=AT)
    before = Transcript.objects.get(pk=issue.pk).snapshot
    correct(cycle, date(2023, 5, 11), clerk)
    found = authenticity.issued_under(issue.code)
    assert found
    finding = authenticity.find(found, at=AT)
    assert (finding.issue.snapshot, finding.is_same) == (before, False)
    assert finding.said[0].starts_on == date(2023, 5, 1)
    assert "AMT corrected the days of this cycle since: May 11, 2023 to May 10, 2026." in finding.changes


# The page


def desk_of(*permissions: str) -> Client:
    return client_of(make_clerk("view_certification", *permissions, email="kim@amt.example"))


@pytest.mark.ignore_template_errors
def test_staff_see_what_moves_before_they_confirm(cycle: Cycle) -> None:
    desk = desk_of("correct_award_date")
    address = page(Certification, "award", cycle.certification_id)
    assert address in desk.get(page(Certification, "change", cycle.certification_id)).text
    shown = submit(desk, address, awarded_on="2023-05-11", reason="Typed wrong.")
    assert "May 1, 2023 → May 11, 2023" in shown.text
    assert not AwardCorrection.objects.exists()
    seen = read(shown).main.select_one("input[name=seen]")
    assert seen
    form = {"awarded_on": "2023-05-11", "reason": "Typed wrong.", "seen": seen["value"]}
    done = told(desk, submit(desk, address, **form))
    assert done.endswith("from May 1, 2023 to May 11, 2023: Typed wrong.")
    assert told(desk, submit(desk, address, **form)) == "The award is on record as May 11, 2023 already."
    assert AwardCorrection.objects.count() == 1


@pytest.mark.ignore_template_errors
def test_what_cannot_be_done_is_said_beside_the_field_and_keeps_what_was_typed(cycle: Cycle) -> None:
    desk = desk_of("correct_award_date")
    answer = submit(
        desk, page(Certification, "award", cycle.certification_id), awarded_on="2027-01-01", reason="Typed wrong."
    )
    assert "The award cannot be in the future." in answer.text
    assert 'value="Typed wrong."' in answer.text
    assert 'value="2027-01-01"' in answer.text


@pytest.mark.ignore_template_errors
def test_the_permission_is_one_of_its_own(cycle: Cycle) -> None:
    desk = desk_of("change_certification")
    address = page(Certification, "award", cycle.certification_id)
    assert address not in desk.get(page(Certification, "change", cycle.certification_id)).text
    assert desk.get(address).status_code == 403
