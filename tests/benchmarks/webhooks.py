"""How many messages of the payment provider the portal takes a second, beside a bare transaction.

Each message pays another invoice: its signature is proven, the checkout, the invoice and the payment
change with their history, the receipt and the event are stored. Then the same messages come again.
The provider's own answer takes no time here, because it is on another machine. The floor is a
transaction that locks the same two rows, inserts one and updates one.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from unittest import mock
from uuid import uuid4

from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone

from amtportal.dates import today
from certifications.models import Cycle, RenewalInvoice
from certifications.payments import provider
from certifications.payments.models import Checkout, ProviderEvent
from deploy.payment_provider.webhooks import signature
from tests.support.builders import begin_checkout, make_cycle, make_member

KEY, SECRET = "sk_test_benchmark", "whsec_benchmark"
KIND = "checkout.session.completed"


def run(number: int) -> None:
    checkouts = [begin_checkout(invoice, at=timezone.now()) for invoice in _open_invoices(number)]
    pages = {f"cs_{checkout.pk}": _paid(checkout) for checkout in checkouts}
    bodies = [_event(name) for name in pages]
    client = Client(SERVER_NAME="localhost")

    def deliver() -> None:
        for body in bodies:
            signed = signature(body, SECRET, int(timezone.now().timestamp()))
            headers = {"Stripe-Signature": signed}
            answer = client.post("/payments/webhook/", body, content_type="application/json", headers=headers)
            assert answer.status_code == 200

    with (
        override_settings(PAYMENT_SECRET_KEY=KEY, PAYMENT_WEBHOOK_SECRETS=[SECRET], PAYMENT_LIVE=False),
        mock.patch.object(provider, "session", pages.__getitem__),
    ):
        client.post("/payments/webhook/")  # what is loaded once is loaded now
        first, again = _seconds(deliver), _seconds(deliver)
    assert ProviderEvent.objects.count() == number
    floor = _seconds(lambda: _floor(checkouts))
    print(f"webhooks: {number / first:,.0f} a second pay an invoice, {number / again:,.0f} a second come again")
    ratios = f"ratios {first / floor:.1f} and {again / floor:.1f}"
    print(f"  floor: {number / floor:,.0f} bare transactions a second; {ratios}")


def _open_invoices(number: int) -> list[RenewalInvoice]:
    """Return open invoices of years 1 and 2 of as many members as needed."""
    for _ in range((number + 1) // 2):
        make_cycle(make_member(), awarded_on=today() - timedelta(days=1000), on=today())
    open_ones = RenewalInvoice.objects.filter(due_on__lt=today())
    return list(open_ones.select_related("cycle__certification__member__user")[:number])


def _paid(checkout: Checkout) -> provider.Session:
    at = timezone.now()
    charge = provider.Charge(f"ch_{checkout.pk}", "succeeded", checkout.amount, "usd", "card", "4242", at, "")
    return provider.Session(
        id=f"cs_{checkout.pk}",
        url="",
        status="complete",
        is_paid=True,
        amount=checkout.amount,
        currency="usd",
        reference=str(checkout.idempotency_key),
        is_live=False,
        expires_at=at + timedelta(hours=1),
        charge=charge,
    )


def _event(session_id: str) -> bytes:
    about = {"id": session_id, "object": "checkout.session", "amount_total": 5000, "currency": "usd"}
    event = {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": KIND,
        "livemode": False,
        "created": int(timezone.now().timestamp()),
        "data": {"object": about},
    }
    return json.dumps(event).encode()


def _floor(checkouts: list[Checkout]) -> None:
    for checkout in checkouts:
        with transaction.atomic():
            Cycle.objects.select_for_update().get(pk=checkout.invoice.cycle_id)
            RenewalInvoice.objects.select_for_update().get(pk=checkout.invoice_id)
            ProviderEvent.objects.create(
                event_id=f"evt_{uuid4().hex}",
                kind=KIND,
                object_id="cs_0",
                created_at=timezone.now(),
                received_at=timezone.now(),
                effect="Nothing new",
            )
            RenewalInvoice.objects.filter(pk=checkout.invoice_id).update(void_reason="")


def _seconds(do: Callable[[], object]) -> float:
    begun = perf_counter()
    do()
    return perf_counter() - begun
