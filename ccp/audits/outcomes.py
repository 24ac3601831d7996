"""What follows from a closed audit: a correction beside the closed cycle, and maybe another status.

- If points or outcome are not what the cycle was closed with, or was corrected to last, a correction
  is signed. Whoever decided last signs it. The row of the cycle, its invoices and the next cycle
  stay as they are.
- If the audit was not passed and the certification is in force, it is *proposed* that it lapse, as
  the bylaws say of a cycle whose requirement was not met. Somebody who had no part in the case
  confirms it, or declines it with the reason.
- An audit that was called off leads to nothing.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from amtportal.dates import day_of
from amtportal.formatting import format_day, format_points
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.audits.models import AuditCase, CaseOutcome, CaseState, CaseStep, StatusProposal, Verb
from ccp.audits.signals import stepped
from certifications import corrections, life
from certifications.models import Certification, Cycle
from certifications.quarters import ZERO

LONGEST_REASON = 300
_DECIDING = (Verb.DECIDE, Verb.DECIDE_AGAIN, Verb.DECIDE_APPEAL)


def after_step(*, case: AuditCase, step: CaseStep, **kwargs: Any) -> None:
    """Write what follows from a case that this step has closed."""
    if step.after == CaseState.CLOSED and case.outcome != CaseOutcome.CALLED_OFF:
        write(case=case, at=step.at)


def connect() -> None:
    stepped.connect(after_step, dispatch_uid="ccp.audits.outcomes")


@transaction.atomic
def write(*, case: AuditCase, at: datetime) -> None:
    """Sign the correction of a closed case and propose a status, where they follow. Twice is once."""
    assert case.points is not None
    assert case.state == CaseState.CLOSED
    points, outcome = as_on_record(case.cycle)
    wanted = outcome_of_cycle(case)
    if (points, outcome) != (case.points, wanted):
        decided = case.steps.filter(verb__in=_DECIDING).select_related("by").latest("number")
        assert decided.by
        corrections.sign(
            cycle=case.cycle,
            points=case.points,
            outcome=wanted,
            statement=statement(before=points, after=case.points, outcome=wanted, reference=case.reference),
            audit=case.reference,
            by=decided.by,
            at=at,
        )
    if case.outcome == CaseOutcome.FAILED and life.in_force(case.cycle.certification.status):
        _propose(case, at)


def as_on_record(cycle: Cycle) -> tuple[Decimal, str]:
    """Return the points and the outcome of a closed cycle, as corrected last."""
    last = cycle.corrections.order_by("-signed_at", "-pk").first()
    return (last.points, last.outcome) if last else (cycle.points_at_close or ZERO, cycle.outcome)


def outcome_of_cycle(case: AuditCase) -> str:
    """Return the outcome of the cycle that follows from the outcome of its audit."""
    return Cycle.Outcome.COMPLIANT if case.outcome == CaseOutcome.PASSED else Cycle.Outcome.NON_COMPLIANT


def statement(*, before: Decimal, after: Decimal, outcome: str, reference: str) -> str:
    """Return the statement of the correction.

    It is in English, as what staff write, whatever the reader's language: it is part of the record.
    """
    if after == before:
        figures = f"All {format_points(after)} points were proven"
    else:
        figures = f"{format_points(after)} of {format_points(before)} points were proven"
    return f"Audit {reference}: {figures}. The cycle is {Cycle.Outcome(outcome).label.lower()}."


def _propose(case: AuditCase, at: datetime) -> None:
    if StatusProposal.objects.filter(case=case).exists():
        return
    proposal = StatusProposal(case=case, proposed_at=at)
    sign(proposal, by=None, at=at, reason="The audit was not passed")
    proposal.save()


def had_a_part(case: AuditCase) -> set[int]:
    """Return the accounts that cannot confirm the outcome: the member, and everybody who decided."""
    deciders = case.steps.filter(verb__in=_DECIDING, by__isnull=False).values_list("by", flat=True)
    member = case.member.user_id
    return {*deciders, *([member] if member else [])}


@transaction.atomic
def confirm(*, proposal: StatusProposal, by: User, at: datetime) -> StatusProposal:
    """Give the certification the status that was proposed. Raises ``Refused``."""
    proposal = _locked(proposal)
    if proposal.state == StatusProposal.State.CONFIRMED:
        return proposal
    _refuse_unless_open(proposal, by)
    certification = proposal.case.cycle.certification
    life.change_status(
        certification=certification,
        to=proposal.status,
        reason=f"Audit {proposal.case.reference} was not passed",
        by=by,
        at=at,
    )
    return _answer(proposal, StatusProposal.State.CONFIRMED, by=by, at=at)


@transaction.atomic
def decline(*, proposal: StatusProposal, reason: str, by: User, at: datetime) -> StatusProposal:
    """Leave the certification as it is, with the reason. Raises ``Refused``."""
    proposal = _locked(proposal)
    reason = reason.strip()
    if (proposal.state, proposal.answer) == (StatusProposal.State.DECLINED, reason):
        return proposal
    _refuse_unless_open(proposal, by)
    if not reason:
        raise Refused("Say why the status stays: it is kept with the audit.", "reason")
    if len(reason) > LONGEST_REASON:
        raise Refused(f"The reason is longer than {LONGEST_REASON} characters. Write it shorter.", "reason")
    return _answer(proposal, StatusProposal.State.DECLINED, by=by, at=at, answer=reason)


def _locked(proposal: StatusProposal) -> StatusProposal:
    """Lock the cycles and the certification first, as everywhere, and then the proposal."""
    cycle = Cycle.objects.get(audit_cases__proposal=proposal.pk)
    unclosed = Cycle.objects.unclosed().filter(certification=cycle.certification_id)
    list(unclosed.select_for_update().order_by("pk").values_list("pk"))
    list(Certification.objects.select_for_update().filter(pk=cycle.certification_id).values_list("pk"))
    list(StatusProposal.objects.select_for_update().filter(pk=proposal.pk).values_list("pk"))
    return StatusProposal.objects.select_related("case__cycle__certification__member").get(pk=proposal.pk)


def _refuse_unless_open(proposal: StatusProposal, by: User) -> None:
    if proposal.state != StatusProposal.State.OPEN:
        assert proposal.answered_at
        assert proposal.answered_by
        raise Refused(
            f"{proposal.answered_by} answered this on {format_day(day_of(proposal.answered_at))}: "
            f"{proposal.get_state_display().lower()}."
        )
    if by.pk in had_a_part(proposal.case):
        raise Refused("You had a part in this audit. Somebody else confirms or declines what follows from it.")


def _answer(proposal: StatusProposal, state: str, *, by: User, at: datetime, answer: str = "") -> StatusProposal:
    proposal.state, proposal.answer = state, answer
    proposal.answered_at, proposal.answered_by = at, by
    sign(proposal, by=by, at=at)
    proposal.save()
    return proposal
