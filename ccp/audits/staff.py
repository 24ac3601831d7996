"""What somebody of AMT may see and do in a case now. The verbs ask again, under the lock.

- A coordinator notifies, answers a request for more time, calls off, and writes to the member.
- A reviewer, or somebody of the appeal board, first answers the question of conflict, then takes
  the case. Only who has taken it sees its entries and files, and what the member says of them.
- The second reviewer does not read what the first one said, so that the two can be compared. The
  appeal board reads both.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from amtportal.formatting import format_day, format_points
from amtportal.members.models import User
from ccp.audits import cases, items, states, telling
from ccp.audits.checklist import Answer, Claim, Finding, Question
from ccp.audits.models import AuditCase, CaseState, CaseStep, Conflict, ItemReview, ReviewRound, Verb, Who
from ccp.audits.models.cases import ASKED_FOR_MORE_AT_MOST
from ccp.counting.terms import in_units, points_for

RIGHTS = {
    Who.COORDINATOR: "audits.coordinate_audits",
    Who.REVIEWER: "audits.review_audits",
    Who.BOARD: "audits.decide_appeals",
}
DECIDING = (Verb.DECIDE, Verb.DECIDE_AGAIN, Verb.DECIDE_APPEAL)
OF_AMT = (CaseState.DRAWN, CaseState.EXTENSION_ASKED, CaseState.SUBMITTED, CaseState.SECOND_REVIEW, CaseState.APPEALED)
"""The states in which it is the move of AMT's staff."""


def rights_for(state: str, verbs: Iterable[str]) -> set[str]:
    """Return the permissions of which one lets somebody do this; where the state has no row, in any state."""
    rows = [row for row in states.ROWS if row.verb in verbs and row.who in RIGHTS]
    return {RIGHTS[row.who] for row in rows if row.before == state} or {RIGHTS[row.who] for row in rows}


def is_mine(case: AuditCase, by: User) -> bool:
    """Return whether this person has taken the case, and it is in the state in which that matters."""
    return by.pk in [getattr(case, f"{part}_id") for part in cases.parts_of(case)]


def answer_of(case: AuditCase, by: User) -> Conflict | None:
    return Conflict.objects.filter(case=case, reviewer=by).first()


def sees_items(case: AuditCase, by: User) -> bool:
    """Return whether this person sees the entries and files: who has a part, and coordinators of closed cases."""
    return cases.may_see_items(case, by) or (not case.is_open and by.has_perm(RIGHTS[Who.COORDINATOR]))


def had_another_part(case: AuditCase, by: User) -> bool:
    """Return whether this person has reviewed the case before, and so cannot take it now."""
    if is_mine(case, by):
        return False
    earlier = ItemReview.objects.filter(case=case, reviewer=by).exclude(round=cases.round_of(case) or "")
    return cases.may_see_items(case, by) or earlier.exists()


def possible(case: AuditCase, by: User) -> list[Verb]:
    """Return what this person may do in the case now, in the order of the table."""
    rows = [row for row in states.ROWS if row.before == case.state and row.who in RIGHTS]
    allowed = list(dict.fromkeys(row.verb for row in rows if by.has_perm(RIGHTS[row.who])))
    if not set(allowed) & {Verb.DECLARE_CONFLICT}:
        return allowed
    withheld = set(cases.REVIEWING)
    if is_mine(case, by):
        withheld = {Verb.DECLARE_CONFLICT, Verb.TAKE}
        if case.asked_for_more >= ASKED_FOR_MORE_AT_MOST:
            withheld.add(Verb.WANT_MORE)
        if cases.has_decided(case, by):
            withheld |= {Verb.RELEASE, Verb.DECIDE_APPEAL}
    elif not had_another_part(case, by) and _has_room(case):
        answer = answer_of(case, by)
        if answer is None:
            withheld -= {Verb.DECLARE_CONFLICT}
        elif not answer.has_conflict:
            withheld -= {Verb.TAKE}
    return [verb for verb in allowed if verb not in withheld]


def _has_room(case: AuditCase) -> bool:
    return any(getattr(case, f"{part}_id") is None for part in cases.parts_of(case))


def move(case: AuditCase, on: date) -> str:
    """Return whose move it is and until when, for AMT to read."""
    who = states.MOVES.get(case.state)
    if who is None:
        return "Closed"
    sentence = f"{who.label}: {case.get_state_display().lower()}"
    if case.due_on is None:
        return sentence
    late = (on - case.due_on).days
    until = f"{sentence}, until {format_day(case.due_on)}"
    return f"{until}. {late} day{'s' * (late != 1)} late" if telling.is_late(case, on) else until


def holder(case: AuditCase) -> str:
    """Return who has the case now, if somebody does."""
    taken = [getattr(case, part) for part in cases.parts_of(case)]
    return ", ".join(str(person) for person in taken if person)


@dataclass
class Asked:
    """An entry of a case as a reviewer sees it.

    ``mine``: what this reviewer has said of it, last. ``earlier``: the verdict that held before, if
    this reviewer may read it.
    """

    item: items.Item
    mine: ItemReview | None
    earlier: ItemReview | None

    @property
    def is_open(self) -> bool:
        return self.mine is None and not self.item.is_proven


def asked(case: AuditCase, by: User) -> list[Asked]:
    """Return the entries of a case for this reviewer, in five queries at most."""
    given = list(case.item_reviews.select_related("reviewer").order_by("pk"))
    mine = items.of_reviewer(given, _round_of(case, by), by.pk)
    reads_others = case.state in states.OPEN_VERDICT
    return [
        Asked(item, mine.get(item.activity.pk), item.review if reads_others else None) for item in items.of_case(case)
    ]


def _round_of(case: AuditCase, by: User) -> str:
    """Return the round in which this person reviews the case, or did."""
    if by.pk == case.first_reviewer_id:
        return ReviewRound.FIRST
    return ReviewRound.SECOND if by.pk == case.second_reviewer_id else ReviewRound.BOARD


def reason_shown(case: AuditCase, step: CaseStep, by: User) -> str:
    """Return why a step was done, unless the second reviewer must not read it yet."""
    is_hidden = step.verb == Verb.DECIDE and case.state == CaseState.SECOND_REVIEW and step.by_id != by.pk
    return "" if is_hidden else step.reason


def problem_with_checklist(verdict: str, unchecked: Iterable[str], *, says_why: bool) -> str | None:
    """Return why an entry cannot count whole like this: not everything is checked, and no reason is given."""
    questions = [str(question).rstrip(".").lower() for question in unchecked]
    if verdict != "count" or says_why or not questions:
        return None
    return f"Not checked: {'; '.join(questions)}. Check it, say why it counts anyway, or choose another verdict."


@dataclass(frozen=True)
class AskedOfReviewer:
    """One question of the checklist, what to compare the file with, and what the portal answers."""

    name: str
    label: str
    hint: str
    answer: Answer
    is_checked: bool


def questions(
    claim: Claim, findings: Iterable[Finding], *, member: str, checked: Collection[str]
) -> list[AskedOfReviewer]:
    """Return the checklist for the reviewer, with what was recorded."""
    units = "points were recorded without units"
    if claim.quantity is not None and claim.per_unit is not None:
        made = format_points(points_for(claim.quantity, claim.per_unit))
        units = f"{in_units(claim.quantity, claim.unit)} make {made} points"
    hints = {
        Question.NAME: member,
        Question.DATE: f"{format_day(claim.starts_on)} to {format_day(claim.ends_on)}; the cycle is "
        f"{format_day(claim.cycle_starts_on)} to {format_day(claim.cycle_ends_on)}.",
        Question.PROVIDER: claim.provider or "None was named.",
        Question.HOURS: f"{format_points(claim.points)} points are claimed; {units}.",
        Question.READABLE: f"{claim.files} file{'s' * (claim.files != 1)}." if claim.files else "No file is attached.",
        Question.RELEVANT: f"Exam content outline of {claim.credential}.",
    }
    return [
        AskedOfReviewer(
            finding.question.value,
            str(finding.question.label),
            hints[finding.question],
            finding.answer,
            finding.question.value in checked,
        )
        for finding in findings
    ]
