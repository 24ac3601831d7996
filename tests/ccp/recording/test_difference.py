"""An entry that looks like an earlier one.

It is recorded at once, with a notice in which the member can say what differs.
"""

from datetime import date

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.models import Activity
from ccp.recording import verbs as recording
from tests.support.builders import TODAY, client_of, cycle_of, make_activity, make_cycle, noon
from tests.support.pages import error_summary, read, record_ce, submit, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


@pytest.fixture
def member() -> Member:
    return make_cycle().certification.member


@pytest.fixture
def earlier(member: Member) -> Activity:
    return make_activity(cycle_of(member), title="Hematology")


@pytest.fixture
def later(member: Member, earlier: Activity) -> Activity:
    """The same course, recorded again with the same day."""
    return make_activity(cycle_of(member), title="hematology ")


@pytest.fixture
def signed_in(member: Member) -> Client:
    return client_of(member)


def notice(client: Client, activity: Activity) -> str:
    found = read(client.get(f"/ccp/activities/{activity.pk}/")).select_one("main section.notice")
    return words(found) if found else ""


def say(client: Client, activity: Activity, text: str) -> int:
    return client.post(f"/ccp/activities/{activity.pk}/difference/", {"difference": text}).status_code


def test_it_is_recorded_at_once_and_the_confirmation_tells_of_the_earlier_entry(
    signed_in: Client, earlier: Activity
) -> None:
    address = record_ce(signed_in, title="HEMATOLOGY").headers["Location"]
    page = read(signed_in.get(address))
    said = words(page.select_one("main section.notice"))
    assert f"This looks like {earlier.reference}, “Hematology” of Mar 1, 2026: the same activity type and title" in said
    assert "It is on record and counts." in said
    assert page.select_one(f"main section.notice a[href='/ccp/activities/{earlier.pk}/']")
    assert Activity.objects.count() == 2


def test_an_entry_that_looks_like_none_has_no_notice(signed_in: Client, earlier: Activity, member: Member) -> None:
    other = make_activity(cycle_of(member), title="Blood cultures", starts_on=date(2026, 3, 2))
    assert notice(signed_in, earlier) == notice(signed_in, other) == ""


def test_what_the_member_says_is_kept_with_its_history(signed_in: Client, later: Activity, member: Member) -> None:
    assert say(signed_in, later, "  Second session,\r\nother speaker. ") == 302
    later.refresh_from_db()
    assert later.difference == "Second session,\nother speaker."
    assert "You say that it differs: Second session, other speaker." in notice(signed_in, later)
    assert say(signed_in, later, "Other speaker.") == 302
    assert list(later.history.order_by("history_id").values_list("difference", flat=True)) == [
        "",
        "Second session,\nother speaker.",
        "Other speaker.",
    ]
    assert later.history.latest().history_user == member.user
    page = words(read(signed_in.get(f"/ccp/activities/{later.pk}/")).main)
    assert "What differs: from Second session, other speaker. to Other speaker." in page


def test_saying_the_same_again_changes_nothing(signed_in: Client, later: Activity) -> None:
    for _ in range(2):
        say(signed_in, later, "Other speaker.")
    assert later.history.count() == 2


def test_saying_what_differs_leaves_points_and_revision(signed_in: Client, later: Activity) -> None:
    before = later.credits.get()
    say(signed_in, later, "Other speaker.")
    later.refresh_from_db()
    assert (later.revision, later.credits.get().points) == (1, before.points)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "Say in a few words what differs, for example “second session, other speaker”.", id="nothing"),
        pytest.param(
            "  \n ", "Say in a few words what differs, for example “second session, other speaker”.", id="spaces"
        ),
        pytest.param(
            "\u200b\n\u200b",
            "Say in a few words what differs, for example “second session, other speaker”.",
            id="unseen",
        ),
        pytest.param("x" * 501, "Shorten the text to 500 characters; it has 501.", id="one too many"),
        pytest.param("a\x07b", "The text has characters that cannot be printed. Type it again.", id="bell"),
    ],
)
def test_text_that_cannot_be_kept_is_told(signed_in: Client, later: Activity, text: str, sentence: str) -> None:
    answer = signed_in.post(f"/ccp/activities/{later.pk}/difference/", {"difference": text})
    page = read(answer) if "\x07" not in text else None
    assert page is None or error_summary(page) == {"id_difference": sentence}
    assert sentence in answer.content.decode().replace("&#x27;", "'")
    later.refresh_from_db()
    assert later.difference == ""


def test_500_characters_are_kept_as_typed(signed_in: Client, later: Activity) -> None:
    text = "<b>&" + "x" * 496
    assert submit(signed_in, f"/ccp/activities/{later.pk}/difference/", difference=text).status_code == 302
    assert text in words(read(signed_in.get(f"/ccp/activities/{later.pk}/")).main)


def test_another_member_and_staff_cannot_say_it(later: Activity, stranger: Member, staff: User) -> None:
    assert say(client_of(stranger), later, "Mine.") == 404
    assert client_of(staff).post(f"/ccp/activities/{later.pk}/difference/").headers["Location"] == "/"
    later.refresh_from_db()
    assert later.difference == ""


def test_staff_read_it(later: Activity, signed_in: Client, staff: User) -> None:
    say(signed_in, later, "Other speaker.")
    assert "The member says that it differs: Other speaker." in notice(client_of(staff), later)
    assert "Other speaker." in words(read(client_of(staff).get(f"/admin/ccp/activity/{later.pk}/change/")).body)


def test_staff_are_not_asked_to_say_it(later: Activity, staff: User) -> None:
    page = read(client_of(staff).get(f"/ccp/activities/{later.pk}/"))
    assert not page.select("main form[method=post]")


@pytest.mark.parametrize("situation", ["withdrawn", "after the grace period"])
def test_once_the_entry_cannot_be_changed_nothing_more_is_said(
    signed_in: Client, later: Activity, member: Member, on_today: TimeMachineFixture, situation: str
) -> None:
    if situation == "withdrawn":
        recording.withdraw(activity=later, by=member.user, at=noon(TODAY))
    else:
        on_today.move_to(noon(date(2026, 7, 30)), tick=False)  # 90 days after 4/30/2026 is 7/29
        signed_in = client_of(member)
    say(signed_in, later, "Other speaker.")
    later.refresh_from_db()
    assert later.difference == ""
    with pytest.raises(Refused):
        recording.say_difference(
            activity=later,
            difference="Other.",
            by=member.user,
            at=noon(TODAY if later.withdrawn_at else date(2026, 7, 30)),
        )
