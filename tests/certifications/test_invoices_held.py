"""Unpaid invoices for which nothing is asked.

They belong to certifications that are not in force, or to cycles closed as non-compliant.
"""

from datetime import date

import pytest
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from ccp.standing import agenda, calendar, standing
from certifications import life
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_payment,
    make_user,
    noon,
)
from tests.support.pages import certification_figures, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

LAPSED = date(2026, 8, 5)
INVITING = ("Pay it now", "How to pay", "opens the day after", "Ready to pay", "Overdue", "overdue", "When CCP is met")


@pytest.fixture
def member() -> Member:
    """RMA 5/1/2023 to 4/30/2026 with 27 of 30 points.

    Year 1 is paid, year 2 is overdue, and year 3 is locked.
    """
    cycle = make_cycle()
    make_activity(cycle, points="27")
    make_payment(invoice_of(cycle, 1))
    return cycle.certification.member


def change(member: Member, to: str, on: date = TODAY) -> None:
    certification = cycle_of(member).certification
    life.change_status(
        certification=certification, to=to, reason="Because it is so.", by=make_user(is_staff=True), at=noon(on)
    )


def told(member: Member, address: str) -> str:
    return words(read(client_of(member).get(address)).main)


@pytest.fixture(params=["lapsed", "retired", "revoked"])
def out_of_force(request: pytest.FixtureRequest, member: Member, on_today: TimeMachineFixture) -> Member:
    """It lapsed when the grace period ended on 7/29/2026, or is retired or revoked today.

    The requirement is not met.
    """
    if request.param == "lapsed":
        on_today.move_to(noon(LAPSED))
    else:
        change(member, request.param)
    return member


@pytest.mark.parametrize("year", [2, 3])
def test_out_of_force_an_invoice_does_not_open_and_says_so(out_of_force: Member, year: int) -> None:
    client = client_of(out_of_force)
    client.get("/")  # this closes what is due
    cycle = cycle_of(out_of_force)
    status = cycle.certification.status
    address = f"/invoices/{invoice_of(cycle, year).pk}"
    said = words(read(client.get(f"{address}/")).main)
    reason = f"Locked: this certification is {status}, so the invoice does not open. Call AMT if you have a question."
    assert reason in said
    assert "There is nothing to pay now" in said
    assert not [inviting for inviting in INVITING if inviting in said]
    assert reason in words(read(client.get(f"{address}.pdf"), status=403).main)


@pytest.mark.parametrize("address", ["/", "/certifications/", "/invoices/"])
def test_no_page_invites_to_pay_it(out_of_force: Member, address: str) -> None:
    said = told(out_of_force, address)
    assert "Locked" in said or address == "/"
    assert not [inviting for inviting in INVITING if inviting in said]


def test_it_is_no_task_and_no_day_of_the_calendar(out_of_force: Member) -> None:
    client = client_of(out_of_force)
    [found] = certification_figures(client).values()
    assert (found["invoice-status"], "invoice-opens" in found) == ("locked", False)
    on = date(2026, 8, 6)
    [stands] = standing.standings(out_of_force, on)
    assert [item.action for item in agenda.agenda_of(stands)] == [""]
    assert calendar.of_standings([stands], otherwise=noon(on)) == []


def test_staff_are_told_what_the_member_sees(out_of_force: Member) -> None:
    """Year 2 can still be paid if the member is to be reinstated.

    No points can open year 3 any longer.
    """
    cycle = cycle_of(out_of_force)
    client_of(out_of_force).get("/")  # this closes what is due
    cycle.certification.refresh_from_db()
    staff = client_of(make_user(is_staff=True, is_superuser=True))
    held = f"The certification is {cycle.certification.status}: the member sees it locked, with a request to call AMT."
    said = {}
    for year in (1, 2, 3):
        address = f"/admin/certifications/renewalinvoice/{invoice_of(cycle, year).pk}/change/"
        said[year] = words(read(staff.get(address)).select_one(".field-why .readonly"))
    assert said == {1: "A payment is on record.", 2: f"Since Mar 2, 2025, 60 days before it is due. {held}", 3: held}


def test_what_was_paid_stays_paid(out_of_force: Member) -> None:
    said = told(out_of_force, f"/invoices/{invoice_of(cycle_of(out_of_force), 1).pk}/")
    assert "This invoice is paid. Nothing more is due." in said


def test_in_force_again_it_is_as_before(member: Member) -> None:
    """The certification was retired by mistake, in a cycle that is not closed."""
    change(member, "retired")
    change(member, "reinstated")
    cycle = cycle_of(member)
    assert "Pay it now to keep your certification current." in told(member, f"/invoices/{invoice_of(cycle, 2).pk}/")
    assert "The invoice opens the day after" in told(member, f"/invoices/{invoice_of(cycle).pk}/")


@pytest.mark.parametrize("year", [2, 3])
def test_reinstated_the_invoices_of_the_closed_cycle_do_not_open(
    on_today: TimeMachineFixture, member: Member, year: int
) -> None:
    """The certification lapsed on 8/5/2026 and was reinstated in the next cycle.

    The invoices of that cycle are asked for in their time.
    """
    on_today.move_to(noon(LAPSED))
    client_of(member).get("/")
    change(member, "reinstated", LAPSED)
    closed = Cycle.objects.get(outcome="non-compliant")
    said = told(member, f"/invoices/{invoice_of(closed, year).pk}/")
    assert "Locked: the CCP cycle of this invoice is closed, so the invoice does not open. Call AMT" in said
    assert not [inviting for inviting in INVITING[:2] if inviting in said]
    assert "Upcoming" in told(member, "/invoices/")
