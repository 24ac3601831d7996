"""Yes or no: whether a last name belongs to an AMT ID. Nothing else can be found out."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member
from ccp.api import limits
from ccp.sharing import look_up
from tests.support.builders import TODAY, make_cycle, make_member, make_user, noon
from tests.support.course_systems import Course

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


@pytest.fixture
def course() -> Course:
    return Course("members:match")


@pytest.fixture
def ana() -> Member:
    member = make_member(first_name="Ana", last_name="Castillo-Núñez")
    make_cycle(member)
    return member


def ask(course: Course, amt_id: str, last_name: str) -> bool:
    answer = course.get(f"members/{amt_id}/match?last_name={last_name}")
    assert (answer.status_code, set(answer.json())) == (200, {"match"})
    return bool(answer.json()["match"])


@pytest.mark.parametrize("typed", ["Castillo-Núñez", "castillo nunez", "CASTILLONUNEZ"])
def test_the_whole_last_name_and_the_amt_id_are_a_match(course: Course, ana: Member, typed: str) -> None:
    assert ask(course, ana.amt_id, typed)


def hide(member: Member) -> None:
    look_up.hide(member=member, hidden=True, by=make_user(), at=noon(TODAY))


def close(member: Member) -> None:
    member.user.is_active = False
    member.user.save()


@pytest.mark.parametrize("typed", ["Castillo", "Ana", "Nunez", "Castillo-Núñezz"])
def test_a_part_of_the_name_is_none(course: Course, ana: Member, typed: str) -> None:
    assert not ask(course, ana.amt_id, typed)


def test_every_no_is_the_same_and_takes_the_same_queries(course: Course, ana: Member) -> None:
    hidden, closed = make_member(last_name="Hid"), make_member(last_name="Shut")
    hide(hidden)
    close(closed)
    died = make_member(last_name="Gone", died_on=TODAY)
    no = [("000", "Lane"), (ana.amt_id, "Lane"), (hidden.amt_id, "Hid"), (closed.amt_id, "Shut"), (died.amt_id, "Gone")]
    told = []
    for amt_id, last_name in [*no, (ana.amt_id, ana.last_name)]:
        with CaptureQueriesContext(connection) as captured:
            match = ask(course, amt_id, last_name)
        told.append((match, len(captured)))
    assert [match for match, _ in told] == [False] * 5 + [True]
    assert len({queries for _, queries in told}) == 1


def test_nobody_guesses_a_name(course: Course, ana: Member) -> None:
    address = f"members/{ana.amt_id}/match?last_name=Guess"
    assert {course.get(address).status_code for _ in range(limits.MOST_ABOUT_ONE)} == {200}
    answer = course.get(f"members/{ana.amt_id}/match?last_name=Castillo-Nunez")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 60


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "It is missing. Send it."),
        ("?last_name=", "It is empty. Fill it in."),
        ("?last_name=a%00b", "It holds a character that cannot be printed. Delete it."),
        (f"?last_name={'x' * 151}", "At most 150 characters can be stored. Shorten it."),
    ],
)
def test_a_name_that_is_none_is_refused(course: Course, ana: Member, query: str, sentence: str) -> None:
    answer: Any = course.get(f"members/{ana.amt_id}/match{query}")
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"field": "last_name", "sentence": sentence}])
