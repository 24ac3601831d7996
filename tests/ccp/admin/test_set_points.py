"""Staff set the points that members left to AMT: one by one with a preview, or several at once."""

from datetime import date, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from amtportal.members.models import User
from ccp.counting import requirement
from ccp.models import Activity
from ccp.recording import verbs as recording
from certifications.models import Cycle
from tests.support.builders import TODAY, client_of, make_activity, make_cycle, noon
from tests.support.forms import form_on
from tests.support.pages import read, words
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


def close(cycle: Cycle) -> None:
    closed = {"ends_on": TODAY - timedelta(days=1), "closed_on": TODAY, "outcome": "compliant", "points_at_close": 27}
    Cycle.objects.filter(pk=cycle.pk).update(**closed)


def test_an_entry_of_closed_cycles_only_is_not_in_the_list(desk: Client, cycle: Cycle, waiting: Activity) -> None:
    both = make_activity(
        cycle, make_cycle(waiting.member, credential="RPT"), kind="journal-article", points=None, title="On arteries"
    )
    close(cycle)
    assert found(desk, Activity, points="to-be-set") == [both]


def test_the_list_begins_with_what_is_most_urgent_and_says_since_when_and_until_when(
    desk: Client, cycle: Cycle, waiting: Activity
) -> None:
    """RMA misses points and ends on 4/30/2026, RPT on 9/14/2027. The third cycle is met."""
    running = make_cycle(credential="RPT", awarded_on=date(2024, 9, 15))
    later = make_activity(running, kind="journal-article", points=None, at=noon(TODAY - timedelta(days=2)))
    enough = make_cycle()
    make_activity(enough, points="30")
    moot = make_activity(enough, kind="journal-article", points=None)
    table = read(desk.get(page(Activity), {"points": "to-be-set"})).select("#result_list tbody tr")
    shown = [
        (words(row.th), words(row.select_one(".field-waits")), words(row.select_one(".field-cycle_ends")))
        for row in table
    ]
    assert shown == [
        (waiting.reference, "0 days", "Apr 30, 2026, in 47 days"),
        (later.reference, "2 days", "Sep 14, 2027, in 549 days"),
        (moot.reference, "0 days", "misses no points"),
    ]
    assert found(desk, Activity, points="to-be-set", q=waiting.member.amt_id) == [waiting]
    assert "field-cycle_ends" not in desk.get(page(Activity)).text


def test_the_page_says_what_becomes_of_a_closed_cycle(desk: Client, cycle: Cycle, waiting: Activity) -> None:
    running = make_cycle(waiting.member, credential="RPT")
    both = make_activity(cycle, running, kind="journal-article", points=None, title="On arteries")
    close(cycle)
    assert "If they must count in the closed cycle, sign a correction of it." in desk.get(address(both)).text
    text = desk.post(address(both), {**form_on(desk, address(both)), **TYPED}).text
    assert "Closed on Mar 14, 2026 as compliant: it keeps its 27 of 30 points." in text
    assert "0 points now, 4 after, of 24." in text
    desk.post(address(both), confirmed(desk, both))
    both.refresh_from_db()
    assert both.points == 4
    assert (requirement.counted_points(cycle), requirement.counted_points(running)) == (27, 4)


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


@pytest.mark.parametrize("permissions", [["view_activity"], ["view_activity", "void_entry"], ["set_points"], []])
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
