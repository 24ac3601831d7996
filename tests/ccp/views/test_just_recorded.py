"""The page just after Submit: what the entry added, once; and the reminder that it offers."""

from datetime import timedelta
from decimal import Decimal

import icalendar
import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.utils import translation
from time_machine import TimeMachineFixture

from amtportal.formatting import format_when
from amtportal.members.models import Member
from ccp.models import Activity
from certifications.models import Certification, Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    make_terms,
    noon,
)
from tests.support.pages import read, record_ce, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
DAY = timedelta(days=1)
TOMORROW = format_when(TODAY + DAY, TODAY)


@pytest.fixture
def cycle() -> Cycle:
    """RMA, 30 points required; year 3, so that its invoice opens the day after the requirement is met."""
    return make_cycle()


@pytest.fixture
def signed_in(cycle: Cycle) -> Client:
    return client_of(cycle.certification.member)


def after_submit(client: Client, **changes: str) -> BeautifulSoup:
    answer = record_ce(client, **changes)
    assert answer["Location"] == f"/ccp/activities/{Activity.objects.latest('pk').pk}/"
    return read(client.get(answer["Location"]))


def told(page: BeautifulSoup) -> list[str]:
    """Return what is said of each certification."""
    return [words(gain.select_one(".gain-words")) for gain in page.select(".gain")]


def figures(page: BeautifulSoup) -> dict[str, str]:
    """Return the figures of the page that checks read; each is there once."""
    found = [
        (each["data-name"], each.get("value") or each["datetime"])
        for each in page.select("main [data-name]:not([data-name=keep-until])")
    ]
    assert len(dict(found)) == len(found), found
    return dict(found)


def test_requirement_that_is_met_is_told_first(signed_in: Client, cycle: Cycle) -> None:
    """With 27 of 30 on record, 3 points meet it exactly."""
    make_activity(cycle, points="27")
    page = after_submit(signed_in, points="3", title="Coagulation")
    [said] = told(page)
    assert said.startswith(f"+3 points. 30 of 30. Requirement met. Your renewal invoice opens {TOMORROW}.")
    assert page.select_one(".gain")["data-state"] == "met"
    assert page.select_one(".gain-check") is not None
    entry = Activity.objects.latest("pk")
    assert figures(page) == {
        "points-counted": "30",
        "points-required": "30",
        "invoice-status": "upcoming",
        "invoice-opens": f"{TODAY + DAY}",
        "reference": entry.reference,
    }
    last = words(page.select(".gains > p")[-1])
    assert last == f"Coagulation. {entry.reference}, recorded today 12:00 PM Central"
    actions = [words(link) for link in page.select(".gains > .actions a")]
    assert actions == ["Remind me", "Transcript", "Record another"]


def test_page_is_the_plain_entry_when_it_is_loaded_again(signed_in: Client, cycle: Cycle) -> None:
    page = after_submit(signed_in, points="3")
    address = f"/ccp/activities/{Activity.objects.get().pk}/"
    again = read(signed_in.get(address))
    assert not again.select(".gains")
    assert "Your points now" in words(again.main)
    for name in ("points-counted", "points-required", "invoice-status", "reference"):
        assert figures(again)[name] == figures(page)[name]


def test_confirmation_belongs_to_its_entry(signed_in: Client, cycle: Cycle) -> None:
    other = make_activity(cycle)
    record_ce(signed_in)
    assert not read(signed_in.get(f"/ccp/activities/{other.pk}/")).select(".gains")


@pytest.mark.parametrize(
    ("on_record", "points", "said"),
    [
        pytest.param("26", "3", "+3 points. 29 of 30. 1 point to go by Apr 30.", id="one below"),
        pytest.param("0.5", "1", "+1 point. 1.5 of 30. 28.5 points to go by Apr 30.", id="one point"),
        pytest.param("29", "3", "+3 points. 32 of 30. Requirement met. Your", id="overshoot"),
        pytest.param("30", "3", "+3 points. 33 of 30. Requirement met since", id="met the day before"),
    ],
)
def test_what_is_to_go_is_told_in_the_same_shape(
    signed_in: Client, cycle: Cycle, on_record: str, points: str, said: str
) -> None:
    make_activity(cycle, points=on_record, at=noon(TODAY - DAY))
    [found] = told(after_submit(signed_in, points=points))
    assert found.startswith(said)


def test_what_a_cap_cuts_is_told(signed_in: Client, cycle: Cycle) -> None:
    make_terms(cap=Decimal(5))
    make_activity(cycle, points="4")
    [said] = told(after_submit(signed_in, points="3", starts_on="3/2/2026"))
    assert said.startswith("+1 point. 5 of 30. Over the most that this activity type can count for in one cycle. 25")


def test_points_to_be_set_are_told(signed_in: Client, cycle: Cycle) -> None:
    make_activity(cycle, points="27")
    page = after_submit(signed_in, activity_type="journal-article", points="")
    [said] = told(page)
    assert said.startswith(
        "Points to be set by AMT. 27 of 30. It counts from the day on which AMT sets its points. AMT then tells you. "
        "3 points to go"
    )


def test_each_of_two_certifications_has_its_line() -> None:
    member = make_member()
    make_activity(make_cycle(member), points="27")
    make_cycle(member, credential="RPT")
    page = after_submit(client_of(member), points="3", starts_on="3/1/2026")
    rma, rpt = told(page)
    assert rma.startswith("RMA +3 points. 30 of 30. Requirement met.")
    assert rpt.startswith("RPT +3 points. 3 of 24. 21 points to go")
    assert [gain["data-state"] for gain in page.select(".gain")] == ["met", "short"]
    assert [words(link) for link in page.select(".gains > .actions a")] == [
        "Remind me",
        "Record another",
        "Transcript RMA",
        "Transcript RPT",
    ]


def test_voluntary_certification_waits_for_no_points() -> None:
    member = make_member()
    make_cycle(member, ccp_mandatory=False)
    [said] = told(after_submit(client_of(member), points="3"))
    assert "27 points to go" in said
    assert "CCP is voluntary here: your renewal invoice does not wait for points." in said


def test_paid_invoice_is_told_as_paid(signed_in: Client, cycle: Cycle) -> None:
    make_activity(cycle, points="30", at=noon(TODAY - DAY))
    make_payment(invoice_of(cycle))
    [said] = told(after_submit(signed_in, points="3"))
    assert "Your renewal invoice is paid." in said


def test_in_the_grace_period_the_last_day_to_record_is_told(cycle: Cycle, on_today: TimeMachineFixture) -> None:
    day = cycle.ends_on + DAY
    on_today.move_to(noon(day))
    signed_in = client_of(cycle.certification.member)
    page = after_submit(signed_in, points="3")
    assert "27 points to go: record them by" in told(page)[0]
    page = after_submit(signed_in, points="27", starts_on="3/2/2026")
    assert f"Requirement met. Your renewal invoice opens {format_when(day + DAY, day)}." in told(page)[0]


def test_spanish_page_is_whole(signed_in: Client, cycle: Cycle) -> None:
    signed_in.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    make_activity(cycle, points="27")
    page = after_submit(signed_in, points="3")
    with translation.override("es"):
        assert format_when(TODAY + DAY, TODAY) in told(page)[0]
    assert "Requirement met" not in words(page.main)


# The reminder


def reminders(client: Client, entry: Activity) -> list[icalendar.Event]:
    answer = client.get(f"/ccp/activities/{entry.pk}/reminders.ics")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def alarms(event: icalendar.Event) -> list[timedelta]:
    return [alarm.decoded("trigger") for alarm in event.walk("VALARM")]


def test_reminder_rings_in_the_morning_on_which_the_invoice_opens(signed_in: Client, cycle: Cycle) -> None:
    entry = make_activity(cycle, points="30")
    found = {event["uid"].split("@")[0].split("-", 2)[2]: event for event in reminders(signed_in, entry)}
    assert set(found) == {"invoice-3-opens", "invoice-3-due", "cycle-ends"}
    opens = found["invoice-3-opens"]
    assert (opens.decoded("dtstart"), alarms(opens)) == (TODAY + DAY, [timedelta(hours=9)])
    assert alarms(found["invoice-3-due"]) == [timedelta(days=-60), timedelta(days=-14), timedelta(days=-1)]
    assert alarms(found["cycle-ends"]) == []


def test_reminder_is_of_the_last_day_while_points_are_missing(signed_in: Client, cycle: Cycle) -> None:
    entry = make_activity(cycle, points="3")
    ends = next(event for event in reminders(signed_in, entry) if "cycle-ends" in event["uid"])
    assert (ends.decoded("dtstart"), len(alarms(ends))) == (cycle.ends_on, 3)


def test_reminder_is_the_members_own(cycle: Cycle, met: Member) -> None:
    entry = make_activity(cycle, points="3")
    assert client_of(met).get(f"/ccp/activities/{entry.pk}/reminders.ics").status_code == 404


def test_nothing_is_offered_where_no_day_is_ahead(signed_in: Client, cycle: Cycle) -> None:
    entry = make_activity(cycle)
    Certification.objects.update(status="retired")
    assert signed_in.get(f"/ccp/activities/{entry.pk}/reminders.ics").status_code == 404
    assert cycle_of(cycle.certification.member) == cycle
