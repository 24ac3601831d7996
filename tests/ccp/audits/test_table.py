"""Every row of the table of states: done by the right person, and refused to everybody else."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.audits import cases, deadlines, states
from ccp.audits.models import AuditCase, CaseState, Verb, Who
from ccp.audits.states import ROWS, Row
from tests.support.audits import DAY, OPENED, again, answer, decided, make_case, owner, person, review, taken
from tests.support.builders import client_of, make_member, make_user, noon
from tests.support.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

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


# The rows of AMT's staff, over HTTP: the address below the page of the case, and what is sent.

Page = tuple[str, Callable[[AuditCase], dict[str, str]]]
WHY = {"reason": "Because it is so."}
STAFF_SENT: dict[str, Page] = {
    V.NOTIFY: ("notify", lambda case: {}),
    V.CALL_OFF: ("call-off", lambda case: WHY),
    V.GRANT_EXTENSION: ("grant", lambda case: {"until": f"{case.extension.wanted_on:%Y-%m-%d}"}),
    V.REFUSE_EXTENSION: ("refuse", lambda case: WHY),
    V.DECLARE_CONFLICT: ("conflict", lambda case: {"has_conflict": "yes", "what": "A friend"}),
    V.TAKE: ("take", lambda case: {}),
    V.RELEASE: ("release", lambda case: WHY),
    V.WANT_MORE: ("more", lambda case: WHY),
    V.DECIDE: ("decide", lambda case: WHY),
    V.DECIDE_AGAIN: ("decide", lambda case: WHY),
    V.DECIDE_APPEAL: ("decide", lambda case: {"answer": "We looked again."}),
}
OF_STAFF = [param for param in of(Who.COORDINATOR, Who.REVIEWER, Who.BOARD) if param.values[0].before]


def _prepared(case: AuditCase, row: Row) -> User:
    """Return who does this, after everything that comes before it."""
    by = person(row.who)
    if row.verb == V.TAKE:
        cases.declare_conflict(case=case, has_conflict=False, by=by, at=OPENED)
    elif row.verb in cases.REVIEWING and row.verb != V.DECLARE_CONFLICT:
        taken(case, by)
    if row.verb in (V.DECIDE, V.DECIDE_AGAIN):
        review(case, by)
    if row.after == S.CLOSED and row.verb == V.DECIDE_APPEAL:
        other = person("board")
        taken(case, other)
        cases.decide_appeal(case=case, answer="It stays.", by=other, at=OPENED)
    return by


@pytest.mark.ignore_template_errors
@pytest.mark.parametrize("row", OF_STAFF)
def test_a_row_of_amts_staff_is_done_on_its_page_and_by_nobody_else(row: Row, time_machine: Any) -> None:
    case = make_case(str(row.before))
    time_machine.move_to(OPENED, tick=False)
    by = _prepared(case, row)
    name, sent = STAFF_SENT[row.verb]
    address, data = f"/admin/audits/auditcase/{case.pk}/{name}/", sent(again(case))
    others = list(_wrong(case, row))
    known = case.steps.count()
    for wrong in others:
        for method in ("get", "post"):
            assert getattr(client_of(wrong), method)(address, data).status_code == 403, (wrong, method)
    sign_in = {owner(case): f"/admin/login/?next={address}", None: f"/accounts/login/?next={address}"}
    for outside, login in sign_in.items():
        assert client_of(outside).post(address, data).headers["Location"] == login
    assert case.steps.count() == known
    client = client_of(by)
    assert client.get(address).status_code == 200
    answered = client.post(address, data)
    assert answered.status_code == 302, read(answered).text
    step = case.steps.get(number=known + 1)
    assert (step.verb, step.who, step.by, step.before, step.after) == (row.verb, row.who, by, *_ends(row))
    done = case.steps.count()
    assert client.post(address, data).status_code in (200, 302, 403)
    assert case.steps.count() == done, "sent twice, it is done once"
    assert client.post(f"/admin/audits/auditcase/{case.pk + 1000}/{name}/", data).status_code == 404


def _wrong(case: AuditCase, row: Row) -> Iterator[User]:
    """Yield the staff that cannot do this: of another group, of none, without a part or with an earlier one."""
    yield make_user(is_staff=True)
    yield from (person(kind) for kind in ("coordinator", "reviewer", "board") if kind != row.who)
    if row.verb == V.TAKE:
        friend = person(row.who)
        cases.declare_conflict(case=case, has_conflict=True, what="A friend", by=friend, at=OPENED)
        yield friend
    if row.verb in cases.REVIEWING and row.verb not in (V.DECLARE_CONFLICT, V.TAKE):
        yield person(row.who)
    if row.before == S.SECOND_REVIEW:
        first = again(case).first_reviewer
        assert first
        yield first


@pytest.mark.ignore_template_errors
def test_nobody_finds_the_own_case_among_those_of_the_staff() -> None:
    case = make_case(S.DRAWN)
    user = owner(case)
    user.is_staff = user.is_superuser = True
    user.save()
    client = client_of(user)
    for name, sent in STAFF_SENT.values():
        if name != "grant":
            assert client.post(f"/admin/audits/auditcase/{case.pk}/{name}/", sent(case)).status_code == 404, name
    assert client.get(f"/admin/audits/auditcase/{case.pk}/change/").status_code == 404
    assert case not in client.get("/admin/audits/auditcase/").context["cl"].result_list


@pytest.mark.ignore_template_errors
def test_where_the_table_has_no_row_amts_staff_is_led_back_or_refused() -> None:
    root, case = client_of(make_user(is_staff=True, is_superuser=True)), make_case(S.NOTIFIED)
    known = case.steps.count()
    for name in ("notify", "conflict", "take", "release", "more", "decide", "refuse"):
        address = f"/admin/audits/auditcase/{case.pk}/{name}/"
        assert root.get(address).status_code == 302, name
        answered = root.post(address, {"reason": "x", "has_conflict": "no"})
        assert answered.status_code == 302 or "moved on" in answered.text, name
    assert case.steps.count() == known


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
