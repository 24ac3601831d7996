"""A payment that is reversed after its cycle was closed as compliant.

The tests show what the member and staff are told.
"""

from datetime import date

import pytest
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from ccp.rollover import catching_up, verification
from ccp.rollover import closing as rollover
from ccp.standing import agenda, standing, steps
from certifications import invoices
from certifications.models import Certification, Cycle, Payment, RenewalInvoice
from tests.support.builders import (
    client_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.pages import read, words
from tests.support.staff import make_clerk, page

pytestmark = pytest.mark.django_db

PAID_ON = date(2026, 5, 1)
TODAY = date(2026, 5, 20)


@pytest.fixture
def payment(time_machine: TimeMachineFixture) -> Payment:
    """The payment of year 3 of RMA 5/1/2023 to 4/30/2026, met and paid.

    The cycle closed on 5/1/2026, and cycle 2 is running.
    """
    cycle = make_cycle(make_member())
    make_activity(cycle, points="30")
    clerk = make_user(is_staff=True)
    payments = [
        make_payment(invoice_of(cycle, year), by=clerk, received_on=PAID_ON, at=noon(PAID_ON)) for year in (1, 2, 3)
    ]
    rollover.close_due(at=noon(PAID_ON))
    time_machine.move_to(noon(TODAY), tick=False)
    return payments[-1]


def reverse(payment: Payment) -> RenewalInvoice:
    invoices.reverse_payment(
        payment=payment, reason="The bank returned the check.", by=make_user(is_staff=True), at=noon(TODAY)
    )
    return RenewalInvoice.objects.get(pk=payment.invoice_id)


def member_of(payment: Payment) -> Member:
    return payment.invoice.cycle.certification.member


def told(member: Member, address: str) -> str:
    return words(read(client_of(member).get(address)).main)


def test_the_cycle_stays_closed_and_the_next_one_runs(payment: Payment) -> None:
    member = member_of(payment)
    reverse(payment)
    assert not catching_up.catch_up(member, at=noon(TODAY))
    assert list(Cycle.objects.order_by("number").values_list("outcome", "closed_on")) == [
        ("compliant", PAID_ON),
        ("", None),
    ]
    assert [cycle.number for cycle in catching_up.open_for_records(member, at=noon(TODAY))] == [2]


def test_verification_finds_nothing_wrong_with_it(payment: Payment) -> None:
    reverse(payment)
    tally = verification.VerificationTally()
    assert [found for batch in verification.verify(Cycle.objects.all(), tally) for found in batch] == []


def test_voluntary_when_it_was_closed_its_invoice_waits_for_no_points_ever(time_machine: TimeMachineFixture) -> None:
    """Nothing is recorded, and CCP has become mandatory since."""
    cycle = make_cycle(make_member(), ccp_mandatory=False)
    payments = [make_payment(invoice_of(cycle, year), received_on=PAID_ON, at=noon(PAID_ON)) for year in (1, 2, 3)]
    rollover.close_due(at=noon(PAID_ON))
    Certification.objects.update(ccp_mandatory=True)
    time_machine.move_to(noon(TODAY), tick=False)
    invoice = reverse(payments[-1])
    assert invoices.state_of(invoice, TODAY) == "open"
    assert list(invoices.in_state(RenewalInvoice.objects.all(), "open", TODAY).filter(cycle=cycle)) == [invoice]
    assert not invoices.in_state(RenewalInvoice.objects.all(), "locked", TODAY).filter(cycle=cycle).exists()


@pytest.mark.parametrize("address", ["/", "/certifications/"])
def test_the_first_step_of_the_member_is_to_pay_again(payment: Payment, address: str) -> None:
    invoice = reverse(payment)
    said = told(member_of(payment), address)
    assert (
        "Pay the year-3 fee, $60 due since May 1: the payment on record was reversed; its cycle stays closed"
    ) in said
    first = steps.steps_of(standing.standings(member_of(payment), TODAY)[0])[0]
    assert (first.action, first.invoice) == ("pay", invoice)


def test_it_is_overdue_from_the_day_after_it_was_due(payment: Payment) -> None:
    """The invoice was due on 5/1/2026, the day on which it was paid the first time."""
    reverse(payment)
    for on, state in ((PAID_ON, "to-do"), (date(2026, 5, 2), "overdue")):
        assert agenda.agenda_of(standing.standings(member_of(payment), on)[0])[0].state == state


@pytest.mark.parametrize("address", ["/", "/certifications/"])
def test_while_the_payment_stands_nothing_is_said_of_it(payment: Payment, address: str) -> None:
    said = told(member_of(payment), address)
    assert "was reversed" not in said
    assert payment.invoice.number not in said


def test_paid_again_it_is_no_step_any_more(payment: Payment) -> None:
    make_payment(reverse(payment), received_on=TODAY, at=noon(TODAY))
    assert standing.standings(member_of(payment), TODAY)[0].reopened == []


def test_the_invoice_says_that_it_is_open_and_that_the_cycle_stays_closed(payment: Payment) -> None:
    invoice = reverse(payment)
    said = told(member_of(payment), f"/invoices/{invoice.pk}/")
    assert "The payment on record was reversed, so this invoice must be paid again." in said
    assert "The CCP cycle it belongs to stays closed." in said
    assert "This invoice was due on May 1, 2026." in said
    [row] = [
        row
        for row in read(client_of(member_of(payment)).get("/invoices/")).select("main tbody tr")
        if invoice.number in words(row)
    ]
    assert "Open, overdue" in words(row)


def test_a_reversal_in_a_running_cycle_says_nothing_of_a_closed_one(time_machine: TimeMachineFixture) -> None:
    """RMA 9/1/2023 to 8/31/2026."""
    time_machine.move_to(noon(TODAY), tick=False)
    cycle = make_cycle(make_member(), awarded_on=date(2023, 9, 1))
    payment = make_payment(invoice_of(cycle, 1))
    invoice = reverse(payment)
    said = told(member_of(payment), f"/invoices/{invoice.pk}/")
    assert "The payment on record was reversed" in said
    assert "stays closed" not in said
    assert standing.standings(member_of(payment), TODAY)[0].reopened == []


def test_an_unpaid_invoice_of_a_cycle_closed_as_non_compliant_is_not_asked_for_again() -> None:
    """Nothing was paid there, so nothing was taken back."""
    cycle = make_cycle(make_member())
    rollover.close_due(at=noon(date(2026, 7, 30)))
    [found] = standing.standings(cycle.certification.member, date(2026, 8, 1))
    assert found.reopened == []


@pytest.fixture
def desk() -> User:
    return make_clerk("view_payment", "reverse_payment")


@pytest.mark.ignore_template_errors
def test_staff_read_beforehand_that_the_cycle_stays_closed(payment: Payment, desk: User) -> None:
    said = client_of(desk).get(page(Payment, "reverse", payment.pk)).text
    assert f"{payment.invoice.number} is then unpaid again. This sends no money back." in said
    assert "The cycle May 1, 2023 to Apr 30, 2026 was closed on May 1, 2026 and stays closed as it was." in said
    assert "The member continues as before, and is asked to pay this invoice." in said


def test_of_a_cycle_that_is_not_closed_staff_read_only_that_it_is_unpaid_again(met: Member) -> None:
    invoice = RenewalInvoice.objects.select_related("cycle").get(year=1)
    assert invoices.meaning_of_reversal(invoice) == (
        f"{invoice.number} is then unpaid again. This sends no money back."
    )
