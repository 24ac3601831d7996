"""The adapter against the local provider, over HTTP, with everything that can go wrong on the way."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from time_machine import TimeMachineFixture

from certifications.payments import provider as adapter
from deploy.payment_provider import webhooks
from tests.support.payment_provider import SECRET, Provider

KEY = UUID("6f1e0f57-6b1f-4d0a-9c39-0c6e7d1c8a11")


def open_page(*, key: UUID = KEY, **changes: Any) -> adapter.Session:
    values: dict[str, Any] = {
        "amount": 9500,
        "currency": "usd",
        "product": "MLT renewal fee, due May 14, 2027",
        "email": "ada@example.org",
        "language": "en",
        "expires_at": datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1),
        "return_url": "http://localhost:8000/back/?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://localhost:8000/",
    }
    return adapter.open_session(key=key, **(values | changes))


def paid(provider: Provider, way: str = "card") -> adapter.Session:
    page = open_page(key=uuid4())
    provider.pay(page.id, way)
    return adapter.session(page.id)


def test_a_page_is_open_until_it_is_paid(provider: Provider) -> None:
    page = open_page()
    assert (page.status, page.is_paid, page.charge) == ("open", False, None)
    assert (page.amount, page.currency, page.reference, page.is_live) == (9500, "usd", str(KEY), False)
    assert page.url.startswith(adapter.page_origin() + "/pay/")
    assert page.expires_at > datetime.now(UTC)

    provider.pay(page.id)
    after = adapter.session(page.id)
    assert (after.status, after.is_paid, after.url) == ("complete", True, "")
    assert after.charge is not None
    assert (after.charge.status, after.charge.amount, after.charge.method) == ("succeeded", 9500, "card")
    assert (after.charge.last4, after.charge.failure) == ("4242", "")
    assert adapter.charge(after.charge.id) == after.charge


def test_a_call_that_is_repeated_opens_no_second_page(provider: Provider) -> None:
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    assert open_page(expires_at=expires_at) == open_page(expires_at=expires_at)
    # A member who changes the language in between leads to the same page too.
    assert open_page(expires_at=expires_at, language="es") == open_page(expires_at=expires_at)
    assert len(provider.account.book.all("checkout.session")) == 1


def test_an_answer_that_is_lost_on_the_way_is_asked_for_again(provider: Provider) -> None:
    provider.fault("lost", times=1)
    assert open_page().status == "open"
    assert provider.calls == [("POST", "/v1/checkout/sessions")] * 2
    assert len(provider.account.book.all("checkout.session")) == 1


@pytest.mark.parametrize("kind", ["away", "500", "lost"])
def test_a_provider_that_stays_away_is_asked_twice(provider: Provider, kind: str) -> None:
    provider.fault(kind)
    with pytest.raises(adapter.ProviderAway):
        open_page()
    assert len(provider.calls) == 2
    provider.clear_faults()
    assert open_page().status == "open"


def test_a_provider_that_is_slow_is_not_waited_for(provider: Provider, settings: Any) -> None:
    settings.PAYMENT_TIMEOUT_SECONDS = 0.1
    provider.fault("slow", seconds=1)
    with pytest.raises(adapter.ProviderAway):
        open_page()
    assert len(provider.calls) == 2


def test_the_time_limit_is_ten_seconds() -> None:
    from django.conf import settings

    assert settings.PAYMENT_TIMEOUT_SECONDS == 10


def test_a_provider_that_does_not_listen_is_away(provider: Provider, settings: Any) -> None:
    settings.PAYMENT_API_URL = "http://127.0.0.1:1"
    with pytest.raises(adapter.ProviderAway):
        open_page()


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: open_page(amount=49), id="too small"),
        pytest.param(lambda: open_page(expires_at=datetime.now(UTC) + timedelta(minutes=20)), id="too short"),
        pytest.param(lambda: adapter.session("cs_test_none"), id="no session"),
        pytest.param(lambda: adapter.expire_session("cs_test_none"), id="nothing to expire"),
        pytest.param(lambda: adapter.charge("ch_none"), id="no charge"),
        pytest.param(lambda: adapter.refund(charge_id="ch_none", amount=9500, key=KEY), id="nothing to refund"),
        pytest.param(lambda: adapter.refund_state("re_none"), id="no refund"),
        pytest.param(lambda: adapter.dispute_state("du_none"), id="no dispute"),
    ],
)
def test_what_the_provider_refuses_is_not_asked_again(provider: Provider, call: Callable[[], Any]) -> None:
    with pytest.raises(adapter.ProviderRefused):
        call()
    assert len(provider.calls) == len(set(provider.calls))


def test_an_answer_that_lacks_something_is_no_answer(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page()
    monkeypatch.setattr(provider.account, "shown", lambda found, expand=(): {"object": "checkout.session"})
    with pytest.raises(adapter.ProviderAway, match="lacks something"):
        adapter.session(page.id)


def test_a_wrong_key_is_refused(provider: Provider, settings: Any) -> None:
    settings.PAYMENT_SECRET_KEY = "sk_test_somebody_else"
    with pytest.raises(adapter.ProviderRefused):
        open_page()


def test_without_a_key_nothing_is_asked(provider: Provider, settings: Any) -> None:
    settings.PAYMENT_SECRET_KEY = ""
    assert not adapter.is_on()
    with pytest.raises(adapter.ProviderRefused):
        open_page()
    assert provider.calls == []


def test_bank_debit_is_offered_only_if_amt_wants_it(provider: Provider, settings: Any) -> None:
    open_page()
    assert provider.session_of(KEY)["payment_method_types"] == ["card", "link"]
    settings.PAYMENT_BANK_DEBIT = True
    other = uuid4()
    open_page(key=other)
    assert provider.session_of(other)["payment_method_types"] == ["card", "link", "us_bank_account"]


def test_a_page_that_is_closed_takes_nothing(provider: Provider) -> None:
    page = open_page()
    assert adapter.expire_session(page.id).status == "expired"
    assert adapter.expire_session(page.id).status == "expired"
    assert provider.pay(page.id)["status"] == "expired"
    assert not adapter.session(page.id).is_paid


def test_a_page_that_is_paid_cannot_be_closed(provider: Provider) -> None:
    page = paid(provider)
    assert adapter.expire_session(page.id) == page


def test_a_page_closes_by_itself(provider: Provider, time_machine: TimeMachineFixture) -> None:
    page = open_page()
    time_machine.move_to(page.expires_at)
    assert adapter.session(page.id).status == "expired"


@pytest.mark.parametrize(
    ("way", "failure"),
    [("decline", "Your card was declined."), ("not_authenticated", "Your bank could not confirm that it is you.")],
)
def test_a_card_that_is_declined_leaves_the_page_open(provider: Provider, way: str, failure: str) -> None:
    page = paid(provider, way)
    assert (page.status, page.is_paid) == ("open", False)
    assert page.charge is not None
    assert (page.charge.status, page.charge.failure) == ("failed", failure)
    provider.pay(page.id)
    assert adapter.session(page.id).is_paid


@pytest.mark.parametrize(("way", "status"), [("bank", "succeeded"), ("bank_fails", "failed")])
def test_a_bank_debit_is_decided_later(provider: Provider, way: str, status: str) -> None:
    page = paid(provider, way)
    assert (page.status, page.is_paid) == ("complete", False)
    assert page.charge is not None
    assert (page.charge.status, page.charge.method, page.charge.last4) == ("pending", "us_bank_account", "6789")
    provider.account.advance_debits()
    after = adapter.session(page.id)
    assert after.charge is not None
    assert (after.charge.status, after.is_paid) == (status, status == "succeeded")


def test_a_refund_is_made_once(provider: Provider) -> None:
    charge = paid(provider).charge
    assert charge is not None
    refund = adapter.refund(charge_id=charge.id, amount=9500, key=KEY)
    assert (refund.status, refund.charge_id, refund.amount, refund.currency) == ("succeeded", charge.id, 9500, "usd")
    assert adapter.refund(charge_id=charge.id, amount=9500, key=KEY) == refund
    with pytest.raises(adapter.ProviderRefused, match="already been refunded"):
        adapter.refund(charge_id=charge.id, amount=9500, key=uuid4())


def test_a_refund_to_a_bank_takes_time_and_may_come_back(provider: Provider) -> None:
    page = paid(provider, "bank")
    provider.account.advance_debits()
    refund = adapter.refund(charge_id=provider.charge_of(page.id), amount=9500, key=KEY)
    assert refund.status == "pending"
    provider.account.finish_refund(refund.id, failed=True)
    after = adapter.refund_state(refund.id)
    assert (after.status, after.failure) == ("failed", "lost_or_stolen_card")


def test_a_dispute_is_told_with_its_charge(provider: Provider) -> None:
    charge = paid(provider).charge
    assert charge is not None
    name = provider.account.open_dispute(charge.id)
    dispute = adapter.dispute_state(name)
    assert (dispute.charge_id, dispute.status, dispute.reason) == (charge.id, "needs_response", "fraudulent")
    provider.account.close_dispute(name, won=False)
    assert adapter.dispute_state(name).status == "lost"


def test_the_book_of_a_day_has_every_line_with_its_payout(provider: Provider, time_machine: TimeMachineFixture) -> None:
    """A card of $95.00 costs 2.9 % of it, which is $2.755, so $2.76, and 30 cents: $3.06."""
    # One second before the day begins in Chicago, which is six hours behind UTC in winter.
    time_machine.move_to(datetime(2027, 1, 15, 5, 59, 59, tzinfo=UTC), tick=False)
    paid(provider)
    time_machine.move_to(datetime(2027, 1, 15, 6, 0, 0, tzinfo=UTC), tick=False)
    charge = paid(provider).charge
    assert charge is not None
    provider.account.make_payout()
    refund = adapter.refund(charge_id=charge.id, amount=9500, key=KEY)
    time_machine.move_to(datetime(2027, 1, 16, 6, 0, 0, tzinfo=UTC), tick=False)
    paid(provider)

    taken, payout, returned = adapter.balance_transactions(date(2027, 1, 15))
    assert (taken.kind, taken.source_id, taken.amount, taken.fee, taken.net) == ("charge", charge.id, 9500, 306, 9194)
    assert (taken.available_on, taken.deposited_on) == (date(2027, 1, 17), date(2027, 1, 17))
    # The payout carries the payment of the day before as well.
    assert (payout.kind, payout.source_id, payout.amount) == ("payout", taken.payout_id, -2 * 9194)
    assert payout.payout_id == payout.source_id
    assert (returned.kind, returned.source_id, returned.amount, returned.fee) == ("refund", refund.id, -9500, 0)
    assert (returned.payout_id, returned.deposited_on) == ("", None)


def test_a_long_book_is_read_to_its_end(provider: Provider) -> None:
    for _ in range(101):
        provider.pay(provider.account.open_session(SHORT)["id"])
    lines = list(adapter.balance_transactions(datetime.now(adapter.ZoneInfo("America/Chicago")).date()))
    assert len({line.id for line in lines}) == 101


SHORT = {
    "line_items": [
        {"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 9500, "product_data": {"name": "Fee"}}}
    ],
    "success_url": "http://localhost:8000/",
}


def test_a_message_is_believed_with_any_secret_in_use(provider: Provider, settings: Any) -> None:
    page = paid(provider)
    webhook = provider.due_webhooks()[-1]
    settings.PAYMENT_WEBHOOK_SECRETS = ["whsec_the_new_one_of_the_two", SECRET]
    event = adapter.event(webhook.body, webhook.signature)
    assert (event.kind, event.object_id, event.is_live) == ("checkout.session.completed", page.id, False)
    assert (event.amount, event.currency, event.status) == (9500, "usd", "complete")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda body, signed: (body.replace(b"9500", b"9501"), signed), id="body"),
        pytest.param(lambda body, signed: (body, signed[:-1] + ("0" if signed[-1] != "0" else "1")), id="signature"),
        pytest.param(lambda body, signed: (body, ""), id="none"),
        pytest.param(lambda body, signed: (body, "t=x,v1=y"), id="nonsense"),
        pytest.param(lambda body, signed: (body, webhooks.signature(body, SECRET, 1_000_000_000)), id="long ago"),
        pytest.param(lambda body, signed: (b"\xff", signed), id="no text"),
        pytest.param(
            lambda body, signed: (b"{", webhooks.signature(b"{", SECRET, int(datetime.now(UTC).timestamp()))),
            id="no JSON",
        ),
    ],
)
def test_a_message_that_is_not_the_providers_is_refused(
    provider: Provider, change: Callable[[bytes, str], tuple[bytes, str]]
) -> None:
    paid(provider)
    webhook = provider.due_webhooks()[-1]
    with pytest.raises(adapter.BadSignature):
        adapter.event(*change(webhook.body, webhook.signature))


def test_a_message_that_a_stranger_signed_is_refused(provider: Provider) -> None:
    paid(provider)
    provider.send(wrong_secret=True)
    webhook = provider.due_webhooks()[-1]
    with pytest.raises(adapter.BadSignature):
        adapter.event(webhook.body, webhook.signature)
