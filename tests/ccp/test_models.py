"""What must always be true of categories, activity types, activities and credits: tries to break it all."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ccp.models import Activity, ActivityType, Category, Credit
from tests.builders import TODAY, make_activity, make_cycle, make_user, noon
from tests.constraints import changed, constraints_of, copied, refused_by

pytestmark = pytest.mark.django_db

TENTH, NOTHING, NEGATIVE = Decimal("1.1"), Decimal(0), Decimal("-0.25")
WITHDRAWN = {"withdrawn_at": noon(TODAY), "withdrawn_by": make_user}


def category() -> Category:
    return Category.objects.get(code="professional-education")


def kind() -> ActivityType:
    return ActivityType.objects.get(code="course-seminar-webinar")


def activity() -> Activity:
    """5 points for 3/1/2026."""
    return make_activity(make_cycle(), points="5", starts_on=date(2026, 3, 1))


def credit() -> Credit:
    return activity().credits.get()


CHANGES = [
    ("category_cap_in_quarters", category, {"cap": NOTHING}, "zero"),
    ("category_cap_in_quarters", category, {"cap": TENTH}, "tenths"),
    ("activitytype_cap_in_quarters", kind, {"cap": NOTHING}, "zero"),
    ("activitytype_cap_in_quarters", kind, {"cap": TENTH}, "tenths"),
    ("activitytype_points_per_unit_in_quarters", kind, {"points_per_unit": NOTHING}, "zero"),
    ("activitytype_points_per_unit_in_quarters", kind, {"points_per_unit": TENTH}, "tenths"),
    (
        "activitytype_window_in_order",
        kind,
        {"claimable_from": date(2021, 1, 1), "claimable_until": date(2020, 12, 31)},
        "ends the day before it starts",
    ),
    ("activity_points_above_0_to_99", activity, {"points": NOTHING}, "zero"),
    ("activity_points_above_0_to_99", activity, {"points": NEGATIVE}, "negative"),
    ("activity_points_above_0_to_99", activity, {"points": Decimal("99.25")}, "a quarter too many"),
    ("activity_points_in_quarters", activity, {"points": TENTH}, "tenths"),
    ("activity_starts_before_end", activity, {"ends_on": date(2026, 2, 28)}, "ends the day before it starts"),
    ("activity_source_known", activity, {"source": "rumour"}, "no such source"),
    ("activity_withdrawn_whole", activity, {**WITHDRAWN, "withdrawn_by": None}, "by nobody"),
    ("activity_withdrawn_whole", activity, {**WITHDRAWN, "withdrawn_at": None}, "never"),
    ("activity_withdrawn_whole", activity, {"void_reason": "No proof."}, "reason alone"),
    ("credit_points_from_0", credit, {"points": NEGATIVE}, "negative"),
    ("credit_points_in_quarters", credit, {"points": TENTH}, "tenths"),
    ("credit_cut_known", credit, {"cut": "whim"}, "no such cut"),
    ("credit_nothing_counts_unclaimed", credit, {"cut": "not-standing"}, "points of a withdrawn entry"),
    ("credit_nothing_counts_unclaimed", credit, {"cut": "unclaimed"}, "points that are not claimed"),
]
COPIES = [
    ("category.code", category, {}, "same code"),
    ("activitytype.code", kind, {}, "same code"),
    ("activity.submission_id", activity, {}, "same form"),
    ("credit_once_a_cycle", credit, {}, "same activity and cycle"),
]


def _rows(cases: list[tuple[str, Any, dict[str, Any], str]]) -> list[Any]:
    return [pytest.param(f"ccp_{name}", row, changes, id=f"{name}: {what}") for name, row, changes, what in cases]


@pytest.mark.parametrize(("name", "row", "changes"), _rows(CHANGES))
def test_the_database_refuses_a_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("ccp", name):
        changed(sound, changes)


@pytest.mark.parametrize(("name", "row", "changes"), _rows(COPIES))
def test_the_database_refuses_a_second_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("ccp", name):
        copied(sound, changes)


def test_every_constraint_has_its_try() -> None:
    assert set(constraints_of("ccp")) == {f"ccp_{name}" for name, *_ in CHANGES + COPIES}


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        pytest.param(category, {"cap": Decimal("0.25")}, id="category capped at a quarter point"),
        pytest.param(kind, {"cap": None, "points_per_unit": None}, id="type without cap and unit"),
        pytest.param(kind, {"claimable_from": TODAY, "claimable_until": TODAY}, id="type that is claimable on one day"),
        pytest.param(activity, {"points": Decimal("0.25")}, id="activity of a quarter point"),
        pytest.param(activity, {"points": Decimal(99)}, id="activity of 99 points"),
        pytest.param(activity, {"ends_on": date(2026, 3, 1) + timedelta(days=1)}, id="activity of two days"),
        pytest.param(activity, {**WITHDRAWN, "void_reason": "No proof."}, id="void activity"),
        pytest.param(credit, {"points": NOTHING, "cut": "unclaimed"}, id="credit that is not claimed"),
        pytest.param(credit, {"points": NOTHING, "cut": "type-cap"}, id="credit cut to nothing"),
    ],
)
def test_the_database_takes_a_row_at_the_edge(row: Any, changes: dict[str, Any]) -> None:
    changed(row(), changes)


def test_all_six_categories_are_shipped_with_an_activity_type_each() -> None:
    shipped = Category.objects.filter(activity_types__isnull=False).distinct().values_list("name", flat=True)
    assert list(shipped) == [
        "Professional Education",
        "Formal Education",
        "Authorship of Written Works",
        "Instructional Presentations",
        "Organizational Participation",
        "Employment Verification",
    ]


def test_employment_can_be_claimed_to_the_last_day_of_2020() -> None:
    employment = ActivityType.objects.get(category__code="employment-verification")
    assert (employment.claimable_from, employment.claimable_until) == (None, date(2020, 12, 31))
