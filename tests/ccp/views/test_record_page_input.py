"""What the Record CE page understands of points and days as people type them.

The tests also show what it says about the rest.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from amtportal.members.models import Member
from ccp.models import Activity
from tests.support.builders import TODAY, client_of, make_cycle
from tests.support.pages import error_summary, read, record_ce, refused_ce

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
RUNS = " Your CCP cycle runs from May 1, 2023 to Apr 30, 2026."
NUMBER_WANTED = "Enter the points as a number, for example 2 or 1.5."
QUARTERS_WANTED = "Points come in quarter steps. Enter a number such as 1, 1.25, 1.5 or 1.75."
DAY_WANTED = "Enter the start date as month/day/year, for example 3/14/2026." + RUNS


@pytest.fixture
def signed_in() -> Client:
    """RMA in the last year of 5/1/2023 to 4/30/2026; nothing is recorded."""
    return client_of(make_cycle().certification.member)


@pytest.mark.parametrize(
    ("typed", "points"),
    [
        pytest.param("1.5", "1.5", id="point"),
        pytest.param("1,5", "1.5", id="comma"),
        pytest.param(".5", "0.5", id="nothing before the point"),
        pytest.param("2.", "2", id="nothing after the point"),
        pytest.param("1½", "1.5", id="a fraction"),
        pytest.param("1 1/2", "1.5", id="a fraction in figures"),
        pytest.param(" 2 ", "2", id="spaces around"),
        pytest.param("0.25", "0.25", id="the least"),
        pytest.param("99", "99", id="the most"),
        pytest.param("007.50", "7.5", id="needless zeros"),
        pytest.param("1.500", "1.5", id="zeros after the point"),
        pytest.param("１２", "12", id="full-width digits"),
    ],
)
def test_points_are_understood_as_people_type_them(signed_in: Client, typed: str, points: str) -> None:
    assert record_ce(signed_in, points=typed).status_code == 302
    assert Activity.objects.get().points == Decimal(points)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param("", "Enter the points you earned, for example 1.5.", id="nothing"),
        pytest.param("   ", "Enter the points you earned, for example 1.5.", id="spaces"),
        pytest.param("one", NUMBER_WANTED, id="a word"),
        pytest.param("1e3", NUMBER_WANTED, id="an exponent"),
        pytest.param("-1", NUMBER_WANTED, id="a sign"),
        pytest.param("+1", NUMBER_WANTED, id="a plus"),
        pytest.param("1,500", NUMBER_WANTED, id="thousands, or one and a half with zeros"),
        pytest.param("1.5.5", NUMBER_WANTED, id="two points"),
        pytest.param(".", NUMBER_WANTED, id="the point alone"),
        pytest.param("1 5", NUMBER_WANTED, id="a space inside"),
        pytest.param("١٢", NUMBER_WANTED, id="Arabic digits"),
        pytest.param("⅓", NUMBER_WANTED, id="a fraction without an end"),
        pytest.param("NaN", NUMBER_WANTED, id="not a number"),
        pytest.param("Infinity", NUMBER_WANTED, id="infinity"),
        pytest.param("9" * 400, NUMBER_WANTED, id="400 digits"),
        pytest.param("0", "Points must be more than 0. Enter the points you earned, for example 1.5.", id="zero"),
        pytest.param("0,0", "Points must be more than 0. Enter the points you earned, for example 1.5.", id="zero too"),
        pytest.param("99.25", "Points for one activity can be at most 99. Enter 99 or less.", id="a quarter over"),
        pytest.param("1.1", QUARTERS_WANTED, id="tenths"),
        pytest.param("1.01", QUARTERS_WANTED, id="hundredths"),
        pytest.param("1.125", QUARTERS_WANTED, id="eighths"),
        pytest.param("1000000000", "Points for one activity can be at most 99. Enter 99 or less.", id="a billion"),
    ],
)
def test_other_points_are_refused_with_a_sentence_that_says_what_to_do(
    signed_in: Client, typed: str, sentence: str
) -> None:
    assert refused_ce(signed_in, points=typed) == {"id_points": sentence}


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "days"),
    [
        pytest.param("2026-03-01", "2026-03-02", (date(2026, 3, 1), date(2026, 3, 2)), id="as a date picker sends it"),
        pytest.param("3/1/2026", "03/02/2026", (date(2026, 3, 1), date(2026, 3, 2)), id="as people type it"),
        pytest.param(" 3/1/2026 ", "2026-3-2", (date(2026, 3, 1), date(2026, 3, 2)), id="spaces; ISO without zeros"),
        pytest.param("3/1/2026", "", (date(2026, 3, 1), date(2026, 3, 1)), id="an empty end is the same day"),
        pytest.param("3/1/2026", None, (date(2026, 3, 1), date(2026, 3, 1)), id="so is one that is not sent"),
        pytest.param("3/14/2026", "3/14/2026", (TODAY, TODAY), id="today"),
        pytest.param("yesterday", "hoy", (date(2026, 3, 13), TODAY), id="in a word"),
        pytest.param("1 de marzo de 2026", "Mar 2, 2026", (date(2026, 3, 1), date(2026, 3, 2)), id="with the month"),
        pytest.param("5/1/2023", "", (date(2023, 5, 1), date(2023, 5, 1)), id="the cycle's first day"),
        pytest.param("2/29/2024", "", (date(2024, 2, 29), date(2024, 2, 29)), id="29 February of a leap year"),
    ],
)
def test_days_are_understood_as_people_type_them(
    signed_in: Client, starts_on: str, ends_on: str | None, days: tuple[date, date]
) -> None:
    assert record_ce(signed_in, starts_on=starts_on, ends_on=ends_on).status_code == 302
    stored = Activity.objects.get()
    assert (stored.starts_on, stored.ends_on) == days


@pytest.mark.parametrize(
    ("days", "field", "sentence"),
    [
        pytest.param(
            {"starts_on": ""}, "starts_on", "Enter the start date, for example 3/14/2026." + RUNS, id="no start"
        ),
        pytest.param({"starts_on": "last week"}, "starts_on", DAY_WANTED, id="a word"),
        pytest.param({"starts_on": "112026"}, "starts_on", DAY_WANTED, id="six digits"),
        pytest.param({"starts_on": "٣/١/٢٠٢٦"}, "starts_on", DAY_WANTED, id="Arabic digits"),
        pytest.param(
            {"starts_on": "2/30/2026"}, "starts_on", f"2/30/2026 is not a day in the calendar. {DAY_WANTED}", id="2/30"
        ),
        pytest.param(
            {"starts_on": "2025-02-29"},
            "starts_on",
            f"2025-02-29 is not a day in the calendar. {DAY_WANTED}",
            id="29 February of a common year",
        ),
        pytest.param(
            {"starts_on": "13/1/2026"},
            "starts_on",
            f"13/1/2026 is not a day in the calendar. {DAY_WANTED.removesuffix(RUNS)} If you wrote the day first, "
            "enter "
            "1/13/2026." + RUNS,
            id="day first",
        ),
        pytest.param(
            {"starts_on": "0000-01-01"},
            "starts_on",
            f"0000-01-01 is not a day in the calendar. {DAY_WANTED}",
            id="year 0",
        ),
        pytest.param(
            {"starts_on": "3/1/99"},
            "starts_on",
            "Enter the year of the start date with four digits, for example 3/14/2026." + RUNS,
            id="two digits of the year",
        ),
        pytest.param(
            {"ends_on": "3/1/99"},
            "ends_on",
            "Enter the year of the end date with four digits, for example 3/14/2026." + RUNS,
            id="two digits in the end date",
        ),
        pytest.param(
            {"starts_on": "3/15/2026"},
            "starts_on",
            "The start date is in the future. Record the activity once it is done, with a start date up to today, "
            "Mar 14, 2026." + RUNS,
            id="tomorrow",
        ),
        pytest.param(
            {"ends_on": "3/15/2026"},
            "ends_on",
            "The end date is in the future. Record the activity once it is done, with an end date up to today, "
            "Mar 14, 2026." + RUNS,
            id="ends tomorrow",
        ),
        pytest.param(
            {"ends_on": "2/28/2026"},
            "ends_on",
            "The end date is before the start date. Enter 3/1/2026 or a later day, or leave it empty for an activity "
            "of one day." + RUNS,
            id="ends before it starts",
        ),
        pytest.param(
            {"starts_on": "4/30/2023", "ends_on": "5/2/2023"},
            "starts_on",
            "The start date is before your CCP cycle. The activity began before your RMA cycle. Enter what you "
            "completed "
            "from May 1, 2023 on, with that day as the start date. Call AMT if your certificate does not say how much "
            "that "
            "is." + RUNS,
            id="the day before the cycle",
        ),
    ],
)
def test_other_days_are_refused_with_a_sentence_that_names_the_cycle(
    signed_in: Client, days: dict[str, str], field: str, sentence: str
) -> None:
    assert refused_ce(signed_in, **days) == {f"id_{field}": sentence}


def test_days_after_an_ended_cycle_are_refused_in_the_grace_period(grace: Member) -> None:
    """MLT ended on 2/22/2026, and today is in its grace period."""
    signed_in = client_of(grace)
    record_ce(signed_in, starts_on="2/23/2026")
    page = read(record_ce(signed_in, starts_on="2/22/2026", ends_on="2/23/2026"))
    said = error_summary(page)["id_ends_on"]
    assert said.startswith("The end date is after your CCP cycle. The activity goes on in your next MLT cycle.")
    assert said.endswith("Your CCP cycle runs from Feb 23, 2023 to Feb 22, 2026.")
    assert Activity.objects.count() == 1, "the 42 points of before"
    assert record_ce(signed_in, starts_on="Feb 22, 2026", points="3").status_code == 302


def test_employment_counts_only_to_the_end_of_2020(signed_in: Client) -> None:
    assert refused_ce(signed_in, activity_type="employment") == {
        "id_activity_type": "Employment in the field counts only for work done up to Dec 31, 2020, before your "
        "CCP cycle "
        "began. Choose another activity type." + RUNS
    }


@pytest.mark.parametrize(
    ("days", "status"),
    [
        pytest.param(("1/1/2020", "12/31/2020"), 302, id="to the last day"),
        pytest.param(("1/1/2020", "1/1/2021"), 200, id="to the day after"),
    ],
)
def test_employment_to_the_end_of_2020_counts_where_the_cycle_reaches_back(
    on_today: Any, days: tuple[str, str], status: int
) -> None:
    """The cycle is 6/1/2018 to 5/31/2021, and the activity is recorded on its last day."""
    on_today.move_to(f"{date(2021, 5, 31)}T12:00:00-05:00")
    cycle = make_cycle(awarded_on=date(2018, 6, 1), on=date(2021, 5, 31))
    signed_in = client_of(cycle.certification.member)
    answer = record_ce(signed_in, activity_type="employment", starts_on=days[0], ends_on=days[1])
    assert answer.status_code == status
    assert Activity.objects.exists() == (status == 302)
