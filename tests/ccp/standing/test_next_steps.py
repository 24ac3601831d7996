"""What a member has to do next, as sentences."""

from datetime import date, timedelta

import pytest

from amtportal.members.models import Member
from ccp.standing import standing
from ccp.standing.steps import steps_of
from certifications.models import Cycle
from tests.support.builders import TODAY, cycle_of, invoice_of, make_activity, make_cycle, make_payment, noon


def steps(member: Member, on: date = TODAY) -> list[tuple[str, str]]:
    """Return what to do next for the member's only certification."""
    (found,) = standing.standings(member, on)
    return [(step.sentence, step.action) for step in steps_of(found)]


@pytest.mark.django_db
def test_whoever_is_short_records_and_pays_what_is_overdue_first(short: Member) -> None:
    number = {year: invoice_of(cycle_of(short, "RPT"), year).number for year in (1, 2)}
    assert steps(short) == [
        (f"Pay {number[1]} ($60), overdue since Apr 24, 2024.", "pay"),
        (f"Pay {number[2]} ($60), overdue since Apr 24, 2025.", "pay"),
        ("Record 2 more points by Apr 23, 2026.", "record"),
    ]


@pytest.fixture
def cycle(db: None) -> Cycle:
    """RMA 5/1/2023 to 4/30/2026; the invoices of years 1 and 2 are paid."""
    cycle = make_cycle()
    for year in (1, 2):
        make_payment(invoice_of(cycle, year))
    return cycle


def test_one_point_is_a_point(cycle: Cycle) -> None:
    make_activity(cycle, points="29")
    assert steps(cycle.certification.member) == [("Record 1 more point by Apr 30, 2026.", "record")]


def test_whoever_met_the_requirement_today_waits_until_tomorrow(cycle: Cycle) -> None:
    make_activity(cycle, points="30")
    waits = (
        "Nothing to do until your renewal invoice opens on Mar 15, 2026.",
        "",
    )
    assert steps(cycle.certification.member) == [waits]


def test_whoever_met_it_yesterday_pays(cycle: Cycle) -> None:
    make_activity(cycle, points="30", at=noon(TODAY - timedelta(days=1)))
    assert steps(cycle.certification.member) == [(f"Pay {invoice_of(cycle).number} ($60), due May 1, 2026.", "pay")]


def test_whoever_paid_has_nothing_to_do(cycle: Cycle) -> None:
    make_activity(cycle, points="30", at=noon(TODAY - timedelta(days=1)))
    make_payment(invoice_of(cycle))
    assert steps(cycle.certification.member) == [("Nothing to do now.", "")]


@pytest.mark.parametrize(
    ("on", "step"),
    [
        pytest.param(date(2026, 4, 30), ("Record 30 more points by Apr 30, 2026.", "record"), id="last day"),
        pytest.param(
            date(2026, 5, 1),
            ("Record 30 more points by Jul 29, 2026, for activities you did up to Apr 30, 2026.", "record"),
            id="first day of grace",
        ),
        pytest.param(
            date(2026, 7, 29),
            ("Record 30 more points by Jul 29, 2026, for activities you did up to Apr 30, 2026.", "record"),
            id="last day of grace",
        ),
        pytest.param(
            date(2026, 7, 30),
            ("Call AMT. This cycle is 30 points short and takes no more records.", ""),
            id="day after the grace period",
        ),
    ],
)
def test_what_to_do_around_the_end_of_a_cycle(cycle: Cycle, on: date, step: tuple[str, str]) -> None:
    assert steps(cycle.certification.member, on) == [step]


def test_a_cycle_that_is_one_point_short_says_so(cycle: Cycle) -> None:
    make_activity(cycle, points="29")
    assert steps(cycle.certification.member, date(2026, 7, 30)) == [
        ("Call AMT. This cycle is 1 point short and takes no more records.", "")
    ]


@pytest.mark.django_db
def test_where_ccp_is_voluntary_nothing_has_to_be_recorded(voluntary: Member) -> None:
    assert {action for _, action in steps(voluntary)} == {"pay"}
