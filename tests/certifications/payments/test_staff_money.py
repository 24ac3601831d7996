"""The staff pages of money: refund, apply, explain, what waits, and settlements."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client

from amtportal.members.models import Member
from certifications.models import Payment, RenewalInvoice
from certifications.payments import checkout, refunds
from certifications.payments import provider as adapter
from certifications.payments.models import Refund, Settlement, SettlementLine, UnappliedMoney
from tests.support.builders import TODAY, client_of, cycle_of, invoice_of, make_payment, make_user, noon
from tests.support.payment_provider import Provider
from tests.support.staff import make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]

LOOK = "/admin/payments/unappliedmoney/look/"
REASON = {"reason": "Paid twice."}


@pytest.fixture
def desk() -> Client:
    return client_of(make_user(email="kim@amt.example", is_staff=True, is_superuser=True))


@pytest.fixture
def invoice(met: Member) -> RenewalInvoice:
    return invoice_of(cycle_of(met))


def pay(provider: Provider, invoice: RenewalInvoice, *, after_a_check: bool = False) -> None:
    member = invoice.cycle.certification.member
    session = checkout.start(invoice=invoice, by=member.user, at=noon(TODAY), language="en")
    provider.pay(session.id)
    if after_a_check:
        make_payment(invoice)
    checkout.apply_session(adapter.session(session.id), at=noon(TODAY))


@pytest.fixture
def payment(provider: Provider, invoice: RenewalInvoice) -> Payment:
    pay(provider, invoice)
    return Payment.objects.get()


@pytest.fixture
def duplicate(provider: Provider, invoice: RenewalInvoice) -> UnappliedMoney:
    pay(provider, invoice, after_a_check=True)
    return UnappliedMoney.objects.get()


def links(desk: Client, record: object) -> list[str]:
    soup = BeautifulSoup(desk.get(page(type(record), "change", record.pk)).text, "html.parser")  # type: ignore[attr-defined]
    return [link.text for link in soup.select(".object-tools a")]


def waits(desk: Client) -> list[str]:
    """Return what *Money to look at* shows, row by row."""
    soup = BeautifulSoup(desk.get(LOOK).text, "html.parser")
    return [" ".join(row.get_text(" ").split()) for row in soup.select("#content-main tr")]


def test_staff_are_told_before_they_refund(desk: Client, payment: Payment) -> None:
    assert "Refund" in links(desk, payment)
    said = desk.get(page(Payment, "refund", payment.pk)).text
    assert "AMT’s fees are not refundable as a rule." in said
    assert f"{payment.invoice.number} is then unpaid again." in said
    done = submit(desk, page(Payment, "refund", payment.pk), **REASON)
    assert told(desk, done) == "Refunded $50.00: Paid twice."
    assert "Refund" not in links(desk, Payment.objects.get())
    again = desk.post(page(Payment, "refund", payment.pk), REASON)
    assert told(desk, again) == "The refund is given, once."
    assert Refund.objects.count() == 1


def test_a_refund_without_a_reason_is_not_given(desk: Client, payment: Payment) -> None:
    said = desk.post(page(Payment, "refund", payment.pk), {"reason": ""}).text
    assert "Say why: the reason stays on record." in said
    assert not Refund.objects.exists()


def test_a_refund_that_nobody_answers_says_so(desk: Client, provider: Provider, payment: Payment) -> None:
    provider.fault("500")
    done = submit(desk, page(Payment, "refund", payment.pk), **REASON)
    assert "is on record and is asked for again" in told(desk, done)
    assert waits(desk) == [
        f"$50.00 for {payment.invoice.number} Asked for on Mar 14, 2026, 12:00 PM; the provider has not answered yet."
    ]


def test_what_the_provider_refuses_is_said_and_what_was_typed_stays(
    desk: Client, provider: Provider, payment: Payment, settings: Any
) -> None:
    settings.PAYMENT_SECRET_KEY = "sk_test_somebody_else"
    said = desk.post(page(Payment, "refund", payment.pk), REASON).text
    assert "The payment provider refuses the refund" in said
    assert 'value="Paid twice."' in said
    assert waits(desk) != []


def test_a_clerk_who_may_not_refund_has_no_button(payment: Payment) -> None:
    clerk = client_of(make_clerk("view_payment", "reverse_payment"))
    assert links(clerk, payment) == ["Reverse payment", "History"]


def test_a_duplicate_is_refunded_and_the_invoice_stays_paid(
    desk: Client, duplicate: UnappliedMoney, invoice: RenewalInvoice
) -> None:
    assert links(desk, duplicate)[:3] == ["Refund", "Apply to an invoice", "Explain"]
    assert waits(desk) == [f"$50.00 on Mar 14, 2026, 12:00 PM The invoice was paid already, {invoice.number}."]
    done = submit(desk, page(UnappliedMoney, "refund", duplicate.pk), **REASON)
    assert told(desk, done) == "Refunded $50.00: Paid twice."
    assert RenewalInvoice.objects.get(pk=invoice.pk).status == "paid"
    assert waits(desk) == []
    assert links(desk, UnappliedMoney.objects.get()) == ["History"]


def test_unapplied_money_is_applied_by_the_invoices_number(
    desk: Client, duplicate: UnappliedMoney, met: Member
) -> None:
    other = invoice_of(cycle_of(met), year=2)
    RenewalInvoice.objects.filter(pk=other.pk).update(due_on=TODAY + timedelta(days=9))
    address = page(UnappliedMoney, "apply", duplicate.pk)
    assert "There is no invoice INV-77." in submit(desk, address, invoice="INV-77").text
    assert "is already paid" in submit(desk, address, invoice=duplicate.checkout.invoice.number).text  # type: ignore[union-attr]
    done = submit(desk, address, invoice=other.number)
    assert told(desk, done) == f"Applied $50.00: {other.number} is paid."
    assert told(desk, desk.post(address, {"invoice": other.number})) == f"The money is applied to {other.number}, once."


def test_unapplied_money_is_explained(desk: Client, duplicate: UnappliedMoney) -> None:
    address = page(UnappliedMoney, "explain", duplicate.pk)
    assert told(desk, submit(desk, address, **REASON)) == "Explained $50.00: Paid twice."
    assert told(desk, desk.post(address, REASON)) == "The money is explained, once."
    assert "resolved already" in desk.post(address, {"reason": "Another."}).text


def test_what_waits_is_on_one_page(desk: Client, provider: Provider, payment: Payment) -> None:
    name = provider.account.open_dispute(payment.charge_id or "")
    provider.deliver(Client(), "/payments/webhook/")
    Settlement.objects.create(day=TODAY, reconciled_at=noon(TODAY), differences="txn_1 has no payment.\ntxn_2 too.")
    assert waits(desk) == [
        f"$50.00 for {payment.invoice.number} "
        "Fraudulent: needs response since Mar 14, 2026, 12:00 PM. Answer it at the provider.",
        "Settlement of 2026-03-14 txn_1 has no payment. txn_2 too.",
    ]
    assert "Money to look at" in desk.get("/admin/").text
    assert f"The payer’s bank asks it back: fraudulent ({name})." in desk.get(page(Payment, "change", payment.pk)).text
    disputed = desk.get(page(Payment), {"disputed": "yes"}).context["cl"].result_list
    assert list(disputed) == [payment]


def test_a_day_that_differs_is_explained(desk: Client) -> None:
    day = Settlement.objects.create(day=TODAY, reconciled_at=noon(TODAY), differences="txn_1 has no payment.")
    assert links(desk, day) == ["Explain", "History"]
    address = page(Settlement, "explain", day.pk)
    assert "Say why" in desk.post(address, {"reason": ""}).text
    done = submit(desk, address, reason="A part was refunded.")
    assert told(desk, done) == "Explained the settlement of Mar 14, 2026: A part was refunded."
    assert waits(desk) == []
    assert links(desk, day) == ["History"]
    again = desk.post(address, {"reason": "A part was refunded."})
    assert told(desk, again) == "The settlement is explained, once."
    assert "This was explained already: A part was refunded." in desk.post(address, {"reason": "Another."}).text
    assert list(desk.get(page(Settlement), {"differences": "explained"}).context["cl"].result_list) == [day]
    assert not desk.get(page(Settlement), {"differences": "yes"}).context["cl"].result_list


def test_a_failed_refund_that_amt_made_good_by_check_is_explained(
    desk: Client, provider: Provider, payment: Payment
) -> None:
    submit(desk, page(Payment, "refund", payment.pk), **REASON)
    refund = Refund.objects.get()
    assert links(desk, refund) == ["History"], "nothing is to be explained"
    assert "Only the refund of a payment that failed" in desk.post(page(Refund, "explain", refund.pk), REASON).text
    provider.account.finish_refund(refund.refund_id, failed=True)
    refunds.apply_state(adapter.refund_state(refund.refund_id), at=noon(TODAY))
    assert len(waits(desk)) == 1
    done = submit(desk, page(Refund, "explain", refund.pk), reason="Check 77 was sent.")
    assert told(desk, done) == "Explained the refund of $50.00: Check 77 was sent."
    assert waits(desk) == []
    assert "Check 77 was sent." in desk.get(page(RenewalInvoice, "change", payment.invoice_id)).text


def test_a_clerk_without_the_permission_cannot_explain(desk: Client) -> None:
    day = Settlement.objects.create(day=TODAY, reconciled_at=noon(TODAY), differences="txn_1 has no payment.")
    assert links(client_of(make_clerk("view_settlement")), day) == ["History"]


def test_an_invoice_tells_its_whole_story(desk: Client, duplicate: UnappliedMoney, invoice: RenewalInvoice) -> None:
    submit(desk, page(UnappliedMoney, "refund", duplicate.pk), **REASON)
    said = BeautifulSoup(desk.get(page(RenewalInvoice, "change", invoice.pk)).text, "html.parser")
    story = " ".join(said.select_one(".field-story .readonly").get_text(" ").split())  # type: ignore[union-attr]
    for part in (
        f"{invoice.cycle.certification.member.user} began to pay $50.00 online.",
        "Payment of $50.00, check, recorded by",
        "$50.00 came that the invoice could not take: the invoice was paid already.",
        "Refund of $50.00 asked for by kim@amt.example: Paid twice.",
        "$50.00 refunded by kim@amt.example: Paid twice.",
    ):
        assert part in story


def test_settlements_are_a_page_and_a_file_by_day(desk: Client, provider: Provider, payment: Payment) -> None:
    """$50.00 less $1.75 are $48.25, on the bank's account two days later."""
    payout = provider.account.make_payout()
    call_command("reconcile_payments", f"--day={TODAY}")
    said = desk.get(page(Settlement)).text
    assert all(shown in said for shown in ("$50.00", "$1.75", "$48.25", str(payout), "3/16/2026"))
    answer = desk.get(page(Settlement, "csv"))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [
        ["Day", "Gross", "Returned", "Fees", "Net", "Payout", "Deposited on"],
        ["2026-03-14", "50.00", "0.00", "1.75", "48.25", payout, "2026-03-16"],
    ]
    record = desk.get(page(Settlement, "change", Settlement.objects.get().pk)).text
    assert "None: the book and the records agree." in record
    assert payment.charge_id is not None
    assert payment.charge_id in record
    assert list(desk.get(page(SettlementLine), {"q": payment.charge_id}).context["cl"].result_list) == [
        SettlementLine.objects.get(kind="charge")
    ]
