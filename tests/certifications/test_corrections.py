"""Corrections of closed cycles, and extensions of the grace period.

The tests show what is refused, and what stays as it was.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from amtportal.members.models import User
from amtportal.refusals import Refused
from certifications import corrections, cycles
from certifications.models import Cycle, CycleCorrection
from tests.support.builders import TODAY, make_cycle, make_user, noon

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
CLOSED = {"closed_on": date(2026, 5, 1), "outcome": "compliant", "points_at_close": Decimal(30)}
SIGNED = {"points": Decimal(24), "outcome": "non-compliant", "statement": "One entry was counted twice."}
USUAL = date(2026, 7, 29)  # the last day of the grace period of a cycle that ends on 4/30/2026


@pytest.fixture
def clerk() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def closed() -> Cycle:
    cycle = make_cycle()
    Cycle.objects.update(**CLOSED)
    cycle.refresh_from_db()
    return cycle


# Corrections


def test_a_correction_stands_beside_the_cycle_and_rewrites_nothing(closed: Cycle, clerk: User) -> None:
    before = Cycle.objects.values().get()
    signed = corrections.sign(cycle=closed, by=clerk, at=noon(TODAY), **SIGNED)
    assert (signed.points, signed.outcome, signed.signed_by, signed.signed_on) == (24, "non-compliant", clerk, TODAY)
    assert Cycle.objects.values().get() == before
    assert closed.certification.status == "active"


def test_the_same_correction_is_signed_once_and_another_stands_below_it(closed: Cycle, clerk: User) -> None:
    first = corrections.sign(cycle=closed, by=clerk, at=noon(TODAY), **SIGNED)
    assert corrections.sign(cycle=closed, by=clerk, at=noon(TODAY + DAY), **SIGNED) == first
    second = corrections.sign(cycle=closed, by=clerk, at=noon(TODAY + DAY), **{**SIGNED, "points": Decimal(25)})
    assert list(CycleCorrection.objects.all()) == [first, second]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"points": Decimal("-0.25")}, "Points are 0 or more", id="less than 0"),
        pytest.param({"points": Decimal("0.1")}, "in quarter steps", id="tenths"),
        pytest.param({"statement": "  "}, "Say what was wrong", id="no statement"),
    ],
)
def test_a_correction_that_says_nothing_sound_is_refused(
    closed: Cycle, clerk: User, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        corrections.sign(cycle=closed, by=clerk, at=noon(TODAY), **{**SIGNED, **changes})  # type: ignore[arg-type]
    assert not CycleCorrection.objects.exists()


def test_a_cycle_that_is_not_closed_is_not_corrected(clerk: User) -> None:
    with pytest.raises(Refused, match="is not closed"):
        corrections.sign(cycle=make_cycle(), by=clerk, at=noon(TODAY), **SIGNED)


# Extensions of the grace period


def extend(cycle: Cycle, until: date, by: User, *, on: date = TODAY, reason: str = "Deployed.") -> Cycle:
    return cycles.extend_grace(cycle=cycle, until=until, reason=reason, by=by, at=noon(on))


def test_an_extended_cycle_takes_records_to_the_new_last_day(clerk: User) -> None:
    cycle = extend(make_cycle(), date(2026, 9, 30), clerk)
    assert cycles.takes_records(cycle, date(2026, 9, 30))
    assert not cycles.takes_records(cycle, date(2026, 10, 1))
    entry = cycle.history.get(grace_extended_to=date(2026, 9, 30))
    assert (entry.history_user, entry.history_date) == (clerk, noon(TODAY))


def test_the_dates_that_move_are_said_beforehand() -> None:
    moved = cycles.extension(make_cycle(), date(2026, 9, 30))
    assert [(line.before, line.after) for line in moved] == [
        (USUAL, date(2026, 9, 30)),
        (USUAL + DAY, date(2026, 10, 1)),
    ]


@pytest.mark.parametrize(
    ("until", "on", "sentence"),
    [
        pytest.param(USUAL, TODAY, "usual grace period ends Jul 29, 2026", id="the usual last day"),
        pytest.param(USUAL + DAY, TODAY, "", id="a day later"),
        pytest.param(date(2026, 9, 30), USUAL, "", id="on the last day of the grace period"),
        pytest.param(date(2026, 9, 30), USUAL + DAY, "is over", id="the day after it"),
    ],
)
def test_an_extension_is_later_than_the_usual_day_and_granted_before_it_is_over(
    until: date, on: date, sentence: str, clerk: User
) -> None:
    cycle = make_cycle()
    problem = cycles.problem_with_extension(cycle, until, on)
    assert (problem is not None and sentence in problem.sentence) if sentence else problem is None
    if sentence:
        with pytest.raises(Refused, match=sentence):
            extend(cycle, until, clerk, on=on)
    else:
        assert extend(cycle, until, clerk, on=on).grace_extended_to == until


def test_an_extension_may_be_mended_but_not_into_the_past(clerk: User) -> None:
    cycle = extend(make_cycle(), date(2028, 9, 30), clerk)
    assert extend(cycle, date(2026, 9, 30), clerk, on=date(2026, 9, 30)).grace_extended_to == date(2026, 9, 30)
    with pytest.raises(Refused, match="Sep 29, 2026 is past"):
        extend(cycle, date(2026, 9, 29), clerk, on=date(2026, 9, 30))


def test_the_same_extension_again_changes_nothing(clerk: User) -> None:
    cycle = extend(make_cycle(), date(2026, 9, 30), clerk)
    before = cycle.history.count()
    extend(cycle, date(2026, 9, 30), clerk)
    assert cycle.history.count() == before


def test_an_extension_needs_a_reason(clerk: User) -> None:
    with pytest.raises(Refused, match="Give the reason"):
        extend(make_cycle(), date(2026, 9, 30), clerk, reason=" ")


def test_a_closed_cycle_is_not_extended(closed: Cycle, clerk: User) -> None:
    with pytest.raises(Refused, match="was closed on May 1, 2026"):
        extend(closed, date(2026, 9, 30), clerk)
