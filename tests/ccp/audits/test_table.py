"""Every row of the table of states: done by the right person, and refused to everybody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from amtportal.refusals import Refused
from ccp.audits import cases, deadlines, states
from ccp.audits.models import AuditCase, CaseState, Verb, Who
from ccp.audits.states import ROWS, Row
from tests.support.audits import DAY, OPENED, again, answer, decided, make_case, owner, person, taken
from tests.support.builders import client_of, make_member, make_user, noon
from tests.support.pages import read

pytestmark = pytest.mark.django_db

S, V = CaseState, Verb
Key = tuple[str | None, str, str]


def key(row: Row) -> Key:
    return (row.before, row.verb, row.after)


def of(*who: Who) -> list[Any]:
    return [pytest.param(row, id=f"{row.before} {row.verb} {row.after}") for row in ROWS if row.who in who]


# The member's rows, over HTTP: the address below the case, and what is sent.

SENT: dict[str, tuple[str, Callable[[AuditCase], dict[str, str]]]] = {
    V.ASK_EXTENSION: (
        "extension/",
        lambda case: {"wanted_on": f"{case.due_on + timedelta(days=9):%m/%d/%Y}", "reason": "I am ill."},
    ),
    V.SUBMIT: ("submit/", lambda case: {"attested": "on"}),
    V.APPEAL: ("appeal/", lambda case: {"reason": "The file shows the date."}),
}


@pytest.mark.parametrize("row", of(Who.MEMBER))
def test_a_row_of_the_member_is_done_on_its_page_and_by_nobody_else(row: Row, time_machine: Any) -> None:
    case = make_case(str(row.before))
    time_machine.move_to(noon(case.due_on), tick=False)
    if row.verb == V.SUBMIT:
        answer(case, noon(case.due_on))
    address, sent = SENT[row.verb]
    address = f"/audits/{case.pk}/{address}"
    data = sent(case)
    assert client_of(make_member()).post(address, data).status_code == 404
    assert Client().post(address, data).headers["Location"].startswith("/accounts/login/")
    for staff in (person("coordinator"), person("reviewer"), person("board"), make_user(is_staff=True)):
        answered = client_of(staff).post(address, data)
        assert (answered.status_code, answered.headers["Location"]) == (302, "/")
    assert again(case).state == row.before
    answered = client_of(owner(case)).post(address, data)
    assert answered.status_code == 302, read(answered).text
    case = again(case)
    assert (case.state, case.due_on) == (row.after, states.due_on(row, case.state_since.date()))
    step = case.steps.latest("number")
    assert (step.verb, step.who, step.by, step.before, step.after) == (
        *key(row)[1:2],
        "member",
        owner(case),
        *_ends(row),
    )
    assert client_of(owner(case)).post(address, data).status_code in (200, 302)
    assert case.steps.count() == step.number, "sent twice, it is done once"


def _ends(row: Row) -> tuple[str | None, str]:
    return row.before, row.after


@pytest.mark.parametrize("verb", sorted(SENT))
def test_where_the_table_has_no_row_the_member_is_refused(verb: str) -> None:
    without = [state for state in S if state not in (*states.states_before(verb), S.DECIDED)]
    case = make_case(S.DRAWN)
    for state in without:
        columns: dict[str, Any] = {"state": state, "due_on": None if state == S.CLOSED else case.due_on}
        AuditCase.objects.filter(pk=case.pk).update(frozen_at=OPENED, **columns, **_whole(state))
        address, sent = SENT[verb]
        data = sent(case)
        client = client_of(owner(case))
        page = read(client.post(f"/audits/{case.pk}/{address}", data))
        assert "moved on" in page.text
        assert again(case).state == state


def _whole(state: str) -> dict[str, Any]:
    is_decided = state in (S.SECOND_REVIEW, S.ANNOUNCED, S.APPEALED, S.CLOSED)
    closed_at = OPENED if state == S.CLOSED else None
    return {"outcome": "failed" if is_decided else "", "points": 0 if is_decided else None, "closed_at": closed_at}


# The portal's rows.


@pytest.mark.parametrize("row", of(Who.PORTAL))
def test_a_row_of_the_portal_is_done_when_its_day_has_passed(row: Row, settings: Any) -> None:
    settings.AUDIT_SECOND_REVIEW_PERCENT = 0
    if row.before == S.DECIDED:  # at once
        case = decided(make_case(S.SUBMITTED), *(["18", "12"] if row.verb == V.ANNOUNCE else []))
        at = OPENED
    else:
        case = make_case(str(row.before))
        at = noon(case.due_on)
        assert deadlines.pass_all(at=at) == (0, []), "the last day is in time"
        at = noon(case.due_on + DAY)
        assert deadlines.pass_all(at=at) == (1, [])
        assert deadlines.pass_all(at=at) == (0, []), "again, there is nothing left to do"
    [step] = case.steps.filter(verb=row.verb, before=row.before)
    assert (step.who, step.by, step.at, step.after) == ("portal", None, at, row.after)


# The rows of AMT's staff. Their pages are tried in ``test_staff_rows.py``.


DONE: dict[Key, Callable[[AuditCase], object]] = {
    (S.DRAWN, V.NOTIFY, S.NOTIFIED): lambda case: cases.notify(cases=[case.pk], by=person("coordinator"), at=OPENED),
    (S.EXTENSION_ASKED, V.GRANT_EXTENSION, S.NOTIFIED): lambda case: cases.grant_extension(
        case=case, by=person("coordinator"), at=OPENED
    ),
    (S.EXTENSION_ASKED, V.REFUSE_EXTENSION, S.NOTIFIED): lambda case: cases.refuse_extension(
        case=case, reason="No.", by=person("coordinator"), at=OPENED
    ),
    (S.APPEALED, V.DECIDE_APPEAL, S.APPEALED): lambda case: _decide_appeal(case),
    (S.APPEALED, V.DECIDE_APPEAL, S.CLOSED): lambda case: (_decide_appeal(case), _decide_appeal(case)),
    (S.SUBMITTED, V.WANT_MORE, S.MORE_WANTED): lambda case: cases.want_more(
        case=case, reason="The date.", by=_taken(case), at=OPENED
    ),
    (S.SUBMITTED, V.DECIDE, S.DECIDED): lambda case: decided(case),
    (S.SECOND_REVIEW, V.DECIDE_AGAIN, S.ANNOUNCED): lambda case: decided(case),
}


def _taken(case: AuditCase) -> Any:
    by = person("reviewer")
    taken(case, by)
    return by


def _decide_appeal(case: AuditCase) -> None:
    by = _taken(case)
    cases.decide_appeal(case=case, answer="We looked again.", by=by, at=OPENED)


for row in ROWS:
    if row.verb == V.CALL_OFF:
        DONE[key(row)] = lambda case: cases.call_off(case=case, reason="An error.", by=person("coordinator"), at=OPENED)
    elif row.verb == V.DECLARE_CONFLICT:
        DONE[key(row)] = lambda case: cases.declare_conflict(
            case=case, has_conflict=True, what="A friend", by=person("reviewer"), at=OPENED
        )
    elif row.verb == V.TAKE:
        DONE[key(row)] = _taken
    elif row.verb == V.RELEASE:
        DONE[key(row)] = lambda case: cases.release(case=case, reason="I am away.", by=_taken(case), at=OPENED)


@pytest.mark.parametrize(
    "row", [param for param in of(Who.COORDINATOR, Who.REVIEWER, Who.BOARD) if param.values[0].before]
)
def test_a_row_of_amts_staff_is_done_by_its_verb(row: Row) -> None:
    case = make_case(str(row.before))
    DONE[key(row)](case)
    steps = case.steps.filter(verb=row.verb, before=row.before, after=row.after)
    assert steps.count() == 1
    assert steps.get().who == row.who
    assert steps.get().by is not None


def test_the_first_row_is_the_opening() -> None:
    case = make_case(S.DRAWN)
    [step] = case.steps.all()
    assert (step.number, step.verb, step.before, step.after) == (1, V.OPEN, "", S.DRAWN)
    assert step.reason == case.cause
    assert step.due_on == case.due_on == states.due_on(ROWS[0], OPENED.date())


@pytest.mark.parametrize("verb", ["take", "decide", "decide_again", "decide_appeal", "want_more", "release"])
def test_a_reviewer_is_refused_where_the_table_has_no_row(verb: str) -> None:
    case = make_case(S.DRAWN)
    words = {"want_more": {"reason": "x"}, "release": {"reason": "x"}, "decide_appeal": {"answer": "x"}}.get(verb, {})
    with pytest.raises(Refused):
        getattr(cases, verb)(case=case, by=person("reviewer"), at=OPENED, **words)
    assert case.steps.count() == 1
