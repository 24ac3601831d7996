"""What follows from a closed audit: a correction beside the cycle, and a status that another person confirms."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.audits import cases, deadlines, outcomes
from ccp.audits.models import AuditCase, StatusProposal
from ccp.models import Activity, Credit, Transcript
from ccp.transcripts import contents, issuing
from certifications.models import Certification, Cycle, CycleCorrection, Payment, RenewalInvoice
from tests.support.audits import again, audited_cycle, decided, make_case, owner, person, review, taken
from tests.support.builders import client_of, make_user, noon

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def closed(case: AuditCase) -> AuditCase:
    """Let the last day for an appeal pass."""
    assert case.due_on
    deadlines.look(case, at=noon(case.due_on + DAY))
    return again(case)


def failed(**wanted: Any) -> AuditCase:
    return closed(make_case("announced", **wanted))


def passed(*points: str) -> AuditCase:
    """Return a closed case of which so many points are proven of the two entries of 20 and 15 points."""
    case = make_case("submitted", cycle=audited_cycle(points=("20", "15")))
    case = again(decided(case, *points))
    if case.state == "second-review":
        case = again(decided(case, *points))
    return closed(case)


def fingerprint(case: AuditCase) -> list[list[dict[str, Any]]]:
    """Return everything that an audit may not rewrite."""
    certification = case.cycle.certification
    return [
        list(Cycle.objects.filter(certification=certification).order_by("pk").values()),
        list(RenewalInvoice.objects.filter(cycle__certification=certification).order_by("pk").values()),
        list(Payment.objects.filter(invoice__cycle__certification=certification).order_by("pk").values()),
        list(Activity.objects.filter(member=certification.member).order_by("pk").values()),
        list(Credit.objects.filter(cycle__certification=certification).order_by("pk").values()),
    ]


def test_an_audit_that_is_not_passed_is_a_correction_beside_the_cycle() -> None:
    announced = make_case("announced")
    before = fingerprint(announced)
    case = closed(announced)
    correction = CycleCorrection.objects.get()
    assert (correction.cycle, correction.audit) == (case.cycle, case.reference)
    assert (correction.points, correction.outcome) == (Decimal(0), "non-compliant")
    assert correction.statement == f"Audit {case.reference}: 0 of 30 points were proven. The cycle is non-compliant."
    assert correction.signed_by == case.second_reviewer
    assert fingerprint(case) == before


def test_it_proposes_that_the_certification_lapse_and_changes_nothing_by_itself() -> None:
    case = failed()
    assert case.proposal.status == "lapsed"
    assert case.proposal.state == "open"
    assert case.cycle.certification.status == "active"


def test_what_is_reduced_and_still_suffices_is_corrected_and_proposes_nothing() -> None:
    case = passed("20", "10")
    correction = CycleCorrection.objects.get()
    assert (correction.points, correction.outcome) == (Decimal(30), "compliant")
    assert correction.statement == f"Audit {case.reference}: 30 of 35 points were proven. The cycle is compliant."
    assert not StatusProposal.objects.exists()


def test_what_is_proven_whole_leaves_no_correction() -> None:
    assert passed("20", "15").outcome == "passed"
    assert not CycleCorrection.objects.exists()


def test_an_audit_that_was_called_off_leads_to_nothing() -> None:
    case = make_case("notified")
    cases.call_off(case=case, reason="Opened for the wrong cycle", by=person("coordinator"), at=noon(case.due_on))
    assert not CycleCorrection.objects.exists()
    assert not StatusProposal.objects.exists()


def test_nothing_is_written_before_the_last_day_for_an_appeal_is_over() -> None:
    case = make_case("announced")
    assert case.due_on
    deadlines.look(case, at=noon(case.due_on))
    assert not CycleCorrection.objects.exists()


def test_the_board_decides_what_is_written() -> None:
    case = make_case("appealed")
    for _ in range(2):
        by = person("board")
        taken(again(case), by)
        review(again(case), by, "18", "12")
        cases.decide_appeal(case=again(case), answer="The files show the dates.", by=by, at=case.state_since)
    assert again(case).outcome == "passed"
    assert not CycleCorrection.objects.exists()


def test_a_certification_that_is_not_in_force_anymore_is_not_proposed() -> None:
    announced = make_case("announced")
    Certification.objects.update(status="retired")
    closed(again(announced))
    assert CycleCorrection.objects.count() == 1
    assert not StatusProposal.objects.exists()


def test_a_closed_case_is_written_once() -> None:
    case = failed()
    outcomes.write(case=case, at=case.closed_at or case.opened_at)
    assert (CycleCorrection.objects.count(), StatusProposal.objects.count()) == (1, 1)


def test_another_person_confirms_and_the_certification_lapses() -> None:
    case, clerk = failed(), make_user(is_staff=True)
    outcomes.confirm(proposal=case.proposal, by=clerk, at=noon(case.opened_at.date()))
    outcomes.confirm(proposal=case.proposal, by=clerk, at=noon(case.opened_at.date()))
    change = case.cycle.certification.status_changes.get()
    assert (change.after, change.changed_by, change.reason) == (
        "lapsed",
        clerk,
        f"Audit {case.reference} was not passed",
    )
    assert again(case).proposal.state == "confirmed"


@pytest.mark.parametrize("part", ["first_reviewer", "second_reviewer", "member"])
def test_nobody_confirms_or_declines_who_had_a_part(part: str) -> None:
    case = failed()
    by = owner(case) if part == "member" else getattr(case, part)
    assert isinstance(by, User)
    for answer in (
        lambda: outcomes.confirm(proposal=case.proposal, by=by, at=case.opened_at),
        lambda: outcomes.decline(proposal=case.proposal, reason="Hardship", by=by, at=case.opened_at),
    ):
        with pytest.raises(Refused, match="You had a part in this audit"):
            answer()
    assert again(case).cycle.certification.status == "active"


def test_it_is_declined_with_a_reason_and_then_stays_so() -> None:
    case, clerk = failed(), make_user(is_staff=True)
    with pytest.raises(Refused, match="Say why the status stays"):
        outcomes.decline(proposal=case.proposal, reason=" ", by=clerk, at=case.opened_at)
    outcomes.decline(proposal=case.proposal, reason="Hardship", by=clerk, at=case.opened_at)
    with pytest.raises(Refused, match=r"answered this on .*: declined\."):
        outcomes.confirm(proposal=case.proposal, by=clerk, at=case.opened_at)
    assert again(case).cycle.certification.status == "active"


def test_transcript_and_verification_show_it_as_closed_and_as_corrected_after_audit() -> None:
    case = make_case("announced")
    issued = issuing.issue(contents=contents.of_cycle(case.cycle), by=owner(case), at=case.opened_at)
    closed(case)
    page = client_of(case.member).get(f"/ccp/transcript/{case.cycle_id}/").content.decode()
    assert "As closed" in page
    assert "As corrected after audit" in page
    assert f"Audit {case.reference}: 0 of 30 points were proven" in page
    told = Client().get(f"/verify/{issued.code}/").content.decode()
    assert "AMT corrected it after an audit on" in told
    now = issuing.issue(contents=contents.of_cycle(again(case).cycle), by=owner(case), at=case.opened_at)
    assert Transcript.objects.count() == 2
    verified = Client().get(f"/verify/{now.code}/").content.decode()
    assert "As closed" in verified
    assert "As corrected after audit" in verified
