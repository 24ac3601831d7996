"""What must always be true of what is stored of payments online. These tests try to break it."""

from typing import Any
from uuid import uuid4

import pytest

from certifications.payments.models import (
    Checkout,
    Dispute,
    ProviderEvent,
    Refund,
    Settlement,
    SettlementLine,
    UnappliedMoney,
)
from tests.support.builders import TODAY, invoice_of, make_cycle, make_payment, make_user, noon
from tests.support.constraints import changed, constraints_of, copied, refused_by

pytestmark = pytest.mark.django_db

RESOLVED = {"resolved_at": noon(TODAY), "resolved_by": make_user}
EXPLAINED = {"explanation": "A check.", "explained_at": noon(TODAY), "explained_by": make_user}


def checkout() -> Checkout:
    """Return a checkout whose page is open."""
    return Checkout.objects.create(
        invoice=invoice_of(make_cycle(), year=2),
        amount=5000,
        idempotency_key=uuid4(),
        session_id="cs_1",
        status="open",
        opened_at=noon(TODAY),
        opened_by=make_user(),
        expires_at=noon(TODAY),
    )


def event() -> ProviderEvent:
    return ProviderEvent.objects.create(
        event_id="evt_1",
        kind="checkout.session.completed",
        object_id="cs_1",
        created_at=noon(TODAY),
        received_at=noon(TODAY),
        effect="Nothing new",
    )


def unapplied() -> UnappliedMoney:
    return UnappliedMoney.objects.create(
        charge_id="ch_1", amount=5000, currency="usd", received_at=noon(TODAY), cause="unknown"
    )


def early() -> UnappliedMoney:
    """Return a check that came before its invoice opened."""
    return UnappliedMoney.objects.create(
        invoice=invoice_of(make_cycle()),
        amount=5000,
        currency="usd",
        method="check",
        reference="4711",
        received_at=noon(TODAY),
        received_on=TODAY,
        recorded_by=make_user(),
        cause="early",
    )


def refund() -> Refund:
    return Refund.objects.create(
        unapplied=unapplied(),
        charge_id="ch_1",
        amount=5000,
        currency="usd",
        reason="Paid twice.",
        idempotency_key=uuid4(),
        refund_id="re_1",
        requested_at=noon(TODAY),
        requested_by=make_user(),
    )


def dispute() -> Dispute:
    return Dispute.objects.create(
        dispute_id="du_1",
        unapplied=unapplied(),
        charge_id="ch_1",
        amount=5000,
        currency="usd",
        reason="fraudulent",
        status="needs_response",
        opened_at=noon(TODAY),
    )


def settlement() -> Settlement:
    return Settlement.objects.create(day=TODAY, reconciled_at=noon(TODAY))


def line() -> SettlementLine:
    return SettlementLine.objects.create(
        settlement=settlement(),
        transaction_id="txn_1",
        kind="charge",
        amount=5000,
        fee=175,
        net=4825,
        currency="usd",
        created_at=noon(TODAY),
        available_on=TODAY,
    )


def payment() -> Any:
    return make_payment(invoice_of(make_cycle(), year=2))


def invoice() -> Any:
    return invoice_of(make_cycle(), year=2)


CHANGES = [
    ("checkout_status_known", checkout, {"status": "lost", "finished_at": noon(TODAY)}, "no such status"),
    ("checkout_finished_whole", checkout, {"status": "expired"}, "expired, never finished"),
    ("checkout_finished_whole", checkout, {"finished_at": noon(TODAY)}, "open and finished"),
    ("checkout_has_session", checkout, {"session_id": ""}, "open without a page"),
    ("checkout_paid_by_a_payment", checkout, {"status": "paid", "finished_at": noon(TODAY)}, "paid by nothing"),
    ("checkout_paid_by_a_payment", checkout, {"payment": payment}, "open with a payment"),
    ("unappliedmoney_cause_known", unapplied, {"cause": "whim"}, "no such cause"),
    ("unappliedmoney_resolution_whole", unapplied, {"resolution": "lost", **RESOLVED}, "no such resolution"),
    ("unappliedmoney_resolution_whole", unapplied, {"resolution": "refunded"}, "refunded, never resolved"),
    ("unappliedmoney_resolution_whole", unapplied, {"resolution": "applied", **RESOLVED}, "applied to nothing"),
    ("unappliedmoney_resolution_whole", unapplied, {"resolution": "explained", **RESOLVED}, "no explanation"),
    ("unappliedmoney_resolution_whole", unapplied, {"applied_to": invoice}, "applied, not resolved"),
    ("unappliedmoney_came_somehow", unapplied, {"reference": "4711"}, "a charge with the number of a check"),
    ("unappliedmoney_came_somehow", early, {"charge_id": "ch_9"}, "a check with a charge"),
    ("unappliedmoney_came_somehow", early, {"recorded_by": None}, "recorded by nobody"),
    ("unappliedmoney_came_somehow", early, {"received_on": None}, "received on no day"),
    ("unappliedmoney_came_somehow", early, {"currency": "eur"}, "a check in another currency"),
    ("unappliedmoney_early_for_an_invoice", early, {"invoice": None}, "too early for nothing"),
    ("refund_of_one", refund, {"unapplied": None}, "of nothing"),
    ("refund_of_one", refund, {"payment": payment}, "of two"),
    ("refund_has_reason", refund, {"reason": ""}, "no reason"),
    ("refund_status_known", refund, {"status": "lost"}, "no such status"),
    ("refund_explained_whole", refund, {"status": "failed", "explanation": "A check."}, "explained by nobody"),
    ("refund_explained_failed", refund, EXPLAINED, "explained, and under way"),
    ("dispute_of_one", dispute, {"unapplied": None}, "of nothing"),
    ("settlement_explained_whole", settlement, {"differences": "txn_1.", **EXPLAINED, "explanation": ""}, "no words"),
    ("settlement_explained_difference", settlement, EXPLAINED, "explained, and no difference"),
    ("settlementline_net_adds_up", line, {"net": 4826}, "a cent more"),
    ("settlementline_payout_whole", line, {"payout_id": "po_1"}, "paid out on no day"),
    ("settlementline_payout_whole", line, {"deposited_on": TODAY}, "paid out by nothing"),
]
COPIES = [
    ("checkout.idempotency_key", checkout, {"status": "expired", "finished_at": noon(TODAY), "session_id": ""}, "key"),
    ("checkout.payment_id", lambda: paid(), {"idempotency_key": uuid4, "session_id": "cs_2"}, "same payment"),
    ("checkout_one_unfinished", checkout, {"idempotency_key": uuid4, "session_id": "cs_2"}, "both unfinished"),
    (
        "checkout_session_unique",
        checkout,
        {"idempotency_key": uuid4, "status": "expired", "finished_at": noon(TODAY)},
        "same page",
    ),
    ("providerevent.event_id", event, {}, "same event"),
    ("unappliedmoney.charge_id", unapplied, {}, "same charge"),
    ("refund.idempotency_key", refund, {"refund_id": "", "charge_id": "ch_2"}, "same key"),
    ("refund_once", refund, {"idempotency_key": uuid4, "refund_id": ""}, "same charge"),
    ("refund_id_unique", refund, {"idempotency_key": uuid4, "charge_id": "ch_2"}, "same refund"),
    ("dispute.dispute_id", dispute, {}, "same dispute"),
    ("settlement.day", settlement, {}, "same day"),
    ("settlementline.transaction_id", line, {}, "same line"),
]


def paid() -> Checkout:
    found = checkout()
    changed(found, {"status": "paid", "finished_at": noon(TODAY), "payment": make_payment(found.invoice)})
    found.refresh_from_db()
    return found


def _rows(cases: list[tuple[str, Any, dict[str, Any], str]]) -> list[Any]:
    names = {name: f"payments_{name}" for name, *_ in cases}
    return [pytest.param(names[name], row, changes, id=f"{name}: {what}") for name, row, changes, what in cases]


@pytest.mark.parametrize(("name", "row", "changes"), _rows(CHANGES))
def test_the_database_refuses_a_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("payments", name):
        changed(sound, changes)


@pytest.mark.parametrize(("name", "row", "changes"), _rows(COPIES))
def test_the_database_refuses_a_second_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("payments", name):
        copied(sound, changes)


def test_every_constraint_has_its_try() -> None:
    assert set(constraints_of("payments")) == {f"payments_{name}" for name, *_ in CHANGES + COPIES}
