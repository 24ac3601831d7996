"""Renewal invoices and payments in the admin: what staff record, void and correct."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client

from amtportal.members.models import User
from certifications import invoices
from certifications.models import Cycle, Payment, RenewalInvoice
from tests.support.builders import (
    TODAY,
    client_of,
    invoice_of,
    make_cycle,
    make_member,
    make_payment,
)
from tests.support.staff import make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
CHECK = {"amount": "60.00", "method": "check", "reference": "1042", "received_on": "2026-03-13"}


@pytest.fixture
def cashier() -> User:
    return make_clerk(
        "view_renewalinvoice",
        "void_invoice",
        "issue_invoice_again",
        "view_payment",
        "record_payment",
        "reverse_payment",
        email="kim@amt.example",
    )


@pytest.fixture
def desk(cashier: User) -> Client:
    """Return the cashier's browser."""
    return client_of(cashier)


@pytest.fixture
def cycle() -> Cycle:
    """RMA of Ann O'Neil in the last year of 5/1/2023 to 4/30/2026.

    Year 3 is locked, and opens once 30 points count.
    """
    return make_cycle(make_member(amt_id="7001234", first_name="Ann", last_name="O'Neil"))


@pytest.fixture
def invoice(cycle: Cycle) -> RenewalInvoice:
    """Year 1: due on 5/1/2024, unpaid and open."""
    return invoice_of(cycle, year=1)


def pay(desk: Client, invoice: RenewalInvoice, **typed: str) -> HttpResponse:
    return submit(desk, page(RenewalInvoice, "pay", invoice.pk), **{**CHECK, **typed})


# Recording a payment


def test_payment_is_recorded_by_the_clerk_who_typed_it(desk: Client, cashier: User, invoice: RenewalInvoice) -> None:
    form = desk.get(page(RenewalInvoice, "pay", invoice.pk)).text
    assert 'value="60.00"' in form
    assert 'value="2026-03-14"' in form
    response = pay(desk, invoice)
    assert response["Location"] == page(RenewalInvoice, "change", invoice.pk)
    payment = Payment.objects.get()
    assert (payment.amount, payment.method, payment.reference) == (6000, "check", "1042")
    assert (payment.received_on, payment.recorded_by) == (TODAY - DAY, cashier)
    assert payment.history.get().history_user == cashier
    assert invoices.state_of(invoice_of(invoice.cycle, year=1), TODAY) == "paid"
    assert LogEntry.objects.get().change_message == f"Recorded $60.00: {invoice.number} is paid."


def test_payment_sent_twice_pays_once(desk: Client, invoice: RenewalInvoice) -> None:
    address = page(RenewalInvoice, "pay", invoice.pk)
    first, second = desk.post(address, CHECK), desk.post(address, CHECK)
    assert (first.status_code, second.status_code) == (302, 302)
    assert "is recorded, once" in told(desk, second)
    assert Payment.objects.count() == 1
    assert LogEntry.objects.count() == 1


def test_second_payment_with_other_values_is_refused(desk: Client, invoice: RenewalInvoice) -> None:
    pay(desk, invoice)
    assert "already paid" in pay(desk, invoice, reference="2000").text
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"amount": "59.99"}, "is for $60.00", id="a cent short"),
        pytest.param({"amount": "6000"}, "is for $60.00", id="cents for dollars"),
        pytest.param({"amount": "fifty"}, "Enter an amount in dollars", id="words"),
        pytest.param({"amount": ""}, "This field is required", id="no amount"),
        pytest.param({"received_on": "2026-03-15"}, "cannot be received in the future", id="tomorrow"),
        pytest.param({"received_on": "2026-02-30"}, "Enter a valid date", id="no such day"),
        pytest.param({"received_on": "0026-11-20"}, "Nov 20, 0026 is in the year 26", id="a picker's year 26"),
        pytest.param({"received_on": "2006-03-13"}, "is too early for an invoice", id="before the award"),
        pytest.param({"method": "barter"}, "Select a valid choice", id="no such method"),
        pytest.param({"reference": "x" * 61}, "at most 60 characters", id="long reference"),
    ],
)
def test_wrong_payment_is_refused_and_stays_in_the_form(
    desk: Client, invoice: RenewalInvoice, typed: dict[str, str], sentence: str
) -> None:
    response = pay(desk, invoice, **{"reference": "No. 7", **typed})
    assert response.status_code == 200
    assert sentence in response.text
    assert "Error: Record a payment" in response.text
    if "reference" not in typed:
        assert 'value="No. 7"' in response.text
    assert not Payment.objects.exists()


def test_a_payment_is_read_without_what_nobody_sees(desk: Client, invoice: RenewalInvoice) -> None:
    pay(desk, invoice, amount="\u200b６0.00\u00a0", reference="10\u200b42\ufeff", received_on="3/13/2026\u200e")
    payment = Payment.objects.get()
    assert (payment.amount, payment.reference, payment.received_on) == (6000, "1042", TODAY - DAY)


def not_open(cycle: Cycle, state: str) -> RenewalInvoice:
    invoice = invoice_of(cycle, year=1)
    if state == "void":
        return invoices.void(invoice=invoice, reason="Issued twice")
    make_payment(invoice)
    return invoice


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("paid", "is already paid"),
        ("void", "is void"),
    ],
)
def test_payment_is_refused_where_the_invoice_is_not_to_be_paid(
    desk: Client, cycle: Cycle, state: str, sentence: str
) -> None:
    invoice = not_open(cycle, state)
    assert "Record a payment" not in desk.get(page(RenewalInvoice, "change", invoice.pk)).text
    before = Payment.objects.count()
    assert sentence in pay(desk, invoice, reference="other").text
    assert Payment.objects.count() == before


# Voiding and putting right


def test_invoice_is_voided_with_a_reason(desk: Client, cashier: User, invoice: RenewalInvoice) -> None:
    address = page(RenewalInvoice, "void", invoice.pk)
    assert "Say why: the reason" in submit(desk, address).text
    response = submit(desk, address, reason="Issued twice")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.void_reason) == ("void", "Issued twice")
    assert invoice.history.first().history_user == cashier
    assert told(desk, response) == f"Voided {invoice.number}: Issued twice"
    assert "is already void" in told(desk, submit(desk, address, reason="Again"))


def test_void_invoice_is_issued_anew(desk: Client, invoice: RenewalInvoice) -> None:
    submit(desk, page(RenewalInvoice, "void", invoice.pk), reason="Wrong fee")
    address = page(RenewalInvoice, "anew", invoice.pk)
    assert "replaces" in told(desk, submit(desk, address))
    assert "replaces" in told(desk, submit(desk, address))
    assert RenewalInvoice.objects.standing().filter(cycle=invoice.cycle, year=invoice.year).count() == 1
    assert (
        "Void it first"
        in submit(
            desk,
            page(
                RenewalInvoice, "anew", RenewalInvoice.objects.standing().get(cycle=invoice.cycle, year=invoice.year).pk
            ),
        ).text
    )


def test_paid_invoice_is_not_voided(desk: Client, invoice: RenewalInvoice) -> None:
    make_payment(invoice)
    assert "Reverse the payment before" in submit(desk, page(RenewalInvoice, "void", invoice.pk), reason="Why not").text


def test_payment_is_reversed_with_a_reason(desk: Client, cashier: User, invoice: RenewalInvoice) -> None:
    payment = make_payment(invoice)
    address = page(Payment, "reverse", payment.pk)
    assert address in desk.get(page(RenewalInvoice, "change", invoice.pk)).text
    assert "Say why: the reason" in submit(desk, address).text
    submit(desk, address, reason="Returned by the bank")
    payment.refresh_from_db()
    assert (payment.reversed_by, payment.reversal_reason) == (cashier, "Returned by the bank")
    assert invoices.state_of(invoice_of(invoice.cycle, year=1), TODAY) == "open"


def test_reversal_sent_again_leaves_a_later_payment_alone(desk: Client, invoice: RenewalInvoice) -> None:
    address = page(Payment, "reverse", make_payment(invoice).pk)
    submit(desk, address, reason="Wrong member")
    pay(desk, invoice)
    assert "was reversed earlier" in told(desk, submit(desk, address, reason="Wrong member"))
    assert invoices.state_of(invoice_of(invoice.cycle, year=1), TODAY) == "paid"


def test_paid_invoice_has_a_receipt(desk: Client, invoice: RenewalInvoice) -> None:
    receipt = f"/invoices/{invoice.pk}.pdf"
    address = page(RenewalInvoice, "change", invoice.pk)
    assert receipt not in desk.get(address).text
    make_payment(invoice)
    assert receipt in desk.get(address).text


# Who may


@pytest.mark.parametrize(
    ("deed", "permission"),
    [
        ("pay", "record_payment"),
        ("void", "void_invoice"),
        ("anew", "issue_invoice_again"),
        ("reverse", "reverse_payment"),
    ],
)
def test_each_deed_needs_its_permission(invoice: RenewalInvoice, deed: str, permission: str) -> None:
    model: Any = RenewalInvoice
    record: Any = invoice
    if deed == "reverse":
        model, record = Payment, make_payment(invoice)
    address = page(model, deed, record.pk)
    view = f"view_{model._meta.model_name}"
    others = {"record_payment", "void_invoice", "issue_invoice_again", "reverse_payment"} - {permission}
    assert client_of(make_clerk(view, permission)).get(address).status_code == 200
    assert client_of(make_clerk(view, *others)).post(address, CHECK).status_code == 403
    assert client_of(make_clerk()).get(address).status_code == 403
    assert client_of(invoice.cycle.certification.member).get(address).status_code == 302
    assert client_of(None).get(address).status_code == 302
    assert client_of(make_clerk(view, permission)).get(page(model, deed, 0)).status_code == 404
