"""Renewal invoices and payments in the admin: how staff find them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from certifications import invoices, life
from certifications.models import Cycle, Payment, RenewalInvoice, StatusChange
from tests.support.builders import (
    TODAY,
    client_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.staff import found, make_clerk, page

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)


@pytest.fixture
def desk() -> Client:
    """Return the browser of staff who may look at invoices and payments."""
    return client_of(make_clerk("view_renewalinvoice", "view_payment"))


@pytest.fixture
def cycle() -> Cycle:
    """RMA of Ann O'Neil in the last year of 5/1/2023 to 4/30/2026."""
    return make_cycle(make_member(amt_id="7001234", first_name="Ann", last_name="O'Neil"))


@pytest.fixture
def invoice(cycle: Cycle) -> RenewalInvoice:
    """Year 1: due on 5/1/2024, unpaid and open."""
    return invoice_of(cycle, year=1)


@pytest.mark.parametrize("words", ["o'neil ann", "7001234"])
def test_invoice_and_payment_are_found_by_the_member(desk: Client, invoice: RenewalInvoice, words: str) -> None:
    make_payment(invoice_of(make_cycle(), year=1))
    payment = make_payment(invoice)
    assert invoice in found(desk, RenewalInvoice, q=words)
    assert len(found(desk, RenewalInvoice, q=words)) == 3
    assert found(desk, Payment, q=words) == [payment]


def test_invoice_and_payment_are_found_by_the_number(desk: Client, invoice: RenewalInvoice) -> None:
    payment = make_payment(invoice)
    assert found(desk, RenewalInvoice, q=invoice.number) == [invoice]
    assert found(desk, Payment, q=invoice.number.lower()) == [payment]


@pytest.mark.parametrize("state", ["locked", "upcoming", "open", "paid", "void"])
def test_invoices_are_filtered_by_the_state_that_their_page_shows(desk: Client, cycle: Cycle, state: str) -> None:
    make_payment(invoice_of(cycle, year=1))
    invoices.void(invoice=invoice_of(cycle, year=2), reason="Issued twice")
    make_cycle(awarded_on=TODAY - 10 * DAY)  # three upcoming ones and a locked one, of years 1 to 3
    make_activity(make_cycle(), points="30", at=noon(TODAY - DAY))
    shown = found(desk, RenewalInvoice, state=state)
    expected = [invoice for invoice in RenewalInvoice.objects.all() if invoices.state_of(invoice, TODAY) == state]
    assert shown
    assert set(shown) == set(expected)
    assert state.capitalize() in desk.get(page(RenewalInvoice, "change", shown[0].pk)).text


@pytest.mark.parametrize(
    ("choice", "days", "is_found"),
    [
        ("30-days", -1, False),
        ("30-days", 0, True),
        ("30-days", 30, True),
        ("30-days", 31, False),
        ("60-days", 60, True),
        ("60-days", 61, False),
        ("past", -1, True),
        ("past", 0, False),
        ("this-year", 0, True),
        ("this-year", 300, False),
    ],
)
def test_invoices_are_filtered_by_the_due_date(
    desk: Client, invoice: RenewalInvoice, choice: str, days: int, is_found: bool
) -> None:
    RenewalInvoice.objects.update(due_on=TODAY + days * DAY)
    assert (invoice in found(desk, RenewalInvoice, due=choice)) is is_found


@pytest.mark.parametrize(
    ("choice", "days_ago", "is_found"),
    [
        ("today", 0, True),
        ("today", 1, False),
        ("7-days", 6, True),
        ("7-days", 7, False),
        ("this-month", 13, True),
        ("this-month", 14, False),
        ("this-year", 72, True),
        ("this-year", 73, False),
    ],
)
def test_payments_are_filtered_by_the_day_of_receipt(
    desk: Client, invoice: RenewalInvoice, choice: str, days_ago: int, is_found: bool
) -> None:
    payment = make_payment(invoice, received_on=TODAY - days_ago * DAY)
    assert (payment in found(desk, Payment, received=choice)) is is_found


def test_payments_are_filtered_by_method_and_by_standing(desk: Client, cycle: Cycle) -> None:
    stands = make_payment(invoice_of(cycle, year=1), method="money-order")
    taken_back = make_payment(invoice_of(cycle, year=2))
    invoices.reverse_payment(payment=taken_back, reason="Bounced", by=make_user(is_staff=True), at=noon(TODAY))
    assert found(desk, Payment, method__exact="money-order") == [stands]
    assert found(desk, Payment, reversed="no") == [stands]
    assert found(desk, Payment, reversed="yes") == [taken_back]


def test_locked_invoice_says_why(desk: Client, cycle: Cycle) -> None:
    text = desk.get(page(RenewalInvoice, "change", invoice_of(cycle).pk)).text
    assert "The CCP requirement is not met" in text
    assert "not before Mar 2, 2026" in text


def test_lists_by_credential_ask_for_the_one_that_their_own_rows_keep(desk: Client, cycle: Cycle) -> None:
    """The address still names the path, and nothing on it is joined to find and count the rows."""
    other = make_cycle(credential="RPT")
    clerk = make_user(is_staff=True)
    life.change_status(certification=other.certification, to="retired", reason="Asked.", by=clerk, at=noon(TODAY))
    desk = client_of(make_clerk("view_renewalinvoice", "view_statuschange"))
    lists = {RenewalInvoice: "cycle__certification__credential", StatusChange: "certification__credential"}
    for model, path_to_it in lists.items():
        chosen = {f"{path_to_it}__id__exact": str(other.certification.credential_id)}
        with CaptureQueriesContext(connection) as captured:
            rows = found(desk, model, **chosen)
        assert rows == list(model.objects.filter(**{path_to_it: other.certification.credential}).order_by("-pk"))
        assert rows, model
        counting = next(query["sql"] for query in captured if "COUNT(" in query["sql"])
        assert "listed_credential_id" in counting
        assert "JOIN" not in counting
        assert found(desk, model, **{f"{path_to_it}__id__exact": "0"}) == []


def test_an_invoice_that_is_issued_again_has_its_credential(invoice: RenewalInvoice) -> None:
    voided = invoices.void(invoice=invoice, reason="Issued twice.")
    again = invoices.reissue(invoice=voided, at=noon(TODAY))
    assert again.listed_credential_id == voided.listed_credential_id == invoice.cycle.certification.credential_id
