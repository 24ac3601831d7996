"""A member's standing for course systems: only with the member's permission, and the member sees who read it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member
from ccp import merging
from ccp.api.models import Consent, StandingRead
from tests.support.builders import TODAY, client_of, make_cycle, make_member, make_user, noon
from tests.support.course_systems import Course, make_consent, make_system
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
PAGE = "/account/course-systems/"


@pytest.fixture
def course() -> Course:
    return Course("standing:read")


def ask(course: Course, amt_id: str, last_name: str) -> None:
    answer = course.post(f"members/{amt_id}/standing/consent", {"last_name": last_name})
    assert answer.status_code == 202
    assert "If this is a member" in answer.json()["detail"]


def decide(member: Member, course: Course, action: str) -> None:
    answer = client_of(member).post(PAGE, {"system": course.system.pk, "action": action})
    assert answer.headers["Location"] == PAGE


def state_of(member: Member) -> list[str]:
    return [one["data-state"] for one in read(client_of(member).get(PAGE)).select("[data-name=course-system]")]


def test_the_member_allows_it_and_takes_it_back(course: Course, met: Member) -> None:
    address = f"members/{met.amt_id}/standing"
    ask(course, met.amt_id, met.last_name)
    assert (course.get(address).status_code, state_of(met)) == (404, ["waits"])
    decide(met, course, "allow")
    assert state_of(met) == ["given"]
    assert course.get(address).json() == {
        "amt_id": met.amt_id,
        "certifications": [
            {
                "credential": "RMA",
                "status": "Active, in force",
                "in_force": True,
                "valid_until": "2026-04-30",
                "cycle": {
                    "starts_on": "2023-05-01",
                    "ends_on": "2026-04-30",
                    "points_required": "30",
                    "points_counted": "30",
                },
            }
        ],
    }
    decide(met, course, "refuse")
    assert (course.get(address).status_code, state_of(met)) == (404, ["ended"])
    decide(met, course, "allow")
    assert course.get(address).status_code == 200


def test_the_member_sees_how_often_it_was_read(course: Course, met: Member) -> None:
    make_consent(met, course.system, given_at=noon(TODAY))
    for _ in range(2):
        course.get(f"members/{met.amt_id}/standing")
    line = read(client_of(met).get(PAGE)).select_one("[data-name=reads]")
    assert (line["data-times"], words(line)) == ("2", "Read 2 times, last on Mar 14, 2026, 12:00 PM")
    assert StandingRead.objects.first().key == course.key


def test_every_no_is_the_same(course: Course, met: Member) -> None:
    """Nobody with the AMT ID, nobody asked, the member has not decided, has said no, or is closed."""
    waits, refused, closed = make_member(), make_member(), make_member()
    make_consent(waits, course.system)
    make_consent(refused, course.system, given_at=noon(TODAY), ended_at=noon(TODAY))
    make_consent(closed, course.system, given_at=noon(TODAY))
    make_consent(met, make_system(), given_at=noon(TODAY))  # somebody else may
    closed.user.is_active = False
    closed.user.save()
    told = []
    for amt_id in ("000", met.amt_id, waits.amt_id, refused.amt_id, closed.amt_id):
        answer = course.get(f"members/{amt_id}/standing")
        told.append((answer.status_code, {**answer.json(), "request_id": ""}))
    assert all(one == told[0] for one in told)
    assert told[0][0] == 404
    assert not StandingRead.objects.exists()


@pytest.mark.parametrize("last_name", ["Wrong", "Met "])
def test_who_asks_with_another_name_asks_nobody_and_is_told_the_same(
    course: Course, met: Member, last_name: str
) -> None:
    ask(course, met.amt_id, last_name)
    ask(course, "000", last_name)
    assert Consent.objects.count() == (0 if last_name == "Wrong" else 1)


def test_asking_again_changes_nothing_of_what_the_member_decided(course: Course, met: Member) -> None:
    ask(course, met.amt_id, met.last_name)
    decide(met, course, "refuse")
    ask(course, met.amt_id, met.last_name)
    assert state_of(met) == ["ended"]
    assert Consent.history.count() == 2


def test_a_member_decides_only_about_who_asked(course: Course, met: Member, stranger: Member) -> None:
    make_consent(stranger, course.system)
    decide(met, course, "allow")
    assert not Consent.objects.get().is_given


@pytest.mark.parametrize("typed", [{"system": "x", "action": "allow"}, {"system": "1", "action": "all"}, {}])
def test_a_form_that_is_none_changes_nothing(met: Member, typed: dict[str, str]) -> None:
    assert client_of(met).post(PAGE, typed).status_code == 400


def test_a_decision_has_its_line(course: Course, met: Member) -> None:
    ask(course, met.amt_id, met.last_name)
    decide(met, course, "allow")
    given, asked = Consent.history.order_by("-history_id")
    assert (given.history_user, asked.history_user) == (met.user, None)
    assert asked.history_change_reason == f"Asked by {course.system}"


def test_the_page_takes_the_same_queries_for_any_number(course: Course, met: Member) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client_of(met).get(PAGE)
        return len(captured)

    make_consent(met, course.system, given_at=noon(TODAY))
    first = queries()
    for _ in range(3):
        make_consent(met, make_system())
    assert queries() == first


def test_what_a_member_allowed_holds_for_the_one_it_is_merged_into(course: Course) -> None:
    kept, emptied = make_member(), make_member()
    make_cycle(kept)
    make_consent(emptied, course.system, given_at=noon(TODAY))
    merging.merge(kept=kept, emptied=emptied, reason="One person.", by=make_user(is_staff=True), at=noon(TODAY))
    assert course.get(f"members/{kept.amt_id}/standing").status_code == 200


def test_a_cycle_that_is_due_is_closed_before_it_is_told(course: Course, short: Member, on_today: object) -> None:
    make_consent(short, course.system, given_at=noon(TODAY))
    on_today.move_to(noon(TODAY + timedelta(days=200)))  # type: ignore[attr-defined]
    later = Course("standing:read", system=course.system)
    [told] = later.get(f"members/{short.amt_id}/standing").json()["certifications"]
    assert (told["in_force"], told["valid_until"]) == (False, None)
