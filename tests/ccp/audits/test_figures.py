"""Figures of audits for the board."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import User
from ccp.audits import cases, figures
from ccp.audits.figures import CaseRow, ResultRow, ReviewRow, StepRow
from ccp.audits.models import AuditCase, ItemReview
from certifications.models import Credential
from tests.support.audits import OPENED, decided, make_case, owner
from tests.support.builders import TODAY, client_of, make_activity, make_cycle, make_user, noon
from tests.support.draws import YEAR, enter_seed, freeze, make_closed, make_many
from tests.support.pages import read, words


def case(code: str = "RMA", **changed: Any) -> CaseRow:
    given = {
        "credential": code, "is_answered": True, "is_closed": True, "outcome": "passed", "points": Decimal(32),
        "closed_with": Decimal(32),
    }  # fmt: skip
    return CaseRow(**{**given, **changed})


def test_each_case_stands_in_one_column_besides_drawn_and_answered() -> None:
    rows = figures.by_credential(
        [
            case("RPT", points=Decimal("31.75")),
            case(),
            case(outcome="failed", points=Decimal(0), is_answered=False),
            case(outcome="called-off", points=None, is_answered=False),
            case(outcome="passed", is_closed=False),  # it can still be appealed
            case(outcome="", points=None, is_closed=False, is_answered=False),
        ]
    )
    # drawn, answered, passed, reduced, failed, called off, not closed
    assert [(row.credential, row.columns()) for row in rows] == [
        ("RMA", [5, 2, 1, 0, 1, 1, 2]),
        ("RPT", [1, 1, 0, 1, 0, 0, 0]),
        ("", [6, 3, 1, 1, 1, 1, 2]),
    ]
    for row in rows:
        drawn, _answered, *came_to = row.columns()
        assert drawn == sum(came_to)


def test_nothing_drawn_is_no_row() -> None:
    assert figures.by_credential([]) == []


def test_two_reviewers_agree_where_they_say_the_same_points() -> None:
    one, two, half = Decimal(1), Decimal(2), Decimal("0.5")
    found = figures.agreement(
        [
            ReviewRow(1, 1, "first", one),
            ReviewRow(1, 1, "first", two),  # the last word holds
            ReviewRow(1, 1, "second", two),
            ReviewRow(1, 2, "first", two),
            ReviewRow(1, 2, "second", half),
            ReviewRow(2, 1, "first", one),
            ReviewRow(2, 1, "second", two),
            ReviewRow(2, 2, "first", one),  # nobody looked again
            ReviewRow(2, 3, "second", one),
            ReviewRow(2, 3, "board", one),
        ]
    )
    assert found == (3, 1, 1, 1)
    assert found.percent == Decimal("33.3")
    assert figures.agreement([]).percent is None


def test_two_reviewers_agree_on_a_result_where_both_pass_it_or_neither_does() -> None:
    found = figures.agreement_on_results(
        [
            ResultRow(1, "decided", "failed"),
            ResultRow(2, "decided", "failed"),
            ResultRow(3, "decided", "passed"),
            ResultRow(4, "decided", "failed"),  # nobody decided again
            ResultRow(1, "announced", "failed"),
            ResultRow(2, "announced", "passed"),
            ResultRow(3, "announced", "failed"),
        ]
    )
    assert found == (3, 1, 1, 1)


@pytest.mark.django_db
def test_the_result_of_the_second_reviewer_is_compared_with_that_of_the_first(settings: Any) -> None:
    settings.AUDIT_SECOND_REVIEW_PERCENT = 0
    case = make_case("second-review")
    assert figures.of(None).results == (0, 0, 0, 0)
    case = decided(case, "18", "12")
    cases.appeal(case=case, reason="No.", by=owner(case), at=OPENED)
    assert figures.of(None).results == (1, 0, 0, 1)


def test_the_time_in_a_state_ends_with_the_step_that_leads_out_of_it() -> None:
    def step(case: int, after: str, days: float) -> StepRow:
        return StepRow(case, after, noon(TODAY) + timedelta(days=days))

    stays = figures.time_by_state(
        [
            step(1, "drawn", 0),
            step(1, "notified", 2),
            step(1, "submitted", 12),
            step(1, "submitted", 15),  # taken by a reviewer
            step(1, "decided", 18.5),
            step(2, "drawn", 0),
            step(2, "notified", 5),  # still there: it is not counted
        ]
    )
    assert [(stay.state, stay.cases, str(stay.median), str(stay.longest)) for stay in stays] == [
        ("drawn", 2, "3.5", "5.0"),
        ("notified", 1, "10.0", "10.0"),
        ("submitted", 1, "6.5", "6.5"),
    ]


@pytest.fixture
def audited(db: None) -> User:
    """Draw six and audit one for cause; in one case two reviewers differ. Return somebody who may see everything."""
    make_many(6)
    draw = enter_seed(freeze())
    cases.open_for_cause(cycle=make_closed(), cause="A tip", by=draw.frozen_by, at=noon(TODAY))
    one = AuditCase.objects.filter(draw_line__draw=draw).first()
    assert one is not None
    first, second, gone = (make_user(is_staff=True) for _ in range(3))
    AuditCase.objects.filter(pk=one.pk).update(first_reviewer=first, second_reviewer=second)
    entry = make_activity(make_cycle(), points="3")
    for round, reviewer, points in (("first", gone, 1), ("first", first, 3), ("second", second, 2)):
        ItemReview.objects.create(
            case=one,
            activity=entry,
            round=round,
            reviewer=reviewer,
            reviewed_at=noon(TODAY),
            verdict="reduce",
            points=points,
            reason="See the file.",
        )
    return make_user(is_staff=True, is_superuser=True)


@pytest.mark.ignore_template_errors
@pytest.mark.any_database
def test_the_page_shows_a_draw_and_the_audits_for_cause_apart(audited: User) -> None:
    client = client_of(audited)
    said = words(read(client.get("/admin/audits/draw/figures/")).select_one("#content-main"))
    assert "RMA 5 0 0 0 0 0 5" in said
    assert "1 entry was reviewed twice. On 0 of them (0.0 percent)" in said
    assert "The second says less on 1" in said
    cause = read(client.get("/admin/audits/draw/figures/?year=cause"))
    assert "Figures of audits for cause" in words(cause.select_one("#content"))
    assert "RMA 1 0 0 0 0 0 1" in words(cause.select_one("#content-main"))


@pytest.mark.ignore_template_errors
def test_the_csv_has_every_figure_and_no_formula(audited: User) -> None:
    Credential.objects.filter(code="RMA").update(code="=1+1")
    rows = client_of(audited).get("/admin/audits/draw/figures.csv").content.decode("utf-8-sig").splitlines()
    assert rows[:3] == ["year,about,figure,value", f"{YEAR},'=1+1,drawn,5", f"{YEAR},'=1+1,answered,0"]
    assert f'{YEAR},two reviewers,"entries, lower",1' in rows
    assert f'{YEAR},two reviewers,"results, same",0' in rows
    assert "for cause,all,not closed,1" in rows


def test_a_thousand_cases_take_no_more_queries(audited: User) -> None:
    draw = figures.drawn()[0]
    with CaptureQueriesContext(connection) as queries:
        figures.of(draw)
    assert len(queries) == 4
