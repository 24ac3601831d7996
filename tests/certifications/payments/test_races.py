"""Money is right to the cent when everything happens at once, and after a crash in the middle."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from amtportal.members.models import Member, OutgoingMail, User
from amtportal.refusals import Refused
from certifications import invoices
from certifications.models import Payment, RenewalInvoice
from certifications.payments import checkout as checkouts
from certifications.payments import provider as adapter
from certifications.payments import resolving
from certifications.payments.models import Checkout, ProviderEvent, UnappliedMoney
from deploy.payment_provider.webhooks import Webhook
from tests.support.builders import TODAY, client_of, cycle_of, invoice_of, make_payment, make_user, noon
from tests.support.payment_provider import Provider
from tests.support.server import ROOT, address_of
from tests.support.threads import at_once
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

WEBHOOK = "/payments/webhook/"
RACES = 100


@pytest.fixture(autouse=True)
def _mail_is_stored(settings: Any) -> None:
    """Count the receipts that are stored in the transaction of their payment."""
    settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"


def begun(met: Member) -> Checkout:
    client_of(met).post(f"/invoices/{invoice_of(cycle_of(met)).pk}/pay/")
    return Checkout.objects.get()


def completed(provider: Provider) -> Webhook:
    [found] = [each for each in provider.due_webhooks() if b'"type": "checkout.session.completed"' in each.body]
    return found


def send(message: Webhook) -> int:
    headers = {"Stripe-Signature": message.signature}
    return Client().post(WEBHOOK, message.body, content_type="application/json", headers=headers).status_code


def receipts() -> int:
    return OutgoingMail.objects.count()


@pytest.mark.usefixtures("on_today")
def test_nothing_is_asked_of_the_provider_within_a_transaction(
    provider: Provider, met: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And when it is asked to open a page, the key is committed."""
    asked = []
    client = adapter._client

    def watched() -> Any:
        assert not connection.in_atomic_block
        asked.append(Checkout.objects.count())
        return client()

    monkeypatch.setattr(adapter, "_client", watched)
    found = begun(met)
    assert asked == [1]
    provider.pay(found.session_id)
    assert send(completed(provider)) == 200
    assert client_of(met).get(f"/payments/return/{found.idempotency_key}/").status_code == 302
    Checkout.objects.update(status="open", payment=None, finished_at=None)
    checkouts.settle(at=noon(TODAY))
    Checkout.objects.update(status="open", payment=None, finished_at=None)
    checkouts.close(invoice=found.invoice, at=noon(TODAY))
    assert len(asked) > 4


@pytest.mark.usefixtures("on_today")
def test_20_equal_messages_and_the_way_back_at_once_are_one_payment_and_one_receipt(
    provider: Provider, met: Member
) -> None:
    found = begun(met)
    provider.pay(found.session_id)
    message, browser = completed(provider), client_of(met)
    answers = at_once(
        *[partial(send, message)] * 20,
        lambda: browser.get(f"/payments/return/{found.idempotency_key}/").status_code,
    )
    assert answers == [200] * 20 + [302]
    assert (Payment.objects.count(), receipts(), ProviderEvent.objects.count()) == (1, 1, 1)
    assert UnappliedMoney.objects.count() == 0


@pytest.mark.usefixtures("on_today")
def test_two_tabs_at_once_lead_to_one_page(provider: Provider, met: Member) -> None:
    address = f"/invoices/{invoice_of(cycle_of(met)).pk}/pay/"
    browsers = [client_of(met) for _ in range(4)]
    leads_to = at_once(*(lambda browser=browser: browser.post(address).headers.get("Location") for browser in browsers))
    assert Checkout.objects.count() == 1
    # A call with the same key while the first one runs may be answered with "try again".
    assert {each for each in leads_to if each} == {adapter.session(Checkout.objects.get().session_id).url}


def paid_page(invoice: RenewalInvoice, by: User) -> adapter.Session:
    """Return what the provider says of a page on which the invoice was paid just now."""
    begun = checkouts._begin(invoice, by, noon(TODAY), "en")
    charge = adapter.Charge(f"ch_cs_{begun.pk}", "succeeded", invoice.amount, "usd", "card", "4242", noon(TODAY), "")
    return adapter.Session(
        id=f"cs_{begun.pk}",
        url="",
        status="complete",
        is_paid=True,
        amount=invoice.amount,
        currency="usd",
        reference=str(begun.idempotency_key),
        is_live=False,
        expires_at=noon(TODAY) + timedelta(hours=1),
        charge=charge,
    )


@pytest.mark.slow
@pytest.mark.usefixtures("on_today")
def test_of_a_check_and_a_card_at_once_exactly_one_stands_and_nothing_is_lost(provider: Provider, met: Member) -> None:
    """A hundred races for one invoice. After each, the money is resolved and the payment is reversed."""
    invoice, clerk = invoice_of(cycle_of(met)), make_user(is_staff=True)
    both_ready = Barrier(2)
    won = {"check": 0, "card-online": 0}

    def by_check() -> None:
        for _ in range(RACES):
            both_ready.wait(PATIENCE)
            with suppress(Refused):
                make_payment(invoice, by=clerk)
            both_ready.wait(PATIENCE)

    def by_card() -> None:
        try:
            for number in range(1, RACES + 1):
                page = paid_page(invoice, met.user)
                both_ready.wait(PATIENCE)
                checkouts.apply_session(page, at=noon(TODAY))
                both_ready.wait(PATIENCE)
                standing = Payment.objects.get(invoice=invoice, reversed_at=None)
                won[standing.method] += 1
                kept = UnappliedMoney.objects.filter(charge_id=f"ch_{page.id}")
                assert (standing.charge_id == f"ch_{page.id}") != kept.exists()
                for money in kept:  # nobody begins to pay while it waits
                    resolving.explain(money=money, explanation="The next race.", by=clerk, at=noon(TODAY))
                invoices.reverse_payment(payment=standing, reason="The next race.", by=clerk, at=noon(TODAY))
                assert Payment.objects.count() == number
        except BaseException:
            both_ready.abort()
            raise

    at_once(by_card, by_check)
    assert sum(won.values()) == RACES
    assert receipts() == won["card-online"]
    assert UnappliedMoney.objects.count() == won["check"]


KILLED = """
import os, signal, sys
import django
django.setup()
from django.utils import timezone
from certifications.payments import receipts, webhooks
receipts.send = lambda *paid: os.kill(os.getpid(), signal.SIGKILL)
webhooks.receive(body=sys.stdin.buffer.read(), signature=sys.argv[1], at=timezone.now())
"""


@pytest.mark.slow
def test_killed_between_the_event_and_its_effect_it_is_right_after_the_restart(provider: Provider, met: Member) -> None:
    """The process is killed when the payment is written and the event is not yet."""
    invoice = invoice_of(cycle_of(met), 2)  # open on any day since
    client_of(met).post(f"/invoices/{invoice.pk}/pay/")
    found = Checkout.objects.get()
    provider.pay(found.session_id)
    message = completed(provider)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.support.drill_settings",
        "DATABASE_URL": address_of(str(connection.settings_dict["NAME"])),
        "PAYMENT_SECRET_KEY": provider.key,
        "PAYMENT_WEBHOOK_SECRETS": provider.secret,
        "PAYMENT_API_URL": provider.address,
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, message.signature], cwd=ROOT, env=environment, input=message.body, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert (Payment.objects.count(), ProviderEvent.objects.count(), Checkout.objects.get().status) == (0, 0, "open")
    assert send(message) == 200
    assert (Payment.objects.count(), ProviderEvent.objects.count(), receipts()) == (1, 1, 1)
    assert RenewalInvoice.objects.get(pk=invoice.pk).status == "paid"
