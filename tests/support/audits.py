"""Builders of audits: a closed cycle, a case in any state, and the people who act for AMT."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from amtportal.dates import day_of
from amtportal.members.models import Member, User
from ccp.audits import cases, deadlines, items
from ccp.audits.models import AuditCase, CaseState, CaseStep, Letter
from ccp.rollover import catching_up
from certifications.models import Cycle
from tests.support.builders import (
    invoice_of,
    make_activity,
    make_amt_credit,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.evidence import attach

CLOSED_ON = date(2026, 5, 1)
"""The cycle of somebody who was certified on 5/1/2023 ended the day before."""
OPENED_ON = date(2027, 1, 15)
"""A Friday. 30 days later is a Sunday before a holiday, so the answer is due on February 16."""
OPENED = noon(OPENED_ON)
DUE_ON = date(2027, 2, 16)
DAY = timedelta(days=1)
IN_GROUP = {"coordinator": "Audit coordinators", "reviewer": "Audit reviewers", "board": "Audit appeal board"}
CAUSE, WANTED = "A report by the provider", "The date is missing."
LOST, SAID, WRONG = "It was lost.", "As the file says.", "The file does show the date."


def person(kind: str, **fields: Any) -> User:
    """Return somebody of the staff, in the ready-made group: a coordinator, a reviewer, or one of the appeal board."""
    user = make_user(is_staff=True, **fields)
    user.groups.add(Group.objects.get(name=IN_GROUP[kind]))
    return user


def audited_cycle(member: Member | None = None, *, points: tuple[str, ...] = ("18", "12"), amt: str = "") -> Cycle:
    """Return a compliant closed cycle of RMA, which needs 30 points, with these entries.

    ``amt``: the points of one more that AMT credited.
    """
    cycle = make_cycle(member or make_member())
    for number, claimed in enumerate(points, start=1):
        day = date(2026, 2, number)
        make_activity(cycle, points=claimed, title=f"Course {number}", starts_on=day, at=noon(date(2026, 3, 1)))
    if amt:
        make_amt_credit(cycle, points=amt, title="Convention", starts_on=date(2026, 2, 20), at=noon(date(2026, 3, 1)))
    clerk = make_user(is_staff=True)
    for year in (1, 2, 3):
        make_payment(invoice_of(cycle, year), by=clerk, received_on=date(2026, 3, 14))
    assert catching_up.catch_up(cycle.certification.member, at=noon(CLOSED_ON))
    return Cycle.objects.select_related("certification__credential", "certification__member__user").get(pk=cycle.pk)


def make_case(state: str = CaseState.NOTIFIED, *, cycle: Cycle | None = None, at: datetime = OPENED) -> AuditCase:
    """Return a case for cause in this state, into which it came by the portal's own verbs.

    From the submission on, the first entry has a file and the others say why they have none. What
    was reviewed is rejected.
    """
    cycle = cycle or audited_cycle()
    case = cases.open_for_cause(cycle=cycle, cause=CAUSE, by=person("coordinator"), at=at)
    for step in _TO[CaseState(state)]:
        case = again(step(case, at) or case)
    assert case.state == state
    return case


def case_on_record(cycle: Cycle, state: str = CaseState.NOTIFIED) -> AuditCase:
    """Return the case of a cycle that need not be closed, with 30 days for its next move. It has no steps."""
    now = timezone.now()
    columns: dict[str, Any] = {"state": state, "due_on": day_of(now) + timedelta(days=30)}
    if state == CaseState.ANNOUNCED:
        columns |= {"outcome": "failed", "points": Decimal(0), "frozen_at": now}
    of_audit = {"cause": "A report", "ticket": "0" * 64, "opened_at": now, "opened_by": make_user(), "state_since": now}
    return cycle.audit_cases.first() or AuditCase.objects.create(cycle=cycle, **of_audit, **columns)


def letter_on_record(case: AuditCase) -> Letter:
    """Return a letter of the case, with the step that wrote it."""
    if found := case.letters.first():
        return found
    now = timezone.now()
    step = CaseStep.objects.create(
        case=case,
        number=case.steps.count() + 1,
        verb="notify",
        who="coordinator",
        by=case.opened_by,
        at=now,
        before="drawn",
        after="notified",
    )
    words = {"recipient": "Ada Lane", "subject": "Send proof", "text": "Dear Ada Lane:\nSend proof.\nAMT audits you."}
    return Letter.objects.create(case=case, step=step, kind="notice", language="en", written_at=now, **words)


def again(case: AuditCase) -> AuditCase:
    """Return the case as the database has it now."""
    related = "cycle__certification__credential", "cycle__certification__member__user"
    return AuditCase.objects.select_related(*related).get(pk=case.pk)


def owner(case: AuditCase) -> User:
    user = case.member.user
    assert user is not None
    return user


def answer(case: AuditCase, at: datetime = OPENED) -> None:
    """Attach a file to the first entry, and say of the others why they have none."""
    first = True
    for item in items.of_case(case):
        if first and not item.is_proven:
            attach(item.activity)
            first = False
        elif not item.is_answered:
            cases.say_missing(case=case, activity=item.activity, text=LOST, by=owner(case), at=at)


def taken(case: AuditCase, by: User, at: datetime = OPENED) -> AuditCase:
    """Take the case as this person, who has no conflict of interest."""
    cases.declare_conflict(case=case, has_conflict=False, by=by, at=at)
    return cases.take(case=case, by=by, at=at)


def review(case: AuditCase, by: User, *points: str, at: datetime = OPENED) -> None:
    """Say of each entry in turn how many points are proven: none, unless they are given."""
    asked = [item.activity for item in items.of_case(case) if not item.is_proven]
    for activity, proven in zip(
        asked, [*map(Decimal, points), *[Decimal(0)] * (len(asked) - len(points))], strict=True
    ):
        verdict = "count" if proven == activity.points else "reduce" if proven else "reject"
        cases.review_item(case=case, activity=activity, verdict=verdict, points=proven, reason=SAID, by=by, at=at)


def decided(case: AuditCase, *points: str, at: datetime = OPENED) -> AuditCase:
    """Let a reviewer take and decide the case; all entries are rejected unless points are given."""
    by = person("reviewer")
    taken(case, by, at)
    review(case, by, *points, at=at)
    verb = cases.decide if case.state == CaseState.SUBMITTED else cases.decide_again
    return verb(case=case, by=by, at=at)


def _notify(case: AuditCase, at: datetime) -> None:
    cases.notify(cases=[case.pk], by=person("coordinator"), at=at)


def _ask_extension(case: AuditCase, at: datetime) -> AuditCase:
    assert case.due_on
    wanted_on = case.due_on + timedelta(days=10)
    return cases.ask_extension(case=case, wanted_on=wanted_on, reason="I am ill.", by=owner(case), at=at)


def _pass(case: AuditCase, at: datetime) -> AuditCase:
    assert case.due_on
    return deadlines.look(case, at=noon(case.due_on + DAY))


def _submit(case: AuditCase, at: datetime) -> AuditCase:
    answer(case, at)
    return cases.submit(case=case, by=owner(case), at=at)


def _want_more(case: AuditCase, at: datetime) -> AuditCase:
    by = person("reviewer")
    taken(case, by, at)
    return cases.want_more(case=case, reason=WANTED, by=by, at=at)


def _appeal(case: AuditCase, at: datetime) -> AuditCase:
    return cases.appeal(case=case, reason=WRONG, by=owner(case), at=at)


def _decide(case: AuditCase, at: datetime) -> AuditCase:
    return decided(case, at=at)


_SUBMITTED = [_notify, _submit]
_ANNOUNCED = [*_SUBMITTED, _decide, _decide]
_TO: dict[CaseState, list[Any]] = {
    CaseState.DRAWN: [],
    CaseState.NOTIFIED: [_notify],
    CaseState.EXTENSION_ASKED: [_notify, _ask_extension],
    CaseState.OVERDUE: [_notify, _pass],
    CaseState.SUBMITTED: _SUBMITTED,
    CaseState.MORE_WANTED: [*_SUBMITTED, _want_more],
    CaseState.SECOND_REVIEW: [*_SUBMITTED, _decide],
    CaseState.ANNOUNCED: _ANNOUNCED,
    CaseState.APPEALED: [*_ANNOUNCED, _appeal],
    CaseState.CLOSED: [*_ANNOUNCED, _pass],
}
