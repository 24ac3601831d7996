"""The status of a certification: its tone by the time that is left, and one true sentence for each situation."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from ccp.standing import standing
from ccp.standing.status import Status, fee_in_words, status_of
from certifications.models import Certification, Cycle
from tests.support.builders import TODAY, client_of, invoice_of, make_activity, make_cycle, make_payment, noon
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
ENDS_ON = date(2026, 4, 30)


@pytest.fixture
def cycle() -> Cycle:
    """RMA 5/1/2023 to 4/30/2026 with 22 of 30 points."""
    cycle = make_cycle()
    make_activity(cycle, points="22", starts_on=date(2024, 1, 2))
    return cycle


def status(member: Member, on: date = TODAY) -> Status:
    return status_of(standing.standings(member, on)[0])


@pytest.mark.parametrize(
    ("days_left", "tone"),
    [
        pytest.param(400, "calm", id="long"),
        pytest.param(181, "calm", id="the day before 180"),
        pytest.param(180, "steady", id="180"),
        pytest.param(60, "steady", id="60"),
        pytest.param(59, "heed", id="under 60"),
        pytest.param(0, "heed", id="last day"),
        pytest.param(-1, "grace", id="first day of grace"),
        pytest.param(-90, "grace", id="last day of grace"),
        pytest.param(-91, "over", id="the day after"),
    ],
)
def test_the_tone_follows_the_time_while_points_are_missing(cycle: Cycle, days_left: int, tone: str) -> None:
    found = status(cycle.certification.member, ENDS_ON - timedelta(days=days_left))
    assert found.tone == tone
    assert found.sentence.startswith("That is about") is (tone == "heed" and days_left > 0)


@pytest.mark.parametrize(
    ("on", "facts", "sentence"),
    [
        pytest.param(date(2025, 3, 14), ["8 to go", "412 days (until Apr 30, 2026)"], "", id="calm"),
        pytest.param(
            date(2026, 3, 14), ["8 to go", "47 days (until Apr 30)"], "That is about 1 point every 5 days.", id="heed"
        ),
        pytest.param(
            date(2026, 4, 29), ["8 to go", "1 day (until Thu Apr 30)"], "That is about 8 points a day.", id="tomorrow"
        ),
        pytest.param(ENDS_ON, ["8 to go", "today is the last day of the cycle"], "", id="last day"),
        pytest.param(
            date(2026, 5, 1),
            ["8 to go", "89 days of grace"],
            "You can still record what you did by Thu Apr 30, until Jul 29.",
            id="grace: 90 - 1",
        ),
        pytest.param(
            date(2026, 7, 29),
            ["8 to go", "today is the last day of grace"],
            "You can still record what you did by Apr 30, until Wed Jul 29.",
            id="last day of grace",
        ),
        pytest.param(
            date(2026, 7, 30),
            ["8 points missing", "cycle ended Apr 30"],
            "The cycle and its grace period are over, and it takes no more records.",
            id="over",
        ),
    ],
)
def test_what_is_said_while_points_are_missing(cycle: Cycle, on: date, facts: list[str], sentence: str) -> None:
    found = status(cycle.certification.member, on)
    assert (found.facts, found.sentence) == (facts, sentence)


def test_one_of_several_names_the_fee_and_leaves_the_last_day_to_the_timeline(cycle: Cycle) -> None:
    [found] = standing.standings(cycle.certification.member, TODAY)
    assert status_of(found, in_a_row=True).facts == ["8 to go", "47 days", "fee opens once the points are there"]


def test_met_is_quiet(on_today: TimeMachineFixture, cycle: Cycle) -> None:
    make_activity(cycle, points="8")
    member = cycle.certification.member
    for on in (date(2024, 3, 14), TODAY, ENDS_ON):
        found = status(member, on)
        assert (found.tone, found.facts[0]) == ("met", "Requirement met")
        assert found.sentence == "Well done: you need no more points in this cycle."


@pytest.mark.parametrize(
    ("day", "ended"),
    [
        pytest.param(date(2026, 5, 1), "Thu Apr 30", id="in grace"),
        pytest.param(date(2026, 8, 1), "Apr 30", id="after the grace period"),
    ],
)
def test_met_and_over_it_waits_for_the_payment(cycle: Cycle, day: date, ended: str) -> None:
    make_activity(cycle, points="8")
    found = status(cycle.certification.member, day)
    assert (found.tone, found.facts) == ("met", ["Requirement met", f"cycle ended {ended}"])
    assert found.sentence == "It waits for your payment: the next cycle opens as soon as AMT has recorded it."


def test_where_ccp_is_voluntary_nothing_is_urged(voluntary: Member) -> None:
    found = status(voluntary)
    assert (found.tone, found.facts[0]) == ("voluntary", "No points required")
    assert found.sentence.startswith("CCP is voluntary for this certification.")


@pytest.mark.parametrize("left", ["lapsed", "retired", "revoked"])
def test_out_of_force_it_says_so(cycle: Cycle, left: str) -> None:
    Certification.objects.update(status=left)
    found = status(cycle.certification.member)
    assert (found.tone, found.facts, found.sentence) == ("out", [left.capitalize()], "")
    page = read(client_of(cycle.certification.member).get("/"))
    assert f"This certification is {left} and takes no records. Call AMT" in words(page.main)
    assert not page.select('main a[href^="/ccp/record/"]')


def test_a_closed_cycle_says_how_it_was_closed(cycle: Cycle) -> None:
    Cycle.objects.update(closed_on=date(2026, 5, 1), outcome="compliant", points_at_close=Decimal(30))
    found = status(cycle.certification.member, date(2026, 5, 2))
    assert (found.tone, found.facts) == ("closed", ["Cycle closed"])
    assert found.sentence == "This cycle was closed on Fri May 1 as compliant, with 30 of 30 points."


def test_before_the_first_cycle_it_names_its_start(cycle: Cycle) -> None:
    [found] = standing.standings(cycle.certification.member, date(2023, 4, 30))
    assert status_of(found).facts == ["First cycle starts tomorrow, Mon May 1"]
    assert found.why_no_records == "You cannot record CE yet: the first cycle starts May 1, 2023."


def test_the_fee_of_the_year_in_a_few_words(cycle: Cycle) -> None:
    """The year-3 fee is due on 5/1/2026 and waits for the points; it opens the day after they are on record."""

    def fee(on: date = TODAY) -> str:
        return fee_in_words(standing.standings(cycle.certification.member, on)[0])

    assert fee() == "fee opens once the points are there"
    make_activity(cycle, points="8")
    assert fee() == "fee opens tomorrow, Sun Mar 15"
    assert fee(TODAY + timedelta(days=1)) == "fee due May 1"
    assert fee(date(2026, 5, 2)) == "fee overdue"
    make_payment(invoice_of(cycle), at=noon(TODAY + timedelta(days=1)))
    assert fee() == "fee paid"


@pytest.mark.parametrize("address", ["/", "/certifications/"])
def test_both_pages_show_the_same_status(short: Member, address: str) -> None:
    shown = read(client_of(short).get(address)).select_one("main .status")
    assert shown["data-tone"] == "heed"
    assert words(shown) == "22 of 24 points 2 to go · 40 days (until Apr 23) That is about 1 point every 2 weeks."
    drawn = shown.select_one(".ring-value")
    assert (drawn["stroke-dasharray"], drawn["pathlength"]) == ("22 24", "24")
