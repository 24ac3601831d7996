"""What comes next: a few words and a day for each thing to do, to wait for, or to expect."""

from datetime import date, timedelta

import pytest
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from ccp.standing import agenda, standing
from certifications.models import Certification, Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_payment,
    noon,
)
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]


def items(member: Member, on: date = TODAY) -> list[tuple[str, str, str]]:
    """Return what comes next for the member's first certification: what, when, and its state."""
    return [(item.title, item.when, item.state) for item in agenda.agenda_of(standing.standings(member, on)[0])]


def to_do(member: Member, on: date = TODAY) -> list[tuple[str, str, str]]:
    return [item for item in items(member, on) if item[2] != "day"]


@pytest.fixture
def cycle() -> Cycle:
    """RMA 5/1/2023 to 4/30/2026; the invoices of years 1 and 2 are paid."""
    cycle = make_cycle()
    for year in (1, 2):
        make_payment(invoice_of(cycle, year))
    return cycle


def test_in_the_first_year_the_fee_has_to_wait_and_the_days_ahead_follow(new: Member) -> None:
    """7/3/2026 is 60 days before 9/1/2026. Years are named where they are not this one."""
    assert items(new) == [
        ("Pay the year-1 fee, $60", "opens Jul 3", "waits"),
        ("Record 30 more points", "by Aug 31, 2028", "to-do"),
        ("Year-1 fee is due", "Sep 1", "day"),
        ("Year-2 fee opens", "Jul 3, 2027", "day"),
        ("Year-2 fee is due", "Sep 1, 2027", "day"),
        ("The cycle ends", "Aug 31, 2028", "day"),
        ("Year-3 fee is due", "Sep 1, 2028", "day"),
        ("The grace period ends", "Nov 29, 2028", "day"),
    ]


def test_what_is_overdue_comes_first_and_the_fee_waits_for_the_points(short: Member) -> None:
    assert to_do(short) == [
        ("Pay the year-1 fee, $60", "overdue since Apr 24, 2024", "overdue"),
        ("Pay the year-2 fee, $60", "overdue since Apr 24, 2025", "overdue"),
        ("Record 2 more points", "by Apr 23", "to-do"),
        ("Pay the year-3 fee, $60", "opens the day after you reach 24 points", "waits"),
    ]


def test_one_point_is_a_point(cycle: Cycle) -> None:
    make_activity(cycle, points="29")
    assert to_do(cycle.certification.member)[0] == ("Record 1 more point", "by Apr 30", "to-do")


def test_whoever_met_the_requirement_today_waits_until_tomorrow(cycle: Cycle) -> None:
    make_activity(cycle, points="30")
    assert to_do(cycle.certification.member) == [
        ("Pay the year-3 fee, $60", "opens tomorrow, Sun Mar 15", "waits"),
    ]


def test_whoever_met_it_yesterday_pays(cycle: Cycle) -> None:
    make_activity(cycle, points="30", at=noon(TODAY - timedelta(days=1)))
    assert items(cycle.certification.member) == [
        ("Pay the year-3 fee, $60", "due May 1", "to-do"),
        ("The cycle ends", "Apr 30", "day"),
    ]


def test_whoever_paid_has_nothing_to_do(cycle: Cycle) -> None:
    make_activity(cycle, points="30", at=noon(TODAY - timedelta(days=1)))
    make_payment(invoice_of(cycle))
    assert items(cycle.certification.member) == [
        ("Nothing to do now", "", ""),
        ("The cycle ends", "Apr 30", "day"),
    ]


@pytest.mark.parametrize(
    ("on", "item"),
    [
        pytest.param(date(2026, 4, 30), ("Record 30 more points", "by Thu Apr 30", "to-do"), id="last day"),
        pytest.param(
            date(2026, 5, 1),
            ("Record 30 more points", "by Jul 29, for what you did up to Thu Apr 30", "to-do"),
            id="first day of grace",
        ),
        pytest.param(
            date(2026, 7, 29),
            ("Record 30 more points", "by Wed Jul 29, for what you did up to Apr 30", "to-do"),
            id="last day of grace",
        ),
        pytest.param(
            date(2026, 7, 30),
            ("Call AMT: 30 points are missing", "this cycle takes no more records", "overdue"),
            id="day after the grace period",
        ),
    ],
)
def test_what_to_do_around_the_end_of_a_cycle(cycle: Cycle, on: date, item: tuple[str, str, str]) -> None:
    assert to_do(cycle.certification.member, on)[0] == item


def test_what_opens_after_it_was_due_is_to_be_paid_by_the_end_of_grace(
    on_today: TimeMachineFixture, cycle: Cycle
) -> None:
    """The points came on 5/4/2026, in the grace period that ends on 7/29/2026."""
    on_today.move_to(noon(date(2026, 5, 4)))
    make_activity(cycle, points="30", at=noon(date(2026, 5, 4)))
    member = cycle.certification.member
    assert to_do(member, date(2026, 5, 4)) == [("Pay the year-3 fee, $60", "opens tomorrow, Tue May 5", "waits")]
    assert to_do(member, date(2026, 5, 5)) == [
        ("Pay the year-3 fee, $60", "by Jul 29; it was due Fri May 1, before it opened", "overdue")
    ]


def test_where_ccp_is_voluntary_no_points_are_asked_for(voluntary: Member) -> None:
    assert {state for _, _, state in to_do(voluntary)} <= {"overdue", "to-do"}
    assert not [title for title, _, _ in to_do(voluntary) if "point" in title]


def test_out_of_force_there_is_nothing_but_a_call(met: Member) -> None:
    Certification.objects.update(status="retired")
    assert items(met) == [("Call AMT if you have a question about this certification.", "", "")]


def test_before_the_first_cycle_its_start_is_what_comes(new: Member) -> None:
    assert to_do(new, date(2025, 8, 31))[0] == ("The first cycle starts", "tomorrow, Mon Sep 1", "waits")


def test_of_several_certifications_the_days_are_in_one_order(two: Member) -> None:
    found = agenda.in_order([item for each in standing.standings(two, TODAY) for item in agenda.agenda_of(each)][::-1])
    ranks = [(agenda.RANKS[item.state], item.on) for item in found]
    assert ranks == sorted(ranks)
    assert {item.standing.certification.credential.code for item in found} == {"RMA", "RPT"}


def test_what_is_done_closes_the_list_of_my_certifications(met: Member) -> None:
    for year in (1, 2, 3):
        make_payment(invoice_of(cycle_of(met), year))
    listed = [words(line) for line in read(client_of(met).get("/certifications/")).select(".agenda li")]
    assert listed == ["Nothing to do now", "Reach the 30 points of this cycle done", "Pay the year-3 fee paid"]


@pytest.mark.parametrize("address", ["/", "/certifications/"])
def test_an_item_on_the_page_leads_to_where_it_is_done(short: Member, address: str) -> None:
    page = read(client_of(short).get(address))
    links = {words(link): link["href"] for link in page.select(".agenda a")}
    cycle = cycle_of(short, "RPT")
    assert links["Record 2 more points"] == f"/ccp/record/?certification={cycle.certification_id}"
    assert links["Pay the year-1 fee, $60"] == f"/invoices/{invoice_of(cycle, 1).pk}/"
