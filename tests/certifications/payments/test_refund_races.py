"""No money goes back twice, whoever presses at the same moment."""

from functools import partial
from typing import Any

import pytest
from django.db import connection

from amtportal.members.models import Member
from amtportal.refusals import Refused
from certifications.models import Payment, RenewalInvoice
from certifications.payments import checkout, refunds, resolving
from certifications.payments import provider as adapter
from certifications.payments.models import Refund, UnappliedMoney
from tests.support.builders import TODAY, cycle_of, invoice_of, make_payment, make_user, noon
from tests.support.payment_provider import Provider
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_today")]


@pytest.fixture
def invoice(met: Member) -> RenewalInvoice:
    return invoice_of(cycle_of(met))


def pay(provider: Provider, invoice: RenewalInvoice) -> str:
    """Pay on the provider's page, and return its name."""
    member = invoice.cycle.certification.member
    session_id = checkout.start(invoice=invoice, by=member.user, at=noon(TODAY), language="en").id
    provider.pay(session_id)
    return session_id


def tried(call: Any) -> str:
    try:
        call()
    except Refused as refusal:
        return refusal.sentence
    return "done"


def test_four_clerks_at_once_give_one_refund(
    provider: Provider, invoice: RenewalInvoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the provider is asked outside of any transaction."""
    checkout.apply_session(adapter.session(pay(provider, invoice)), at=noon(TODAY))
    payment, client = Payment.objects.get(), adapter._client

    def watched() -> Any:
        assert not connection.in_atomic_block
        return client()

    monkeypatch.setattr(adapter, "_client", watched)
    clerks = [make_user(is_staff=True) for _ in range(4)]
    presses = [
        partial(tried, partial(refunds.give, money=payment, reason="Paid twice.", by=clerk, at=noon(TODAY)))
        for clerk in clerks
    ]
    assert set(at_once(*presses)) <= {"done", "This was refunded already."}
    assert Refund.objects.get().status == "succeeded"
    assert len(provider.account.book.all("refund")) == 1
    assert Payment.objects.get().history.filter(reversed_at__isnull=False).count() == 1


def test_unapplied_money_is_either_refunded_or_applied(
    provider: Provider, invoice: RenewalInvoice, met: Member
) -> None:
    other = invoice_of(cycle_of(met), year=1)
    session_id = pay(provider, invoice)
    make_payment(invoice)
    checkout.apply_session(adapter.session(session_id), at=noon(TODAY))
    money, clerk = UnappliedMoney.objects.get(), make_user(is_staff=True)
    both = at_once(
        partial(tried, partial(refunds.give, money=money, reason="Paid twice.", by=clerk, at=noon(TODAY))),
        partial(tried, partial(resolving.apply_to_invoice, money=money, invoice=other, by=clerk, at=noon(TODAY))),
    )
    assert sorted(told == "done" for told in both) == [False, True], both
    refunded = len(provider.account.book.all("refund")) == 1
    assert UnappliedMoney.objects.get().resolution == ("refunded" if refunded else "applied")
    assert RenewalInvoice.objects.get(pk=other.pk).status == ("issued" if refunded else "paid")
