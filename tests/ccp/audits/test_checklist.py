"""The checklist: what the portal answers by itself, and the sentence over a record."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ccp.audits import checklist
from ccp.audits.checklist import Answer, Claim, Question

FIRST, LAST = date(2023, 5, 1), date(2026, 4, 30)


def claim(**changed: Any) -> Claim:
    given = {
        "is_credited_by_amt": False,
        "files": 1,
        "starts_on": date(2024, 5, 1),
        "ends_on": date(2024, 5, 2),
        "cycle_starts_on": FIRST,
        "cycle_ends_on": LAST,
        "credential": "RMA",
        "provider": "Great Plains University",
        "points": Decimal(3),
        "quantity": Decimal(3),
        "unit": "hour",
        "per_unit": Decimal(1),
    }
    return Claim(**{**given, **changed})


def answers(**changed: Any) -> dict[Question, Answer]:
    return {finding.question: finding.answer for finding in checklist.check(claim(**changed))}


def test_every_question_is_answered_in_order_and_what_only_a_person_sees_stays_open() -> None:
    found = answers()
    assert list(found) == list(Question)
    assert [question.value for question, answer in found.items() if answer == Answer.OPEN] == [
        "name",
        "readable",
        "relevant",
    ]
    assert checklist.would_pass(checklist.check(claim()))


@pytest.mark.parametrize(
    ("question", "changed", "answer"),
    [
        pytest.param("date", {"starts_on": FIRST}, "yes", id="first day of the cycle"),
        pytest.param("date", {"starts_on": date(2023, 4, 30)}, "no", id="the day before"),
        pytest.param("date", {"ends_on": LAST}, "yes", id="last day"),
        pytest.param("date", {"ends_on": date(2026, 5, 1)}, "no", id="the day after"),
        pytest.param("provider", {"provider": ""}, "open", id="no provider was named"),
        pytest.param("hours", {"points": Decimal("3.25")}, "no", id="a quarter point more"),
        pytest.param("hours", {"points": Decimal("2.75")}, "no", id="a quarter point less"),
        pytest.param("hours", {"quantity": Decimal("0.3"), "unit": "ceu", "per_unit": Decimal(10)}, "yes", id="CEU"),
        pytest.param("hours", {"quantity": None, "unit": ""}, "open", id="points were given directly"),
        pytest.param("hours", {"per_unit": None}, "open", id="the terms have no unit"),
        pytest.param("readable", {"files": 0}, "no", id="no file"),
    ],
)
def test_what_the_portal_knows_is_answered(question: str, changed: dict[str, Any], answer: str) -> None:
    found = answers(**changed)
    assert found[Question(question)] == answer
    assert [each.value for each, value in found.items() if value == Answer.NO] == ([question] if answer == "no" else [])


def test_a_credit_from_amt_is_proven_without_a_file() -> None:
    found = checklist.check(claim(is_credited_by_amt=True, files=0, quantity=Decimal(9)))
    assert {finding.answer for finding in found} == {Answer.YES}


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ([{}] * 12 + [{"files": 0}] * 2, "12 of 14 would pass; 2 have no file."),
        ([{}], "1 of 1 would pass."),
        ([{"files": 0}, {"points": Decimal(9)}], "0 of 2 would pass; 1 has no file; 1 has something to correct."),
        ([{"is_credited_by_amt": True, "files": 0}], "1 of 1 would pass."),
        # Without a file, it does not matter what else is wrong.
        ([{"files": 0, "points": Decimal(9)}], "0 of 1 would pass; 1 has no file."),
    ],
)
def test_the_whole_is_one_sentence(claims: list[dict[str, Any]], sentence: str) -> None:
    assert checklist.tally([(claim(**each), checklist.check(claim(**each))) for each in claims]) == sentence
