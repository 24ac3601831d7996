"""What staff do to an invoice while its member may be paying it online."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from amtportal.members.models import Member
from ccp.models import Activity
from ccp.rollover import verification
from certifications import life
from certifications.models import Cycle, Payment, RenewalInvoice
from certifications.payments import refunds
from certifications.payments.models import Checkout, UnappliedMoney
from tests.support.builders import TODAY, client_of, cycle_of, invoice_of, make_user, noon
from tests.support.payment_provider import Provider
from tests.support.staff import page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]

CHECK = {"amount": "50.00", "method": "check", "reference": "1042", "received_on": "2026-03-14"}


@pytest.fixture
def desk() -> Client:
    return client_of(make_user(email="kim@amt.example", is_staff=True, is_superuser=True))


@pytest.fixture
def found(provider: Provider, met: Member) -> Checkout:
    """A checkout of year 3 of RMA, whose page is open."""
    client_of(met).post(f"/invoices/{invoice_of(cycle_of(met)).pk}/pay/")
    return Checkout.objects.get()


def record_check(desk: Client, found: Checkout) -> str:
    """Record a check for the invoice, and return what the page says then."""
    answer = submit(desk, page(RenewalInvoice, "pay", found.invoice_id), **CHECK)
    return told(desk, answer) if answer.status_code == 302 else answer.text


def states(found: Checkout) -> tuple[str, str]:
    """Return the status of the invoice and of its checkout."""
    return RenewalInvoice.objects.get(pk=found.invoice_id).status, Checkout.objects.get(pk=found.pk).status


def test_before_a_check_is_recorded_the_page_is_closed(provider: Provider, desk: Client, found: Checkout) -> None:
    assert "is paid." in record_check(desk, found)
    assert states(found) == ("paid", "expired")
    assert provider.pay(found.session_id)["status"] == "expired"
    assert Payment.objects.get().method == "check"


def test_a_check_that_is_refused_leaves_the_page_open(provider: Provider, desk: Client, found: Checkout) -> None:
    """Bad input changes nothing, neither here nor at the provider."""
    answer = submit(desk, page(RenewalInvoice, "pay", found.invoice_id), **CHECK | {"amount": "49.99"})
    assert "Record a payment of exactly that amount." in answer.text
    assert states(found) == ("issued", "open")
    assert provider.pay(found.session_id)["status"] == "complete"


def test_a_check_comes_too_late_when_the_card_has_paid(provider: Provider, desk: Client, found: Checkout) -> None:
    provider.pay(found.session_id)
    assert f"{found.invoice.number} is already paid." in record_check(desk, found)
    assert states(found) == ("paid", "paid")
    assert Payment.objects.get().method == "card-online"


def test_while_the_bank_decides_no_check_is_recorded(
    provider: Provider, desk: Client, found: Checkout, settings: Any
) -> None:
    settings.PAYMENT_BANK_DEBIT = True
    provider.account.book.put(
        provider.account.find(found.session_id) | {"payment_method_types": ["card", "us_bank_account"]}
    )
    provider.pay(found.session_id, "bank")
    assert "from a bank account on Mar 14, 2026, and the bank has not decided yet." in record_check(desk, found)
    assert states(found) == ("issued", "processing")


def test_a_check_waits_while_the_provider_is_away_and_the_page_may_be_open(
    provider: Provider, desk: Client, found: Checkout
) -> None:
    """Once the page's time is over, nothing can be paid there any more. Late news find the invoice paid."""
    provider.pay(found.session_id)
    provider.fault("away")
    assert "Try again after Mar 14, 2026, 1:00 PM." in record_check(desk, found)
    assert Payment.objects.count() == 0
    Checkout.objects.update(expires_at=noon(TODAY) - timedelta(minutes=1))
    assert "is paid." in record_check(desk, found)
    provider.clear_faults()
    assert set(provider.deliver(Client(), "/payments/webhook/")) == {200}
    assert (Payment.objects.get().method, UnappliedMoney.objects.get().cause) == ("check", "paid")


def test_before_an_invoice_is_void_the_page_is_closed(provider: Provider, desk: Client, found: Checkout) -> None:
    submit(desk, page(RenewalInvoice, "void", found.invoice_id), reason="Issued twice.")
    assert states(found) == ("void", "expired")
    assert provider.account.find(found.session_id)["status"] == "expired"


def test_an_invoice_that_was_paid_just_now_is_not_void(provider: Provider, desk: Client, found: Checkout) -> None:
    provider.pay(found.session_id)
    answer = submit(desk, page(RenewalInvoice, "void", found.invoice_id), reason="Issued twice.")
    assert "is paid. Reverse the payment before you void the invoice." in answer.text
    assert states(found) == ("paid", "paid")


def test_before_staff_lock_an_invoice_again_the_page_is_closed(
    provider: Provider, desk: Client, found: Checkout, met: Member
) -> None:
    entry = met.activities.get()
    submit(desk, page(Activity, "void", entry.pk), reason="Not CE.")
    assert states(found) == ("issued", "expired")
    assert Cycle.objects.get(pk=found.invoice.cycle_id).requirement_met_on is None


def test_while_the_provider_is_away_staff_lock_nothing_that_may_be_paid(
    provider: Provider, desk: Client, found: Checkout, met: Member
) -> None:
    provider.fault("away")
    answer = submit(desk, page(Activity, "void", met.activities.get().pk), reason="Not CE.")
    assert "the payment provider does not answer. Try again after Mar 14, 2026, 1:00 PM." in answer.text
    assert met.activities.get().is_standing


def test_before_a_certification_leaves_force_its_pages_are_closed(
    provider: Provider, desk: Client, found: Checkout
) -> None:
    certification = found.invoice.cycle.certification
    submit(desk, page(type(certification), "status", certification.pk), to="retired", reason="By mail.")
    assert type(certification).objects.get(pk=certification.pk).status == "retired"
    assert states(found) == ("issued", "expired")


# A check for an invoice that is held (decision 41)


@pytest.fixture
def held(met: Member) -> RenewalInvoice:
    cycle = cycle_of(met)
    life.change_status(
        certification=cycle.certification, to="retired", reason="By mail.", by=make_user(), at=noon(TODAY)
    )
    return invoice_of(cycle, 2)


def test_staff_confirm_that_a_held_invoice_is_to_be_paid(desk: Client, held: RenewalInvoice) -> None:
    address = page(RenewalInvoice, "pay", held.pk)
    seen = "The certification is retired: the member sees it locked, with a request to call AMT."
    assert seen in desk.get(address).text
    refused = submit(desk, address, **CHECK)
    assert "Confirm that the payment is to be recorded all the same, or send it back." in refused.text
    assert 'value="1042"' in refused.text
    assert Payment.objects.count() == 0
    assert submit(desk, address, **CHECK, although_held="on").status_code == 302
    assert Payment.objects.get().invoice == held


def test_nobody_is_asked_about_an_invoice_that_is_not_held(desk: Client, met: Member) -> None:
    assert "although_held" not in desk.get(page(RenewalInvoice, "pay", invoice_of(cycle_of(met), 2).pk)).text


def test_staff_record_no_payment_as_paid_online(desk: Client, found: Checkout) -> None:
    answer = submit(desk, page(RenewalInvoice, "pay", found.invoice_id), **CHECK | {"method": "card-online"})
    assert "Select a valid choice" in answer.text


# Verification


def verified() -> list[str]:
    tally = verification.VerificationTally()
    return [str(each) for some in verification.verify(Cycle.objects.all(), tally) for each in some]


def test_what_was_paid_online_is_verified(provider: Provider, met: Member, found: Checkout) -> None:
    provider.pay(found.session_id)
    client_of(met).get(f"/payments/return/{found.idempotency_key}/")
    assert verified() == []
    payment = Payment.objects.get()
    Checkout.objects.update(status="expired", payment=None)
    what = f"cycle {found.invoice.cycle_id}: payment {payment.pk} of {found.invoice.number}"
    assert verified() == [f"{what}: stored paid online, recomputed no checkout that was paid"]


def test_a_payment_whose_money_is_gone_does_not_stand(provider: Provider, met: Member, found: Checkout) -> None:
    provider.pay(found.session_id)
    client_of(met).get(f"/payments/return/{found.idempotency_key}/")
    payment = Payment.objects.get()
    refunds.give(money=payment, reason="Paid twice.", by=make_user(is_staff=True), at=noon(TODAY))
    assert verified() == []
    Payment.objects.update(reversed_at=None, reversed_by=None, reversal_reason="")
    RenewalInvoice.objects.filter(pk=found.invoice_id).update(status="paid")
    what = f"cycle {found.invoice.cycle_id}: payment {payment.pk} of {found.invoice.number}"
    assert verified() == [f"{what}: stored stands, recomputed refunded"]


def test_a_checkout_has_its_payment_for_its_own_invoice(provider: Provider, met: Member, found: Checkout) -> None:
    provider.pay(found.session_id)
    client_of(met).get(f"/payments/return/{found.idempotency_key}/")
    Checkout.objects.update(invoice=invoice_of(cycle_of(met), 2))
    assert [line.partition(": ")[2] for line in verified()] == [
        f"payment {Payment.objects.get().pk} of {found.invoice.number}: stored paid online, recomputed no checkout "
        "that was paid"
    ]
