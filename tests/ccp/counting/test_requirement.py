"""The requirement of a cycle: what is missing, and since which day it has been met."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ccp.counting import requirement
from certifications.models import Cycle
from tests.support.builders import TODAY, make_activity, make_cycle

YESTERDAY = TODAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("counted", "to_go"),
    [
        pytest.param("0", "30", id="nothing yet"),
        pytest.param("29.75", "0.25", id="a quarter short"),
        pytest.param("30", "0", id="met exactly"),
        pytest.param("41.5", "0", id="more than needed: never negative"),
    ],
)
def test_points_to_go(counted: str, to_go: str) -> None:
    assert requirement.to_go(counted=Decimal(counted), required=Decimal(30)) == Decimal(to_go)


@pytest.mark.parametrize(
    ("counted", "met_before", "met_on"),
    [
        pytest.param("29.75", None, None, id="a quarter short: not met"),
        pytest.param("30", None, TODAY, id="reached today: met today"),
        pytest.param("30.25", None, TODAY, id="passed today: met today"),
        pytest.param("35", YESTERDAY, YESTERDAY, id="more points later: since yesterday still"),
        pytest.param("29.75", YESTERDAY, None, id="corrected to a quarter short: no longer met"),
    ],
)
def test_the_day_since_which_the_requirement_is_met(counted: str, met_before: date | None, met_on: date | None) -> None:
    found = requirement.met_on(counted=Decimal(counted), required=Decimal(30), met_before=met_before, on=TODAY)
    assert found == met_on


@pytest.mark.django_db
def test_the_total_of_a_cycle_is_the_sum_of_its_credits() -> None:
    """1.5 + 20.25 + 0.25 = 22. The other member's 9 points are not among them."""
    cycle, other = make_cycle(), make_cycle()
    for points in ("1.5", "20.25", "0.25"):
        make_activity(cycle, points=points)
    make_activity(other, points="9")
    assert requirement.counted_points(cycle) == Decimal(22)
    assert requirement.counted_by_cycle([cycle.pk, other.pk]) == {cycle.pk: Decimal(22), other.pk: Decimal(9)}


@pytest.mark.django_db
def test_a_cycle_without_credits_has_no_points() -> None:
    assert requirement.counted_points(make_cycle()) == 0


@pytest.mark.django_db
def test_many_quarters_add_up_exactly() -> None:
    """41 × 0.25 = 10.25 on every database.

    A sum of floats would be exact for quarters, but not for tenths.
    """
    cycle = make_cycle()
    for _ in range(41):
        make_activity(cycle, points="0.25")
    assert str(requirement.counted_points(cycle)) == "10.25"


@pytest.mark.django_db
def test_settling_an_unchanged_record_writes_nothing() -> None:
    cycle = make_cycle()
    make_activity(cycle, points="30")
    before = Cycle.history.count()
    cycles = [Cycle.objects.get()]
    requirement.settle_all(cycles, requirement.counted_by_cycle([cycle.pk]), TODAY + timedelta(days=5))
    assert Cycle.objects.get().requirement_met_on == TODAY
    assert Cycle.history.count() == before
