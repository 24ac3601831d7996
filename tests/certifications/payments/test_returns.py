"""Money that goes back: refunds, which AMT gives, and disputes, which a payer's bank starts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from certifications import invoices
from certifications.models import Cycle, Payment, RenewalInvoice
from certifications.payments import checkout, disputes, refunds, resolving, settlements, story
from certifications.payments import provider as adapter
from certifications.payments.models import Checkout, Dispute, Refund, UnappliedMoney
from tests.support.builders import TODAY, client_of, cycle_of, invoice_of, make_payment, make_user, noon
from tests.support.mail import words_of
from tests.support.payment_provider import Provider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

WEBHOOK = "/payments/webhook/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clerk() -> User:
    return make_user(email="kim@amt.example", is_staff=True)


@pytest.fixture
def invoice(met: Member) -> RenewalInvoice:
    return invoice_of(cycle_of(met))


@pytest.fixture
def payment(provider: Provider, met: Member, invoice: RenewalInvoice) -> Payment:
    """The invoice's payment by card."""
    pay(provider, invoice)
    return Payment.objects.get()


@pytest.fixture
def duplicate(provider: Provider, clerk: User, invoice: RenewalInvoice) -> UnappliedMoney:
    """Money for an invoice that a check has paid in the meantime."""
    session_id = open_page(invoice)
    provider.pay(session_id)
    make_payment(invoice, by=clerk)
    checkout.apply_session(adapter.session(session_id), at=noon(TODAY))
    return UnappliedMoney.objects.get()


def open_page(invoice: RenewalInvoice) -> str:
    member = invoice.cycle.certification.member
    return checkout.start(invoice=invoice, by=member.user, at=noon(TODAY), language="en").id


def pay(provider: Provider, invoice: RenewalInvoice, way: str = "card") -> None:
    session_id = open_page(invoice)
    provider.pay(session_id, way)
    checkout.apply_session(adapter.session(session_id), at=noon(TODAY))


def give(money: Payment | UnappliedMoney, by: User, reason: str = "Paid twice.") -> Refund:
    return refunds.give(money=money, reason=reason, by=by, at=noon(TODAY))


def story_of(invoice: RenewalInvoice) -> str:
    return " ".join(sentence for _at, sentence in story.of(invoice))


def status(invoice: RenewalInvoice) -> str:
    return RenewalInvoice.objects.get(pk=invoice.pk).status


# Refunds


def test_a_refund_of_the_payment_that_stands_reverses_it(provider: Provider, payment: Payment, clerk: User) -> None:
    refund = give(payment, clerk, "Charged in error.")
    assert (refund.status, refund.amount, refund.requested_by) == ("succeeded", 5000, clerk)
    payment.refresh_from_db()
    assert (payment.reversed_by, payment.reversal_reason) == (clerk, "Refunded. Charged in error.")
    assert status(payment.invoice) == "issued"
    assert adapter.refund_state(refund.refund_id).amount == 5000


def test_a_closed_cycle_stays_closed(provider: Provider, payment: Payment, clerk: User) -> None:
    closed_on = payment.invoice.cycle.ends_on + timedelta(days=1)
    Cycle.objects.filter(pk=payment.invoice.cycle_id).update(
        closed_on=closed_on, outcome="compliant", points_at_close=30, mandatory_at_close=True
    )
    payment = Payment.objects.select_related("invoice__cycle").get()
    assert "stays closed as it was" in refunds.meaning(payment)
    give(payment, clerk)
    cycle = Cycle.objects.get(pk=payment.invoice.cycle_id)
    assert (cycle.closed_on, cycle.outcome) == (closed_on, "compliant")
    assert status(payment.invoice) == "issued"


def test_a_refund_of_a_duplicate_never_unpays_the_invoice(
    provider: Provider, duplicate: UnappliedMoney, invoice: RenewalInvoice, clerk: User
) -> None:
    assert duplicate.cause == "paid"
    assert refunds.meaning(duplicate).endswith("No invoice changes.")
    give(duplicate, clerk)
    duplicate.refresh_from_db()
    assert (duplicate.resolution, duplicate.resolved_by, duplicate.explanation) == ("refunded", clerk, "Paid twice.")
    assert status(invoice) == "paid"
    assert Payment.objects.get().reversed_at is None


def test_a_payment_that_was_reversed_before_can_be_refunded_beside_the_one_that_stands(
    provider: Provider, payment: Payment, clerk: User
) -> None:
    invoices.reverse_payment(payment=payment, reason="A check came too.", by=clerk, at=noon(TODAY))
    make_payment(payment.invoice, by=clerk)
    payment.refresh_from_db()
    assert refunds.meaning(payment).endswith("The payment was reversed before, and no invoice changes.")
    give(payment, clerk)
    payment.refresh_from_db()
    assert payment.reversal_reason == "A check came too."
    assert status(payment.invoice) == "paid"


def test_before_confirming_staff_are_told_that_fees_are_not_refundable_as_a_rule(payment: Payment) -> None:
    payment = Payment.objects.select_related("invoice__cycle").get()
    assert refunds.meaning(payment).startswith("AMT’s fees are not refundable as a rule.")
    assert f"{payment.invoice.number} is then unpaid again." in refunds.meaning(payment)


def test_a_refund_is_given_once(provider: Provider, payment: Payment, clerk: User) -> None:
    give(payment, clerk)
    with pytest.raises(Refused, match="refunded already"):
        give(payment, clerk)
    assert len(provider.account.book.all("refund")) == 1


def test_a_refund_needs_a_reason(provider: Provider, payment: Payment, clerk: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        give(payment, clerk, "  ")
    assert provider.account.book.all("refund") == []


def test_a_check_is_not_refunded_online(provider: Provider, invoice: RenewalInvoice, clerk: User) -> None:
    with pytest.raises(Refused, match="not paid online"):
        give(make_payment(invoice, by=clerk), clerk)


@pytest.mark.parametrize("fault", ["away", "lost", "500"])
def test_a_refund_that_nobody_answered_is_asked_for_again_and_made_once(
    provider: Provider, payment: Payment, clerk: User, fault: str
) -> None:
    provider.fault(fault)
    assert give(payment, clerk).status == "opening"
    payment.refresh_from_db()
    assert payment.reversed_at is None
    provider.clear_faults()
    assert refunds.settle(at=noon(TODAY)) == (0, []), "it may be answered in this minute"
    assert refunds.settle(at=noon(TODAY) + MINUTE * 2) == (1, [])
    assert Refund.objects.get().status == "succeeded"
    assert status(payment.invoice) == "issued"
    assert len(provider.account.book.all("refund")) == 1


def test_the_second_press_after_a_crash_is_the_same_refund(provider: Provider, payment: Payment, clerk: User) -> None:
    provider.fault("lost")
    give(payment, clerk)
    provider.clear_faults()
    assert give(payment, clerk, "Pressed again.").status == "succeeded"
    assert Refund.objects.get().reason == "Paid twice."
    assert len(provider.account.book.all("refund")) == 1


def test_what_the_provider_refuses_changes_nothing(
    provider: Provider, payment: Payment, clerk: User, settings: Any
) -> None:
    settings.PAYMENT_SECRET_KEY = "sk_test_somebody_else"
    with pytest.raises(Refused, match="Invalid API Key"):
        give(payment, clerk)
    assert Refund.objects.get().status == "failed"
    assert status(payment.invoice) == "paid"
    assert mail.outbox[1:] == []


def test_a_refund_that_went_through_while_nobody_heard_of_it_is_found_again(
    provider: Provider, payment: Payment, clerk: User
) -> None:
    """A day later the provider has forgotten the key, and refuses what it has done."""
    provider.fault("lost")
    give(payment, clerk)
    provider.clear_faults()
    provider.account.book.rows("delete from answers")
    assert refunds.settle(at=noon(TODAY) + MINUTE * 2) == (1, [])
    refund = Refund.objects.get()
    assert (refund.status, refund.failure, refund.requested_by) == ("succeeded", "", clerk)
    assert status(payment.invoice) == "issued"
    assert len(provider.account.book.all("refund")) == 1


def test_a_refund_that_was_refused_in_between_is_found_again(
    provider: Provider, payment: Payment, clerk: User, settings: Any
) -> None:
    provider.fault("lost")
    give(payment, clerk)
    provider.clear_faults()
    settings.PAYMENT_SECRET_KEY = "sk_test_somebody_else"
    assert refunds.settle(at=noon(TODAY) + MINUTE * 2)[0] == 0
    assert Refund.objects.get().status == "failed"
    settings.PAYMENT_SECRET_KEY = provider.key
    with pytest.raises(Refused, match="already been refunded"):
        give(payment, clerk, "Again.")
    assert list(Refund.objects.order_by("pk").values_list("status", flat=True)) == ["succeeded", "failed"]
    assert list(refunds.without_money()) == []
    assert status(payment.invoice) == "issued"


def test_a_refund_to_a_bank_account_is_told_later(
    provider: Provider, met: Member, invoice: RenewalInvoice, clerk: User, settings: object
) -> None:
    settings.PAYMENT_BANK_DEBIT = True  # type: ignore[attr-defined]
    pay(provider, invoice, "bank")
    provider.account.advance_debits()
    checkout.settle(at=noon(TODAY))
    refund = give(Payment.objects.get(), clerk)
    assert (refund.status, refund.finished_at) == ("pending", None)
    assert status(invoice) == "issued"
    provider.account.finish_refund(refund.refund_id)
    deliver(provider)
    assert Refund.objects.get().status == "succeeded"


def test_a_refund_that_comes_back_is_seen_and_can_be_given_again(
    provider: Provider, payment: Payment, clerk: User
) -> None:
    refund = give(payment, clerk)
    provider.account.finish_refund(refund.refund_id, failed=True)
    deliver(provider)
    refund.refresh_from_db()
    assert (refund.status, refund.failure) == ("failed", "lost_or_stolen_card")
    assert list(refunds.without_money()) == [refund]
    assert status(payment.invoice) == "issued", "the money is not the invoice's any more"
    assert give(payment, clerk).status == "succeeded"
    assert list(refunds.without_money()) == []


def test_unapplied_money_whose_refund_comes_back_waits_again(
    provider: Provider, duplicate: UnappliedMoney, clerk: User
) -> None:
    refund = give(duplicate, clerk)
    provider.account.finish_refund(refund.refund_id, failed=True)
    deliver(provider)
    assert list(UnappliedMoney.objects.unresolved()) == [duplicate]


@pytest.mark.parametrize("learned", ["webhook", "the book", "a refund in the portal"])
def test_a_refund_that_was_given_at_the_provider_itself_is_followed(
    provider: Provider, payment: Payment, clerk: User, learned: str
) -> None:
    given = provider.account.refund({"charge": payment.charge_id})
    if learned == "webhook":
        provider.send(copies=2)
        deliver(provider)
    elif learned == "the book":
        assert settlements.reconcile(TODAY, at=noon(TODAY)).differences == []
    else:
        with pytest.raises(Refused, match="already been refunded"):
            give(payment, clerk)
    refund = Refund.objects.exclude(status="failed").get()
    assert (refund.refund_id, refund.status, refund.requested_by) == (given["id"], "succeeded", None)
    payment.refresh_from_db()
    assert payment.reversal_reason == "Refunded. Given at the payment provider, not in the portal."
    assert (payment.reversed_by, status(payment.invoice)) == (None, "issued")
    assert refund.history.latest("history_id").history_user is None
    assert "Refund of $50.00: Given at the payment provider" in story_of(payment.invoice)
    assert [each.subject.partition(" for ")[0] for each in mail.outbox] == ["Receipt", "Refund"]
    assert list(refunds.without_money()) == []


def test_of_a_duplicate_too_and_the_invoice_stays_paid(
    provider: Provider, duplicate: UnappliedMoney, invoice: RenewalInvoice
) -> None:
    provider.account.refund({"charge": duplicate.charge_id})
    deliver(provider)
    duplicate.refresh_from_db()
    assert (duplicate.resolution, duplicate.resolved_by) == ("refunded", None)
    assert status(invoice) == "paid"


def test_a_part_of_a_charge_changes_nothing_and_is_named(provider: Provider, payment: Payment) -> None:
    given = provider.account.refund({"charge": payment.charge_id, "amount": "100"})
    deliver(provider)
    assert not Refund.objects.exists()
    assert status(payment.invoice) == "paid"
    [difference] = settlements.reconcile(TODAY, at=noon(TODAY)).differences
    assert f"refund {given['id']} of -$1.00 has no refund in the portal." in difference


def test_old_news_of_a_refund_that_came_back_changes_nothing(
    provider: Provider, duplicate: UnappliedMoney, clerk: User
) -> None:
    refund = give(duplicate, clerk)
    before = adapter.refund_state(refund.refund_id)
    provider.account.finish_refund(refund.refund_id, failed=True)
    deliver(provider)
    refunds.apply_state(before, at=noon(TODAY))
    assert Refund.objects.get().status == "failed"
    assert list(UnappliedMoney.objects.unresolved()) == [duplicate]


def test_the_member_is_told_of_a_refund_once(provider: Provider, payment: Payment, clerk: User) -> None:
    give(payment, clerk)
    deliver(provider)
    refunds.settle(at=noon(TODAY) + MINUTE * 2)
    [_receipt, told] = mail.outbox
    assert (told.to, told.subject) == (
        [payment.checkout.opened_by.email],
        f"Refund for {payment.invoice.number}: $50.00",
    )
    assert "AMT is sending back your online payment of $50.00" in words_of(told)
    assert f"{payment.invoice.number} is not paid now." in words_of(told)
    assert "Paid twice." not in words_of(told), "the reason is for staff"


@pytest.mark.parametrize("which", ["payment", "duplicate"])
def test_the_address_of_the_way_back_says_nothing_that_was_true_once(
    request: pytest.FixtureRequest, met: Member, clerk: User, which: str
) -> None:
    give(request.getfixturevalue(which), clerk)
    member = client_of(met)
    back = member.get(f"/payments/return/{Checkout.objects.get().idempotency_key}/")
    said = member.get(back.headers["Location"]).text
    assert "Receipt sent to" not in said
    assert "Do not pay again" not in said


def test_after_a_merge_the_mail_goes_to_the_account_that_is_left(
    provider: Provider, payment: Payment, met: Member, clerk: User
) -> None:
    kept = make_user(email="ada@new.example")
    Member.objects.filter(pk=met.pk).update(user=kept)
    User.objects.filter(pk=met.user.pk).update(email="merged-1@amt.invalid")
    give(payment, clerk)
    assert mail.outbox[-1].to == [kept.email]


def test_the_mail_about_the_refund_of_a_duplicate_is_in_the_language_of_who_paid(
    provider: Provider, duplicate: UnappliedMoney, clerk: User
) -> None:
    Checkout.objects.update(language="es")
    give(duplicate, clerk)
    [told] = mail.outbox
    assert told.subject.startswith("Reembolso de ")
    assert "AMT le está devolviendo su pago en línea de $50.00" in words_of(told)
    assert "This does not change" not in words_of(told)


# Disputes


def deliver(provider: Provider) -> None:
    assert set(provider.deliver(Client(), WEBHOOK)) <= {200}


@pytest.fixture
def dispute(provider: Provider, payment: Payment) -> Iterator[str]:
    name = provider.account.open_dispute(payment.charge_id or "")
    deliver(provider)
    return name  # type: ignore[return-value]


def test_an_open_dispute_flags_the_payment_and_the_invoice_stays_paid(payment: Payment, dispute: str) -> None:
    found = Dispute.objects.open().get()
    assert (found.dispute_id, found.payment, found.amount) == (dispute, payment, 5000)
    assert disputes.flag(payment) == f"The payer’s bank asks it back: fraudulent ({dispute})."
    assert status(payment.invoice) == "paid"


@pytest.mark.parametrize("told_by", ["webhook", "settle_payments"])
def test_a_dispute_that_is_lost_reverses_the_payment(
    provider: Provider, payment: Payment, dispute: str, told_by: str
) -> None:
    provider.account.close_dispute(dispute, won=False)
    if told_by == "webhook":
        deliver(provider)
    else:
        call_command("settle_payments")
    payment.refresh_from_db()
    assert payment.reversed_by is None
    assert "bank took the money back" in payment.reversal_reason
    assert status(payment.invoice) == "issued"
    assert not Dispute.objects.open().exists()


def test_a_dispute_that_is_won_takes_the_flag_off(provider: Provider, payment: Payment, dispute: str) -> None:
    provider.account.close_dispute(dispute, won=True)
    deliver(provider)
    assert not disputes.flag(Payment.objects.get())
    assert status(payment.invoice) == "paid"
    assert Dispute.objects.get().status == "won"


def test_messages_about_a_dispute_in_the_wrong_order_end_the_same(provider: Provider, payment: Payment) -> None:
    name = provider.account.open_dispute(payment.charge_id or "")
    provider.account.close_dispute(name, won=False)
    provider.send(newest_first=True, copies=2)
    deliver(provider)
    assert Dispute.objects.get().status == "lost"
    assert status(payment.invoice) == "issued"


def test_while_a_bank_has_the_money_nothing_is_refunded(payment: Payment, dispute: str, clerk: User) -> None:
    with pytest.raises(Refused, match="until the dispute is decided"):
        give(payment, clerk)


def test_an_inquiry_of_a_bank_takes_no_money_and_stops_no_refund(payment: Payment, dispute: str) -> None:
    Dispute.objects.update(status="warning_needs_response")
    assert disputes.flag(payment) != ""
    assert refunds.why_not_refundable(payment) == ""


def test_after_a_dispute_was_lost_nothing_is_refunded(
    provider: Provider, payment: Payment, dispute: str, clerk: User
) -> None:
    provider.account.close_dispute(dispute, won=False)
    deliver(provider)
    with pytest.raises(Refused, match="was lost"):
        give(payment, clerk)


def test_a_dispute_of_a_duplicate_explains_it_when_it_is_lost(
    provider: Provider, duplicate: UnappliedMoney, invoice: RenewalInvoice
) -> None:
    name = provider.account.open_dispute(duplicate.charge_id)
    provider.account.close_dispute(name, won=False)
    deliver(provider)
    duplicate.refresh_from_db()
    assert (duplicate.resolution, duplicate.resolved_by) == ("explained", None)
    assert status(invoice) == "paid"


def test_a_dispute_of_strange_money_changes_nothing(provider: Provider, payment: Payment) -> None:
    session = provider.account.pay(provider.account.open_session(STRANGE)["id"], "card")
    provider.account.open_dispute(provider.charge_of(session["id"]))
    provider.send(newest_first=True)
    provider.deliver(Client(), WEBHOOK)
    assert not Dispute.objects.filter(payment__isnull=False).exists()
    assert status(payment.invoice) == "paid"


STRANGE = {
    "line_items": [
        {"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 5000, "product_data": {"name": "Pin"}}}
    ],
    "success_url": "http://localhost:8000/",
}


# What staff do about unapplied money


@pytest.fixture
def strange(provider: Provider) -> UnappliedMoney:
    """Money of exactly the invoice's amount, which names no checkout of the portal."""
    session = provider.account.pay(provider.account.open_session(STRANGE)["id"], "card")
    checkout.apply_session(adapter.session(session["id"]), at=noon(TODAY))
    return UnappliedMoney.objects.get()


def test_unapplied_money_is_applied_to_an_open_invoice(
    strange: UnappliedMoney, invoice: RenewalInvoice, clerk: User
) -> None:
    payment = resolving.apply_to_invoice(money=strange, invoice=invoice, by=clerk, at=noon(TODAY))
    assert (payment.charge_id, payment.method, payment.received_on) == (strange.charge_id, "card-online", TODAY)
    assert status(invoice) == "paid"
    strange.refresh_from_db()
    assert (strange.resolution, strange.applied_to, strange.resolved_by) == ("applied", invoice, clerk)
    assert payment.history.get().history_user == clerk
    with pytest.raises(Refused, match="resolved already: applied"):
        resolving.explain(money=strange, explanation="Twice.", by=clerk, at=noon(TODAY))


def test_who_paid_gets_the_receipt_when_the_money_is_applied(
    provider: Provider, duplicate: UnappliedMoney, met: Member, clerk: User
) -> None:
    other = invoice_of(cycle_of(met), 1)
    page = open_page(other)
    resolving.apply_to_invoice(money=duplicate, invoice=other, by=clerk, at=noon(TODAY))
    assert adapter.session(page).status == "expired"
    [receipt] = mail.outbox
    assert (receipt.subject, receipt.to) == (f"Receipt for {other.number}: $50.00", [met.user.email])
    assert f"received your payment of $50.00 for {other.number}" in words_of(receipt)


def test_an_open_page_of_the_invoice_is_closed_first(
    provider: Provider, strange: UnappliedMoney, invoice: RenewalInvoice, clerk: User
) -> None:
    session_id = open_page(invoice)
    resolving.apply_to_invoice(money=strange, invoice=invoice, by=clerk, at=noon(TODAY))
    assert provider.pay(session_id)["status"] == "expired"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"amount": 4999}, "exactly that amount"),
        ({"currency": "eur"}, "in EUR"),
        ({"cause": "mode"}, "other mode"),
    ],
)
def test_money_is_not_applied_to_what_cannot_take_it(
    strange: UnappliedMoney, invoice: RenewalInvoice, clerk: User, changed: dict[str, object], says: str
) -> None:
    UnappliedMoney.objects.filter(pk=strange.pk).update(**changed)
    with pytest.raises(Refused, match=says):
        resolving.apply_to_invoice(money=strange, invoice=invoice, by=clerk, at=noon(TODAY))
    assert status(invoice) == "issued"
    assert UnappliedMoney.objects.unresolved().exists()


def test_what_is_refused_leaves_the_page_of_the_invoice_open(
    provider: Provider, strange: UnappliedMoney, met: Member, clerk: User
) -> None:
    UnappliedMoney.objects.update(amount=4999)
    page = open_page(invoice_of(cycle_of(met), 1))
    with pytest.raises(Refused, match="is for"):
        resolving.apply_to_invoice(
            money=UnappliedMoney.objects.get(), invoice=invoice_of(cycle_of(met), 1), by=clerk, at=noon(TODAY)
        )
    assert adapter.session(page).status == "open"


def test_money_is_not_applied_to_an_invoice_that_is_paid(
    duplicate: UnappliedMoney, invoice: RenewalInvoice, clerk: User
) -> None:
    with pytest.raises(Refused, match="already paid"):
        resolving.apply_to_invoice(money=duplicate, invoice=invoice, by=clerk, at=noon(TODAY))


def test_money_that_a_bank_asks_back_is_neither_applied_nor_explained(
    provider: Provider, strange: UnappliedMoney, invoice: RenewalInvoice, clerk: User
) -> None:
    provider.account.open_dispute(strange.charge_id)
    provider.deliver(Client(), WEBHOOK)
    with pytest.raises(Refused, match="bank asks this money back"):
        resolving.apply_to_invoice(money=strange, invoice=invoice, by=clerk, at=noon(TODAY))
    with pytest.raises(Refused, match="bank asks this money back"):
        resolving.explain(money=strange, explanation="Nothing.", by=clerk, at=noon(TODAY))


def test_unapplied_money_is_explained_with_a_reason(strange: UnappliedMoney, clerk: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        resolving.explain(money=strange, explanation=" ", by=clerk, at=noon(TODAY))
    resolving.explain(money=strange, explanation="Ordered a pin by phone.", by=clerk, at=noon(TODAY))
    strange.refresh_from_db()
    assert (strange.resolution, strange.explanation) == ("explained", "Ordered a pin by phone.")


def test_settle_payments_tells_who_did_not_answer(
    provider: Provider, dispute: str, capsys: pytest.CaptureFixture[str], time_machine: TimeMachineFixture
) -> None:
    provider.fault("away")
    with pytest.raises(SystemExit):
        call_command("settle_payments")
    assert dispute in capsys.readouterr().err


def test_a_member_pays_again_after_a_refund(provider: Provider, payment: Payment, met: Member, clerk: User) -> None:
    give(payment, clerk)
    assert client_of(met).post(f"/invoices/{payment.invoice_id}/pay/").status_code == 303
