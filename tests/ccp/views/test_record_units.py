"""Units, limits and retired types on the Record CE page.

The server computes the points, and says what it does not accept.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from amtportal.members.models import Member
from amtportal.refusals import Refused
from ccp.models import Activity, ActivityType, TypeTerms
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    make_activity,
    make_activity_type,
    make_claim,
    make_cycle,
    make_terms,
    noon,
    set_terms,
)
from tests.support.pages import error_summary, form_values, read, record_ce, refused_ce, submit, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
DAY = timedelta(days=1)
HOW_MANY_WANTED = "Enter how many you completed, for example 3 or 0.4."


@pytest.fixture
def member() -> Member:
    """RMA in the last year of 5/1/2023 to 4/30/2026; nothing is recorded."""
    return make_cycle().certification.member


@pytest.fixture
def signed_in(member: Member) -> Client:
    return client_of(member)


@pytest.mark.parametrize(
    ("kind", "typed", "points"),
    [
        pytest.param("course-seminar-webinar", "3", "3", id="3 contact hours"),
        pytest.param("college-semester-hours", "2", "30", id="2 semester hours: 2 * 15"),
        pytest.param("college-quarter-hours", "1,5", "15", id="1.5 quarter hours: 1.5 * 10, with a comma"),
        pytest.param("course-ceu", ".4", "4", id="0.4 CEU: 0.4 * 10, with nothing before the point"),
        pytest.param("self-study", " 1.99 ", "1.75", id="rounded down to a quarter"),
    ],
)
def test_points_are_computed_from_a_number_of_units(signed_in: Client, kind: str, typed: str, points: str) -> None:
    assert record_ce(signed_in, activity_type=kind, quantity=typed, points="").status_code == 302
    activity = Activity.objects.get()
    assert activity.points == Decimal(points)
    assert activity.quantity == Decimal(typed.strip().replace(",", "."))
    assert activity.credits.get().points == Decimal(points)


@pytest.mark.parametrize(
    ("kind", "typed", "quantity", "points"),
    [
        ("course-seminar-webinar", "90 min", "1.5", "1.5"),
        ("course-seminar-webinar", "1:30", "1.5", "1.5"),
        ("course-seminar-webinar", "50 min", "0.83", "0.75"),
        ("course-seminar-webinar", "3 hours", "3", "3"),
        ("course-ceu", "0.4 CEU", "0.4", "4"),
    ],
)
def test_an_amount_with_its_unit_that_is_entered_as_the_points_is_how_many(
    signed_in: Client, kind: str, typed: str, quantity: str, points: str
) -> None:
    assert record_ce(signed_in, activity_type=kind, points=typed).status_code == 302
    activity = Activity.objects.get()
    assert (activity.quantity, activity.points) == (Decimal(quantity), Decimal(points))


def test_an_amount_in_another_unit_is_refused_where_how_many_is_entered(signed_in: Client) -> None:
    page = read(record_ce(signed_in, activity_type="course-ceu", points="3 hours"))
    assert error_summary(page) == {
        "id_quantity": "Course measured in CEU is counted for each CEU, not for each contact hour. Enter how many, for "
        "example 3."
    }
    values = form_values(page)
    assert (values["quantity"], values["points"]) == (["3 hours"], [""])


def test_a_time_beside_how_many_is_no_number_of_points(signed_in: Client) -> None:
    page = read(record_ce(signed_in, quantity="2", points="90 min"))
    assert error_summary(page) == {"id_points": "Enter the points as a number, for example 2 or 1.5."}


def test_points_that_agree_may_stand_beside_the_units(signed_in: Client) -> None:
    assert record_ce(signed_in, quantity="2", points="2").status_code == 302


def test_without_units_everything_is_as_before(signed_in: Client) -> None:
    assert record_ce(signed_in, quantity="").status_code == 302
    activity = Activity.objects.get()
    assert (activity.points, activity.quantity) == (Decimal("1.5"), None)


@pytest.mark.parametrize(
    ("sent", "summary"),
    [
        pytest.param(
            {"quantity": "2", "points": "99"},
            {
                "id_points": "For 2 contact hours you earn 2 points, but 99 points are entered. "
                "Leave one of the two empty."
            },
            id="other points beside the units",
        ),
        pytest.param(
            {"activity_type": "written-work", "quantity": "1", "points": ""},
            {"id_quantity": "Book is not counted in units. Leave this field empty and enter the points."},
            id="type without units",
        ),
        pytest.param(
            {"activity_type": "written-work", "quantity": "1", "points": "5"},
            {"id_quantity": "Book is not counted in units. Leave this field empty and enter the points."},
            id="type without units, with points",
        ),
        pytest.param(
            {"activity_type": "written-work", "quantity": "1:30", "points": ""},
            {"id_quantity": "Book is not counted in units. Leave this field empty and enter the points."},
            id="type without units, with a time",
        ),
        pytest.param(
            {"quantity": "0.2", "points": ""},
            {
                "id_quantity": "For 0.2 contact hours you earn less than a quarter point. "
                "Enter what you completed in full."
            },
            id="too few",
        ),
        pytest.param(
            {"quantity": "100", "points": ""},
            {
                "id_quantity": "For 100 contact hours you earn 100 points. Points for one activity can be at most 99. "
                "Enter 99 or less."
            },
            id="too many",
        ),
        pytest.param(
            {"quantity": "0", "points": ""},
            {"id_quantity": "Enter a number above 0, for example 3 or 0.4, or leave the field empty."},
            id="none",
        ),
        pytest.param(
            {"quantity": "10000", "points": ""},
            {"id_quantity": "How many can be at most 9999.99. Enter what you completed."},
            id="more than can be",
        ),
        pytest.param(
            {"quantity": "three", "points": ""},
            {"id_quantity": "Enter how many as a number with at most two decimals, for example 3 or 0.4."},
            id="word",
        ),
        pytest.param(
            {"quantity": "0.125", "points": ""},
            {"id_quantity": "Enter how many as a number with at most two decimals, for example 3 or 0.4."},
            id="three decimals",
        ),
        pytest.param({"quantity": "", "points": ""}, {"id_quantity": HOW_MANY_WANTED}, id="neither"),
        pytest.param(
            {"quantity": None, "points": ""},
            {"id_points": "Enter the points you earned, for example 1.5."},
            id="neither, from a form that asks for points alone",
        ),
        pytest.param(
            {"activity_type": "", "quantity": "2", "points": ""},
            {"id_activity_type": "Choose an activity type."},
            id="units of nothing",
        ),
    ],
)
def test_units_that_cannot_be_are_told_at_their_field(
    signed_in: Client, sent: dict[str, Any], summary: dict[str, str]
) -> None:
    assert refused_ce(signed_in, **sent) == summary


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        pytest.param(
            {"points": "3", "quantity": Decimal(2)}, "you earn 2 points", id="other points than the units make"
        ),
        pytest.param({"kind": "written-work", "quantity": Decimal(2)}, "not counted in units", id="type without units"),
    ],
)
def test_points_of_the_browser_are_not_taken_over(member: Member, claim: dict[str, Any], sentence: str) -> None:
    """The verb itself refuses them, whoever calls it."""
    with pytest.raises(Refused, match=sentence):
        make_activity(cycle_of(member), **claim)
    assert not Activity.objects.exists()


BLANKS = [pytest.param(typed, id=f"U+{ord(typed):04X}") for typed in (" ", "\t", "\u00a0", "\u3000")]


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_in_how_many_is_nothing(signed_in: Client, blank: str) -> None:
    """The number is then required on the page, in both previews, and where an entry is amended."""
    wanted = {"id_quantity": HOW_MANY_WANTED}
    nothing = {"quantity": blank, "points": ""}
    assert refused_ce(signed_in, **nothing) == wanted
    assert refused_ce(signed_in, **nothing, preview="1") == wanted
    part = {"activity_type": "self-study", "starts_on": "3/1/2026", "preview": "1", **nothing}
    assert words(BeautifulSoup(signed_in.post("/ccp/record/preview/", part).text, "html5lib")) == ""
    address = record_ce(signed_in).headers["Location"]
    assert error_summary(read(submit(signed_in, f"{address}amend/", attested="on", **nothing))) == wanted


@pytest.mark.parametrize("blank", BLANKS)
def test_points_may_stand_beside_a_blank(signed_in: Client, blank: str) -> None:
    assert record_ce(signed_in, quantity=blank).status_code == 302
    assert record_ce(signed_in, quantity="2", points=blank).status_code == 302


def test_the_entry_says_how_many_units_it_was(signed_in: Client) -> None:
    page = read(signed_in.get(record_ce(signed_in, quantity="2.5", points="").headers["Location"]))
    assert "Points claimed 2.5 for 2.5 contact hours" in words(page.main)


def test_amending_shows_the_units_and_computes_anew(signed_in: Client) -> None:
    """2 contact hours become 3, which are 3 points.

    The history reports the change.
    """
    address = record_ce(signed_in, quantity="2", points="").headers["Location"]
    shown = form_values(read(signed_in.get(f"{address}amend/")))
    assert (shown["quantity"], shown["points"]) == (["2"], [""])
    assert submit(signed_in, f"{address}amend/", quantity="3", attested="on").status_code == 302
    activity = Activity.objects.get()
    assert (activity.quantity, activity.points) == (Decimal(3), Decimal(3))
    assert "How many: from 2 to 3" in words(read(signed_in.get(address)).main)


def test_amending_takes_the_terms_of_the_day_on_which_it_was_recorded(member: Member) -> None:
    """The entry was recorded yesterday at one point an hour.

    From today on an hour is half a point, but not for this entry.
    """
    activity = make_activity(cycle_of(member), points="2", quantity=Decimal(2), at=noon(TODAY - DAY))
    make_terms(effective_from=TODAY, unit="hour", points_per_unit=Decimal("0.5"))
    submit(client_of(member), f"/ccp/activities/{activity.pk}/amend/", quantity="3", attested="on")
    activity.refresh_from_db()
    assert activity.points == Decimal(3)
    assert record_ce(client_of(member), quantity="3", points="", starts_on="Mar 2, 2026").status_code == 302
    assert Activity.objects.get(revision=1).points == Decimal("1.5")


# Limits, windows, credentials, retired types


def test_smallest_and_largest_claim_are_told(signed_in: Client) -> None:
    set_terms("presentation", least=Decimal(2), most=Decimal(8))
    too_little = refused_ce(signed_in, activity_type="presentation", points="1.75")
    too_much = refused_ce(signed_in, activity_type="presentation", points="8.25")
    name = "Presentation or lecture given"
    assert too_little == {"id_points": f"{name} needs at least 2 points per entry. Enter 2 or more."}
    assert too_much == {"id_points": f"{name} counts at most 8 points per entry. Enter 8 or less."}
    for points, day in (("2", "3/1/2026"), ("8", "3/2/2026")):
        assert record_ce(signed_in, activity_type="presentation", points=points, starts_on=day).status_code == 302


def test_a_type_for_other_certifications_is_refused(signed_in: Client, member: Member) -> None:
    kind = make_activity_type(name="Dental course")
    other = make_cycle(credential="RDA")
    kind.credentials.add(other.certification.credential)
    assert refused_ce(signed_in, activity_type=kind.code) == {
        "id_activity_type": "Dental course does not count for the certification you chose. "
        "Choose another activity type."
    }
    kind.credentials.add(cycle_of(member).certification.credential)
    assert record_ce(signed_in, activity_type=kind.code).status_code == 302


def test_a_type_for_one_certification_is_credited_there_only(two: Member) -> None:
    kind = make_activity_type()
    kind.credentials.add(cycle_of(two, "RPT").certification.credential)
    assert record_ce(client_of(two), activity_type=kind.code, starts_on="Mar 2, 2026").status_code == 302
    credits = Activity.objects.get(activity_type=kind).credits.all()
    assert [credit.cycle for credit in credits] == [cycle_of(two, "RPT")]


def offered(client: Client, address: str = "/ccp/record/") -> list[str]:
    return [option["value"] for option in read(client.get(address)).select("#id_activity_type option")]


@pytest.mark.parametrize(
    ("retired_on", "is_offered"),
    [
        pytest.param(TODAY - DAY, False, id="yesterday"),
        pytest.param(TODAY, False, id="today"),
        pytest.param(TODAY + DAY, True, id="tomorrow"),
    ],
)
def test_a_retired_type_cannot_be_chosen(signed_in: Client, retired_on: date, is_offered: bool) -> None:
    ActivityType.objects.filter(code="self-study").update(retired_on=retired_on)
    assert ("self-study" in offered(signed_in)) is is_offered
    answer = record_ce(signed_in, activity_type="self-study")
    assert answer.status_code == (302 if is_offered else 200)
    if not is_offered:
        assert "Self-study or journal quiz can no longer be chosen. Choose another activity type." in words(
            read(answer).main
        )


@pytest.mark.parametrize(
    ("effective_from", "has_begun"),
    [
        pytest.param(TODAY - DAY, True, id="yesterday"),
        pytest.param(TODAY, True, id="today"),
        pytest.param(TODAY + DAY, False, id="tomorrow"),
    ],
)
def test_a_type_can_be_chosen_from_the_day_of_its_first_terms_on(
    signed_in: Client, effective_from: date, has_begun: bool
) -> None:
    make_activity_type(name="Escape room", code="escape-room", effective_from=effective_from)
    make_terms("escape-room", effective_from=TODAY + 2 * DAY)
    assert ("escape-room" in offered(signed_in)) is has_begun
    if has_begun:
        assert record_ce(signed_in, activity_type="escape-room").status_code == 302
    else:
        assert refused_ce(signed_in, activity_type="escape-room") == {
            "id_activity_type": "Escape room can be chosen for what is recorded from Mar 15, 2026 on. "
            "Choose another activity type."
        }


def test_the_verb_refuses_a_type_that_has_not_begun(member: Member) -> None:
    make_activity_type(code="escape-room", effective_from=TODAY + DAY)
    with pytest.raises(Refused, match="recorded from Mar 15, 2026 on"):
        make_activity(cycle_of(member), kind="escape-room")
    assert make_activity(cycle_of(member), kind="escape-room", at=noon(TODAY + DAY)).activity_type.code == "escape-room"


def test_what_was_recorded_before_a_type_began_is_not_amended_to_it(member: Member) -> None:
    """As with later terms, the terms of the day on which an entry was recorded apply to it."""
    activity = make_activity(cycle_of(member), at=noon(TODAY - DAY))
    make_activity_type(name="Escape room", code="escape-room", effective_from=TODAY)
    address = f"/ccp/activities/{activity.pk}/amend/"
    assert "escape-room" not in offered(client_of(member), address)
    refused = submit(client_of(member), address, activity_type="escape-room", attested="on")
    assert "Escape room can be chosen for what is recorded from Mar 14, 2026 on." in words(read(refused).main)


def test_an_entry_keeps_a_type_that_begins_only_later(member: Member) -> None:
    """The entry was recorded while the type had earlier terms, which no longer exist."""
    activity = make_activity(cycle_of(member), kind="self-study")
    TypeTerms.objects.filter(activity_type__code="self-study").update(effective_from=TODAY + DAY)
    address = f"/ccp/activities/{activity.pk}/amend/"
    assert "self-study" in offered(client_of(member), address)
    assert submit(client_of(member), address, points="4", attested="on").status_code == 302
    activity.refresh_from_db()
    assert (activity.points, activity.credits.get().points) == (Decimal(4), Decimal(4))


def test_an_entry_keeps_its_retired_type_when_it_is_amended(member: Member) -> None:
    activity = make_activity(cycle_of(member), kind="self-study", at=noon(TODAY - DAY))
    ActivityType.objects.filter(code__in=["self-study", "presentation"]).update(retired_on=TODAY)
    address = f"/ccp/activities/{activity.pk}/amend/"
    found = offered(client_of(member), address)
    assert "self-study" in found
    assert "presentation" not in found
    assert submit(client_of(member), address, points="4", attested="on").status_code == 302
    refused = submit(client_of(member), address, activity_type="presentation", attested="on")
    assert "Presentation or lecture given can no longer be chosen." in words(read(refused).main)
    activity.refresh_from_db()
    assert (activity.points, activity.activity_type.code) == (Decimal(4), "self-study")


def test_a_retired_type_stays_readable(signed_in: Client, member: Member) -> None:
    activity = make_activity(cycle_of(member), kind="self-study")
    ActivityType.objects.filter(code="self-study").update(retired_on=TODAY)
    assert "Self-study or journal quiz" in words(read(signed_in.get(f"/ccp/activities/{activity.pk}/")).main)
    listed = words(read(signed_in.get("/qualifying-activities/")).main)
    assert "Self-study or journal quiz Can no longer be chosen, since Mar 14, 2026." in listed
    with pytest.raises(Refused, match="can no longer be chosen"):
        make_activity(cycle_of(member), **{"kind": "self-study", "starts_on": date(2026, 3, 2)})
    assert make_claim(kind="self-study").activity_type == activity.activity_type


def test_the_public_list_tells_units_limits_and_caps(signed_in: Client) -> None:
    set_terms("college-semester-hours", cap=Decimal(45), most=Decimal(30))
    listed = words(read(Client().get("/qualifying-activities/")).main)
    assert "College course, semester hours 15 points for each semester hour" in listed
    assert "At most 30 points for one entry." in listed
    assert "At most 45 points of this kind count in one cycle." in listed


def test_the_public_list_says_why_a_type_is_offered_no_more() -> None:
    set_terms("presentation", claimable_until=TODAY)
    page = read(Client().get("/qualifying-activities/"))
    over = words(page.select_one("#type-employment"))
    assert (
        "Only for work done up to Dec 31, 2020. Can no longer be recorded. The CCP cycles with such work have" in over
    )
    assert "Can no longer" not in words(page.select_one("#type-presentation"))
