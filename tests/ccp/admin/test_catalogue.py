"""The catalogue in the admin.

Staff see what a change of the terms does before it is saved, and may cancel it.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client

from amtportal.members.models import User
from ccp.admin import terms_changes
from ccp.counting import requirement
from ccp.counting.terms import catalogue
from ccp.models import ActivityType, Category, CategoryTerms, TypeTerms
from certifications.models import Credential, Cycle
from tests.support.builders import TODAY, client_of, cycle_of, make_activity, make_cycle, make_member, make_user, noon
from tests.support.staff import make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
RIGHTS = [f"{may}_{noun}" for may in ("view", "change", "add") for noun in ("category", "activitytype")] + [
    "view_typeterms",
    "view_categoryterms",
    "set_type_terms",
    "set_category_terms",
]


@pytest.fixture
def editor() -> User:
    return make_clerk(*RIGHTS, email="eda@amt.example")


@pytest.fixture
def desk(editor: User) -> Client:
    return client_of(editor)


@pytest.fixture
def course() -> ActivityType:
    return ActivityType.objects.get(code="course-seminar-webinar")


@pytest.fixture
def cycle() -> Cycle:
    """RMA of Ann O'Neil, with 20 points recorded yesterday and 12 today, of the 30 required."""
    cycle = make_cycle(make_member(first_name="Ann", last_name="O'Neil"))
    make_activity(cycle, points="20", at=noon(TODAY - DAY))
    make_activity(cycle, points="12")
    return cycle


def ask(desk: Client, described: Any, **typed: str) -> HttpResponse:
    """Type into the form of the terms and press Show what changes."""
    return submit(desk, page(type(described), "terms", described.pk), **typed)


def facts(response: HttpResponse) -> dict[str, str]:
    """Return what the page shows before the change is confirmed."""
    rows = BeautifulSoup(response.text, "html.parser").select("#content-main table tr")
    return {row.th.get_text(strip=True): row.td.get_text(strip=True) for row in rows}


def confirm(desk: Client, shown: HttpResponse) -> HttpResponse:
    """Press Save the terms."""
    form = BeautifulSoup(shown.text, "html.parser").select_one("#content-main form")
    assert form is not None
    values = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    return desk.post(shown.request["PATH_INFO"], values)


# Seeing and confirming


def test_staff_see_who_loses_and_falls_below_and_nothing_is_saved(
    desk: Client, course: ActivityType, cycle: Cycle
) -> None:
    """20 points of yesterday stay, and 5 of the 12 of today fit under the cap of 25."""
    shown = ask(desk, course, cap="25")
    assert facts(shown) == {
        "Effective from": "Mar 14, 2026",
        "Cap a cycle": "none → 25",
        "Provenance": "Assumed → Set by AMT staff",
        "Entries recorded since": "Mar 14, 2026: 1 open cycle counted again. Points claimed stay as they were "
        "recorded.",
        "Members who gain points": "0",
        "Members who lose points": "1",
        "Members who reach the requirement": "0",
        "Members who fall below the requirement": "1",
        str(cycle.certification.member): (
            "RMA cycle May 1, 2023 to Apr 30, 2026: 32 points now, 25 after, of 30. Falls below the requirement."
        ),
    }
    assert "locks again" in shown.text
    assert TypeTerms.objects.filter(activity_type=course).count() == 1
    assert requirement.counted_points(cycle) == 32


def test_confirmed_terms_are_saved_and_counted_at_once(
    desk: Client, editor: User, course: ActivityType, cycle: Cycle
) -> None:
    response = confirm(desk, ask(desk, course, cap="25"))
    assert response["Location"] == page(ActivityType, "change", course.pk)
    assert told(desk, response) == "Saved the terms from Mar 14, 2026."
    assert requirement.counted_points(cycle) == 25
    assert cycle_of(cycle.certification.member).requirement_met_on is None
    terms = TypeTerms.objects.get(activity_type=course, effective_from=TODAY)
    assert (terms.cap, terms.provenance, terms.history.get().history_user) == (25, "staff", editor)
    assert LogEntry.objects.get().user == editor


def test_confirmed_twice_saves_once(desk: Client, course: ActivityType, cycle: Cycle) -> None:
    shown = ask(desk, course, cap="25")
    confirm(desk, shown)
    assert "Nothing differs from the terms in force on that day." in confirm(desk, shown).text
    assert TypeTerms.objects.filter(activity_type=course).count() == 2


def test_a_change_that_affects_nobody_says_so(desk: Client, course: ActivityType, cycle: Cycle) -> None:
    tomorrow = facts(ask(desk, course, cap="25", effective_from="2026-03-15"))
    assert tomorrow["Members affected"] == "None: nothing was recorded under it since Mar 15, 2026 in an open cycle."
    same = facts(ask(desk, course, cap="40"))
    assert same["Members affected"] == "None: 1 open cycle counted again, and the points stay the same."


def test_what_changed_since_it_was_shown_is_shown_again(desk: Client, course: ActivityType, cycle: Cycle) -> None:
    shown = ask(desk, course, cap="25")
    make_activity(cycle, points="3")
    again = confirm(desk, shown)
    assert again.status_code == 200
    assert "have changed since you looked" in again.text
    assert TypeTerms.objects.filter(activity_type=course).count() == 1
    assert confirm(desk, again).status_code == 302
    assert requirement.counted_points(cycle) == 25


def test_a_past_day_is_a_correction_for_what_was_recorded_since(
    desk: Client, course: ActivityType, cycle: Cycle
) -> None:
    confirm(desk, ask(desk, course, cap="15", effective_from="2026-03-13"))
    assert requirement.counted_points(cycle) == 15


def test_terms_of_the_same_day_are_replaced_and_their_history_stays(
    desk: Client, course: ActivityType, cycle: Cycle
) -> None:
    confirm(desk, ask(desk, course, cap="25"))
    shown = ask(desk, course, cap="31")
    assert facts(shown)["Cap a cycle"] == "25 → 31"
    assert facts(shown)["Members who reach the requirement"] == "1"
    confirm(desk, shown)
    terms = TypeTerms.objects.get(activity_type=course, effective_from=TODAY)
    assert [version.cap for version in terms.history.all()] == [31, 25]
    assert requirement.counted_points(cycle) == 31


def test_the_cap_of_a_category_is_changed_the_same_way(desk: Client, cycle: Cycle) -> None:
    category = Category.objects.get(code="professional-education")
    shown = ask(desk, category, cap="25")
    assert facts(shown)["Members who lose points"] == "1"
    confirm(desk, shown)
    assert requirement.counted_points(cycle) == 25
    assert CategoryTerms.objects.filter(category=category).count() == 2


def test_the_first_members_are_named_and_the_rest_counted(
    desk: Client, course: ActivityType, cycle: Cycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terms_changes, "SHOWN", 1)
    make_activity(make_cycle(make_member(first_name="Bea")), points="26")
    shown = facts(ask(desk, course, cap="25"))
    assert shown["Members who lose points"] == "2"
    assert str(cycle.certification.member) in shown  # who falls below the requirement comes first
    assert shown["And"] == "1 more cycles"


# Refusals


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"cap": "10.1"}, "A cap is more than 0, in quarter steps."),
        ({"cap": "0"}, "A cap is more than 0, in quarter steps."),
        ({"least": "5", "most": "4.75"}, "The smallest claim is above 0 and at most the largest, which is at most 99."),
        ({"unit": "", "points_per_unit": "2"}, "Points for a unit are more than 0, in quarter steps, and need a unit."),
        ({"claimable_from": "2026-03-02", "claimable_until": "2026-03-01"}, "The window ends before it starts."),
        ({}, "Nothing differs from the terms in force on that day. Change a figure first."),
        ({"effective_from": ""}, "This field is required."),
        ({"cap": "5", "effective_from": "0027-03-01"}, "Mar 1, 0027 is in the year 27. Enter the year"),
        ({"cap": "5", "effective_from": "1989-12-31"}, "Enter a day from Jan 1, 1990 to Mar 14, 2031"),
        ({"cap": "5", "effective_from": "2031-03-15"}, "Enter a day from Jan 1, 1990 to Mar 14, 2031"),
        ({"claimable_from": "0020-12-31"}, "Dec 31, 0020 is in the year 20"),
        ({"claimable_until": "2202-12-31"}, "Enter a day from Jan 1, 1939 to Mar 14, 2046"),
    ],
    ids=[
        "tenths",
        "zero",
        "limits out of order",
        "no unit",
        "window out of order",
        "nothing changed",
        "no day",
        "year 27",
        "before any record",
        "far ahead",
        "window from the year 20",
        "window to 2202",
    ],
)
def test_terms_that_cannot_be_are_refused_with_a_sentence(
    desk: Client, course: ActivityType, typed: dict[str, str], sentence: str
) -> None:
    TypeTerms.objects.filter(activity_type=course).update(provenance="staff")
    assert sentence in ask(desk, course, **typed).text
    assert TypeTerms.objects.filter(activity_type=course).count() == 1


def test_changing_terms_needs_the_permission(course: ActivityType) -> None:
    clerk = client_of(make_clerk("view_activitytype", "view_typeterms"))
    address = page(ActivityType, "terms", course.pk)
    assert clerk.get(address).status_code == 403
    assert clerk.post(address, {"cap": "5"}).status_code == 403
    assert address not in clerk.get(page(ActivityType, "change", course.pk)).text
    assert client_of(make_member()).post(address, {"cap": "5"}).status_code == 302


def test_versions_on_record_are_only_read(course: ActivityType) -> None:
    root = client_of(make_user(is_staff=True, is_superuser=True))
    terms = course.terms.get()
    address = page(TypeTerms, "change", terms.pk)
    assert root.get(address).status_code == 200
    assert root.post(address, {"cap": "5"}).status_code == 403
    assert root.post(page(TypeTerms, "add")).status_code == 403
    assert root.post(page(TypeTerms, "delete", terms.pk), {"post": "yes"}).status_code == 403


# Types and categories


def test_the_page_of_a_type_shows_its_terms_with_their_provenance(desk: Client, course: ActivityType) -> None:
    text = desk.get(page(ActivityType, "change", course.pk)).text
    assert page(ActivityType, "terms", course.pk) in text
    assert "Assumed" in text
    assert "Published by AMT" in desk.get(page(TypeTerms), {"provenance__exact": "published"}).text


def test_a_type_is_retired_with_its_page(desk: Client, course: ActivityType, cycle: Cycle) -> None:
    submit(desk, page(ActivityType, "change", course.pk), retired_on="2026-03-14")
    course.refresh_from_db()
    assert course.retired_on == TODAY
    assert requirement.counted_points(cycle) == 32


def test_a_type_is_not_retired_in_the_year_26(desk: Client, course: ActivityType) -> None:
    answer = submit(desk, page(ActivityType, "change", course.pk), retired_on="0026-03-14")
    assert "Mar 14, 0026 is in the year 26" in answer.text
    assert (
        "Enter a day from Jan 1, 1990"
        in submit(desk, page(ActivityType, "change", course.pk), retired_on="2206-03-14").text
    )
    course.refresh_from_db()
    assert course.retired_on is None


def test_code_and_category_of_a_type_stay(desk: Client, course: ActivityType) -> None:
    other = Category.objects.get(code="formal-education")
    submit(desk, page(ActivityType, "change", course.pk), code="other", category=str(other.pk), name="Course")
    course.refresh_from_db()
    assert (course.code, course.category.code, course.name) == (
        "course-seminar-webinar",
        "professional-education",
        "Course",
    )


def test_a_type_counts_for_the_credentials_named(desk: Client, course: ActivityType) -> None:
    address = page(ActivityType, "change", course.pk)
    submit(desk, address, credentials=[str(Credential.objects.get(code="MLS").pk)])  # type: ignore[arg-type]
    assert [credential.code for credential in course.credentials.all()] == ["MLS"]


def test_a_new_type_has_terms_from_its_beginning(desk: Client) -> None:
    category = Category.objects.get(code="formal-education")
    response = submit(
        desk, page(ActivityType, "add"), name="Language course", code="language-course", category=str(category.pk)
    )
    assert response.status_code == 302, response.text
    kind = ActivityType.objects.get(code="language-course")
    assert catalogue().terms(kind, TODAY).most == 99
    assert kind.terms.get().effective_from == TODAY


def test_a_new_type_with_wrong_terms_is_not_added(desk: Client) -> None:
    category = Category.objects.get(code="formal-education")
    typed = {"name": "Language course", "code": "language-course", "category": str(category.pk), "terms-0-cap": "0.1"}
    assert "in quarter steps" in submit(desk, page(ActivityType, "add"), **typed).text
    typed |= {"terms-0-cap": "5", "terms-0-effective_from": "0026-03-14"}
    assert "is in the year 26" in submit(desk, page(ActivityType, "add"), **typed).text
    typed |= {"terms-0-effective_from": "2036-03-14"}
    assert "Enter a day from Jan 1, 1990" in submit(desk, page(ActivityType, "add"), **typed).text
    assert not ActivityType.objects.filter(code="language-course").exists()


def test_a_new_category_has_terms_from_its_beginning(desk: Client) -> None:
    submit(desk, page(Category, "add"), name="Service", code="service", **{"terms-0-cap": "10.25"})
    terms = Category.objects.get(code="service").terms.get()
    assert (terms.cap, terms.effective_from) == (Decimal("10.25"), TODAY)


def test_nothing_of_the_catalogue_is_deleted(course: ActivityType) -> None:
    root = client_of(make_user(is_staff=True, is_superuser=True))
    for described in (course, course.category):
        assert root.post(page(type(described), "delete", described.pk), {"post": "yes"}).status_code == 403


def test_terms_before_the_first_day_are_a_correction_too(desk: Client, course: ActivityType, cycle: Cycle) -> None:
    """Terms from 1999 apply until the shipped ones of 2000 begin.

    Nothing was recorded under them.
    """
    shown = facts(ask(desk, course, cap="5", effective_from="1999-01-01"))
    assert shown["Members affected"].endswith("the points stay the same.")
    assert date(1999, 1, 1) not in course.terms.values_list("effective_from", flat=True)
