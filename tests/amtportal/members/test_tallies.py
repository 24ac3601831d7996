"""Tallies: each count is one statement, and none is lost."""

from datetime import timedelta

import pytest
from time_machine import TimeMachineFixture

from amtportal.members import tallies
from amtportal.members.models import Tally
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db
KEY = tallies.digest("somebody")


def number() -> int:
    return tallies.read(KEY).number


@pytest.mark.django_db(transaction=True)
def test_counts_that_come_together_are_all_counted() -> None:
    readings = at_once(*[lambda: tallies.count(KEY, seconds=60)] * 12)
    assert sorted(reading.number for reading in readings) == list(range(1, 13))
    at_once(*[lambda: tallies.take_back(KEY)] * 12)
    assert number() == 0


def test_a_tally_is_over_after_its_seconds(on_today: TimeMachineFixture) -> None:
    assert number() == 0
    for expected in (1, 2):
        assert tallies.count(KEY, seconds=60).number == expected
        on_today.shift(timedelta(seconds=29))
    assert tallies.read(KEY) == tallies.Reading(2, pytest.approx(2))
    on_today.shift(timedelta(seconds=2))
    assert number() == 0
    assert tallies.count(KEY, seconds=60) == tallies.Reading(1, pytest.approx(60))


def test_one_that_restarts_holds_after_its_last_count_up_to_the_most(on_today: TimeMachineFixture) -> None:
    for expected in (1, 2, 3, 4):
        assert tallies.count(KEY, seconds=60, restarts=True, most=3).number == expected
        on_today.shift(timedelta(seconds=50))
    # The third came 100 seconds after the first and 100 seconds ago; the fourth, above the most, prolonged nothing.
    assert number() == 0


def test_nothing_is_taken_back_from_nothing_and_what_is_forgotten_begins_again() -> None:
    tallies.take_back(KEY)
    assert number() == 0
    tallies.count(KEY, seconds=60)
    tallies.take_back(KEY)
    tallies.take_back(KEY)
    assert number() == 0
    tallies.count(KEY, seconds=60)
    tallies.forget(KEY)
    assert tallies.count(KEY, seconds=60).number == 1


def test_tallies_that_are_over_are_removed(on_today: TimeMachineFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    tallies.count(KEY, seconds=60)
    on_today.shift(timedelta(seconds=61))
    tallies.count("another", seconds=60)
    assert Tally.objects.count() == 2, "not at every count"
    monkeypatch.setattr(tallies, "_next_clearing", 0)
    tallies.count("another", seconds=60)
    assert list(Tally.objects.values_list("key", flat=True)) == ["another"]
