"""The sentence that says why an invoice is in its state, and when that changes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from certifications import invoices
from certifications.invoice_standing import invoice_reason

DUE = date(2026, 5, 1)
NOTICED = date(2026, 3, 2)
EARLY = NOTICED - timedelta(days=1)


def reason_of(state: invoices.State, opening: invoices.Opening, *, on: date) -> str:
    return invoice_reason(
        state, opening, counted=Decimal("22.5"), required=Decimal(30), grace_ends_on=date(2026, 7, 29), on=on
    )


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
            "but not before Mar 2, 2026.",
            id="locked",
        ),
        pytest.param(
            "upcoming", "none", None, NOTICED, "Opens Mar 2, 2026, 60 days before it is due.", id="upcoming, not gated"
        ),
        pytest.param(
            "upcoming",
            "met",
            date(2025, 1, 1),
            NOTICED,
            "Opens Mar 2, 2026, 60 days before it is due.",
            id="upcoming, met early",
        ),
        pytest.param(
            "upcoming",
            "met",
            date(2026, 3, 14),
            date(2026, 3, 15),
            "Opens Mar 15, 2026, the day after your CCP requirement was met (Mar 14, 2026).",
            id="upcoming, met today",
        ),
        pytest.param(
            "open",
            "met",
            date(2026, 3, 13),
            date(2026, 3, 14),
            "Open since Mar 14, 2026, the day after your CCP requirement was met (Mar 13, 2026).",
            id="open, met yesterday",
        ),
        pytest.param("open", "none", None, NOTICED, "Open since Mar 2, 2026, 60 days before it is due.", id="open"),
    ],
)
def test_the_reason_for_an_invoices_state(
    state: invoices.State, gate: invoices.Gate, met_on: date | None, opens_on: date | None, reason: str
) -> None:
    opening = invoices.Opening(DUE, gate, met_on, opens_on)
    assert reason_of(state, opening, on=EARLY) == reason


def test_a_locked_invoice_does_not_speak_of_a_day_that_is_past() -> None:
    opening = invoices.Opening(DUE, "unmet", None, None)
    reason = reason_of("locked", opening, on=NOTICED)
    assert reason.endswith("The invoice opens the day after your CCP requirement is met.")


@pytest.mark.parametrize(
    ("state", "met_on", "reason"),
    [
        pytest.param(
            "upcoming",
            date(2026, 6, 1),
            "Opens Jun 2, 2026, the day after your CCP requirement was met (Jun 1, 2026). It was due on May 1, "
            "2026, before it "
            "opened: pay it by Jul 29, 2026.",
            id="upcoming: by the end of the grace period",
        ),
        pytest.param(
            "open",
            date(2026, 7, 29),
            "Open since Jul 30, 2026, the day after your CCP requirement was met (Jul 29, 2026). It was due on "
            "May 1, 2026, "
            "before it opened: pay it by Jul 30, 2026.",
            id="open after the grace period: on that day",
        ),
        pytest.param(
            "open",
            date(2026, 4, 30),
            "Open since May 1, 2026, the day after your CCP requirement was met (Apr 30, 2026).",
            id="opens on the day it is due",
        ),
        pytest.param("paid", date(2026, 6, 1), "Paid.", id="paid"),
    ],
)
def test_an_invoice_that_opens_after_it_was_due_says_by_when_to_pay(
    state: invoices.State, met_on: date, reason: str
) -> None:
    """Due on 5/1/2026; the grace period ends on 7/29/2026."""
    opening = invoices.opening(due_on=date(2026, 5, 1), year=3, mandatory=True, met_on=met_on)
    assert reason_of(state, opening, on=met_on) == reason


@pytest.mark.parametrize(
    ("on", "is_told"),
    [
        pytest.param(date(2026, 5, 1), False, id="the day it is due"),
        pytest.param(date(2026, 5, 2), True, id="the day after"),
        pytest.param(date(2026, 7, 29), True, id="the last day of grace"),
        pytest.param(date(2026, 7, 30), False, id="the day after: it can no longer open"),
    ],
)
def test_a_locked_invoice_that_was_due_says_by_when_to_pay_it_once_it_opens(on: date, is_told: bool) -> None:
    opening = invoices.opening(due_on=date(2026, 5, 1), year=3, mandatory=True, met_on=None)
    told = "It was due on May 1, 2026: once it opens, pay it by Jul 29, 2026."
    assert reason_of("locked", opening, on=on).endswith(told) is is_told
