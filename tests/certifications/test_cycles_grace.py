"""The grace period of a cycle.

The tests show to which day it can be extended, what moves, and what a late opening gets.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Model

from amtportal.members.models import User
from amtportal.refusals import Problem, Refused
from certifications import cycles
from certifications.models import Certification, Credential, Cycle
from tests.support.builders import TODAY, make_cycle, make_user, noon

DAY = timedelta(days=1)
ENDS = date(2026, 4, 30)
USUAL = date(2026, 7, 29)  # 90 days after 4/30/2026: 31 in May, 30 in June, 29 in July
EXTENDED = date(2026, 9, 30)
SHORT = "The usual grace period ends Jul 29, 2026. Enter a later day."
BACK = "The usual grace period ends Jul 29, 2026. Enter a later day, or that day to take the extension back."
LONG = "The grace period can be extended to Apr 30, 2029, not further. Enter an earlier day."
OVER = "The grace period of this cycle is over. Once the certification has lapsed, it can be reinstated."
CLOSED = "This cycle was closed on Jul 30, 2026, and a closed cycle does not change."


def make(**fields: object) -> Cycle:
    """Return the cycle 5/1/2023 to 4/30/2026, not saved."""
    return Cycle(**{"starts_on": date(2023, 5, 1), "ends_on": ENDS, **fields})


@pytest.mark.parametrize(
    ("cycle", "until", "on", "problem"),
    [
        pytest.param({}, USUAL - DAY, ENDS, SHORT, id="the day before the usual one"),
        pytest.param({}, USUAL, ENDS, SHORT, id="the usual day"),
        pytest.param({}, USUAL + DAY, ENDS, "", id="the day after"),
        pytest.param({}, USUAL + DAY, USUAL, "", id="on the last day of grace"),
        pytest.param({}, EXTENDED, USUAL + DAY, OVER, id="on the day after it"),
        pytest.param({"grace_extended_to": EXTENDED}, EXTENDED + DAY, EXTENDED, "", id="again, on its new last day"),
        pytest.param({"grace_extended_to": EXTENDED}, EXTENDED + DAY, EXTENDED + DAY, OVER, id="again, the day after"),
        pytest.param({"grace_extended_to": EXTENDED}, EXTENDED, EXTENDED, "", id="shortened to today"),
        pytest.param(
            {"grace_extended_to": EXTENDED},
            EXTENDED - DAY,
            EXTENDED,
            "Sep 29, 2026 is past. Enter a day from today on.",
            id="shortened to yesterday",
        ),
        pytest.param({"grace_extended_to": EXTENDED}, USUAL, USUAL, "", id="taken back on the usual last day"),
        pytest.param({"grace_extended_to": EXTENDED}, USUAL - DAY, ENDS, BACK, id="shorter than the usual one"),
        pytest.param(
            {"grace_extended_to": EXTENDED},
            USUAL,
            USUAL + DAY,
            "Jul 29, 2026 is past. Enter a day from today on.",
            id="taken back a day late",
        ),
        pytest.param({"closed_on": USUAL + DAY}, EXTENDED, USUAL, CLOSED, id="closed"),
        pytest.param({}, date(2029, 4, 30), ENDS - DAY, "", id="three years after the cycle"),
        pytest.param({}, date(2029, 5, 1), ENDS - DAY, LONG, id="the day after that"),
        pytest.param({}, date(2029, 5, 1), ENDS + DAY, "", id="three years from today, once the cycle is over"),
        pytest.param({}, date.max, ENDS, LONG, id="for ever"),
    ],
)
def test_a_running_grace_period_can_end_on_a_later_day_than_the_usual_one(
    cycle: dict, until: date, on: date, problem: str
) -> None:
    found = cycles.problem_with_extension(make(**cycle), until, on)
    assert found == (Problem("until", problem) if problem else None)


@pytest.mark.parametrize(
    ("cycle", "before"),
    [pytest.param({}, USUAL, id="usual"), pytest.param({"grace_extended_to": EXTENDED}, EXTENDED, id="extended once")],
)
def test_an_extension_moves_the_last_day_and_the_closing_on_the_day_after(cycle: dict, before: date) -> None:
    until = date(2026, 10, 31)
    assert [(moved.before, moved.after) for moved in cycles.extension(make(**cycle), until)] == [
        (before, until),
        (before + DAY, date(2026, 11, 1)),
    ]


@pytest.fixture
def clerk(db: None) -> User:
    return make_user(is_staff=True)


def extend(cycle: Cycle, by: User, *, until: date = EXTENDED, reason: str = "Deployed.", on: date = TODAY) -> Cycle:
    return cycles.extend_grace(cycle=cycle, until=until, reason=reason, by=by, at=noon(on))


def test_an_extension_stays_on_record_with_its_reason_its_day_and_who_gave_it(clerk: User) -> None:
    cycle = extend(make_cycle(), clerk, reason="  Deployed. ")
    cycle.refresh_from_db()
    assert (cycle.grace_extended_to, cycle.grace_extension_reason) == (EXTENDED, "Deployed.")
    entry = cycle.history.get(history_user=clerk)
    assert (entry.grace_extended_to, entry.history_date) == (EXTENDED, noon(TODAY))


def test_the_same_extension_again_changes_nothing_even_once_it_could_not_be_given(clerk: User) -> None:
    cycle = extend(make_cycle(), clerk)
    entries = cycle.history.count()
    extend(cycle, clerk, reason=" Deployed. ", on=EXTENDED + DAY)
    assert cycle.history.count() == entries


@pytest.mark.parametrize(
    "other", [{"until": EXTENDED + DAY}, {"reason": "Deployed abroad."}], ids=["another day", "another reason"]
)
def test_another_day_or_another_reason_is_another_extension(other: dict, clerk: User) -> None:
    cycle = extend(make_cycle(), clerk)
    entries = cycle.history.count()
    extend(cycle, clerk, **other)
    assert cycle.history.count() == entries + 1


def test_an_extension_taken_back_leaves_the_cycle_as_it_was_and_its_reason_in_the_history(clerk: User) -> None:
    cycle = extend(make_cycle(), clerk)
    extend(cycle, clerk, until=USUAL, reason=" Meant for another member. ")
    cycle.refresh_from_db()
    assert (cycle.grace_extended_to, cycle.grace_extension_reason) == (None, "")
    assert cycles.grace_ends_on(cycle) == USUAL
    last = cycle.history.latest("history_id")
    assert (last.grace_extended_to, last.history_user) == (None, clerk)
    assert last.history_change_reason == "Meant for another member."


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        pytest.param({"until": USUAL}, "The usual grace period ends Jul 29, 2026", id="no later than usual"),
        pytest.param({"on": USUAL + DAY}, "is over", id="too late"),
        pytest.param({"reason": "  "}, "Give the reason for the extension", id="no reason"),
    ],
)
def test_an_extension_against_the_rules_is_refused(wrong: dict, sentence: str, clerk: User) -> None:
    cycle = make_cycle()
    with pytest.raises(Refused, match=sentence):
        extend(cycle, clerk, **wrong)
    cycle.refresh_from_db()
    assert (cycle.grace_extended_to, cycle.grace_extension_reason) == (None, "")


@pytest.mark.django_db(transaction=True)
def test_an_extension_is_written_in_the_transaction_that_holds_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    cycle, clerk, in_transaction, save = make_cycle(), make_user(is_staff=True), [], Cycle.save

    def noticed(self: Model, **kwargs: object) -> None:
        in_transaction.append(connection.in_atomic_block)
        save(self, **kwargs)

    monkeypatch.setattr(Cycle, "save", noticed)
    extend(cycle, clerk)
    assert in_transaction == [True]


# The cycle that follows


@pytest.mark.parametrize(
    ("on", "extended_to", "reason"),
    [
        pytest.param(date(2029, 4, 29), None, "", id="the day before its last"),
        pytest.param(date(2029, 4, 30), None, "", id="its last day"),
        pytest.param(
            date(2029, 5, 1), date(2029, 7, 30), "The cycle was opened after its last day.", id="the day after"
        ),
    ],
)
def test_a_cycle_that_opens_after_its_last_day_has_its_grace_from_then_on(
    on: date, extended_to: date | None, reason: str
) -> None:
    """5/1/2029 + 90 days = 7/30/2029.

    30 days of May are left, and June and July have 30 each.
    """
    certification = Certification(
        awarded_on=date(2023, 5, 1), credential=Credential(code="RMA", points_required=Decimal(36))
    )
    cycle = make(certification=certification, number=1, points_required=Decimal(30))
    found = cycles.following(cycle, on)
    assert (found.number, found.starts_on, found.ends_on) == (2, date(2026, 5, 1), date(2029, 4, 30))
    assert (found.points_required, found.certification) == (Decimal(36), certification)
    assert (found.grace_extended_to, found.grace_extension_reason) == (extended_to, reason)
