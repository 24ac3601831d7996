"""The history of an entry: who changed what, when, from what and to what."""

from datetime import date, timedelta

import pytest

from amtportal.members.models import User
from ccp.models import Activity
from ccp.recording import history as changes
from ccp.recording import verbs as recording
from tests.support.builders import TODAY, make_activity, make_claim, make_cycle, make_member, make_user, noon
from tests.support.history import behind_the_triggers

pytestmark = pytest.mark.django_db
AMENDED = noon(TODAY + timedelta(days=1))
ENDED = noon(TODAY + timedelta(days=2))


@pytest.fixture
def amt() -> User:
    return make_user(email="ruth@amt.example", is_staff=True)


@pytest.fixture
def activity() -> Activity:
    """5 points are recorded for RMA, and the entry is then amended.

    Another title and other points are given, and RPT is chosen as well.
    """
    member = make_member(user=make_user(email="ada@example.org"))
    rma, rpt = make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    recorded = make_activity(rma)
    return recording.amend(
        activity=recorded,
        cycles=[rma, rpt],
        claim=make_claim(points="7.5", title="Blood cultures"),
        revision=1,
        by=member.user,
        at=AMENDED,
    )


def test_every_change_is_told_newest_first(activity: Activity) -> None:
    amended, recorded = changes.of_activity(activity, viewer=activity.member.user)
    assert (recorded.what, recorded.who, recorded.at, recorded.fields) == ("Recorded", "You", noon(TODAY), [])
    assert (amended.what, amended.who, amended.at) == ("Amended", "You", AMENDED)
    assert amended.fields == [
        ("Title", "(empty)", "Blood cultures"),
        ("Points claimed", "5", "7.5"),
        ("Counts towards", "RMA", "RMA, RPT"),
    ]


def test_a_withdrawal_is_told(activity: Activity) -> None:
    recording.withdraw(activity=activity, by=activity.member.user, at=ENDED)
    last = changes.of_activity(activity, viewer=activity.member.user)[0]
    assert (last.what, last.who, last.at, last.fields, last.reason) == ("Withdrawn", "You", ENDED, [], "")


def test_a_void_entry_tells_the_member_why_but_not_which_person_of_the_staff(activity: Activity, amt: User) -> None:
    recording.void(activity=activity, reason="No proof was sent.", by=amt, at=ENDED)
    last = changes.of_activity(activity, viewer=activity.member.user)[0]
    assert (last.what, last.who, last.reason) == ("Voided by AMT", "AMT staff", "No proof was sent.")


def test_staff_read_who_it_was(activity: Activity, amt: User) -> None:
    recording.void(activity=activity, reason="No proof was sent.", by=amt, at=ENDED)
    viewer = make_user(is_staff=True)
    people = [change.who for change in changes.of_activity(activity, viewer=viewer)]
    assert people == ["ruth@amt.example", "ada@example.org", "ada@example.org"]


def test_a_change_by_nobody_is_the_portals(activity: Activity) -> None:
    with behind_the_triggers():
        activity.history.update(history_user=None)
    assert {change.who for change in changes.of_activity(activity, viewer=activity.member.user)} == {"The portal"}
