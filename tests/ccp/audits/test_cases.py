"""The verbs of a case: what follows from them, what they refuse, and what is done once."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.audits import cases, deadlines, items
from ccp.audits.models import AuditCase, CaseStep, Draw, DrawLine, Extension
from ccp.audits.signals import stepped
from ccp.merging import merge
from certifications import corrections
from tests.support.audits import (
    DAY,
    DUE_ON,
    OPENED,
    OPENED_ON,
    again,
    answer,
    audited_cycle,
    decided,
    make_case,
    owner,
    person,
    review,
    taken,
)
from tests.support.builders import make_cycle, make_member, make_user, noon, set_terms
from tests.support.evidence import attach

pytestmark = pytest.mark.django_db


def refusal(**call: Any) -> str:
    verb = call.pop("verb")
    with pytest.raises(Refused) as refused:
        verb(**call)
    return refused.value.sentence


# Opening


def lines_of(*cycles: Any) -> list[tuple[DrawLine, str]]:
    draw = Draw.objects.create(
        year=2026,
        share=10,
        at_least=5,
        spared_cycles=1,
        frozen_at=OPENED,
        frozen_by=make_user(),
        population=len(cycles),
        sha256="0" * 64,
        secret="1" * 64,
        seed_kind="dice",
        seed_named="Dice",
    )
    lines = [
        DrawLine.objects.create(draw=draw, cycle=cycle, amt_id=f"{number}", stratum="RMA", line=f"RMA/{number}/1")
        for number, cycle in enumerate(cycles)
    ]
    return [(line, f"{line.pk:064d}") for line in lines]


def test_the_cases_of_a_draw_are_opened_once_and_not_for_a_cycle_that_is_being_audited() -> None:
    audited = make_case("drawn").cycle
    drawn = lines_of(audited_cycle(), audited, audited_cycle())
    by = person("coordinator")
    opened = cases.open_drawn(drawn=drawn, by=by, at=OPENED)
    assert [case.draw_line for case in opened] == [drawn[0][0], drawn[2][0]]
    assert [case.ticket for case in opened] == [drawn[0][1], drawn[2][1]]
    assert all(case.steps.get().by == by for case in opened)
    assert cases.open_drawn(drawn=drawn, by=by, at=OPENED) == []
    own, other = opened
    assert cases.notify(cases=[own.pk, other.pk], by=owner(own), at=OPENED) == 1
    assert "own record" in refusal(verb=cases.notify, cases=[own.pk, other.pk], by=owner(own), at=OPENED)
    assert cases.notify(cases=[case.pk for case in opened], by=by, at=OPENED) == 1
    assert cases.notify(cases=[case.pk for case in opened], by=by, at=OPENED) == 0


def test_an_audit_for_cause_needs_a_closed_cycle_and_a_reason_and_somebody_else() -> None:
    by, cycle = person("coordinator"), audited_cycle()
    call = {"verb": cases.open_for_cause, "by": by, "at": OPENED}
    assert "Say why" in refusal(**call, cycle=cycle, cause=" ")
    assert "not closed" in refusal(**call, cycle=make_cycle(), cause="A report")
    own = {**call, "by": cycle.certification.member.user}
    assert "own record" in refusal(**own, cycle=cycle, cause="A report")
    case = cases.open_for_cause(cycle=cycle, cause="A report", by=by, at=OPENED)
    assert cases.open_for_cause(cycle=cycle, cause="A report", by=by, at=OPENED + DAY) == case
    assert case.reference in refusal(**call, cycle=cycle, cause="Another report")
    assert case.is_for_cause


# More time


def test_more_time_is_asked_for_once_and_within_its_bounds() -> None:
    case = make_case()
    call = {"verb": cases.ask_extension, "case": case, "by": owner(case), "at": OPENED}
    assert case.due_on == DUE_ON
    assert "until Feb 16, 2027 anyway" in refusal(**call, wanted_on=DUE_ON, reason="I am ill.")
    assert "at the latest" in refusal(**call, wanted_on=DUE_ON + timedelta(days=31), reason="I am ill.")
    assert "Say why" in refusal(**call, wanted_on=DUE_ON + DAY, reason=" ")
    cases.ask_extension(case=case, wanted_on=DUE_ON + timedelta(days=30), reason="I am ill.", by=owner(case), at=OPENED)
    cases.refuse_extension(case=case, reason="Others wait too.", by=person("coordinator"), at=OPENED)
    assert "before" in refusal(**call, wanted_on=DUE_ON + DAY, reason="Please.")


def test_more_time_is_granted_until_the_day_wanted_or_the_next_business_day() -> None:
    case = make_case("extension-asked")
    case.extension.wanted_on = date(2027, 2, 27)  # a Saturday
    case.extension.save()
    case = cases.grant_extension(case=case, by=person("coordinator"), at=OPENED)
    assert case.due_on == Extension.objects.get().granted_to == date(2027, 3, 1)


def test_a_request_that_amt_does_not_answer_is_granted() -> None:
    case = make_case("extension-asked")
    wanted_on = case.extension.wanted_on
    assert case.due_on == date(2027, 1, 22)
    assert deadlines.look(case, at=noon(date(2027, 1, 22))).state == "extension-asked"
    case = deadlines.look(case, at=noon(date(2027, 1, 23)))
    assert (case.state, case.due_on) == ("notified", wanted_on)
    granted = Extension.objects.get()
    assert (granted.state, granted.answered_by) == ("granted", None)


@pytest.mark.parametrize(
    ("on", "due_on"),
    [
        pytest.param(OPENED_ON, DUE_ON, id="early: the day stays"),
        pytest.param(date(2027, 2, 12), date(2027, 2, 19), id="late: 7 days remain"),
    ],
)
def test_after_a_refusal_some_days_remain(on: date, due_on: date, settings: Any) -> None:
    settings.AUDIT_EXTENSION_ANSWER_DAYS = 60
    case = make_case("extension-asked")
    case = cases.refuse_extension(case=case, reason="No.", by=person("coordinator"), at=noon(on))
    assert (case.state, case.due_on) == ("notified", due_on)


def test_who_submits_while_the_request_waits_does_not_need_it() -> None:
    case = make_case("extension-asked")
    answer(case)
    cases.submit(case=case, by=owner(case), at=OPENED)
    assert Extension.objects.get().state == "not-needed"


def test_a_request_that_is_granted_after_the_day_wanted_leaves_some_days() -> None:
    """Nobody answered for a week, or the portal was down: the day wanted may be over by then."""
    case = make_case()
    on_last_day = noon(DUE_ON)
    cases.ask_extension(case=case, wanted_on=DUE_ON + DAY, reason="I am ill.", by=owner(case), at=on_last_day)
    case = deadlines.look(again(case), at=noon(date(2027, 3, 10)))
    assert (case.state, case.due_on) == ("notified", date(2027, 3, 17))
    assert Extension.objects.get().granted_to == case.due_on
    call = {"case": case, "wanted_on": date(2027, 3, 20), "by": owner(case), "at": noon(date(2027, 3, 11))}
    assert "asked for more time before" in refusal(verb=cases.ask_extension, reason="I am still ill.", **call)


# Submitting


def test_each_entry_has_a_file_or_says_why_before_it_is_submitted() -> None:
    case = make_case()
    sentence = refusal(verb=cases.submit, case=case, by=owner(case), at=OPENED)
    assert "Course 1; Course 2" in sentence
    first, second = (item.activity for item in items.of_case(case))
    attach(first)
    assert "Course 1" not in refusal(verb=cases.submit, case=case, by=owner(case), at=OPENED)
    cases.say_missing(case=case, activity=second, text="It was lost.", by=owner(case), at=OPENED)
    submitted = cases.submit(case=case, by=owner(case), at=OPENED)
    assert submitted.frozen_at == OPENED
    assert str(cases.ATTESTATION) == submitted.steps.latest("number").statement.text


def test_what_amt_credited_counts_as_proven_and_asks_for_nothing() -> None:
    case = make_case(cycle=audited_cycle(points=("20",), amt="10"))
    from_amt = items.of_case(case)[1]
    assert from_amt.is_proven
    text = {"text": "x", "by": owner(case), "at": OPENED}
    assert "Nothing is asked" in refusal(verb=cases.say_missing, case=case, activity=from_amt.activity, **text)
    answer(case)
    case = decided(cases.submit(case=case, by=owner(case), at=OPENED), "20")
    assert (case.points, case.outcome) == (Decimal(30), "passed")


def test_the_member_may_submit_on_the_last_day_and_in_the_days_that_follow_and_not_after() -> None:
    case = make_case("overdue")
    assert case.due_on == date(2027, 3, 3)  # 14 days after February 17, on which the portal passed the last day
    answer(case)
    late = {"case": case, "by": owner(case), "at": noon(date(2027, 3, 4))}
    assert "moved on" in refusal(verb=cases.submit, **late)
    assert cases.submit(**{**late, "at": noon(date(2027, 3, 3))}).state == "submitted"


# Verdicts and the result


@pytest.mark.parametrize(
    ("verdict", "points", "reason", "sentence"),
    [
        pytest.param("count", "17", "", "counts whole", id="counts, and less"),
        pytest.param("reject", "1", "No.", "counts 0", id="rejected, and counts"),
        pytest.param("reduce", "18", "No.", "less than 18", id="reduced to the whole"),
        pytest.param("reduce", "1.1", "No.", "quarter", id="in tenths"),
        pytest.param("reduce", "-1", "No.", "from 0", id="below 0"),
        pytest.param("reduce", "9", "", "Say why", id="reduced without a word"),
        pytest.param("maybe", "9", "", "Choose", id="no such verdict"),
        pytest.param("reduce", "0", "No.", "", id="reduced to 0"),
        pytest.param("reject", "0", "No.", "", id="rejected"),
        pytest.param("count", "18", "", "", id="counts"),
    ],
)
def test_a_verdict_and_its_points_fit(verdict: str, points: str, reason: str, sentence: str) -> None:
    problem = cases.problem_with_verdict(Decimal(18), verdict, Decimal(points), says_why=bool(reason))
    assert (sentence in problem.sentence) if problem else not sentence


def test_a_reviewer_decides_after_a_verdict_on_each_entry_and_what_is_said_last_holds() -> None:
    case, by = make_case("submitted"), person("reviewer")
    taken(case, by)
    first, second = (item.activity for item in items.of_case(case))
    call = {"case": case, "by": by, "at": OPENED}
    said = {"verdict": "count", "points": Decimal(18)}
    assert cases.review_item(activity=first, **said, **call) == cases.review_item(activity=first, **said, **call)
    assert second.reference in refusal(verb=cases.decide, **call)
    cases.review_item(activity=first, verdict="reject", points=Decimal(0), reason="Not readable.", **call)
    cases.review_item(activity=second, verdict="count", points=Decimal(12), **call)
    case = cases.decide(**call)
    assert (case.state, case.points, case.outcome) == ("second-review", Decimal(12), "failed")
    steps = case.steps.count()
    assert cases.decide(**call).state == "second-review"
    assert case.steps.count() == steps, "decided twice, it is decided once"


def test_the_caps_are_applied_to_what_is_proven() -> None:
    """Of 20 and 15 points under a cap of 30, 20 and 10 counted. Without the first, 15 count."""
    set_terms(cap=Decimal(30))
    case = make_case("submitted", cycle=audited_cycle(points=("20", "15")))
    assert [item.counted for item in items.of_case(case)] == [Decimal(20), Decimal(10)]
    case = decided(case, "0", "15")
    assert case.points == Decimal(15)


def test_the_points_after_the_audit_are_never_more_than_those_that_were_corrected() -> None:
    cycle = audited_cycle()
    corrections.sign(
        cycle=cycle, points=Decimal(25), outcome="non-compliant", statement="A mistake.", by=make_user(), at=OPENED
    )
    assert decided(make_case("submitted", cycle=cycle), "18", "12").points == Decimal(25)


def test_the_second_reviewers_verdict_holds() -> None:
    case = make_case("second-review")
    case = decided(case, "18", "12")
    assert (case.state, case.points, case.outcome) == ("announced", Decimal(30), "passed")


@pytest.mark.parametrize("percent", [0, 100])
def test_a_passing_result_is_reviewed_again_if_its_ticket_says_so(percent: int, settings: Any) -> None:
    settings.AUDIT_SECOND_REVIEW_PERCENT = percent
    case = decided(make_case("submitted"), "18", "12")
    assert case.outcome == "passed"
    assert case.state == ("second-review" if percent else "announced")


def test_without_proof_only_amts_own_credits_are_left_and_the_second_reviewer_may_say_nothing() -> None:
    case = make_case("overdue", cycle=audited_cycle(points=("20",), amt="10"))
    case = deadlines.look(case, at=noon(case.due_on + DAY))
    assert (case.state, case.no_proof, case.points, case.outcome) == ("second-review", True, Decimal(10), "failed")
    assert case.frozen_at
    by = person("reviewer")
    taken(case, by)
    case = cases.decide_again(case=case, by=by, at=OPENED)
    assert (case.state, case.points, case.outcome) == ("announced", Decimal(10), "failed")


def test_what_the_portal_decides_without_proof_is_seen_by_a_person_even_if_it_passes(settings: Any) -> None:
    settings.AUDIT_SECOND_REVIEW_PERCENT = 0
    case = make_case("overdue", cycle=audited_cycle(points=("18",), amt="31"))
    case = deadlines.look(case, at=noon(case.due_on + DAY))
    assert (case.state, case.outcome, case.points) == ("second-review", "passed", Decimal(31))
    by = person("reviewer")
    taken(case, by)
    case = cases.decide_again(case=case, by=by, at=OPENED)
    case = deadlines.look(case, at=noon(case.due_on + DAY))
    signed = case.cycle.corrections.get()
    assert (case.state, signed.points, signed.outcome, signed.signed_by) == ("closed", Decimal(31), "compliant", by)


# The appeal board


def test_of_the_two_on_the_board_what_is_better_for_the_member_holds() -> None:
    case = make_case("appealed")
    first, second = (item.activity for item in items.of_case(case))
    one, other = person("board"), person("board")
    taken(case, one)
    taken(case, other)
    cases.review_item(case=case, activity=first, verdict="count", points=Decimal(18), by=one, at=OPENED)
    cases.review_item(case=case, activity=second, verdict="count", points=Decimal(12), by=other, at=OPENED)
    cases.decide_appeal(case=case, answer="It shows the date.", by=one, at=OPENED)
    assert again(case).state == "appealed"
    assert "decided" in refusal(verb=cases.release, case=case, reason="x", by=one, at=OPENED)
    case = cases.decide_appeal(case=case, answer="Both are proven.", by=other, at=OPENED)
    assert (case.state, case.points, case.outcome, case.due_on) == ("closed", Decimal(30), "passed", None)
    assert (case.appeal.result, case.appeal.answer) == ("changed", "Both are proven.")


def test_an_appeal_of_which_the_board_says_nothing_new_changes_nothing() -> None:
    case = make_case("appealed")
    for by in (person("board"), person("board")):
        taken(case, by)
        cases.decide_appeal(case=case, answer="It stays.", by=by, at=OPENED)
        cases.decide_appeal(case=case, answer="It stays.", by=by, at=OPENED)
    assert again(case).appeal.result == "upheld"
    assert case.steps.filter(verb="decide-appeal").count() == 2


# Who may


def test_the_question_of_conflict_comes_before_everything_and_is_answered_once() -> None:
    case, by = make_case("submitted"), person("reviewer")
    call = {"case": case, "by": by, "at": OPENED}
    assert "Answer first" in refusal(verb=cases.take, **call)
    assert not cases.may_see_items(case, by)
    assert "Say what" in refusal(verb=cases.declare_conflict, has_conflict=True, **call)
    cases.declare_conflict(has_conflict=True, what="A friend", **call)
    cases.declare_conflict(has_conflict=True, what="A friend", **call)
    assert "stays on record" in refusal(verb=cases.declare_conflict, has_conflict=False, **call)
    assert "conflict" in refusal(verb=cases.take, **call)


def test_nobody_has_two_parts_in_a_case() -> None:
    case = make_case("submitted")
    one, other = person("reviewer"), person("reviewer")
    taken(case, one)
    assert "somebody else" in refusal(verb=taken, case=case, by=other)
    review(case, one)
    cases.release(case=case, reason="I am away.", by=one, at=OPENED)
    taken(case, other)
    review(case, other)
    case = cases.decide(case=case, by=other, at=OPENED)
    for by in (one, other):
        assert "reviewed this case before" in refusal(verb=cases.take, case=case, by=by, at=OPENED)
    case = decided(case)
    case = cases.appeal(case=case, reason="No.", by=owner(case), at=OPENED)
    for by in (one, other, again(case).second_reviewer):
        assert "reviewed this case before" in refusal(verb=cases.take, case=case, by=by, at=OPENED)
    for by in (person("board"), person("board")):
        taken(case, by)
    assert "somebody else" in refusal(verb=taken, case=case, by=person("board"))


def test_the_member_acts_for_amt_in_no_case_of_the_own_record() -> None:
    case = make_case("submitted")
    call = {"case": case, "by": owner(case), "at": OPENED}
    assert "own record" in refusal(verb=cases.declare_conflict, has_conflict=False, **call)
    assert "own record" in refusal(verb=cases.take, **call)
    assert "own record" in refusal(verb=cases.call_off, reason="x", **call)
    for verb, more in ((cases.submit, {}), (cases.appeal, {"reason": "x"})):
        assert "Only the member" in refusal(verb=verb, **{**call, "by": make_user(is_staff=True)}, **more)


def test_a_reviewer_who_turns_out_to_be_the_member_gives_the_case_back() -> None:
    case, by = make_case("submitted"), person("reviewer")
    taken(case, by)
    merge(kept=make_member(user=by), emptied=case.member, reason="The same person", by=make_user(), at=OPENED)
    call = {"case": again(case), "by": by, "at": OPENED}
    assert "own record" in refusal(verb=cases.want_more, reason="x", **call)
    assert "own record" in refusal(verb=cases.decide, **call)
    with pytest.raises(Refused, match="own record"):
        review(again(case), by)
    cases.release(reason="It is my own record.", **call)
    assert "own record" in refusal(verb=cases.take, **call)


def test_a_case_of_somebody_who_has_left_amt_can_be_taken() -> None:
    case, gone, by = make_case("submitted"), person("reviewer"), person("reviewer")
    taken(case, gone)
    cases.declare_conflict(case=case, has_conflict=False, by=by, at=OPENED)
    assert "somebody else" in refusal(verb=cases.take, case=case, by=by, at=OPENED)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    assert cases.take(case=case, by=by, at=OPENED).first_reviewer == by


# The rest


def test_more_is_asked_for_twice_at_most() -> None:
    case = make_case("more-wanted")
    for _ in range(2):
        answer(case)
        case = cases.submit(case=case, by=owner(case), at=OPENED)
        if case.asked_for_more == 1:
            case = cases.want_more(case=case, reason="The name.", by=case.first_reviewer, at=OPENED)
    assert "twice" in refusal(verb=cases.want_more, case=case, reason="The year.", by=case.first_reviewer, at=OPENED)


def test_more_is_asked_for_again_if_the_member_did_not_answer() -> None:
    case = make_case("more-wanted")
    by = case.first_reviewer
    call = {"case": case, "reason": "The name.", "by": by}
    assert cases.want_more(**call, at=OPENED).asked_for_more == 1
    case = cases.want_more(**call, at=noon(case.due_on + DAY))
    assert (case.state, case.asked_for_more) == ("more-wanted", 2)


def test_messages_go_both_ways_and_the_same_one_twice_is_one() -> None:
    case, by = make_case(), person("coordinator")
    for writer, text in ((owner(case), "A question."), (owner(case), "A question."), (by, "An answer.")):
        cases.write_message(case=case, text=text, by=writer, at=OPENED)
    assert [(said.from_member, said.text) for said in case.messages.all()] == [
        (True, "A question."),
        (False, "An answer."),
    ]
    cases.call_off(case=case, reason="An error.", by=by, at=OPENED)
    assert "closed" in refusal(verb=cases.write_message, case=case, text="Thanks.", by=owner(case), at=OPENED)
    assert "longer" in refusal(verb=cases.write_message, case=case, text="x" * 5000, by=owner(case), at=OPENED)


def test_each_step_is_told_to_whoever_listens_and_who_fails_takes_it_back() -> None:
    told: list[CaseStep] = []

    def listen(step: CaseStep, case: AuditCase, **kwargs: Any) -> None:
        told.append(step)
        if step.verb == "submit":
            raise RuntimeError

    stepped.connect(listen)
    try:
        case = make_case()
        answer(case)
        with pytest.raises(RuntimeError):
            cases.submit(case=case, by=owner(case), at=OPENED)
    finally:
        stepped.disconnect(listen)
    assert [step.verb for step in told] == ["notify", "submit"]
    assert again(case).state == "notified"


def test_last_days_are_passed_for_many_cases_in_a_number_of_queries_that_does_not_grow(
    django_assert_max_num_queries: Any,
) -> None:
    first = make_case()
    for _ in range(5):
        make_case()
    with django_assert_max_num_queries(24):
        assert deadlines.pass_all(at=noon(first.due_on + DAY)) == (6, [])
    assert set(AuditCase.objects.values_list("state", flat=True)) == {"overdue"}


def test_the_command_passes_last_days_and_says_how_many(time_machine: Any, capsys: pytest.CaptureFixture[str]) -> None:
    case = make_case()
    for on in (case.due_on, case.due_on + DAY, case.due_on + DAY):
        time_machine.move_to(noon(on), tick=False)
        call_command("pass_audit_deadlines")
    assert capsys.readouterr().out.splitlines() == ["0 last days passed.", "1 last day passed.", "0 last days passed."]


def test_a_case_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    bad, good = make_case(), make_case()
    plain = deadlines.pass_locked

    def fail(locked: list[AuditCase], **kwargs: Any) -> int:
        if bad.pk in [case.pk for case in locked]:
            raise RuntimeError
        return plain(locked, **kwargs)

    monkeypatch.setattr(deadlines, "pass_locked", fail)
    assert deadlines.pass_all(at=noon(bad.due_on + DAY)) == (1, [bad.pk])
    assert again(good).state == "overdue"


def test_a_case_goes_with_its_cycle_when_two_records_are_merged() -> None:
    case, kept = make_case(), make_member()
    merge(kept=kept, emptied=case.member, reason="One person.", by=make_user(), at=OPENED)
    assert again(case).member == kept
