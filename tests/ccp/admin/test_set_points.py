"""Staff set the points that members left to AMT: one by one with a preview, or several at once."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from amtportal.members.models import User
from ccp.counting import requirement
from ccp.models import Activity
from ccp.recording import verbs as recording
from ccp.rollover import catching_up
from certifications.models import Cycle
from tests.support.builders import TODAY, client_of, make_activity, make_cycle, noon
from tests.support.forms import form_on
from tests.support.staff import found, make_clerk, page, told

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]
TYPED = {"points": "4", "reason": "Guidance document, page 4"}


@pytest.fixture
def clerk() -> User:
    return make_clerk("view_activity", "set_points")


@pytest.fixture
def desk(clerk: User) -> Client:
    return client_of(clerk)


@pytest.fixture
def cycle() -> Cycle:
    """RMA, 30 points required, 27 on record."""
    cycle = make_cycle()
    make_activity(cycle, points="27")
    return cycle


@pytest.fixture
def waiting(cycle: Cycle) -> Activity:
    return make_activity(cycle, kind="journal-article", points=None, title="On veins")


def address(entry: Activity) -> str:
    return page(Activity, "points", entry.pk)


def confirmed(desk: Client, entry: Activity, **changes: str) -> dict[str, str]:
    """Return the form as it is after staff saw what changes."""
    typed = {**form_on(desk, address(entry)), **TYPED, **changes}
    return form_on(desk, address(entry), posted=typed)


def test_entries_that_wait_are_a_list(desk: Client, cycle: Cycle, waiting: Activity, clerk: User) -> None:
    withdrawn = make_activity(cycle, kind="book-chapter", points=None)
    recording.withdraw(activity=withdrawn, by=withdrawn.member.user, at=noon(TODAY))
    assert found(desk, Activity, points="to-be-set") == [waiting]
    assert "to be set by AMT" in desk.get(page(Activity)).text
    assert found(desk, Activity, points="set") == []
    desk.post(address(waiting), confirmed(desk, waiting))
    assert found(desk, Activity, points="set") == [waiting]
    assert found(desk, Activity, points="to-be-set") == []


def test_an_entry_of_a_closed_cycle_is_not_in_the_list(desk: Client, cycle: Cycle, waiting: Activity) -> None:
    catching_up.catch_up(waiting.member, at=noon(cycle.ends_on + timedelta(days=200)), shown=[cycle])
    assert found(desk, Activity, points="to-be-set") == []


def test_page_shows_what_changes_before_anything_does(desk: Client, cycle: Cycle, waiting: Activity) -> None:
    assert address(waiting) in desk.get(page(Activity, "change", waiting.pk)).text
    answer = desk.post(address(waiting), {**form_on(desk, address(waiting)), **TYPED})
    assert answer.status_code == 200
    assert "27 points now, 31 after, of 30. The requirement is then met." in answer.text
    assert "The member is told in the mail of the day." in answer.text
    waiting.refresh_from_db()
    assert waiting.awaits_points


def test_points_are_set_once_staff_confirm(desk: Client, cycle: Cycle, waiting: Activity, clerk: User) -> None:
    done = desk.post(address(waiting), confirmed(desk, waiting))
    assert done["Location"] == page(Activity, "change", waiting.pk)
    assert told(desk, done) == f"Set the points of {waiting.reference} to 4: Guidance document, page 4"
    waiting.refresh_from_db()
    assert (waiting.points, waiting.points_set_by) == (4, clerk)
    assert requirement.counted_points(cycle) == 31
    assert LogEntry.objects.get().user == clerk
    assert "Set the points again" in desk.get(page(Activity, "change", waiting.pk)).text


def test_other_points_than_those_that_were_shown_are_shown_again(desk: Client, waiting: Activity) -> None:
    answer = desk.post(address(waiting), {**confirmed(desk, waiting), "points": "5"})
    assert "27 points now, 32 after, of 30." in answer.text
    waiting.refresh_from_db()
    assert waiting.awaits_points


def test_a_form_that_is_sent_twice_sets_once(desk: Client, waiting: Activity) -> None:
    typed = confirmed(desk, waiting)
    desk.post(address(waiting), typed)
    assert told(desk, desk.post(address(waiting), typed)) == f"The points of {waiting.reference} are already set: 4."
    assert LogEntry.objects.count() == 1


def test_nobody_overwrites_what_a_colleague_set(desk: Client, waiting: Activity) -> None:
    typed = confirmed(desk, waiting)
    desk.post(address(waiting), confirmed(desk, waiting, points="6"))
    assert "changed after you opened the page" in desk.post(address(waiting), typed).text
    waiting.refresh_from_db()
    assert waiting.points == 6


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"points": ""}, "Enter the points"),
        ({"points": "four"}, "Enter the points as a number"),
        ({"points": "100"}, "at most 99"),
        ({"reason": " "}, "Say where the points come from"),
        ({"reason": "x" * 101}, "at most 100 characters"),
    ],
)
def test_what_is_typed_wrong_is_told(desk: Client, waiting: Activity, changes: dict[str, str], sentence: str) -> None:
    answer = desk.post(address(waiting), {**form_on(desk, address(waiting)), **TYPED, **changes})
    assert answer.status_code == 200
    assert sentence in answer.text


def test_page_says_why_points_cannot_be_set(desk: Client, cycle: Cycle) -> None:
    own = make_activity(cycle, points="1")
    assert "were not left to AMT" in desk.get(address(own)).text
    assert address(own) not in desk.get(page(Activity, "change", own.pk)).text


@pytest.mark.parametrize("permissions", [["view_activity"], ["view_activity", "change_activity"], ["set_points"], []])
def test_points_are_set_only_with_the_permission(waiting: Activity, permissions: list[str]) -> None:
    other = client_of(make_clerk(*permissions))
    several = f"{page(Activity, 'points_several')}?ids={waiting.pk}-1"
    for at in (address(waiting), several):
        assert other.post(at, TYPED).status_code == 403
    waiting.refresh_from_db()
    assert waiting.awaits_points


def test_several_entries_get_the_same_points(desk: Client, cycle: Cycle, waiting: Activity) -> None:
    """One was changed after it was selected: it is refused, and does not stop the others."""
    another = make_activity(make_cycle(), kind="journal-article", points=None)
    changed = make_activity(make_cycle(), kind="journal-article", points=None)
    own = make_activity(cycle, points="1")
    selected = [entry.pk for entry in (waiting, another, changed, own)]
    chosen = {"action": "set_points_of_selected", "_selected_action": selected}
    chosen_at = desk.post(page(Activity), chosen)["Location"]
    Activity.objects.filter(pk=changed.pk).update(revision=2)
    text = desk.get(chosen_at).text
    assert "Set the points of 3 entries" in text
    assert "On veins" in text
    done = desk.post(chosen_at, TYPED)
    assert f"{changed.reference}: This entry was changed" in told(desk, done)
    assert set(Activity.objects.filter(points=4)) == {waiting, another}
    assert LogEntry.objects.count() == 2


def test_nothing_is_set_of_entries_that_are_not_amts(desk: Client, cycle: Cycle) -> None:
    own = make_activity(cycle, points="1")
    answer = desk.get(f"{page(Activity, 'points_several')}?ids={own.pk}-1,x-1")
    assert told(desk, answer) == "The points of these entries are not AMT's to set."
