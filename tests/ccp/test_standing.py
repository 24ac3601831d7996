"""Where a member stands: the reason for an invoice's state, and what to do next, as sentences."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from amtportal.members.models import Member
from ccp import standing
from certifications import invoices
from certifications.models import Certification, Cycle
from tests.builders import TODAY, cycle_of, invoice_of, make_activity, make_cycle, make_member, make_payment, noon

DUE = date(2026, 5, 1)
NOTICED = date(2026, 3, 2)
EARLY = NOTICED - timedelta(days=1)


@pytest.mark.parametrize(
    ("state", "gate", "met_on", "opens_on", "reason"),
    [
        pytest.param("paid", "met", None, NOTICED, "Paid.", id="paid"),
        pytest.param("void", "none", None, NOTICED, "Void: nothing is to be paid.", id="void"),
        pytest.param(
            "locked",
            "unmet",
            None,
            None,
            "Locked: 22.5 of 30 points are on record. The invoice opens the day after your CCP requirement is met, "
            "but not before 3/2/2026.",
            id="locked",
        ),
        pytest.param(
            "upcoming", "none", None, NOTICED, "Opens 3/2/2026, 60 days before it is due.", id="upcoming, not gated"
        ),
        pytest.param(
            "upcoming",
            "met",
            date(2025, 1, 1),
            NOTICED,
            "Opens 3/2/2026, 60 days before it is due.",
            id="upcoming, met early",
        ),
        pytest.param(
            "upcoming",
            "met",
            date(2026, 3, 14),
            date(2026, 3, 15),
            "Opens 3/15/2026, the day after your CCP requirement was met (3/14/2026).",
            id="upcoming, met today",
        ),
        pytest.param(
            "open",
            "met",
            date(2026, 3, 13),
            date(2026, 3, 14),
            "Open since 3/14/2026, the day after your CCP requirement was met (3/13/2026).",
            id="open, met yesterday",
        ),
        pytest.param("open", "none", None, NOTICED, "Open since 3/2/2026, 60 days before it is due.", id="open"),
    ],
)
def test_the_reason_for_an_invoices_state(
    state: invoices.State, gate: invoices.Gate, met_on: date | None, opens_on: date | None, reason: str
) -> None:
    opening = invoices.Opening(DUE, gate, met_on, opens_on)
    assert standing.invoice_reason(state, opening, counted=Decimal("22.5"), required=Decimal(30), on=EARLY) == reason


def test_a_locked_invoice_does_not_speak_of_a_day_that_is_past() -> None:
    opening = invoices.Opening(DUE, "unmet", None, None)
    reason = standing.invoice_reason("locked", opening, counted=Decimal(22), required=Decimal(30), on=NOTICED)
    assert reason.endswith("The invoice opens the day after your CCP requirement is met.")


def steps(member: Member, on: date = TODAY) -> list[tuple[str, str]]:
    """What to do next for the member's only certification."""
    (found,) = standing.standings(member, on)
    return [(step.sentence, step.action) for step in found.next_steps]


@pytest.mark.django_db
def test_whoever_is_short_records_and_pays_what_is_overdue_first(short: Member) -> None:
    number = {year: invoice_of(cycle_of(short, "RPT"), year).number for year in (1, 2)}
    assert steps(short) == [
        (f"Pay {number[1]} ($50.00), overdue since 4/24/2024.", "pay"),
        (f"Pay {number[2]} ($50.00), overdue since 4/24/2025.", "pay"),
        ("Record 2 more points by 4/23/2026.", "record"),
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
    assert steps(cycle.certification.member) == [("Record 1 more point by 4/30/2026.", "record")]


def test_whoever_met_the_requirement_today_waits_until_tomorrow(cycle: Cycle) -> None:
    make_activity(cycle, points="30")
    waits = (
        "Nothing to do until your renewal invoice opens on 3/15/2026.",
        "",
    )
    assert steps(cycle.certification.member) == [waits]


def test_whoever_met_it_yesterday_pays(cycle: Cycle) -> None:
    make_activity(cycle, points="30", at=noon(TODAY - timedelta(days=1)))
    assert steps(cycle.certification.member) == [(f"Pay {invoice_of(cycle).number} ($50.00), due 5/1/2026.", "pay")]


def test_whoever_paid_has_nothing_to_do(cycle: Cycle) -> None:
    make_activity(cycle, points="30", at=noon(TODAY - timedelta(days=1)))
    make_payment(invoice_of(cycle))
    assert steps(cycle.certification.member) == [("Nothing to do now.", "")]


@pytest.mark.parametrize(
    ("on", "step"),
    [
        pytest.param(date(2026, 4, 30), ("Record 30 more points by 4/30/2026.", "record"), id="last day"),
        pytest.param(
            date(2026, 5, 1),
            ("Record 30 more points by 7/29/2026, for activities you did up to 4/30/2026.", "record"),
            id="first day of grace",
        ),
        pytest.param(
            date(2026, 7, 29),
            ("Record 30 more points by 7/29/2026, for activities you did up to 4/30/2026.", "record"),
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


@pytest.mark.django_db
def test_the_current_invoice_is_the_one_of_the_year_in_which_the_day_lies(new: Member) -> None:
    years = [
        standing.standings(new, on)[0].current.invoice.year
        for on in (date(2026, 8, 31), date(2026, 9, 1), date(2027, 9, 1), date(2028, 9, 1))
    ]
    assert years == [1, 2, 3, 3]


@pytest.mark.django_db
def test_a_closed_cycle_is_shown_until_the_next_is_opened(cycle: Cycle) -> None:
    Cycle.objects.update(closed_on=date(2026, 5, 1), outcome="compliant", points_at_close=Decimal(30))
    member = cycle.certification.member
    assert standing.standings(member, date(2026, 5, 2))[0].cycle == cycle
    second = Cycle.objects.create(
        certification=cycle.certification,
        number=2,
        starts_on=date(2026, 5, 1),
        ends_on=date(2029, 4, 30),
        points_required=Decimal(30),
    )
    assert [found.cycle for found in standing.standings(member, date(2026, 5, 2))] == [second]


@pytest.mark.django_db
def test_certifications_stand_in_the_order_of_their_award() -> None:
    member = make_member()
    make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    make_cycle(member)
    assert [found.certification.credential.code for found in standing.standings(member, TODAY)] == ["RMA", "RPT"]


@pytest.mark.django_db
def test_points_stand_by_category_in_the_order_of_the_list(cycle: Cycle) -> None:
    for kind, points in (("presentation", "2"), ("self-study", "1.5"), ("course-seminar-webinar", "3")):
        make_activity(cycle, kind=kind, points=points)
    (found,) = standing.standings(cycle.certification.member, TODAY)
    assert [(category.name, category.points) for category in found.categories] == [
        ("Professional Education", Decimal("4.5")),
        ("Instructional Presentations", Decimal(2)),
    ]
    assert (found.counted, found.to_go, found.is_met) == (Decimal("6.5"), Decimal("23.5"), False)


@pytest.mark.django_db
def test_the_bar_stops_at_the_requirement(cycle: Cycle) -> None:
    make_activity(cycle, points="41.5")
    (found,) = standing.standings(cycle.certification.member, TODAY)
    assert (found.counted, found.progress_value) == (Decimal("41.5"), Decimal(30))


@pytest.mark.django_db
def test_a_lapsed_certification_takes_no_records(cycle: Cycle) -> None:
    Certification.objects.update(status="lapsed")
    (found,) = standing.standings(cycle.certification.member, TODAY)
    assert not found.takes_records
