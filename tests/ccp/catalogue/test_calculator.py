"""The points calculator on the page of qualifying activities.

It takes a type and a number of its units, and gives the points for them.
"""

from datetime import date
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from ccp.models import ActivityType, TypeTerms
from tests.support.builders import TODAY, make_activity_type, set_category_terms, set_terms
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]


def asked(**values: str) -> BeautifulSoup:
    """Return the page that answers, signed out."""
    return read(Client().get("/qualifying-activities/", values))


def answer(kind: str, quantity: str) -> str:
    page = asked(type=kind, quantity=quantity)
    assert not page.select(".field-error")
    return words(page.select_one("#answer strong"))


def complaint(kind: str, quantity: str) -> str:
    """Return the one sentence about the error, which is in the summary and at its field.

    There is no answer then.
    """
    page = asked(type=kind, quantity=quantity)
    assert words(page.title).startswith("Error: ")
    [summary] = page.select(".error-summary li")
    [at_field] = page.select(".field-error p")
    assert words(at_field) == f"Error: {words(summary)}"
    assert not words(page.select_one("#answer"))
    return words(summary)


@pytest.mark.parametrize(
    ("kind", "quantity", "sentence"),
    [
        pytest.param("course-seminar-webinar", "3", "For 3 contact hours you earn 3 points.", id="contact hours"),
        pytest.param("self-study", "1", "For 1 contact hour you earn 1 point.", id="one"),
        pytest.param("course-ceu", "0.4", "For 0.4 CEU you earn 4 points.", id="CEU: 0.4 × 10"),
        pytest.param("college-semester-hours", "3", "For 3 semester hours you earn 45 points.", id="3 × 15"),
        pytest.param("college-quarter-hours", "2.5", "For 2.5 quarter hours you earn 25 points.", id="2.5 × 10"),
        pytest.param(
            "course-seminar-webinar",
            "1,3",
            "For 1.3 contact hours you earn 1.25 points, rounded down to a quarter step.",
            id="rounded, typed with a comma",
        ),
        pytest.param("self-study", "90 min", "For 1.5 contact hours you earn 1.5 points.", id="minutes"),
        pytest.param("self-study", "1:30", "For 1.5 contact hours you earn 1.5 points.", id="hours and minutes"),
        pytest.param(
            "college-semester-hours", "3 semester hours", "For 3 semester hours you earn 45 points.", id="unit"
        ),
        pytest.param("course-seminar-webinar", " 99 ", "For 99 contact hours you earn 99 points.", id="the most"),
        pytest.param("course-seminar-webinar", "0.25", "For 0.25 contact hours you earn 0.25 points.", id="the least"),
    ],
)
def test_units_make_points(kind: str, quantity: str, sentence: str) -> None:
    assert answer(kind, quantity) == sentence


@pytest.mark.parametrize(
    ("unit", "sentence"),
    [
        pytest.param(TypeTerms.Unit.YEAR, "For 2 years you earn 10 points.", id="years"),
        pytest.param(TypeTerms.Unit.WORK, "For 2 works you earn 10 points.", id="works"),
    ],
)
def test_units_that_staff_give_a_figure_make_points(unit: str, sentence: str) -> None:
    """2 × 5 = 10."""
    set_terms("office-or-committee", unit=unit, points_per_unit=Decimal(5))
    assert answer("office-or-committee", "2") == sentence


@pytest.mark.parametrize(
    ("kind", "quantity", "sentence"),
    [
        pytest.param("", "3", "Choose an activity type.", id="no type"),
        pytest.param("nothing-like-it", "3", "Choose an activity type from the list.", id="unknown type"),
        pytest.param("self-study", "", "Enter how many you completed, for example 3 or 0.4.", id="no number"),
        pytest.param(
            "self-study",
            "three",
            "Enter how many as a number with at most two decimals, for example 3 or 0.4.",
            id="a word",
        ),
        pytest.param(
            "self-study",
            "1.333",
            "Enter how many as a number with at most two decimals, for example 3 or 0.4.",
            id="three decimals",
        ),
        pytest.param(
            "self-study",
            "1e3",
            "Enter how many as a number with at most two decimals, for example 3 or 0.4.",
            id="an exponent",
        ),
        pytest.param(
            "college-semester-hours",
            "3 hours",
            "College course, semester hours is counted for each semester hour, not for each contact hour. Enter how "
            "many, for example 3.",
            id="another unit",
        ),
        pytest.param("self-study", "0", "Enter a number above 0, for example 3 or 0.4.", id="nothing"),
        pytest.param(
            "self-study",
            "0.24",
            "For 0.24 contact hours you earn less than a quarter point. Enter what you completed in full.",
            id="too little",
        ),
        pytest.param(
            "self-study",
            "99.25",
            "For 99.25 contact hours you earn 99.25 points. "
            "Points for one activity can be at most 99. Enter 99 or less.",
            id="more than an entry can have",
        ),
        pytest.param(
            "self-study", "10000", "How many can be at most 9999.99. Enter what you completed.", id="far too many"
        ),
        pytest.param(
            "employment",
            "3",
            "Employment in the field has no fixed number of points. Record it: AMT sets the points.",
            id="no unit",
        ),
    ],
)
def test_what_has_no_figure_is_told_at_its_field(kind: str, quantity: str, sentence: str) -> None:
    assert complaint(kind, quantity) == sentence


def test_the_smallest_and_the_largest_claim_of_a_type_are_kept() -> None:
    set_terms("self-study", least=Decimal(2), most=Decimal(8))
    assert complaint("self-study", "1.75").endswith("needs at least 2 points per entry. Enter 2 or more.")
    assert answer("self-study", "2") == "For 2 contact hours you earn 2 points."
    assert answer("self-study", "8") == "For 8 contact hours you earn 8 points."
    assert complaint("self-study", "8.25").endswith("counts at most 8 points per entry. Enter 8 or less.")


def test_caps_and_window_stand_beside_the_points() -> None:
    set_terms("self-study", cap=Decimal(1), claimable_until=TODAY)
    set_category_terms("professional-education", cap=Decimal("20.5"))
    told = words(asked(type="self-study", quantity="3").select_one("#answer"))
    assert "At most 1 point of this kind counts in one cycle." in told
    assert "At most 20.5 points of this category count in one cycle." in told
    assert "Only for work done up to Mar 14, 2026." in told


def test_a_retired_type_is_not_offered_and_says_why() -> None:
    kind = make_activity_type(name="Old course", retired_on=TODAY, unit="hour", points_per_unit=Decimal(1))
    assert complaint(kind.code, "3") == "Old course can no longer be chosen. Choose another activity type."
    assert "Old course" not in words(asked().select_one("#calculator select"))


def test_a_type_that_no_cycle_can_take_any_more_is_not_offered_and_says_why() -> None:
    hour = {"unit": "hour", "points_per_unit": Decimal(1)}
    kind = make_activity_type(name="Work of then", claimable_until=date(2020, 12, 31), **hour)
    assert complaint(kind.code, "3") == (
        "Work of then counts only for work done up to Dec 31, 2020, and the CCP cycles with such work have "
        "ended. Choose "
        "another activity type."
    )
    assert "Work of then" not in words(asked().select_one("#calculator select"))


def test_a_type_that_has_not_begun_is_told_on_the_list_and_computed_from_its_day_on() -> None:
    hour = {"unit": "hour", "points_per_unit": Decimal(1)}
    kind = make_activity_type(name="New course", effective_from=date(2026, 3, 15), **hour)
    assert complaint(kind.code, "3") == (
        "New course can be chosen for what is recorded from Mar 15, 2026 on. Choose another activity type."
    )
    page = asked()
    assert "New course" not in words(page.select_one("#calculator select"))
    assert "Can be chosen from Mar 15, 2026 on." in words(page.select_one(f"#type-{kind.code}"))
    assert "Can be chosen from" not in words(page.select_one("#type-self-study"))


def test_only_types_with_a_figure_are_offered_by_category() -> None:
    page = asked()
    assert not page.select(".error-summary, .field-error, #answer p")
    found = {
        group["label"]: [option["value"] for option in group.select("option")]
        for group in page.select("#calculator optgroup")
    }
    assert found == {
        "Professional Education": ["course-seminar-webinar", "course-ceu", "self-study"],
        "Formal Education": ["college-semester-hours", "college-quarter-hours"],
    }


def test_the_answer_keeps_what_was_asked_and_leads_to_the_type() -> None:
    page = asked(type="course-ceu", quantity="0.4")
    assert page.select_one("#calculator form")["action"] == "/qualifying-activities/"
    assert page.select_one("#calculator option[selected]")["value"] == "course-ceu"
    assert page.select_one("#id_quantity")["value"] == "0.4"
    assert page.select_one("#answer a")["href"] == "#type-course-ceu"
    assert page.select_one("#type-course-ceu")


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("<script>alert(1)</script>", id="a script"),
        pytest.param('"><img src=x onerror=alert(1)>', id="a broken attribute"),
        pytest.param("nul\x00 and more", id="NUL"),
        pytest.param("9" * 5000, id="very long"),
        pytest.param("٣", id="another script's digit"),
        pytest.param("' OR 1=1 --", id="SQL"),
        pytest.param("{{ 7|add:7 }}", id="a template"),
    ],
)
def test_hostile_input_is_refused_and_never_markup(hostile: str) -> None:
    for values in ({"type": hostile, "quantity": "3"}, {"type": "self-study", "quantity": hostile}):
        page = asked(**values)
        assert page.select(".field-error")
        assert not page.select("main script, main img, main [onerror]")


def test_half_a_character_in_the_address_is_refused() -> None:
    page = read(Client().get("/qualifying-activities/?type=self-study&quantity=%F0%9F"))
    assert page.select(".field-error")


def test_a_type_with_a_name_in_markup_is_shown_as_words() -> None:
    ActivityType.objects.filter(code="self-study").update(name="<b>Bold</b> & co")
    page = asked(type="self-study", quantity="2")
    assert "<b>Bold</b> & co" in words(page.select_one("#answer a"))
    assert not page.select("main b")
