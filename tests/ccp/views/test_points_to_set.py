"""What members see of an entry whose points are to be set by AMT, until and after AMT sets them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import User
from ccp.models import Activity
from ccp.recording import verbs as recording
from ccp.transcripts import authenticity, contents, issuing
from certifications.models import Cycle
from tests.support.builders import TODAY, client_of, cycle_of, make_activity, make_cycle, make_user, noon
from tests.support.pages import form_values, read, record_ce, refused_ce, submit, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
TO_BE_SET = "to be set by AMT"


@pytest.fixture
def cycle() -> Cycle:
    return make_cycle()


@pytest.fixture
def signed_in(cycle: Cycle) -> Client:
    return client_of(cycle.certification.member)


@pytest.fixture
def staff() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def waiting(cycle: Cycle) -> Activity:
    return make_activity(cycle, kind="journal-article", points=None, title="On veins")


def set_points(entry: Activity, points: str, by: User) -> Activity:
    values = {"points": Decimal(points), "reason": "Guidance document, page 4", "revision": entry.revision}
    return recording.set_points(activity=entry, by=by, at=noon(TODAY), **values)


@pytest.mark.parametrize(("points", "claimed"), [("", None), (None, None), ("4", Decimal(4))])
def test_form_takes_a_type_without_points(
    signed_in: Client, cycle: Cycle, points: str | None, claimed: Decimal | None
) -> None:
    assert record_ce(signed_in, activity_type="journal-article", points=points).status_code == 302
    assert Activity.objects.get().points == claimed


@pytest.mark.parametrize("kind", ["course-seminar-webinar", "course-ceu", "college-semester-hours"])
def test_form_asks_for_the_points_of_every_other_type(signed_in: Client, kind: str) -> None:
    refused = refused_ce(signed_in, activity_type=kind, points="")
    assert refused == {"id_points": "Enter the points you earned, for example 1.5."}


def test_points_that_cannot_be_read_are_no_empty_points(signed_in: Client) -> None:
    assert refused_ce(signed_in, activity_type="journal-article", points="four")


def test_preview_says_that_amt_sets_the_points(signed_in: Client, cycle: Cycle) -> None:
    values = {"activity_type": "journal-article", "points": "", "starts_on": "3/1/2026", "preview": "1"}
    shown = signed_in.post("/ccp/record/preview/", values).text
    assert "AMT sets the points. They count from that day." in shown
    assert "points to be set by AMT, the total stays 0 of 30." in shown
    assert not Activity.objects.exists()


def test_every_page_says_that_the_points_are_to_be_set(signed_in: Client, cycle: Cycle, waiting: Activity) -> None:
    assert TO_BE_SET in words(read(signed_in.get("/")).main)
    make_activity(cycle, points="2", title="Course")
    [row] = [row for row in read(signed_in.get("/ccp/activities/")).select("main tbody tr") if "veins" in row.text]
    assert words(row).endswith(f"{TO_BE_SET} RMA 0")
    page = words(read(signed_in.get(f"/ccp/activities/{waiting.pk}/")).main)
    assert f"Points claimed {TO_BE_SET}" in page
    assert "It counts from the day on which AMT sets its points." in page
    assert f"{TO_BE_SET}" in words(read(signed_in.get(f"/ccp/activities/{waiting.pk}/withdraw/")).main)
    sheet = words(read(signed_in.get(f"/ccp/transcript/{cycle.pk}/")).main)
    assert f"{TO_BE_SET} 0" in sheet
    assert "Total claimed 2 points" in sheet
    lines = b"".join(signed_in.get("/ccp/activities/export.csv").streaming_content).decode().splitlines()
    assert TO_BE_SET in next(line for line in lines if "veins" in line)


def test_entries_that_wait_are_found_in_the_list(signed_in: Client, cycle: Cycle, waiting: Activity) -> None:
    make_activity(cycle, points="2", title="Course")
    rows = read(signed_in.get("/ccp/activities/?state=to-be-set")).select("main tbody tr")
    assert [words(row.a) for row in rows] == ["On veins"]


def test_page_says_who_set_the_points_when_and_why(signed_in: Client, waiting: Activity, staff: User) -> None:
    set_points(waiting, "4", staff)
    page = words(read(signed_in.get(f"/ccp/activities/{waiting.pk}/")).main)
    assert "Points claimed 4, set by AMT on" in page
    assert "Points set by AMT · AMT staff" in page
    assert "Reason: Guidance document, page 4" in page
    assert f"Points claimed: from {TO_BE_SET} to 4" in page


def test_amended_entry_waits_on(signed_in: Client, waiting: Activity) -> None:
    address = f"/ccp/activities/{waiting.pk}/amend/"
    assert form_values(read(signed_in.get(address)))["points"] == [""]
    assert submit(signed_in, address, title="On arteries", attested="on").status_code == 302
    waiting.refresh_from_db()
    assert (waiting.title, waiting.awaits_points) == ("On arteries", True)


@pytest.mark.parametrize("points", ["4", ""])
def test_amended_entry_keeps_the_points_that_amt_set(
    signed_in: Client, waiting: Activity, staff: User, points: str
) -> None:
    set_points(waiting, "4", staff)
    address = f"/ccp/activities/{waiting.pk}/amend/"
    assert submit(signed_in, address, title="On arteries", points=points, attested="on").status_code == 302
    waiting.refresh_from_db()
    assert (waiting.title, waiting.points) == ("On arteries", 4)


def test_form_says_that_amt_set_the_points(signed_in: Client, waiting: Activity, staff: User) -> None:
    set_points(waiting, "4", staff)
    page = read(submit(signed_in, f"/ccp/activities/{waiting.pk}/amend/", points="9", attested="on"))
    assert "AMT set 4 points for this entry" in words(page.main)
    waiting.refresh_from_db()
    assert waiting.points == 4


def test_another_like_it_is_left_to_amt_too(signed_in: Client, waiting: Activity) -> None:
    page = read(signed_in.get(f"/ccp/record/?like={waiting.pk}"))
    assert form_values(page)["points"] == [""]


def test_transcript_says_what_changed_when_points_are_set(
    signed_in: Client, cycle: Cycle, waiting: Activity, staff: User
) -> None:
    issue = issuing.issue(contents=contents.of_cycle(cycle), by=cycle.certification.member.user, at=noon(TODAY))
    set_points(waiting, "4", staff)
    then, now = issue.snapshot, contents.snapshot(contents.of_cycle(cycle))
    assert authenticity.changes(then, now) == ["4 points count now; they were 0."]
    assert contents.content_hash(contents.of_cycle(cycle)) != issue.content_hash


def test_after_the_cycle_was_closed_no_page_promises_points(
    cycle: Cycle, waiting: Activity, on_today: TimeMachineFixture
) -> None:
    make_activity(cycle, points="30")
    cycle.invoices.update(status="paid")
    on_today.move_to(noon(cycle.ends_on + timedelta(days=1)), tick=False)
    page = words(read(client_of(cycle.certification.member).get(f"/ccp/activities/{waiting.pk}/")).main)
    assert "AMT did not set its points before this cycle was closed. Call AMT if it must count." in page
    assert "It counts from the day" not in page


def test_nobody_is_told_of_a_lapse_while_amt_owes_points(
    signed_in: Client, cycle: Cycle, waiting: Activity, on_today: TimeMachineFixture, staff: User
) -> None:
    """The grace period of the cycle ends on 7/29/2026."""
    on_today.move_to(noon(cycle.ends_on + timedelta(days=91)), tick=False)
    client = client_of(cycle.certification.member)  # the session of March is over
    page = words(read(client.get("/certifications/")).main)
    assert "This certification does not lapse before AMT has set them." in page
    home = words(read(client.get("/")).main)
    assert "AMT sets the points of an entry" in home
    assert "Call AMT:" not in home
    letter = words(read(client.get(f"/account/letter/{cycle.certification_id}/")).main)
    assert "AMT has not set the points of an entry yet. Ask for the letter again once it has." in letter
    assert cycle_of(cycle.certification.member).closed_on is None
    assert "It counts from the day on which AMT sets" in words(read(client.get(f"/ccp/activities/{waiting.pk}/")).main)
    set_points(waiting, "4", staff)
    client.get("/certifications/")
    assert cycle_of(cycle.certification.member).outcome == "non-compliant"
