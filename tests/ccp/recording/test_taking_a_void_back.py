"""Staff put an entry back on record that was voided."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from time_machine import TimeMachineFixture

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp import awards
from ccp.models import Activity
from ccp.notices import writing
from ccp.notices.models import Notice, NoticeKind
from ccp.recording import verbs as recording
from ccp.rollover import closing
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    make_activity,
    make_cycle,
    make_member,
    make_user,
    noon,
    set_terms,
)
from tests.support.pages import read, words
from tests.support.staff import make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
AT = noon(TODAY)


@pytest.fixture
def clerk() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def cycle() -> Cycle:
    return make_cycle(make_member(amt_id="7001"))


def void(activity: Activity, clerk: User) -> Activity:
    return recording.void(activity=activity, reason="No proof.", by=clerk, at=AT)


def take_back(activity: Activity, clerk: User, *, on: date = TODAY, reason: str = "The proof came.") -> Activity:
    return recording.take_back_void(activity=activity, reason=reason, by=clerk, at=noon(on))


def verified() -> str:
    stdout = StringIO()
    call_command("verify_records", stdout=stdout)
    return stdout.getvalue()


def test_on_the_same_day_nothing_is_lost(cycle: Cycle, clerk: User) -> None:
    activity = make_activity(cycle, points="30", at=AT - 9 * DAY)
    void(activity, clerk)
    assert cycle_of(cycle.certification.member).requirement_met_on is None
    restored = take_back(activity, clerk)
    assert (restored.is_standing, restored.void_reason, restored.revision) == (True, "", 3)
    assert cycle_of(cycle.certification.member).requirement_met_on == TODAY - 9 * DAY
    assert Activity.history.latest().history_change_reason == "The proof came."
    assert "no differences" in verified()


def test_on_a_later_day_the_requirement_is_met_then(cycle: Cycle, clerk: User) -> None:
    activity = make_activity(cycle, points="30", at=AT - 9 * DAY)
    void(activity, clerk)
    take_back(activity, clerk, on=TODAY + DAY)
    assert cycle_of(cycle.certification.member).requirement_met_on == TODAY + DAY
    assert "no differences" in verified()


def test_the_caps_are_applied_again(cycle: Cycle, clerk: User) -> None:
    set_terms("course-seminar-webinar", cap=10)
    first = make_activity(cycle, points="8", starts_on=date(2026, 2, 1))
    second = make_activity(cycle, points="8", starts_on=date(2026, 2, 2))
    void(first, clerk)
    assert second.credits.get().points == 8
    take_back(first, clerk)
    assert (first.credits.get().points, second.credits.get().points) == (8, 2)


def test_what_cannot_be_put_back_is_refused(cycle: Cycle, clerk: User) -> None:
    member = cycle.certification.member
    own = recording.withdraw(activity=make_activity(cycle), by=member.user, at=AT)
    with pytest.raises(Refused, match="The member withdrew this entry"):
        take_back(own, clerk)
    voided = void(make_activity(cycle, starts_on=date(2023, 5, 5)), clerk)
    with pytest.raises(Refused, match="Say why the entry counts after all"):
        take_back(voided, clerk, reason=" ")
    awards.correct(
        certification=cycle.certification, awarded_on=date(2023, 5, 11), reason="Typed wrong.", by=clerk, at=AT
    )
    with pytest.raises(Refused, match="No cycle covers the days of this entry"):
        take_back(voided, clerk)


def test_a_closed_cycle_does_not_change(cycle: Cycle, clerk: User) -> None:
    voided = void(make_activity(cycle), clerk)
    late = date(2026, 8, 5)
    closing.close_due(at=noon(late))
    with pytest.raises(Refused, match="the RMA cycle that was closed on Aug 5, 2026, and a closed cycle"):
        take_back(voided, clerk, on=late)


def test_a_repeat_changes_nothing(cycle: Cycle, clerk: User) -> None:
    activity = void(make_activity(cycle), clerk)
    take_back(activity, clerk)
    assert take_back(activity, clerk).revision == 3


@pytest.mark.ignore_template_errors
def test_staff_see_the_effect_and_the_member_reads_why(cycle: Cycle, clerk: User, on_today: TimeMachineFixture) -> None:
    activity = void(make_activity(cycle, points="30"), clerk)
    desk = client_of(make_clerk("view_activity", "take_back_void", email="kim@amt.example"))
    address = page(Activity, "restore", activity.pk)
    assert address in desk.get(page(Activity, "change", activity.pk)).text
    shown = words(read(desk.get(address)).main)
    assert "0 points now, 30 after, of 30. The requirement is then met." in shown
    assert "No proof." in shown
    on_today.shift(60)
    done = told(desk, submit(desk, address, reason="The proof came."))
    assert done == f"Put {activity.reference} back on record: The proof came."
    assert told(desk, desk.get(address)) == f"{activity.reference} is on record already."
    member = cycle.certification.member
    text = words(read(client_of(member).get(f"/ccp/activities/{activity.pk}/")).main)
    assert "Put back on record" in text
    assert "The proof came." in text
    notice = Notice.objects.get(kind=NoticeKind.ENTRY_RESTORED)
    said = writing.entry_restored([notice], TODAY)[notice.pk]
    assert isinstance(said, writing.Said)
    assert f"AMT put {activity.reference}" in said.part.sentences[0]
    voided = Notice(pk=0, member=member, kind=NoticeKind.ENTRY_VOIDED, subject=f"entry-{activity.pk}")
    assert writing.entry_voided([voided], TODAY)[0] == writing.Gone(writing.NOT_VOID)


@pytest.mark.ignore_template_errors
def test_the_permission_is_one_of_its_own(cycle: Cycle, clerk: User) -> None:
    activity = void(make_activity(cycle), clerk)
    assert (
        client_of(make_clerk("view_activity", "void_entry")).get(page(Activity, "restore", activity.pk)).status_code
        == 403
    )
