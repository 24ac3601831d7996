"""What can be claimed: each rule at its boundary, and the sentence that says what to do."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from amtportal.refusals import Problem
from ccp.recording.claims import (
    Doubt,
    Window,
    doubt_about_hours,
    is_retired,
    problem_with_claim,
    problem_with_credentials,
    problem_with_dates,
    problem_with_no_unit,
    problem_with_number,
    problem_with_points,
    problem_with_quantity,
    problem_with_retired,
    problem_with_type,
    problem_with_unit,
    reason_not_offered,
)

TODAY = date(2026, 3, 14)
RMA = Window("RMA", date(2023, 5, 1), date(2026, 4, 30), awarded_on=date(2017, 5, 1))
RPT = Window("RPT", date(2024, 9, 15), date(2027, 9, 14), awarded_on=date(2024, 9, 15))
ENDED = Window("MLT", date(2023, 2, 23), date(2026, 2, 22), awarded_on=date(2020, 2, 23))
RUNS = " Your CCP cycle runs from May 1, 2023 to Apr 30, 2026."
EARLIER = (
    " Apr 30, 2023 belongs to your RMA cycle May 1, 2020 to Apr 30, 2023, which takes no more records. Points "
    "are not carried "
    "over into a later cycle."
)
BEFORE_RPT = " Your RPT certification was awarded on Sep 15, 2024. Record only what you did from that day on."
NEXT_OPENS = (
    "You can record it there as soon as that cycle opens: when the points and the renewal invoices of this cycle are "
    "complete."
)
GOES_ON = (
    " The activity goes on in your next MLT cycle. Enter what you completed up to Feb 22, 2026, with that day "
    "as the end "
    f"date, and record the rest in the next cycle. {NEXT_OPENS} Call AMT if your certificate does not say how much "
    "each "
    "part is."
)
MLT_RUNS = " Your CCP cycle runs from Feb 23, 2023 to Feb 22, 2026."
BOTH_RUN = " Your CCP cycles: RMA: May 1, 2023 to Apr 30, 2026; RPT: Sep 15, 2024 to Sep 14, 2027."


@pytest.mark.parametrize("points", ["0.25", "1", "1.5", "98.75", "99"])
def test_points_in_quarters_above_0_and_up_to_99_can_be_claimed(points: str) -> None:
    assert problem_with_points(Decimal(points)) is None


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        pytest.param("0", "Points must be more than 0. Enter the points you earned, for example 1.5.", id="zero"),
        pytest.param("-1", "Points must be more than 0. Enter the points you earned, for example 1.5.", id="negative"),
        pytest.param("99.25", "Points for one activity can be at most 99. Enter 99 or less.", id="a quarter over 99"),
        pytest.param("1.1", "Points come in quarter steps. Enter a number such as 1, 1.25, 1.5 or 1.75.", id="tenths"),
        pytest.param(
            "0.01", "Points come in quarter steps. Enter a number such as 1, 1.25, 1.5 or 1.75.", id="hundredths"
        ),
    ],
)
def test_other_points_cannot(points: str, sentence: str) -> None:
    problem = problem_with_points(Decimal(points))
    assert problem is not None
    assert (problem.field, problem.sentence) == ("points", sentence)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(date(2023, 5, 1), date(2023, 5, 1), id="the cycle's first day"),
        pytest.param(date(2026, 3, 14), date(2026, 3, 14), id="today"),
        pytest.param(date(2023, 5, 1), date(2026, 3, 14), id="from the first day to today"),
    ],
)
def test_days_in_the_cycle_up_to_today_can_be_claimed(first: date, last: date) -> None:
    assert problem_with_dates(first, last, [RMA], TODAY) is None


@pytest.mark.parametrize(
    ("first", "last", "windows", "field", "sentence"),
    [
        pytest.param(
            date(2026, 3, 15),
            date(2026, 3, 15),
            [RMA],
            "starts_on",
            "The start date is in the future. Record the activity once it is done, with a start date up to today, "
            "Mar 14, 2026." + RUNS,
            id="starts tomorrow",
        ),
        pytest.param(
            date(2026, 3, 14),
            date(2026, 3, 15),
            [RMA],
            "ends_on",
            "The end date is in the future. Record the activity once it is done, with an end date up to today, "
            "Mar 14, 2026." + RUNS,
            id="ends tomorrow",
        ),
        pytest.param(
            date(2026, 3, 2),
            date(2026, 3, 1),
            [RMA],
            "ends_on",
            "The end date is before the start date. Enter 3/2/2026 or a later day, or leave it empty for an activity "
            "of one day." + RUNS,
            id="ends the day before it starts",
        ),
        pytest.param(
            date(2023, 4, 30),
            date(2023, 4, 30),
            [RMA],
            "starts_on",
            f"The start date is before your CCP cycle.{EARLIER}" + RUNS,
            id="the day before the cycle",
        ),
        pytest.param(
            date(2023, 4, 30),
            date(2023, 5, 1),
            [RMA],
            "starts_on",
            "The start date is before your CCP cycle. The activity began before your RMA cycle. Enter what you "
            "completed "
            "from May 1, 2023 on, with that day as the start date. Call AMT if your certificate does not say how much "
            "that "
            "is." + RUNS,
            id="from the day before to the first day",
        ),
        pytest.param(
            date(2026, 2, 22),
            date(2026, 2, 23),
            [ENDED],
            "ends_on",
            f"The end date is after your CCP cycle.{GOES_ON}{MLT_RUNS}",
            id="grace: from the last day to the day after",
        ),
        pytest.param(
            date(2026, 2, 23),
            date(2026, 2, 23),
            [ENDED],
            "starts_on",
            "The start date is after your CCP cycle. Feb 23, 2026 belongs to your next MLT cycle, which starts on "
            "Feb 23, 2026. "
            f"{NEXT_OPENS}{MLT_RUNS}",
            id="grace: the day after the cycle",
        ),
        pytest.param(
            date(2023, 2, 23),
            date(2026, 2, 23),
            [ENDED],
            "ends_on",
            f"The end date is after your CCP cycle.{GOES_ON}{MLT_RUNS}",
            id="grace: from the first day to the day after the last",
        ),
        pytest.param(
            date(2023, 4, 30),
            date(2023, 4, 30),
            [RMA, RPT],
            "starts_on",
            f"The start date is before your CCP cycle.{EARLIER}{BEFORE_RPT}" + BOTH_RUN,
            id="two certifications: before both cycles",
        ),
    ],
)
def test_other_days_cannot(first: date, last: date, windows: list[Window], field: str, sentence: str) -> None:
    problem = problem_with_dates(first, last, windows, TODAY)
    assert problem is not None
    assert (problem.field, problem.sentence) == (field, sentence)


def test_the_last_day_of_an_ended_cycle_can_be_claimed_in_the_grace_period() -> None:
    assert problem_with_dates(date(2026, 2, 22), date(2026, 2, 22), [ENDED], TODAY) is None


def test_of_two_cycles_one_must_cover_both_days() -> None:
    """5/1/2026 lies only in RPT's cycle, so 9/14/2024 to 5/1/2026 lies in neither.

    From 9/15/2024 on, RPT covers it.
    """
    later = date(2026, 6, 1)
    assert problem_with_dates(date(2024, 9, 15), date(2026, 5, 1), [RMA, RPT], later) is None
    for first, last, on in (
        (date(2024, 9, 14), date(2026, 5, 1), later),
        (date(2024, 9, 14), date(2027, 9, 14), date(2027, 9, 14)),  # to the last day of all
    ):
        problem = problem_with_dates(first, last, [RMA, RPT], on)
        assert problem is not None
        assert problem.sentence.startswith("Both dates must lie in the CCP cycle of one certification. The activity ")
        assert "goes on in your next RMA cycle. Enter what you completed up to Apr 30, 2026" in problem.sentence
        assert "began before your RPT cycle. Enter what you completed from Sep 15, 2024 on" in problem.sentence
        assert problem.sentence.endswith(BOTH_RUN)


def test_days_of_a_cycle_that_was_not_chosen_say_which_to_choose() -> None:
    day = date(2024, 9, 14)
    problem = problem_with_dates(day, day, [RPT], TODAY, others=[RMA, ENDED])
    assert problem is not None
    assert problem.sentence == (
        "The start date is before your CCP cycle. These dates lie in your RMA cycle, May 1, 2023 to Apr 30, "
        "2026: choose "
        "RMA. "
        "These dates lie in your MLT cycle, Feb 23, 2023 to Feb 22, 2026: choose MLT. Your CCP cycle runs from "
        "Sep 15, 2024 to "
        "Sep 14, 2027."
    )


def test_where_ccp_is_voluntary_the_next_cycle_waits_for_the_invoices_only() -> None:
    day = date(2026, 2, 23)
    problem = problem_with_dates(day, day, [replace(ENDED, is_mandatory=False)], TODAY)
    assert problem is not None
    assert "as soon as that cycle opens: when the renewal invoices of this cycle are paid." in problem.sentence


EMPLOYMENT = ("Employment in the field", None, date(2020, 12, 31))
PILOT = ("Pilot course", date(2025, 1, 1), None)


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        pytest.param(EMPLOYMENT, date(2020, 1, 1), date(2020, 12, 31), id="employment to its last day"),
        pytest.param(EMPLOYMENT, date(2020, 1, 1), date(2020, 12, 30), id="employment to the day before"),
        pytest.param(PILOT, date(2025, 1, 1), date(2025, 1, 1), id="a type from its first day"),
        pytest.param(PILOT, date(2025, 1, 2), date(2025, 1, 2), id="a type from the day after"),
        pytest.param(("Course", None, None), date(1999, 1, 1), date(2026, 3, 14), id="a type without a window"),
    ],
)
def test_a_type_can_be_claimed_for_days_in_its_window(
    kind: tuple[str, date | None, date | None], first: date, last: date
) -> None:
    assert problem_with_type(*kind, first, last) is None


@pytest.mark.parametrize(
    ("kind", "first", "last", "sentence"),
    [
        pytest.param(
            EMPLOYMENT,
            date(2020, 12, 31),
            date(2021, 1, 1),
            "Employment in the field counts only for work done up to Dec 31, 2020. Enter dates up to that day, or "
            "choose another activity type.",
            id="employment to the day after",
        ),
        pytest.param(
            PILOT,
            date(2024, 12, 31),
            date(2025, 1, 1),
            "Pilot course counts only for work done from Jan 1, 2025 on. Enter dates from that day on, or "
            "choose another "
            "activity type.",
            id="a type from the day before",
        ),
    ],
)
def test_a_type_cannot_be_claimed_for_other_days(
    kind: tuple[str, date | None, date | None], first: date, last: date, sentence: str
) -> None:
    problem = problem_with_type(*kind, first, last)
    assert problem is not None
    assert (problem.field, problem.sentence) == ("activity_type", sentence)


@pytest.mark.parametrize(
    ("begun_on", "sentence"),
    [
        pytest.param([date(2020, 12, 30)], "Dec 31, 2020. Enter dates up to that day", id="the day before it ended"),
        pytest.param([date(2020, 12, 31)], "Dec 31, 2020. Enter dates up to that day", id="the day on which it ended"),
        pytest.param([date(2021, 1, 1)], "Dec 31, 2020, before your CCP cycle began", id="the day after"),
        pytest.param([date(2021, 1, 2)], "Dec 31, 2020, before your CCP cycle began", id="two days after"),
        pytest.param(
            [date(2021, 1, 1), date(2020, 12, 31)], "Dec 31, 2020. Enter dates up to that day", id="one of two in time"
        ),
        pytest.param(
            [date(2021, 1, 1), date(2022, 1, 1)], "Dec 31, 2020, before your CCP cycle began", id="two too late"
        ),
    ],
)
def test_whose_cycle_began_after_the_last_day_of_a_type_is_not_asked_for_earlier_dates(
    begun_on: list[date], sentence: str
) -> None:
    windows = [Window("RMA", day, date(2023, 12, 31), awarded_on=day) for day in begun_on]
    problem = problem_with_type(*EMPLOYMENT, date(2022, 3, 1), date(2022, 3, 1), windows)
    assert problem is not None
    assert f"counts only for work done up to {sentence}" in problem.sentence


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        pytest.param(
            "0.75", "Poster needs at least 1 points per entry. Enter 1 or more.", id="a quarter below the smallest"
        ),
        pytest.param("1", None, id="the smallest"),
        pytest.param("5", None, id="the largest"),
        pytest.param("5.25", "Poster counts at most 5 points per entry. Enter 5 or less.", id="a quarter over it"),
    ],
)
def test_a_type_has_a_smallest_and_a_largest_claim(points: str, sentence: str | None) -> None:
    problem = problem_with_claim(Decimal(points), Decimal(1), Decimal(5), "Poster")
    assert problem == (Problem("points", sentence) if sentence else None)


@pytest.mark.parametrize(
    ("calculated", "typed", "problem"),
    [
        pytest.param("3", "3", None, id="they agree"),
        pytest.param(
            "3",
            "4",
            Problem("points", "For 3 hours you earn 3 points, but 4 points are entered. Leave one of the two empty."),
            id="other points are typed",
        ),
        pytest.param(
            "3",
            "1",
            Problem("points", "For 3 hours you earn 3 points, but 1 point is entered. Leave one of the two empty."),
            id="one point is typed",
        ),
        pytest.param(
            "3",
            "0.5",
            Problem("points", "For 3 hours you earn 3 points, but 0.5 points are entered. Leave one of the two empty."),
            id="half a point is typed",
        ),
        pytest.param(
            "0",
            "0",
            Problem("quantity", "For 3 hours you earn less than a quarter point. Enter what you completed in full."),
            id="they make nothing",
        ),
        pytest.param(
            "0.25",
            "0.25",
            Problem(
                "quantity",
                "For 3 hours you earn 0.25 points. Course needs at least 0.5 points per entry. Enter 0.5 or more.",
            ),
            id="they make too little",
        ),
        pytest.param(
            "60",
            "60",
            Problem(
                "quantity",
                "For 3 hours you earn 60 points. Course counts at most 50 points per entry. Enter 50 or less.",
            ),
            id="they make too much",
        ),
        pytest.param(
            "120",
            "120",
            Problem(
                "quantity",
                "For 3 hours you earn 120 points. Points for one activity can be at most 99. Enter 99 or less.",
            ),
            id="they make more than any activity can have",
        ),
    ],
)
def test_points_and_units_must_agree(calculated: str, typed: str, problem: Problem | None) -> None:
    found = problem_with_quantity("3 hours", Decimal(calculated), Decimal(typed), Decimal("0.5"), Decimal(50), "Course")
    assert found == problem


@pytest.mark.parametrize(
    ("quantity", "can"), [("-1", False), ("0", False), ("0.01", True), ("9999.99", True), ("10000", False)]
)
def test_units_are_above_0_and_below_10000(quantity: str, can: bool) -> None:
    assert (problem_with_number(Decimal(quantity)) is None) is can


def test_units_need_a_type_that_is_counted_in_them() -> None:
    found = problem_with_no_unit("Poster")
    assert found == Problem("quantity", "Poster is not counted in units. Leave this field empty and enter the points.")


@pytest.mark.parametrize(
    ("retired_on", "retired"),
    [
        pytest.param(None, False, id="never"),
        pytest.param(date(2026, 3, 15), False, id="tomorrow"),
        pytest.param(date(2026, 3, 14), True, id="today"),
        pytest.param(date(2026, 3, 13), True, id="yesterday"),
    ],
)
def test_a_type_can_be_chosen_until_the_day_before_it_is_retired(retired_on: date | None, retired: bool) -> None:
    assert is_retired(retired_on, TODAY) is retired
    assert (problem_with_retired("Poster", retired_on, TODAY) is not None) is retired


def test_a_type_for_other_certifications_is_told() -> None:
    assert problem_with_credentials("Poster").field == "activity_type"


@pytest.mark.parametrize(
    ("hours", "ends_on", "is_asked"),
    [
        pytest.param("24", date(2026, 3, 1), False, id="24 in one day"),
        pytest.param("24.25", date(2026, 3, 1), True, id="a quarter more"),
        pytest.param("48", date(2026, 3, 2), False, id="48 in two days"),
        pytest.param("48.25", date(2026, 3, 2), True, id="a quarter more in two days"),
    ],
)
def test_more_hours_than_the_days_have_are_in_doubt(hours: str, ends_on: date, is_asked: bool) -> None:
    assert bool(doubt_about_hours(Decimal(hours), date(2026, 3, 1), ends_on)) is is_asked


def test_a_doubt_names_the_hours_and_the_days_it_is_about() -> None:
    one = doubt_about_hours(Decimal(60), date(2026, 3, 1), date(2026, 3, 1))
    two = doubt_about_hours(Decimal("60.5"), date(2026, 3, 1), date(2026, 3, 2))
    assert one == Doubt("60/1", "60 contact hours in 1 day are more than a day has.")
    assert two == Doubt("60.5/2", "60.5 contact hours in 2 days are more than these days have.")


@pytest.mark.parametrize(
    ("written", "unit", "is_wrong"),
    [
        pytest.param(None, "semester-hour", False, id="none written"),
        pytest.param("hour", "hour", False, id="the unit of the type"),
        pytest.param("hour", "semester-hour", True, id="another"),
        pytest.param("ceu", "hour", True, id="CEU"),
    ],
)
def test_a_number_in_another_unit_is_refused(written: str | None, unit: str, is_wrong: bool) -> None:
    problem = problem_with_unit("College course", written, unit)
    assert bool(problem) is is_wrong
    assert problem is None or problem.field == "quantity"


@pytest.mark.parametrize(
    ("since", "until", "windows", "reason"),
    [
        pytest.param(None, None, [], "Talk does not count for your certifications.", id="other certifications"),
        pytest.param(
            None,
            date(2023, 4, 30),
            [RMA, RPT],
            "Talk counts only for work done up to Apr 30, 2023, before your CCP cycle began.",
            id="up to the day before the first cycle",
        ),
        pytest.param(
            date(2026, 3, 15),
            date(2027, 1, 1),
            [RMA],
            "Talk counts only for work done from Mar 15, 2026 on.",
            id="from tomorrow on",
        ),
    ],
)
def test_a_type_that_is_not_offered_has_its_reason(
    since: date | None, until: date | None, windows: list[Window], reason: str
) -> None:
    assert reason_not_offered("Talk", since, until, windows) == reason
