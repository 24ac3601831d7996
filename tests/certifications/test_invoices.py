"""Renewal invoices: when each opens and why, and the staff's verbs that pay, reverse and void."""

from datetime import date, timedelta

import pytest

from amtportal.refusals import Refused
from certifications import invoices
from certifications.models import Credential, Cycle, Payment, RenewalInvoice
from tests.support.builders import TODAY, invoice_of, make_activity, make_cycle, make_payment, make_user, noon
from tests.support.threads import at_once

DUE = date(2026, 5, 1)
NOTICED = date(2026, 3, 2)  # 60 days before 5/1/2026: 30 of April, 30 back into March
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("year", "mandatory", "met_on", "gate", "opens_on"),
    [
        pytest.param(1, True, None, "none", NOTICED, id="year 1 opens 60 days before it is due"),
        pytest.param(2, True, None, "none", NOTICED, id="year 2 too"),
        pytest.param(2, True, date(2026, 4, 20), "none", NOTICED, id="year 2 whenever the requirement is met"),
        pytest.param(3, True, None, "unmet", None, id="year 3 does not open while the requirement is unmet"),
        pytest.param(3, True, date(2024, 1, 1), "met", NOTICED, id="year 3, met long before: 60 days before"),
        pytest.param(3, True, date(2026, 2, 28), "met", NOTICED, id="year 3, met 61 days before (the day after: 60)"),
        pytest.param(3, True, date(2026, 3, 1), "met", NOTICED, id="year 3, met on the day before the notice"),
        pytest.param(3, True, date(2026, 3, 2), "met", date(2026, 3, 3), id="year 3, met on the day of the notice"),
        pytest.param(3, True, date(2026, 4, 20), "met", date(2026, 4, 21), id="year 3, met late: the day after"),
        pytest.param(3, True, date(2026, 4, 30), "met", date(2026, 5, 1), id="year 3, met on the cycle's last day"),
        pytest.param(3, True, date(2026, 6, 1), "met", date(2026, 6, 2), id="year 3, met in the grace period"),
        pytest.param(3, False, None, "none", NOTICED, id="voluntary: year 3 opens like the others"),
        pytest.param(3, False, date(2026, 4, 20), "none", NOTICED, id="voluntary and met: the same"),
    ],
)
def test_when_an_invoice_opens(
    year: int, mandatory: bool, met_on: date | None, gate: str, opens_on: date | None
) -> None:
    found = invoices.opening(due_on=DUE, year=year, mandatory=mandatory, met_on=met_on)
    assert (found.gate, found.opens_on) == (gate, opens_on)
    assert found.waits_for_requirement is (opens_on is not None and opens_on > NOTICED)


@pytest.mark.parametrize(
    ("due_on", "met_on", "opens_on"),
    [
        pytest.param(date(2028, 4, 10), date(2028, 2, 28), date(2028, 2, 29), id="the day after is 29 February"),
        pytest.param(date(2028, 4, 10), date(2028, 2, 29), date(2028, 3, 1), id="met on 29 February"),
        pytest.param(date(2027, 4, 10), date(2027, 2, 28), date(2027, 3, 1), id="28 February of a common year"),
        pytest.param(date(2026, 4, 10), date(2026, 3, 7), date(2026, 3, 8), id="the short day in March"),
        pytest.param(date(2026, 11, 20), date(2026, 10, 31), date(2026, 11, 1), id="the long day in November"),
        pytest.param(date(2027, 1, 20), date(2026, 12, 31), date(2027, 1, 1), id="new year"),
    ],
)
def test_the_day_after_is_the_next_day_of_the_calendar(due_on: date, met_on: date, opens_on: date) -> None:
    assert invoices.opening(due_on=due_on, year=3, mandatory=True, met_on=met_on).opens_on == opens_on


@pytest.mark.parametrize(
    ("status", "opens_on", "on", "state"),
    [
        pytest.param("issued", None, TODAY, "locked", id="opens on no known day"),
        pytest.param("issued", TODAY, TODAY - DAY, "upcoming", id="day before it opens"),
        pytest.param("issued", TODAY, TODAY, "open", id="day on which it opens"),
        pytest.param("issued", TODAY, TODAY + DAY, "open", id="day after"),
        pytest.param("paid", None, TODAY, "paid", id="paid stays paid, even where it would lock again"),
        pytest.param("void", TODAY, TODAY, "void", id="void"),
    ],
)
def test_the_state_is_read_from_the_day(status: str, opens_on: date | None, on: date, state: str) -> None:
    assert invoices.state(status=status, opens_on=opens_on, on=on) == state


@pytest.mark.parametrize(
    ("state", "on", "overdue"),
    [
        pytest.param("open", DUE, False, id="on the day it is due"),
        pytest.param("open", DUE + DAY, True, id="day after"),
        pytest.param("locked", DUE + DAY, False, id="what is locked is not overdue"),
        pytest.param("paid", DUE + DAY, False, id="nor what is paid"),
    ],
)
def test_an_open_invoice_is_overdue_after_its_day(state: invoices.State, on: date, overdue: bool) -> None:
    assert invoices.is_overdue(state, DUE, on) is overdue


@pytest.mark.parametrize(
    ("on", "year"),
    [
        pytest.param(date(2023, 5, 1), 1, id="first day"),
        pytest.param(date(2024, 4, 30), 1, id="last day of year 1"),
        pytest.param(date(2024, 5, 1), 2, id="first day of year 2"),
        pytest.param(date(2025, 4, 30), 2, id="last day of year 2"),
        pytest.param(date(2025, 5, 1), 3, id="first day of year 3"),
        pytest.param(date(2026, 5, 1), 3, id="past the end: still year 3"),
    ],
)
def test_the_year_of_the_cycle_in_which_a_day_lies(on: date, year: int) -> None:
    assert invoices.year_of_cycle(date(2023, 5, 1), 1, on) == year


def test_invoices_of_29_february_fall_due_on_28_february_in_common_years() -> None:
    due = [invoices.due_on(date(2024, 2, 29), cycle_number, year) for cycle_number in (1, 2) for year in (1, 2, 3)]
    assert due[:4] == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]


@pytest.fixture
def cycle(db: None) -> Cycle:
    """RMA in the last year of 5/1/2023 to 4/30/2026, with nothing recorded.

    Years 1 and 2 are open, and year 3 is locked.
    """
    return make_cycle()


@pytest.fixture
def open_invoice(cycle: Cycle) -> RenewalInvoice:
    """Year 3 of a cycle whose requirement was met yesterday, so it has been open since today."""
    make_activity(cycle, points="30", at=noon(TODAY - DAY))
    return invoice_of(cycle)


def test_a_payment_makes_an_open_invoice_paid(open_invoice: RenewalInvoice) -> None:
    clerk = make_user(is_staff=True)
    payment = make_payment(open_invoice, by=clerk, method="money-order", reference="77", received_on=TODAY - DAY)
    assert (payment.amount, payment.method, payment.reference) == (6000, "money-order", "77")
    assert (payment.recorded_by, payment.recorded_at) == (clerk, noon(TODAY))
    open_invoice.refresh_from_db()
    assert invoices.state_of(open_invoice, TODAY) == "paid"


@pytest.mark.parametrize("year", [1, 2])
def test_the_invoices_of_years_1_and_2_are_paid_without_any_points(cycle: Cycle, year: int) -> None:
    make_payment(invoice_of(cycle, year))
    assert invoice_of(cycle, year).status == "paid"


def test_the_last_invoice_cannot_be_paid_while_the_requirement_is_unmet(cycle: Cycle) -> None:
    with pytest.raises(Refused, match="locked until the day after the CCP requirement is met"):
        make_payment(invoice_of(cycle))
    assert not Payment.objects.exists()


def test_the_last_invoice_of_a_cycle_that_was_closed_unmet_is_never_paid(cycle: Cycle) -> None:
    closed_on = cycle.ends_on + 91 * DAY
    Cycle.objects.update(closed_on=closed_on, outcome="non-compliant", points_at_close=0)
    with pytest.raises(Refused, match="was closed on Jul 30, 2026, and stays locked"):
        make_payment(invoice_of(cycle), at=noon(closed_on))
    assert not Payment.objects.exists()


def test_the_last_invoice_cannot_be_paid_on_the_day_the_requirement_was_met(cycle: Cycle) -> None:
    make_activity(cycle, points="30")
    with pytest.raises(Refused, match="opens on Mar 15, 2026"):
        make_payment(invoice_of(cycle))
    make_payment(invoice_of(cycle), at=noon(TODAY + DAY))
    assert invoice_of(cycle).status == "paid"


def test_the_last_invoice_of_a_voluntary_certification_is_paid_without_any_points(db: None) -> None:
    cycle = make_cycle(ccp_mandatory=False)
    make_payment(invoice_of(cycle))
    assert invoice_of(cycle).status == "paid"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        pytest.param({"amount": 5999}, "is for \\$60.00", id="a cent too little"),
        pytest.param({"amount": 6001}, "is for \\$60.00", id="a cent too much"),
        pytest.param({"received_on": TODAY + DAY}, "cannot be received in the future", id="received tomorrow"),
    ],
)
def test_a_payment_of_wrong_values_is_refused(open_invoice: RenewalInvoice, wrong: dict, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        make_payment(open_invoice, **wrong)
    assert not Payment.objects.exists()
    assert invoice_of(open_invoice.cycle).status == "issued"


def test_a_paid_invoice_is_not_paid_again(open_invoice: RenewalInvoice) -> None:
    make_payment(open_invoice)
    with pytest.raises(Refused, match="already paid"):
        make_payment(open_invoice)
    assert Payment.objects.count() == 1


def test_a_reversed_payment_stays_on_record_and_the_invoice_is_unpaid(open_invoice: RenewalInvoice) -> None:
    payment, clerk = make_payment(open_invoice), make_user(is_staff=True)
    invoices.reverse_payment(payment=payment, reason="The bank returned the check.", by=clerk, at=noon(TODAY))
    payment.refresh_from_db()
    assert (payment.reversed_by, payment.reversal_reason) == (clerk, "The bank returned the check.")
    assert invoices.state_of(invoice_of(open_invoice.cycle), TODAY) == "open"
    make_payment(open_invoice)
    assert Payment.objects.count() == 2


def test_a_payment_is_reversed_once(open_invoice: RenewalInvoice) -> None:
    """The second reversal finds the first and changes nothing.

    It does not touch the payment that came in between either.
    """
    payment, clerk = make_payment(open_invoice), make_user(is_staff=True)
    invoices.reverse_payment(payment=payment, reason="Wrong member.", by=clerk, at=noon(TODAY))
    make_payment(open_invoice)
    invoices.reverse_payment(payment=payment, reason="Again.", by=clerk, at=noon(TODAY + DAY))
    payment.refresh_from_db()
    assert payment.reversal_reason == "Wrong member."
    assert invoice_of(open_invoice.cycle).status == "paid"


def test_a_reversal_needs_a_reason(open_invoice: RenewalInvoice) -> None:
    payment = make_payment(open_invoice)
    with pytest.raises(Refused, match="Say why"):
        invoices.reverse_payment(payment=payment, reason="  ", by=make_user(), at=noon(TODAY))
    assert invoice_of(open_invoice.cycle).status == "paid"


def test_a_void_invoice_can_neither_be_paid_nor_stands_in_the_way_of_another(cycle: Cycle) -> None:
    voided = invoices.void(invoice=invoice_of(cycle, 2), reason="Issued with the wrong fee.")
    assert (voided.status, voided.void_reason) == ("void", "Issued with the wrong fee.")
    with pytest.raises(Refused, match="is void"):
        make_payment(voided)
    RenewalInvoice.objects.create(cycle=cycle, year=2, due_on=voided.due_on, amount=4500, issued_on=TODAY)
    assert invoice_of(cycle, 2).amount == 4500


def test_voiding_twice_keeps_the_first_reason(cycle: Cycle) -> None:
    invoices.void(invoice=invoice_of(cycle), reason="First.")
    voided = RenewalInvoice.objects.get(cycle=cycle, year=3)
    assert invoices.void(invoice=voided, reason="Second.").void_reason == "First."


def test_a_paid_invoice_is_not_voided(open_invoice: RenewalInvoice) -> None:
    make_payment(open_invoice)
    with pytest.raises(Refused, match="Reverse the payment"):
        invoices.void(invoice=open_invoice, reason="Mistake.")
    assert invoice_of(open_invoice.cycle).status == "paid"


def test_voiding_needs_a_reason(cycle: Cycle) -> None:
    with pytest.raises(Refused, match="Say why"):
        invoices.void(invoice=invoice_of(cycle), reason=" ")
    assert invoice_of(cycle).status == "issued"


def test_a_void_invoice_is_issued_anew_once_with_the_fee_of_today(cycle: Cycle) -> None:
    void = invoices.void(invoice=invoice_of(cycle), reason="Wrong fee.")
    Credential.objects.filter(pk=cycle.certification.credential_id).update(annual_fee=6000)
    reissued = invoices.reissue(invoice=void, at=noon(TODAY))
    assert (reissued.year, reissued.due_on, reissued.amount, reissued.issued_on) == (3, void.due_on, 6000, TODAY)
    assert invoices.reissue(invoice=void, at=noon(TODAY)) == reissued
    assert invoice_of(cycle) == reissued


def test_an_invoice_that_stands_is_not_issued_anew(cycle: Cycle) -> None:
    with pytest.raises(Refused, match="Void it first"):
        invoices.reissue(invoice=invoice_of(cycle), at=noon(TODAY))
    assert RenewalInvoice.objects.filter(cycle=cycle).count() == 3


def _outcome(**payment: object) -> str:
    try:
        make_payment(**payment)
    except Refused as refused:
        return str(refused)
    return "paid"


@pytest.mark.django_db(transaction=True)
def test_eight_clerks_who_record_the_same_check_at_once_are_paid_once() -> None:
    cycle, clerk = make_cycle(), make_user(is_staff=True)
    invoice = invoice_of(cycle, 1)
    outcomes = at_once(*[lambda: _outcome(invoice=invoice, by=clerk)] * 8)
    assert outcomes.count("paid") == 1
    assert set(outcomes) == {
        "paid",
        f"{invoice.number} is already paid. To fix a wrong payment, reverse it first.",
    }
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("opens_on", "by"),
    [
        pytest.param(date(2026, 3, 2), date(2026, 5, 1), id="60 days before it is due"),
        pytest.param(date(2026, 5, 1), date(2026, 5, 1), id="on the day it is due"),
        pytest.param(date(2026, 5, 2), date(2026, 7, 29), id="the day after: by the end of the grace period"),
        pytest.param(date(2026, 7, 30), date(2026, 7, 30), id="after the grace period: on that day"),
    ],
)
def test_an_invoice_is_paid_by_its_due_date_unless_it_opens_later(opens_on: date, by: date) -> None:
    assert invoices.pay_by(due_on=date(2026, 5, 1), opens_on=opens_on, grace_ends_on=date(2026, 7, 29)) == by
