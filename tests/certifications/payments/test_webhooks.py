"""What the provider tells by itself: who is believed, what is stored, and what is answered."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from amtportal.history.models import SecurityEvent
from amtportal.members.models import Member
from certifications.models import Cycle, Payment, RenewalInvoice
from certifications.payments import provider as adapter
from certifications.payments.models import Checkout, ProviderEvent, UnappliedMoney
from deploy.payment_provider.webhooks import Webhook, signature
from tests.support.builders import client_of, cycle_of, invoice_of
from tests.support.payment_provider import SECRET, Provider
from tests.support.threads import beside

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

WEBHOOK = "/payments/webhook/"


def begun(met: Member) -> Checkout:
    """Press Pay for year 3 of RMA, which is open."""
    client_of(met).post(f"/invoices/{invoice_of(cycle_of(met)).pk}/pay/")
    return Checkout.objects.get()


def completed(provider: Provider) -> Webhook:
    """Return the message that a page is complete."""
    [found] = [each for each in provider.due_webhooks() if b'"type": "checkout.session.completed"' in each.body]
    return found


def send(message: Webhook, **headers: str) -> HttpResponse:
    client = Client(raise_request_exception=False)
    headers = {"Stripe-Signature": message.signature, **headers}
    return client.post(WEBHOOK, message.body, content_type="application/json", headers=headers)


def test_a_message_pays_the_invoice_once_however_often_it_comes(provider: Provider, met: Member) -> None:
    found = begun(met)
    provider.pay(found.session_id)
    provider.send(copies=3)
    assert set(provider.deliver(Client(), WEBHOOK)) == {200}
    found.refresh_from_db()
    assert (found.status, Payment.objects.count(), len(mail.outbox)) == ("paid", 1, 1)
    event = ProviderEvent.objects.get()
    assert (event.kind, event.object_id) == ("checkout.session.completed", found.session_id)
    assert event.effect == f"{found.invoice.number} is paid"


def test_of_an_event_only_ids_amounts_and_states_are_stored(provider: Provider, met: Member) -> None:
    found = begun(met)
    provider.pay(found.session_id)
    message = completed(provider)
    assert met.user.email in message.body.decode()
    send(message)
    [stored] = ProviderEvent.objects.values()
    assert not [value for value in stored.values() if met.user.email in str(value) or "4242" in str(value)]
    assert (stored["amount"], stored["currency"], stored["status"]) == (5000, "usd", "complete")


def test_a_message_is_a_hint_and_the_provider_is_asked(provider: Provider, met: Member) -> None:
    """The message says that the page is complete; the provider says that it is not."""
    found = begun(met)
    provider.pay(found.session_id)
    message = completed(provider)
    page = provider.account.find(found.session_id)
    provider.account.book.put(page | {"status": "open", "payment_status": "unpaid"})
    assert send(message).status_code == 200
    assert (Payment.objects.count(), Checkout.objects.get().status) == (0, "open")


def test_messages_out_of_order_come_right(provider: Provider, met: Member, settings: Any) -> None:
    settings.PAYMENT_BANK_DEBIT = True
    found = begun(met)
    provider.pay(found.session_id, "bank")
    provider.account.advance_debits()
    provider.send(newest_first=True)
    assert set(provider.deliver(Client(), WEBHOOK)) == {200}
    assert (Checkout.objects.get().status, Payment.objects.count(), ProviderEvent.objects.count()) == ("paid", 1, 2)


def test_money_for_a_checkout_that_is_not_ours_is_kept_once(provider: Provider) -> None:
    for reference in (uuid4(), "not-a-key"):
        page = adapter.open_session(
            key=reference,  # type: ignore[arg-type]
            amount=5000,
            currency="usd",
            product="Something else",
            email="ada@example.org",
            language="en",
            expires_at=timezone.now() + timedelta(hours=1),
            return_url="http://localhost:8000/",
            cancel_url="http://localhost:8000/",
        )
        provider.pay(page.id)
    provider.send(copies=2)
    assert set(provider.deliver(Client(), WEBHOOK)) == {200}
    assert list(UnappliedMoney.objects.values_list("cause", "checkout", "amount")) == [("unknown", None, 5000)] * 2


@pytest.mark.parametrize("wrong", ["another secret", "another body", "no signature", "no letters", "long ago"])
def test_a_message_that_the_provider_has_not_signed_is_refused_and_noted(
    provider: Provider, met: Member, wrong: str
) -> None:
    found = begun(met)
    provider.pay(found.session_id)
    message = completed(provider)
    at = int(timezone.now().timestamp())
    signed = {
        "another secret": signature(message.body, "whsec_other", at),
        "another body": signature(b"{}", SECRET, at),
        "no signature": "",
        "no letters": f"t={at},v1=\xe9",
        "long ago": signature(message.body, SECRET, at - 301),
    }[wrong]
    for _ in range(2):
        assert send(Webhook(1, message.body, signed)).status_code == 400
    assert Payment.objects.count() == ProviderEvent.objects.count() == 0
    noted = SecurityEvent.objects.get(kind="webhook-refused")  # once a minute for each address
    assert (noted.user, noted.address) == (None, "127.0.0.1")


def test_while_a_secret_is_replaced_both_are_believed(provider: Provider, met: Member, settings: Any) -> None:
    settings.PAYMENT_WEBHOOK_SECRETS = ["whsec_the_next_one", SECRET]
    found = begun(met)
    provider.pay(found.session_id)
    assert send(completed(provider)).status_code == 200
    assert Payment.objects.count() == 1


def test_a_message_of_the_other_mode_is_refused(provider: Provider, met: Member, settings: Any) -> None:
    found = begun(met)
    provider.pay(found.session_id)
    message = completed(provider)
    settings.PAYMENT_LIVE = True
    assert send(message).status_code == 400
    assert Payment.objects.count() == ProviderEvent.objects.count() == UnappliedMoney.objects.count() == 0
    assert "is of the provider's test mode" in SecurityEvent.objects.get(kind="webhook-refused").detail


def test_what_nobody_wants_to_know_is_taken_and_forgotten(provider: Provider, met: Member) -> None:
    found = begun(met)
    provider.pay(found.session_id)
    [*others] = [each for each in provider.due_webhooks() if b"checkout.session" not in each.body.split(b'"type"')[1]]
    assert [send(each).status_code for each in others] == [200] * len(others) != []
    assert (ProviderEvent.objects.count(), Payment.objects.count()) == (0, 0)


@pytest.mark.parametrize("fault", ["away", "500"])
def test_while_the_provider_cannot_be_asked_the_message_is_to_be_sent_again(
    provider: Provider, met: Member, fault: str
) -> None:
    found = begun(met)
    provider.pay(found.session_id)
    message = completed(provider)
    provider.fault(fault)
    answer = send(message)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert ProviderEvent.objects.count() == Payment.objects.count() == 0
    provider.clear_faults()
    assert send(message).status_code == 200
    assert ProviderEvent.objects.count() == Payment.objects.count() == 1


def test_a_message_needs_no_session_and_gets_none(provider: Provider, met: Member) -> None:
    found = begun(met)
    provider.pay(found.session_id)
    strict = Client(enforce_csrf_checks=True)
    message = completed(provider)
    answer = strict.post(
        WEBHOOK, message.body, content_type="application/json", headers={"Stripe-Signature": message.signature}
    )
    assert (answer.status_code, answer.cookies, answer.content) == (200, {}, b"")
    assert strict.get(WEBHOOK).status_code == 405


def test_a_message_has_at_most_256_kib(provider: Provider) -> None:
    for size, status in ((256 * 1024, 400), (256 * 1024 + 1, 413)):
        body = b"x" * size
        assert send(Webhook(1, body, signature(body, SECRET, int(timezone.now().timestamp())))).status_code == status


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("sqlite" in str(connection.settings_dict["ENGINE"]), reason="SQLite has one lock for all")
def test_when_a_lock_is_held_for_too_long_the_message_is_to_be_sent_again(provider: Provider, met: Member) -> None:
    found = begun(met)
    provider.pay(found.session_id)
    message = completed(provider)
    with transaction.atomic():
        Cycle.objects.select_for_update().get(pk=found.invoice.cycle_id)
        assert beside(lambda: send(message).status_code, "lock_timeout = '50ms'").result() == 503
    assert send(message).status_code == 200
    assert RenewalInvoice.objects.get(pk=found.invoice_id).status == "paid"
