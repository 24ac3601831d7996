"""Where a member stands: which cycle and invoice are shown, and the points by category."""

from datetime import date
from decimal import Decimal

import pytest

from amtportal.members.models import Member
from ccp.standing import standing
from certifications.models import Certification, Cycle
from tests.support.builders import TODAY, invoice_of, make_activity, make_cycle, make_member, make_payment


@pytest.fixture
def cycle(db: None) -> Cycle:
    """RMA 5/1/2023 to 4/30/2026; the invoices of years 1 and 2 are paid."""
    cycle = make_cycle()
    for year in (1, 2):
        make_payment(invoice_of(cycle, year))
    return cycle


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
