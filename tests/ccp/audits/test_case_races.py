"""Two at once in a case: one waits for the other and sees what it has done."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from amtportal.refusals import Refused
from ccp.audits import cases, deadlines, steps
from ccp.audits.models import CaseStep
from ccp.evidence import attaching as evidence
from ccp.models import Evidence
from tests.support.audits import OPENED, again, answer, make_case, owner, person, taken
from tests.support.builders import noon
from tests.support.threads import beside, wait_until_somebody_waits

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def test_of_two_reviewers_who_take_a_case_one_has_it() -> None:
    case = make_case("submitted")
    one, other = person("reviewer"), person("reviewer")
    for by in (one, other):
        cases.declare_conflict(case=case, has_conflict=False, by=by, at=OPENED)
    with transaction.atomic():
        cases.take(case=case, by=one, at=OPENED)
        second = beside(partial(cases.take, case=case, by=other, at=OPENED))
        wait_until_somebody_waits()
    with pytest.raises(Refused, match="somebody else"):
        second.result()
    assert again(case).first_reviewer == one


def test_a_form_that_is_sent_twice_at_once_submits_once() -> None:
    case = make_case()
    answer(case)
    with transaction.atomic():
        cases.submit(case=case, by=owner(case), at=OPENED)
        second = beside(partial(cases.submit, case=case, by=owner(case), at=OPENED))
        wait_until_somebody_waits()
    assert second.result().state == "submitted"
    assert CaseStep.objects.filter(case=case, verb="submit").count() == 1


def test_a_file_that_is_removed_while_the_case_is_submitted_stays() -> None:
    case = make_case()
    answer(case)
    file = Evidence.objects.get()
    with transaction.atomic():
        cases.submit(case=case, by=owner(case), at=OPENED)
        removal = beside(partial(evidence.remove, evidence=file, by=owner(case), at=OPENED))
        wait_until_somebody_waits()
    with pytest.raises(Refused):
        removal.result()
    file.refresh_from_db()
    assert file.is_attached


def test_who_submits_while_a_file_is_being_removed_is_told_that_it_is_missing() -> None:
    case = make_case()
    answer(case)
    file = Evidence.objects.get()
    with transaction.atomic():
        evidence.remove(evidence=file, by=owner(case), at=OPENED)
        submission = beside(partial(cases.submit, case=case, by=owner(case), at=OPENED))
        wait_until_somebody_waits()
    with pytest.raises(Refused, match="Course 1"):
        submission.result()
    assert again(case).state == "notified"


def test_the_portal_and_a_member_who_is_late_do_not_both_move_the_case() -> None:
    case = make_case("overdue")
    answer(case, noon(case.due_on))
    late = noon(case.due_on + timedelta(days=1))
    with transaction.atomic():
        deadlines.pass_locked(steps.lock([case.pk]), at=late)
        submission = beside(partial(cases.submit, case=case, by=owner(case), at=noon(case.due_on)))
        wait_until_somebody_waits()
    with pytest.raises(steps.MovedOn):
        submission.result()
    assert again(case).state == "second-review"


def test_two_of_the_board_who_decide_at_once_close_the_case_once() -> None:
    case = make_case("appealed")
    one, other = person("board"), person("board")
    taken(case, one)
    taken(case, other)
    with transaction.atomic():
        cases.decide_appeal(case=case, answer="It stays.", by=one, at=OPENED)
        second = beside(partial(cases.decide_appeal, case=case, answer="It stays.", by=other, at=OPENED))
        wait_until_somebody_waits()
    assert second.result().state == "closed"
    assert list(case.steps.order_by("number").values_list("verb", flat=True))[-2:] == ["decide-appeal"] * 2
