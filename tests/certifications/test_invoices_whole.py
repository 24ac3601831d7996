"""The verbs of invoices write everything or nothing, under the lock that they take.

The tests also show what they refuse in edge cases.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from amtportal.refusals import Refused
from certifications import invoices
from certifications.models import Cycle, Payment, RenewalInvoice
from tests.support.builders import TODAY, invoice_of, make_cycle, make_payment, make_user, noon

DAY = timedelta(days=1)
DUE = date(2026, 5, 1)
NOTICED = date(2026, 3, 2)  # 60 days before 5/1/2026


@pytest.mark.parametrize(
    ("gate", "opens_on", "waits"),
    [
        pytest.param("met", NOTICED, False, id="opens with the notice"),
        pytest.param("met", NOTICED + DAY, True, id="opens the day after the notice"),
        pytest.param("none", NOTICED + DAY, False, id="opens then, but not for the requirement"),
        pytest.param("unmet", None, False, id="opens on no known day"),
    ],
)
def test_an_invoice_waits_for_the_requirement_where_that_moves_its_opening(
    gate: invoices.Gate, opens_on: date | None, waits: bool
) -> None:
    assert invoices.Opening(DUE, gate, None, opens_on).waits_for_requirement is waits


class Broken(Exception):
    """What prevents the writing."""


def refuse_to_save(*args: object, **kwargs: object) -> None:
    raise Broken


@pytest.mark.django_db
def test_a_payment_is_recorded_with_its_invoice_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    invoice = invoice_of(make_cycle(), 1)
    monkeypatch.setattr(RenewalInvoice, "save", refuse_to_save)
    with pytest.raises(Broken):
        make_payment(invoice)
    assert not Payment.objects.exists()


@pytest.mark.django_db
def test_a_payment_is_reversed_with_its_invoice_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = make_payment(invoice_of(make_cycle(), 1))
    monkeypatch.setattr(RenewalInvoice, "save", refuse_to_save)
    with pytest.raises(Broken):
        invoices.reverse_payment(payment=payment, reason="Wrong member.", by=make_user(), at=noon(TODAY))
    assert Payment.objects.get().reversed_at is None


def void(invoice: RenewalInvoice) -> None:
    invoices.void(invoice=invoice, reason="Waived.")


def reissue(invoice: RenewalInvoice) -> None:
    RenewalInvoice.objects.filter(pk=invoice.pk).update(status="void", void_reason="Waived.")
    invoices.reissue(invoice=invoice, at=noon(TODAY))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", [void, reissue])
def test_an_invoice_is_written_in_the_transaction_that_holds_the_lock(
    verb: Callable[[RenewalInvoice], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of a transaction, a lock is released as soon as it is taken."""
    invoice, in_transaction, save = invoice_of(make_cycle(), 1), [], RenewalInvoice.save

    def noticed(self: RenewalInvoice, **kwargs: Any) -> None:
        in_transaction.append(connection.in_atomic_block)
        save(self, **kwargs)

    monkeypatch.setattr(RenewalInvoice, "save", noticed)
    verb(invoice)
    assert in_transaction == [True]


@pytest.mark.django_db
def test_an_invoice_of_a_closed_cycle_is_not_issued_anew() -> None:
    cycle = make_cycle()
    voided = invoices.void(invoice=invoice_of(cycle, 1), reason="Waived.")
    Cycle.objects.update(closed_on=DUE, outcome="compliant", points_at_close=30)
    with pytest.raises(Refused, match="belongs to a cycle that is closed"):
        invoices.reissue(invoice=voided, at=noon(DUE))
    assert not RenewalInvoice.objects.standing().filter(year=1).exists()


@pytest.mark.django_db
def test_an_invoice_that_is_issued_anew_takes_the_place_of_its_own_year_and_cycle() -> None:
    """The invoices of other years and of other members exist beside it."""
    make_cycle()
    cycle = make_cycle()
    reissued = invoices.reissue(invoice=invoices.void(invoice=invoice_of(cycle, 2), reason="Fee."), at=noon(TODAY))
    assert (reissued.cycle, reissued.year, reissued.due_on) == (cycle, 2, date(2025, 5, 1))
    assert sorted(RenewalInvoice.objects.standing().filter(cycle=cycle).values_list("year", flat=True)) == [1, 2, 3]
