"""What must always be true of a case and of what belongs to it.

These tests try to break each constraint.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from ccp.audits import cases
from ccp.audits.models import (
    Appeal,
    AuditCase,
    CaseStep,
    Conflict,
    Extension,
    ItemReview,
    Letter,
    LetterPrint,
    Message,
    PrintRun,
    StatusProposal,
)
from tests.support.audits import OPENED, OPENED_ON, make_case, owner, person
from tests.support.builders import make_user
from tests.support.constraints import changed, constraints_of, copied, refused_by

pytestmark = pytest.mark.django_db

TENTH = Decimal("1.1")
PASSED = {"outcome": "passed", "points": Decimal(30)}
FROZEN = {"frozen_at": OPENED}


def case() -> AuditCase:
    return make_case()


def announced() -> AuditCase:
    return make_case("announced")


def step() -> CaseStep:
    return make_case("drawn").steps.get()


def extension() -> Extension:
    return make_case("extension-asked").extension


def conflict() -> Conflict:
    return cases.declare_conflict(case=make_case("submitted"), has_conflict=False, by=person("reviewer"), at=OPENED)


def item_review() -> ItemReview:
    return make_case("second-review").item_reviews.first()  # type: ignore[return-value]


def message() -> Message:
    on = make_case("drawn")
    return cases.write_message(case=on, text="A question.", by=owner(on), at=OPENED)


def appeal() -> Appeal:
    return make_case("appealed").appeal


def proposal() -> StatusProposal:
    return StatusProposal.objects.create(case=case(), proposed_at=OPENED)


def letter() -> Letter:
    first = step()
    return Letter.objects.create(
        case=first.case,
        step=first,
        kind="notice",
        language="en",
        recipient="Ada Lane",
        subject="Your audit",
        text="Dear Ada Lane",
        written_at=OPENED,
    )


def mailed_letter() -> Letter:
    return make_case().letters.get()


def letter_print() -> LetterPrint:
    run = PrintRun.objects.create(asked_by=make_user(), asked_at=OPENED, letters=[])
    return LetterPrint.objects.create(letter=letter(), run=run, printed_at=OPENED)


Try = tuple[str, dict[str, Any], str]
CHANGES: dict[Callable[[], models.Model], list[Try]] = {
    proposal: [
        ("statusproposal_status_known", {"status": "sleeping"}, "no such status"),
        ("statusproposal_answered_whole", {"state": "confirmed"}, "confirmed by nobody"),
    ],
    case: [
        ("auditcase_state_known", {"state": "lost", **FROZEN}, "no such state"),
        ("auditcase_drawn_or_for_cause", {"cause": ""}, "neither"),
        ("auditcase_more_at_most_twice", {"asked_for_more": 3}, "a third time"),
        ("auditcase_frozen_from_submission", {"state": "submitted"}, "submitted, and files can be removed"),
        ("auditcase_decided_whole", {"outcome": "passed"}, "no points"),
        ("auditcase_decided_whole", {"points": Decimal(30)}, "no outcome"),
        ("auditcase_decided_whole", {"outcome": "failed", "points": Decimal(-1)}, "points below 0"),
        ("auditcase_announced_is_decided", {"state": "announced", **FROZEN}, "nothing to announce"),
        ("auditcase_points_in_quarters", {"outcome": "passed", "points": TENTH}, "tenths"),
        ("auditcase_closed_whole", {"closed_at": OPENED}, "a time and not closed"),
        ("auditcase_closed_whole", {"outcome": "called-off"}, "called off and not closed"),
        ("auditcase_closed_whole", {"state": "closed", "due_on": None, "closed_at": OPENED}, "no outcome"),
        ("auditcase_closed_whole", {"state": "closed", **PASSED, "due_on": None}, "closed at no time"),
        ("auditcase_closed_whole", {"state": "closed", **PASSED, "closed_at": OPENED}, "a last day"),
    ],
    announced: [
        ("auditcase_reviewed_by_two", {"second_reviewer": models.F("first_reviewer")}, "the same twice"),
        ("auditcase_board_did_not_review", {"first_of_board": models.F("first_reviewer")}, "first and first"),
        ("auditcase_board_did_not_review", {"first_of_board": models.F("second_reviewer")}, "second and first"),
        ("auditcase_board_did_not_review", {"second_of_board": models.F("first_reviewer")}, "first and second"),
        ("auditcase_board_did_not_review", {"second_of_board": models.F("second_reviewer")}, "second and second"),
    ],
    step: [
        ("casestep_number_from_1", {"number": 0}, "before the first"),
        ("casestep_states_known", {"after": "lost"}, "to no such state"),
        ("casestep_states_known", {"before": "lost"}, "from no such state"),
        ("casestep_verb_known", {"verb": "sing"}, "no such verb"),
        ("casestep_has_somebody", {"by": None}, "the coordinator is nobody"),
        ("casestep_has_somebody", {"who": "portal"}, "the portal is somebody"),
    ],
    extension: [
        ("extension_has_reason", {"reason": ""}, "no reason"),
        ("extension_later_than_due", {"wanted_on": models.F("was_due_on")}, "no later"),
        ("extension_answered_whole", {"state": "granted", "answered_at": OPENED}, "granted to no day"),
        ("extension_answered_whole", {"granted_to": OPENED_ON}, "not answered and granted"),
        (
            "extension_answered_whole",
            {"state": "refused", "answered_at": OPENED, "answered_by": make_user},
            "no reason",
        ),
        ("extension_answered_whole", {"state": "refused", "answered_at": OPENED, "answer": "No."}, "by nobody"),
        ("extension_answered_whole", {"state": "not-needed"}, "at no time"),
    ],
    conflict: [("conflict_says_what", {"has_conflict": True}, "a conflict without a word")],
    item_review: [
        ("itemreview_round_known", {"round": "third"}, "no such round"),
        ("itemreview_verdict_known", {"verdict": "maybe"}, "no such verdict"),
        ("itemreview_points_from_0_in_quarters", {"verdict": "reduce", "points": TENTH}, "tenths"),
        ("itemreview_points_from_0_in_quarters", {"verdict": "reduce", "points": Decimal("-0.25")}, "below 0"),
        ("itemreview_rejected_is_0", {"points": Decimal(1)}, "rejected and counts"),
        ("itemreview_says_why", {"reason": ""}, "rejected without a word"),
    ],
    message: [("message_has_text", {"text": ""}, "says nothing")],
    appeal: [
        ("appeal_has_reason", {"reason": ""}, "no reason"),
        ("appeal_decided_whole", {"result": "upheld", "decided_at": OPENED}, "no answer"),
        ("appeal_decided_whole", {"result": "upheld", "answer": "So it is."}, "at no time"),
        ("appeal_decided_whole", {"answer": "So it is."}, "no result"),
    ],
    letter: [
        ("letter_kind_known", {"kind": "love"}, "no such kind"),
        ("letter_not_empty", {"text": ""}, "no text"),
        ("letter_not_empty", {"subject": ""}, "no subject"),
        ("letter_not_empty", {"recipient": ""}, "to nobody"),
    ],
}
COPIES: dict[Callable[[], models.Model], list[Try]] = {
    case: [("auditcase_one_open_a_cycle", {}, "two at once")],
    step: [("casestep_number_once", {}, "two of one number")],
    conflict: [("conflict_answered_once", {}, "answered twice")],
    extension: [("extension.case_id", {}, "asked for twice")],
    appeal: [("appeal.case_id", {}, "appealed twice")],
    letter: [("letter_exactly_once", {}, "told twice")],
    mailed_letter: [("letter.mail_id", {"kind": "appeal"}, "two in one mail")],
    letter_print: [("letterprint_once_a_run", {}, "twice in one file")],
    proposal: [("statusproposal.case_id", {}, "proposed twice")],
}
OF_THE_DRAW = ("audits_draw", "audits_replacement")
# These have tests of their own below; a line that is drawn twice is tried in ``test_cases.py``.
ELSEWHERE = {
    "audits_auditcase_board_of_two",
    "audits_auditcase.draw_line_id",
    "audits_auditcase_outcome_known",
    "audits_extension_state_known",
}


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row.__name__)
def test_the_database_refuses_a_row_that_breaks(row: Callable[[], models.Model]) -> None:
    sound = row()
    for name, changes, what in CHANGES[row]:
        with refused_by("audits", f"audits_{name}"):
            changed(sound, changes)
            raise AssertionError(f"{name}: {what}")


@pytest.mark.parametrize("row", COPIES, ids=lambda row: row.__name__)
def test_the_database_refuses_a_second_row_that_breaks(row: Callable[[], models.Model]) -> None:
    sound = row()
    for name, changes, _what in COPIES[row]:
        with refused_by("audits", f"audits_{name}"):
            copied(sound, changes)


def test_the_appeal_board_has_two_people() -> None:
    both = make_user(is_staff=True)
    sound = case()
    with refused_by("audits", "audits_auditcase_board_of_two"):
        changed(sound, {"first_of_board": both, "second_of_board": both})


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        pytest.param(case, {"outcome": "won"}, id="no such outcome"),
        pytest.param(extension, {"state": "lost"}, id="no such state"),
    ],
)
def test_the_database_refuses_what_it_does_not_know(row: Any, changes: dict[str, Any]) -> None:
    """Two constraints refuse it, and each database names another one."""
    sound = row()
    with pytest.raises(IntegrityError), transaction.atomic():
        changed(sound, changes)


def test_every_constraint_has_its_try() -> None:
    tried = {f"audits_{name}" for some in (CHANGES, COPIES) for tries in some.values() for name, *_ in tries}
    there = {name for name in constraints_of("audits") if not name.startswith(OF_THE_DRAW)}
    assert there == tried | ELSEWHERE


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        pytest.param(case, {"outcome": "failed", "points": Decimal(0)}, id="nothing is proven"),
        pytest.param(announced, {"asked_for_more": 2}, id="asked for more twice"),
        pytest.param(item_review, {"verdict": "reduce"}, id="reduced to 0"),
        pytest.param(extension, {"state": "not-needed", "answered_at": OPENED}, id="submitted in the meantime"),
    ],
)
def test_the_database_takes_a_row_at_the_edge(row: Any, changes: dict[str, Any]) -> None:
    with transaction.atomic():
        changed(row(), changes)
