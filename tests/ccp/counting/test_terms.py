"""The terms of the program: which apply on a day, and what a number of units is worth."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccp.counting import terms
from ccp.counting.terms import Terms, in_force, in_units, is_over, points_for
from ccp.models import ActivityType
from certifications.quarters import in_quarter_steps
from tests.support.builders import (
    TODAY,
    make_activity,
    make_activity_type,
    make_cycle,
    make_terms,
    noon,
    set_category_terms,
    set_terms,
)

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Version:
    effective_from: date


FIRST, SECOND = Version(date(2000, 1, 1)), Version(TODAY)


@pytest.mark.parametrize(
    ("on", "version"),
    [
        pytest.param(TODAY - DAY, FIRST, id="the day before the change"),
        pytest.param(TODAY, SECOND, id="the day of the change"),
        pytest.param(TODAY + DAY, SECOND, id="the day after"),
        pytest.param(date(1999, 12, 31), FIRST, id="before the first day"),
    ],
)
def test_terms_hold_from_their_day_on(on: date, version: Version) -> None:
    assert in_force([SECOND, FIRST], on) == version


@pytest.mark.parametrize(
    ("quantity", "points_per_unit", "points"),
    [
        pytest.param("3", "1", "3", id="3 contact hours: 3 * 1"),
        pytest.param("2", "15", "30", id="2 semester hours: 2 * 15"),
        pytest.param("2.5", "10", "25", id="2.5 quarter hours: 2.5 * 10"),
        pytest.param("0.4", "10", "4", id="0.4 CEU: 0.4 * 10"),
        pytest.param("0.25", "1", "0.25", id="a quarter of an hour"),
        pytest.param("0.24", "1", "0", id="less than a quarter"),
        pytest.param("1.99", "1", "1.75", id="1.99, rounded down to a quarter"),
        pytest.param("0.33", "10", "3.25", id="3.3, rounded down to a quarter"),
    ],
)
def test_units_make_points_rounded_down_to_a_quarter_step(quantity: str, points_per_unit: str, points: str) -> None:
    assert points_for(Decimal(quantity), Decimal(points_per_unit)) == Decimal(points)


@given(
    quantity=st.decimals(min_value=0, max_value=9999, places=2),
    quarters=st.integers(min_value=1, max_value=400),
)
def test_rounding_takes_less_than_a_quarter_and_never_adds(quantity: Decimal, quarters: int) -> None:
    exact = quantity * Decimal(quarters) / 4
    made = points_for(quantity, Decimal(quarters) / 4)
    assert in_quarter_steps(made)
    assert 0 <= exact - made < Decimal("0.25")


@pytest.mark.parametrize(
    ("quantity", "unit", "words"),
    [
        pytest.param("1", "hour", "1 contact hour", id="one"),
        pytest.param("1.5", "hour", "1.5 contact hours", id="more than one"),
        pytest.param("0.5", "semester-hour", "0.5 semester hours", id="less than one"),
        pytest.param("0.40", "ceu", "0.4 CEU", id="CEU has no plural"),
    ],
)
def test_units_in_words(quantity: str, unit: str, words: str) -> None:
    assert in_units(Decimal(quantity), unit) == words


def make(least: str = "0.25", most: str = "99", first: date | None = None, last: date | None = None) -> Terms:
    return Terms(
        unit="",
        points_per_unit=None,
        least=Decimal(least),
        most=Decimal(most),
        type_cap=None,
        category_cap=None,
        claimable_from=first,
        claimable_until=last,
    )


@pytest.mark.parametrize(("points_per_unit", "takes"), [(None, False), (Decimal(1), True)], ids=["no unit", "a unit"])
def test_a_number_can_be_given_where_a_unit_has_points(points_per_unit: Decimal | None, takes: bool) -> None:
    assert replace(make(), points_per_unit=points_per_unit).takes_quantity is takes


@pytest.mark.parametrize(
    ("least", "most", "sentence"),
    [
        pytest.param("0.25", "99", "", id="the usual limits"),
        pytest.param("0.5", "99", "At least 0.5 points for one entry.", id="smallest"),
        pytest.param("0.25", "10", "At most 10 points for one entry.", id="largest"),
        pytest.param("1", "10", "1 to 10 points for one entry.", id="both"),
        pytest.param("0.5", "98.75", "0.5 to 98.75 points for one entry.", id="a quarter inside both"),
    ],
)
def test_limits_of_a_claim_in_words(least: str, most: str, sentence: str) -> None:
    assert make(least, most).claim_limits == sentence


@pytest.mark.parametrize(
    ("first", "last", "can"),
    [
        pytest.param(date(2020, 1, 1), date(2020, 12, 31), True, id="first day to last day"),
        pytest.param(date(2020, 1, 2), date(2020, 12, 30), True, id="a day inside both"),
        pytest.param(date(2019, 12, 31), date(2020, 12, 31), False, id="starts a day early"),
        pytest.param(date(2020, 1, 1), date(2021, 1, 1), False, id="ends a day late"),
    ],
)
def test_a_window_has_a_first_and_a_last_day(first: date, last: date, can: bool) -> None:
    assert make(first=date(2020, 1, 1), last=date(2020, 12, 31)).can_be_claimed(first, last) is can
    assert make().can_be_claimed(first, last)


def test_a_window_may_have_one_end_only() -> None:
    """ "From 1/1/2020 on" excludes 12/31/2019, and "up to 12/31/2020" excludes 1/1/2021."""
    assert make(first=date(2020, 1, 1)).can_be_claimed(date(2020, 1, 1), date(2030, 1, 1))
    assert not make(first=date(2020, 1, 1)).can_be_claimed(date(2019, 12, 31), date(2030, 1, 1))
    assert make(last=date(2020, 12, 31)).can_be_claimed(date(2010, 1, 1), date(2020, 12, 31))
    assert not make(last=date(2020, 12, 31)).can_be_claimed(date(2010, 1, 1), date(2021, 1, 1))


# Terms on record


@pytest.mark.django_db
def test_the_terms_of_a_type_come_with_the_cap_of_its_category() -> None:
    set_terms("self-study", cap=Decimal(15))
    set_category_terms("professional-education", cap=Decimal(20))
    found = terms.catalogue().terms(ActivityType.objects.get(code="self-study"), TODAY)
    assert (found.unit_name, found.points_per_unit) == ("contact hour", Decimal(1))
    assert (found.type_cap, found.category_cap) == (Decimal(15), Decimal(20))
    assert found.takes_quantity


@pytest.mark.django_db
def test_an_entry_keeps_the_terms_of_the_day_on_which_it_was_recorded() -> None:
    """12 points were recorded yesterday with no cap, and from today on the cap is 10.

    Nothing is left of 5 recorded today, because 10 - 12 < 0.
    """
    cycle = make_cycle()
    before = make_activity(cycle, points="12", starts_on=date(2026, 3, 1), at=noon(TODAY - DAY))
    make_terms(effective_from=TODAY, cap=Decimal(10))
    after = make_activity(cycle, points="5", starts_on=date(2026, 3, 2))
    assert (before.credits.get().points, before.credits.get().cut) == (Decimal(12), "")
    assert (after.credits.get().points, after.credits.get().cut) == (Decimal(0), "type-cap")


@pytest.mark.django_db
def test_a_type_begins_with_its_first_terms() -> None:
    """Before that day a stored entry has the first terms.

    They say from when on the type can be chosen.
    """
    kind = make_activity_type(effective_from=TODAY, cap=Decimal(8))
    make_terms(kind.code, effective_from=TODAY + DAY)
    found = {on: terms.catalogue().terms(kind, on) for on in (TODAY - DAY, TODAY, TODAY + DAY)}
    assert [held.begins_on for held in found.values()] == [TODAY, None, None]
    assert [held.type_cap for held in found.values()] == [Decimal(8), Decimal(8), None]


@pytest.mark.django_db
def test_types_come_by_category_with_their_terms() -> None:
    kind = make_activity_type(category="authorship", cap=Decimal(8))
    set_category_terms("authorship", cap=Decimal(12))
    kinds = ActivityType.objects.select_related("category")
    groups = {group.category.code: group for group in terms.catalogue().offers(kinds, TODAY)}
    assert len(groups) == 6
    assert groups["authorship"].cap == Decimal(12)
    assert {offer.activity_type: offer.terms.type_cap for offer in groups["authorship"].offers}[kind] == Decimal(8)


@pytest.mark.django_db
def test_an_entry_keeps_the_unit_in_which_it_was_recorded() -> None:
    """Half a CEU at 10 points per CEU makes 5 points."""
    activity = make_activity(make_cycle(), kind="course-ceu", points="5", quantity=Decimal("0.5"))
    set_terms("course-ceu", unit="hour", points_per_unit=Decimal(1))
    assert activity.get_unit_display() == "CEU"
    assert make_activity(make_cycle()).unit == ""


@pytest.mark.django_db
def test_the_types_of_the_catalogue_stand_in_their_order() -> None:
    make_terms(effective_from=TODAY)
    assert terms.catalogue().activity_types == list(ActivityType.objects.all())


@pytest.mark.parametrize(
    ("until", "on", "over"),
    [
        pytest.param(None, date(2026, 3, 14), False, id="no last day"),
        pytest.param(date(2020, 12, 31), date(2024, 3, 29), False, id="last day of the last grace period"),
        pytest.param(date(2020, 12, 31), date(2024, 3, 30), True, id="day after"),
        pytest.param(date(2026, 3, 14), date(2026, 3, 14), False, id="last day to claim"),
    ],
)
def test_a_type_is_over_when_no_cycle_with_its_last_day_takes_records(until: date | None, on: date, over: bool) -> None:
    """The last cycle with work of 12/31/2020 began on that day and ended on 12/30/2023.

    90 days later is 3/29/2024: 1 day in December, 31, 29 and 29.
    """
    assert is_over(until, on) is over
