"""The provider's book of a day against the portal's records."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from certifications.models import Payment, RenewalInvoice
from certifications.payments import checkout, refunds, resolving, settlements
from certifications.payments import provider as adapter
from certifications.payments.amounts import money
from certifications.payments.models import Checkout, Dispute, Refund, Settlement, SettlementLine, UnappliedMoney
from tests.support.builders import TODAY, cycle_of, invoice_of, make_user, noon
from tests.support.payment_provider import Provider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

LINE = adapter.BalanceTransaction(
    id="txn_1",
    kind="charge",
    source_id="ch_1",
    amount=9500,
    fee=306,
    net=9194,
    currency="usd",
    created_at=noon(TODAY),
    available_on=TODAY,
    payout_id="",
    deposited_on=None,
)


def line(**changed: Any) -> adapter.BalanceTransaction:
    values = {name: getattr(LINE, name) for name in LINE.__slots__} | changed
    return adapter.BalanceTransaction(**values)


def records(*found: tuple[str, str, int, str]) -> settlements.Records:
    all_of_them = settlements.Records()
    for kind, name, amount, currency in found:
        all_of_them.add(kind, settlements.Record(name, "payment of INV-1", amount, currency))
    return all_of_them


PAID = ("charge", "ch_1", 9500, "usd")


@pytest.mark.parametrize(
    ("book", "portal", "differences"),
    [
        pytest.param(line(), [PAID], [], id="equal"),
        pytest.param(line(), [], ["charge ch_1 of $95.00 has no payment and no unapplied money"], id="no payment"),
        pytest.param(line(), [PAID, PAID], ["has 2 records"], id="twice"),
        pytest.param(line(), [("charge", "ch_1", 9499, "usd")], ["is $94.99 in the portal"], id="a cent"),
        pytest.param(line(currency="eur"), [PAID], ["95.00 EUR is $95.00"], id="currency"),
        pytest.param(line(kind="refund"), [PAID], ["refund ch_1 of $95.00 has no refund"], id="another kind"),
        pytest.param(
            line(kind="refund", amount=-9500), [("refund", "ch_1", 9500, "usd")], ["of -$95.00 is"], id="sign"
        ),
        pytest.param(line(kind="payout"), [], [], id="payout"),
        pytest.param(line(kind="fee"), [], [], id="fee"),
        pytest.param(line(kind="climate_contribution"), [], ["of a kind that the portal does not know"], id="unknown"),
    ],
)
def test_each_line_has_its_one_record_of_the_same_amount(
    book: adapter.BalanceTransaction, portal: list[tuple[str, str, int, str]], differences: list[str]
) -> None:
    found = settlements.compare([book], records(*portal))
    assert len(found) == len(differences)
    for sentence, expected in zip(found, differences, strict=True):
        assert expected in sentence


@pytest.fixture
def clerk() -> User:
    return make_user(email="kim@amt.example", is_staff=True)


@pytest.fixture
def paid(provider: Provider, met: Member) -> Payment:
    invoice = invoice_of(cycle_of(met))
    session = checkout.start(invoice=invoice, by=met.user, at=noon(TODAY), language="en")
    provider.pay(session.id)
    checkout.apply_session(adapter.session(session.id), at=noon(TODAY))
    return Payment.objects.get()


def run(*arguments: str) -> int:
    """Return the exit status of ``reconcile_payments``."""
    try:
        call_command("reconcile_payments", *arguments)
    except SystemExit as exit:
        return int(exit.code or 0)
    return 0


DAY = f"--day={TODAY}"


def test_a_day_that_agrees(provider: Provider, paid: Payment, capsys: pytest.CaptureFixture[str]) -> None:
    """$50.00 by card costs 2.9 %, which is $1.45, and 30 cents: $1.75. AMT gets $48.25."""
    assert run(DAY) == 0
    assert capsys.readouterr().out == f"{TODAY}: 1 payment, 0 refunds, 0 disputes, 0 differences.\n"
    settlement = settlements.with_totals(Settlement.objects.all()).get()
    assert (settlement.gross, settlement.returned, settlement.fees, settlement.net) == (5000, 0, 175, 4825)
    assert settlement.deposited_on is None


def test_a_refund_and_a_dispute_have_their_lines(provider: Provider, paid: Payment, clerk: User) -> None:
    refunds.give(money=paid, reason="Paid twice.", by=clerk, at=noon(TODAY))
    assert run(DAY) == 0
    refund = Refund.objects.get()
    provider.account.finish_refund(refund.refund_id, failed=True)
    assert run(DAY) == 1, "the portal does not know yet that it came back"
    refunds.apply_state(adapter.refund_state(refund.refund_id), at=noon(TODAY))
    assert run(DAY) == 0
    assert [line.kind for line in SettlementLine.objects.all()] == ["charge", "refund", "refund_failure"]


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_that_nobody_told_of_is_learned_from_the_book(provider: Provider, paid: Payment, won: bool) -> None:
    name = provider.account.open_dispute(paid.charge_id or "")
    assert run(DAY) == 0
    assert Dispute.objects.get().status == "needs_response"
    provider.account.close_dispute(name, won=won)
    assert run(DAY) == 0
    assert Dispute.objects.get().status == ("won" if won else "lost")
    settlement = settlements.with_totals(Settlement.objects.all()).get()
    # The bank took $50.00 and the provider $15.00, and only the $50.00 come back.
    assert (settlement.returned, settlement.fees) == (0 if won else -5000, 1675)


def test_unapplied_money_is_known_money_also_after_it_was_applied(provider: Provider, met: Member, clerk: User) -> None:
    session = provider.account.open_session(
        {
            "line_items": [
                {"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 5000, "product_data": {"name": "Fee"}}}
            ],
            "success_url": "http://localhost:8000/",
        }
    )
    provider.pay(session["id"])
    assert run(DAY) == 1
    checkout.apply_session(adapter.session(session["id"]), at=noon(TODAY))
    assert run(DAY) == 0
    resolving.apply_to_invoice(
        money=UnappliedMoney.objects.get(), invoice=invoice_of(cycle_of(met)), by=clerk, at=noon(TODAY)
    )
    assert run(DAY) == 0


def test_a_record_without_a_line_is_named(
    provider: Provider, paid: Payment, capsys: pytest.CaptureFixture[str]
) -> None:
    provider.reset()
    assert run(DAY) == 1
    named = f"{paid.invoice.number}: payment {paid.charge_id} of $50.00 is not in the provider’s book."
    assert capsys.readouterr().err == f"{TODAY}: {named}\n"
    assert Settlement.objects.get().differences == named


def test_a_record_of_midnight_may_be_in_the_book_of_the_day_beside(provider: Provider, paid: Payment) -> None:
    """The portal's clock was some seconds behind, so that for it the day before was not over."""
    Payment.objects.update(received_on=TODAY - timedelta(days=1))
    assert run(f"--day={TODAY - timedelta(days=1)}") == 0


def test_a_payout_is_told_when_it_is_made(provider: Provider, paid: Payment, time_machine: TimeMachineFixture) -> None:
    run(DAY)
    time_machine.move_to(noon(TODAY + timedelta(days=1)))
    payout = provider.account.make_payout(int(datetime(2026, 3, 17, tzinfo=UTC).timestamp()))
    assert settlements.days_to_reconcile(noon(TODAY + timedelta(days=2))) == [TODAY, TODAY + timedelta(days=1)]
    time_machine.move_to(noon(TODAY + timedelta(days=2)))
    assert run() == 0
    settlement = settlements.with_totals(Settlement.objects.filter(day=TODAY)).get()
    assert settlement.deposited_on == date(2026, 3, 17)
    [row] = settlements.payouts_of([settlement]).values()
    assert (row["payout_id"], row["net"]) == (payout, 4825)
    # What has not changed has no second line of history; what was paid out has.
    assert SettlementLine.objects.get(kind="charge").history.count() == 2
    assert settlement.history.count() == 1
    assert settlements.days_to_reconcile(noon(TODAY + timedelta(days=3))) == [TODAY + timedelta(days=2)]


def test_days_that_a_run_has_missed_are_made_up_for(provider: Provider, paid: Payment) -> None:
    run(DAY)
    SettlementLine.objects.all().delete()
    later = noon(TODAY + timedelta(days=4))
    assert settlements.days_to_reconcile(later) == [TODAY + timedelta(days=n) for n in (1, 2, 3)]


def test_days_before_the_first_run_and_between_two_runs_are_made_up_for(provider: Provider, paid: Payment) -> None:
    later = noon(TODAY + timedelta(days=50))
    days = [TODAY + timedelta(days=n) for n in range(50)]
    assert settlements.days_to_reconcile(later) == days
    settlements.reconcile(days[-1], at=later)
    assert settlements.days_to_reconcile(later) == days


def test_a_bill_of_the_provider_is_a_fee(provider: Provider, paid: Payment) -> None:
    run(DAY)
    settlement = Settlement.objects.get()
    bill = line(id="txn_bill", kind="fee", source_id="", amount=-500, fee=0, net=-500)
    settlements._store(TODAY, [bill], [], noon(TODAY))
    told = settlements.with_totals(Settlement.objects.all()).get()
    assert (told.gross, told.returned, told.fees, told.net) == (5000, 0, 175 + 500, 4825 - 500)
    [row] = settlements.payouts_of([settlement]).values()
    assert row["gross"] + row["returned"] - row["fees"] == row["net"]


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (-9500, "usd", "-$95.00"),
        (123456, "eur", "1,234.56 EUR"),
        (9500, "jpy", "9,500 JPY"),
        (9500, "kwd", "9.500 KWD"),
    ],
)
def test_an_amount_is_written_as_its_currency_is(amount: int, currency: str, words: str) -> None:
    assert money(amount, currency) == words


def test_a_day_with_a_difference_is_compared_again_until_it_agrees(provider: Provider, paid: Payment) -> None:
    provider.reset()
    run(DAY)
    assert TODAY in settlements.days_to_reconcile(noon(TODAY + timedelta(days=7)))
    assert TODAY not in settlements.days_to_reconcile(noon(TODAY + timedelta(days=60)))


@pytest.mark.parametrize("fault", ["away", "500"])
def test_a_provider_that_is_away_leaves_nothing_half(provider: Provider, paid: Payment, fault: str) -> None:
    provider.fault(fault)
    with pytest.raises(CommandError, match="does not tell its book"):
        run(DAY)
    assert not Settlement.objects.exists()


def test_where_nobody_pays_online_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert capsys.readouterr().out == "Nobody pays online here.\n"


@pytest.fixture
def busy_day(provider: Provider, met: Member, clerk: User) -> Iterator[list[Payment]]:
    """500 payments, 3 refunds and 1 dispute on one day."""
    with provider.account.book.together():
        sessions = [
            provider.account.pay(provider.account.open_session(params_of(number))["id"], "card")
            for number in range(500)
        ]
    cycle = cycle_of(met)
    invoices = RenewalInvoice.objects.bulk_create(
        RenewalInvoice(
            cycle=cycle, year=1, due_on=TODAY, amount=5000, issued_on=TODAY, status="void", void_reason="Of the test."
        )
        for _ in sessions
    )
    payments = Payment.objects.bulk_create(
        Payment(
            invoice=invoice,
            amount=5000,
            method="card-online",
            charge_id=provider.charge_of(session["id"]),
            received_on=TODAY,
            recorded_at=noon(TODAY),
        )
        for invoice, session in zip(invoices, sessions, strict=True)
    )
    for payment in payments[:3]:
        state = adapter.refund(charge_id=payment.charge_id or "", amount=5000, key=refund_key(payment))
        Refund.objects.create(
            payment=payment,
            charge_id=payment.charge_id,
            amount=5000,
            currency="usd",
            reason="Paid twice.",
            idempotency_key=refund_key(payment),
            refund_id=state.id,
            status="succeeded",
            requested_at=noon(TODAY),
            requested_by=clerk,
            finished_at=noon(TODAY),
        )
    provider.account.open_dispute(payments[3].charge_id or "")
    return payments  # type: ignore[return-value]


def params_of(number: int) -> dict[str, Any]:
    price = {"currency": "usd", "unit_amount": 5000, "product_data": {"name": f"Fee {number}"}}
    return {"line_items": [{"quantity": 1, "price_data": price}], "success_url": "http://localhost:8000/"}


def refund_key(payment: Payment) -> UUID:
    return UUID(int=payment.pk)


@pytest.mark.slow
def test_a_settlement_day_reconciles_and_a_payment_removed_behind_its_back_is_named(
    provider: Provider, busy_day: list[Payment], capsys: pytest.CaptureFixture[str]
) -> None:
    """500 × $50.00 are $25,000.00, less 4 × $50.00 that went back. Fees: 500 × $1.75 and $15.00."""
    provider.account.make_payout()
    assert run(DAY) == 0
    assert "500 payments, 3 refunds, 1 dispute, 0 differences." in capsys.readouterr().out
    settlement = settlements.with_totals(Settlement.objects.all()).get()
    assert (settlement.gross, settlement.returned) == (2_500_000, -20_000)
    assert (settlement.fees, settlement.net) == (89_000, 2_391_000)

    removed = busy_day[250]
    with connection.cursor() as cursor:
        cursor.execute("delete from certifications_payment where id = %s", [removed.pk])
    assert run(DAY) == 1
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert f"charge {removed.charge_id} of $50.00 has no payment and no unapplied money" in told.err
    assert Checkout.objects.count() == 0
