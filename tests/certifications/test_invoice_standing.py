"""The sentence that says why an invoice is in its state, and when that changes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from certifications import invoices
from certifications.invoice_standing import invoice_reason

DUE = date(2026, 5, 1)
NOTICED = date(2026, 3, 2)
EARLY = NOTICED - timedelta(days=1)


@pytest.mark.parametrize(
    ("state", "gate", "met_on", "opens_on", "reason"),
    [
        pytest.param("paid", "met", None, NOTICED, "Paid.", id="paid"),
        pytest.param("void", "none", None, NOTICED, "Void: there is nothing to pay.", id="void"),
        pytest.param(
            "locked",
            "unmet",
            None,
            None,
            "Locked: 22.5 of 30 points are on record. The invoice opens the day after your CCP requirement is met, "
            "but not before 3/2/2026.",
            id="locked",
        ),
        pytest.param(
            "upcoming", "none", None, NOTICED, "Opens 3/2/2026, 60 days before it is due.", id="upcoming, not gated"
        ),
        pytest.param(
            "upcoming",
            "met",
            date(2025, 1, 1),
            NOTICED,
            "Opens 3/2/2026, 60 days before it is due.",
            id="upcoming, met early",
        ),
        pytest.param(
            "upcoming",
            "met",
            date(2026, 3, 14),
            date(2026, 3, 15),
            "Opens 3/15/2026, the day after your CCP requirement was met (3/14/2026).",
            id="upcoming, met today",
        ),
        pytest.param(
            "open",
            "met",
            date(2026, 3, 13),
            date(2026, 3, 14),
            "Open since 3/14/2026, the day after your CCP requirement was met (3/13/2026).",
            id="open, met yesterday",
        ),
        pytest.param("open", "none", None, NOTICED, "Open since 3/2/2026, 60 days before it is due.", id="open"),
    ],
)
def test_the_reason_for_an_invoices_state(
    state: invoices.State, gate: invoices.Gate, met_on: date | None, opens_on: date | None, reason: str
) -> None:
    opening = invoices.Opening(DUE, gate, met_on, opens_on)
    assert invoice_reason(state, opening, counted=Decimal("22.5"), required=Decimal(30), on=EARLY) == reason


def test_a_locked_invoice_does_not_speak_of_a_day_that_is_past() -> None:
    opening = invoices.Opening(DUE, "unmet", None, None)
    reason = invoice_reason("locked", opening, counted=Decimal(22), required=Decimal(30), on=NOTICED)
    assert reason.endswith("The invoice opens the day after your CCP requirement is met.")
