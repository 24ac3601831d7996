"""``invoices.in_state`` and ``invoices.state`` state the same rule twice.

These tests make sure that they agree.
"""

from datetime import timedelta
from itertools import product
from typing import get_args

import pytest

from certifications import invoices
from certifications.models import Cycle, RenewalInvoice
from tests.support.builders import TODAY, make_cycle

AROUND = (timedelta(days=-1), timedelta(0), timedelta(days=1))
DUE = [TODAY + span + step for span in (timedelta(0), invoices.NOTICE) for step in AROUND]
MET = [None, *(TODAY + step for step in AROUND)]


@pytest.mark.django_db
def test_the_query_and_the_pure_function_agree_at_every_boundary() -> None:
    """6 due dates × 4 days met × voluntary or not × 3 statuses × 3 years make 432 invoices.

    Each invoice is in one state.
    """
    for due_on, met_on, mandatory, status in product(DUE, MET, (True, False), RenewalInvoice.Status):
        cycle = make_cycle(ccp_mandatory=mandatory)
        Cycle.objects.filter(pk=cycle.pk).update(requirement_met_on=met_on)
        void_reason = "Issued by mistake." if status == RenewalInvoice.Status.VOID else ""
        cycle.invoices.update(due_on=due_on, status=status, void_reason=void_reason)
        invoices.keep_openings(cycle=cycle)
    every = RenewalInvoice.objects.select_related("cycle__certification")
    assert len(every) == 432
    found = {
        state: list(invoices.in_state(RenewalInvoice.objects.all(), state, TODAY)) for state in get_args(invoices.State)
    }
    assert sum(map(len, found.values())) == 432
    for state, rows in found.items():
        assert rows, f"the grid has no {state} invoice"
        assert set(rows) == {invoice for invoice in every if invoices.state_of(invoice, TODAY) == state}
