"""The cycle that replaces another when the award turns out to be on another day.

These tests use no database.
"""

from datetime import date

import pytest

from certifications.cycles import Span
from certifications.models import Cycle
from certifications.roster import changes as roster_changes

# The second cycle of an award on 5/1/2020.
OLD = Cycle(number=2, starts_on=date(2023, 5, 1), ends_on=date(2026, 4, 30))
LAST_DAY = date(2026, 4, 30)
DAY_AFTER = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("awarded_on", "on", "span"),
    [
        pytest.param(
            date(2020, 6, 1),
            LAST_DAY,
            Span(2, date(2023, 6, 1), date(2026, 5, 31)),
            id="a month later: the same cycle, a month later",
        ),
        pytest.param(
            date(2018, 6, 1),
            LAST_DAY,
            Span(3, date(2024, 6, 1), date(2027, 5, 31)),
            id="two years earlier: the cycle of today",
        ),
        pytest.param(
            date(2020, 4, 25),
            LAST_DAY,
            Span(3, date(2026, 4, 25), date(2029, 4, 24)),
            id="six days earlier: the third, which has begun",
        ),
        pytest.param(
            date(2020, 4, 25),
            DAY_AFTER,
            Span(2, date(2023, 4, 25), date(2026, 4, 24)),
            id="over, and six days earlier: no import opens the next",
        ),
        pytest.param(
            date(2020, 5, 5),
            DAY_AFTER,
            Span(2, date(2023, 5, 5), date(2026, 5, 4)),
            id="over, and four days later: not over after all",
        ),
        pytest.param(
            date(2026, 5, 1),
            DAY_AFTER,
            Span(1, date(2026, 5, 1), date(2029, 4, 30)),
            id="awarded after the old cycle: the first of the new award",
        ),
    ],
)
def test_a_cycle_is_dated_anew_from_the_corrected_award(awarded_on: date, on: date, span: Span) -> None:
    assert roster_changes.redated(awarded_on, OLD, on) == span
