"""Which days can be true: each kind of day at its edges. Today is 3/14/2026."""

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from django.utils import translation

from amtportal import plausible
from amtportal.dates import UnreadableDay, read_day
from amtportal.formatting import format_day

ON = date(2026, 3, 14)
RECEIPT = partial(plausible.problem_with_receipt, awarded_on=date(2020, 5, 1), cycle_starts_on=date(2023, 5, 1), on=ON)
RECEIPT_IN_FIRST = partial(
    plausible.problem_with_receipt, awarded_on=date(2023, 5, 1), cycle_starts_on=date(2023, 5, 1), on=ON
)
RECERTIFIED = partial(plausible.problem_with_recertification, awarded_on=date(2000, 5, 1), on=ON)
RECERTIFIED_WRONG_AWARD = partial(plausible.problem_with_recertification, awarded_on=date(206, 5, 1), on=ON)


@pytest.mark.parametrize(
    ("rule", "first", "last"),
    [
        pytest.param(partial(plausible.problem_with_award, on=ON), date(1939, 1, 1), ON, id="award"),
        pytest.param(RECERTIFIED, date(2000, 5, 2), ON, id="recertification"),
        pytest.param(RECERTIFIED_WRONG_AWARD, date(1939, 1, 1), ON, id="recertification after a wrong award"),
        pytest.param(RECEIPT, date(2022, 5, 1), ON, id="payment: a year before the cycle"),
        pytest.param(RECEIPT_IN_FIRST, date(2023, 5, 1), ON, id="payment: not before the award"),
        pytest.param(partial(plausible.problem_with_terms_day, on=ON), date(1990, 1, 1), date(2031, 3, 14), id="terms"),
        pytest.param(
            partial(plausible.problem_with_window_day, on=ON), date(1939, 1, 1), date(2046, 3, 14), id="window"
        ),
        pytest.param(plausible.problem_with_credited_day, date(1939, 1, 1), date.max, id="credited"),
        pytest.param(partial(plausible.problem_with_run_day, on=ON), date(1990, 1, 1), date(2031, 3, 14), id="run"),
    ],
)
def test_a_kind_of_day_has_bounds(rule: Callable[[date], str], first: date, last: date) -> None:
    assert rule(first) == rule(last) == ""
    assert rule(date.fromordinal(first.toordinal() - 1)).endswith(".")
    if last != date.max:
        assert rule(date.fromordinal(last.toordinal() + 1)).endswith(".")
    assert rule(date(26, 11, 20)) == (
        "Nov 20, 0026 is in the year 26. Enter the year with four digits, for example 2026."
    )


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_year_is_written_with_four_digits(language: str) -> None:
    with translation.override(language):
        assert format_day(date(26, 11, 20)).endswith("0026")  # Nov 20, 0026, 20 nov 0026
        assert format_day(date(2026, 11, 20)).endswith("2026")


def test_a_year_of_two_digits_is_not_read() -> None:
    with pytest.raises(UnreadableDay):
        read_day("11/20/26")
