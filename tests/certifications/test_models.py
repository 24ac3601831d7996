"""What must always be true of credentials, certifications, cycles, invoices and payments.

These tests try to break each constraint.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from certifications.models import (
    AwardCorrection,
    Credential,
    Cycle,
    CycleCorrection,
    FormerName,
    Payment,
    Probation,
    RenewalInvoice,
    StatusChange,
    WaitingRow,
)
from tests.support.builders import (
    TODAY,
    invoice_of,
    make_certification,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.constraints import changed, constraints_of, copied, refused_by

pytestmark = pytest.mark.django_db

TENTH = Decimal("30.1")
CLOSED = {"closed_on": date(2026, 5, 1), "outcome": "compliant", "points_at_close": Decimal(30)}
EXTENDED = {"grace_extended_to": date(2026, 9, 30), "grace_extension_reason": "Deployed."}
SETTLED = {"status": "paid", "before_portal": date(2030, 1, 1)}
ONLINE = {"method": "card-online", "recorded_by": None, "charge_id": "ch_1"}
REVERSED = {"reversed_at": noon(TODAY), "reversed_by": make_user, "reversal_reason": "Returned by the bank."}


def rma() -> Credential:
    return Credential.objects.get(code="RMA")


def ended() -> Cycle:
    """Return the cycle 5/1/2023 to 4/30/2026, not closed."""
    return make_cycle()


def unpaid() -> RenewalInvoice:
    return invoice_of(make_cycle(), year=2)


def payment() -> Payment:
    return make_payment(unpaid())


def online() -> Payment:
    found = payment()
    changed(found, ONLINE)
    found.refresh_from_db()
    return found


def status_change() -> StatusChange:
    return StatusChange.objects.create(
        certification=make_certification(),
        before="active",
        after="retired",
        changed_on=TODAY,
        changed_at=noon(TODAY),
        reason="Asked for it.",
    )


def award_correction() -> AwardCorrection:
    return AwardCorrection.objects.create(
        certification=make_certification(),
        before=date(2023, 5, 1),
        after=date(2023, 5, 2),
        corrected_at=noon(TODAY),
        corrected_by=make_user(),
        reason="Typed wrong.",
    )


def probation() -> Probation:
    return Probation.objects.create(
        certification=make_certification(),
        starts_on=TODAY,
        ends_on=date(2026, 9, 30),
        order="Take a course.",
        points=Decimal(3),
        imposed_at=noon(TODAY),
        imposed_by=make_user(),
    )


def correction() -> CycleCorrection:
    cycle = ended()
    changed(cycle, CLOSED)
    return CycleCorrection.objects.create(
        cycle=cycle,
        points=Decimal(24),
        outcome="non-compliant",
        statement="One entry was counted twice.",
        signed_at=noon(TODAY),
        signed_by=make_user(is_staff=True),
    )


def former_name() -> FormerName:
    return FormerName.objects.create(credential=rma(), code="RMT", name="Medical Technician", until=date(2010, 1, 1))


def waiting() -> WaitingRow:
    return WaitingRow.objects.create(
        amt_id="1", credential="RMA", certificate_number="1", name="Ada", cause="former", line=2, since=noon(TODAY)
    )


CHANGES = [
    ("credential_points_required_positive", rma, {"points_required": Decimal(0)}, "zero"),
    ("credential_points_required_in_quarters", rma, {"points_required": TENTH}, "tenths"),
    ("certification_status_known", make_certification, {"status": "asleep"}, "no such status"),
    ("cycle_number_from_1", ended, {"number": 0}, "zero"),
    ("cycle_starts_before_end", ended, {"starts_on": date(2026, 4, 30)}, "starts on its last day"),
    ("cycle_points_required_positive", ended, {"points_required": Decimal(0)}, "zero"),
    ("cycle_points_required_in_quarters", ended, {"points_required": TENTH}, "tenths"),
    ("cycle_met_after_start", ended, {"requirement_met_on": date(2023, 4, 30)}, "met the day before"),
    ("cycle_closed_whole", ended, {**CLOSED, "closed_on": date(2026, 4, 30)}, "closed on its last day"),
    ("cycle_closed_whole", ended, {**CLOSED, "closed_on": None}, "outcome without a day"),
    ("cycle_closed_whole", ended, {**CLOSED, "outcome": ""}, "no outcome"),
    ("cycle_closed_whole", ended, {**CLOSED, "outcome": "fine"}, "no such outcome"),
    ("cycle_closed_whole", ended, {**CLOSED, "points_at_close": None}, "no points"),
    ("cycle_grace_extension_whole", ended, {**EXTENDED, "grace_extended_to": date(2026, 4, 30)}, "ends with the cycle"),
    ("cycle_grace_extension_whole", ended, {**EXTENDED, "grace_extended_to": None}, "reason without a day"),
    ("cycle_grace_extension_whole", ended, {**EXTENDED, "grace_extension_reason": ""}, "day without a reason"),
    ("statuschange_statuses_known", status_change, {"before": "asleep"}, "no such status before"),
    ("statuschange_statuses_known", status_change, {"after": "asleep"}, "no such status after"),
    ("statuschange_changes_something", status_change, {"after": "active"}, "the same status"),
    ("statuschange_has_reason", status_change, {"reason": ""}, "no reason"),
    ("awardcorrection_changes_something", award_correction, {"after": date(2023, 5, 1)}, "the same day"),
    ("awardcorrection_has_reason", award_correction, {"reason": ""}, "no reason"),
    ("probation_starts_before_end", probation, {"ends_on": TODAY}, "ends on its first day"),
    ("probation_has_order", probation, {"order": ""}, "no order"),
    ("probation_asks_for_something", probation, {"points": None}, "neither points nor a day"),
    ("probation_points_in_quarters", probation, {"points": TENTH}, "tenths"),
    ("probation_points_in_quarters", probation, {"points": Decimal(0)}, "no points"),
    ("probation_ended_whole", probation, {"ended_at": noon(TODAY)}, "a time without a person"),
    ("probation_ended_whole", probation, {"end_reason": "Met."}, "a reason without a time"),
    ("cyclecorrection_points_in_quarters", correction, {"points": TENTH}, "tenths"),
    ("cyclecorrection_points_in_quarters", correction, {"points": Decimal("-0.25")}, "less than 0"),
    ("cyclecorrection_outcome_known", correction, {"outcome": "fine"}, "no such outcome"),
    ("cyclecorrection_has_statement", correction, {"statement": ""}, "no statement"),
    ("renewalinvoice_year_1_to_3", unpaid, {"year": 0}, "year 0"),
    ("renewalinvoice_year_1_to_3", unpaid, {"year": 4}, "year 4"),
    ("renewalinvoice_status_known", unpaid, {"status": "lost"}, "no such status"),
    ("renewalinvoice_before_portal_settled", unpaid, {"before_portal": date(2030, 1, 1)}, "settled and to be paid"),
    ("renewalinvoice_before_portal_settled", unpaid, {**SETTLED, "before_portal": date(2000, 1, 1)}, "due later"),
    ("renewalinvoice_void_has_reason", unpaid, {"status": "void"}, "void without a reason"),
    ("renewalinvoice_void_has_reason", unpaid, {"void_reason": "Why?"}, "reason without being void"),
    ("waitingrow_cause_known", waiting, {"cause": "whim"}, "no such cause"),
    ("payment_recorded_by_somebody", payment, {"recorded_by": None}, "nobody and no file"),
    ("payment_method_known", payment, {"method": "barter"}, "no such method"),
    ("payment_recorded_by_somebody", payment, {"recorded_by": None}, "a check that nobody recorded"),
    ("payment_recorded_by_somebody", payment, {"charge_id": "ch_1"}, "a check with a charge"),
    ("payment_recorded_by_somebody", payment, {"last4": "4242"}, "a check with digits of a card"),
    ("payment_recorded_by_somebody", payment, {"method": "card-online"}, "online, recorded by somebody"),
    ("payment_recorded_by_somebody", payment, {**ONLINE, "charge_id": None}, "online without a charge"),
    ("payment_reversal_whole", payment, {**REVERSED, "reversed_by": None}, "nobody"),
    ("payment_reversal_whole", payment, {**REVERSED, **ONLINE, "reversal_reason": ""}, "online, no reason"),
    ("payment_reversal_whole", payment, {**REVERSED, "reversed_at": None}, "never"),
    ("payment_reversal_whole", payment, {**REVERSED, "reversal_reason": ""}, "no reason"),
]
COPIES = [
    ("credential.code", rma, {}, "same code"),
    ("formername_one_a_day", former_name, {"code": "OLD"}, "same day"),
    ("certification_once_a_member", make_certification, {"certificate_number": "other"}, "same member"),
    ("certification_number_unique", make_certification, {"member": make_member}, "same number"),
    ("cycle_number_unique", ended, CLOSED, "same number"),
    ("cycle_one_unclosed", ended, {"number": 2}, "both unclosed"),
    ("renewalinvoice_one_a_year", unpaid, {}, "same year"),
    ("payment_one_standing", payment, {}, "both standing"),
    ("payment.charge_id", online, {"invoice": unpaid}, "same charge"),
    ("waitingrow_once_while_it_waits", waiting, {}, "both wait"),
]


def _rows(cases: list[tuple[str, Any, dict[str, Any], str]]) -> list[Any]:
    return [
        pytest.param(f"certifications_{name}", row, changes, id=f"{name}: {what}") for name, row, changes, what in cases
    ]


@pytest.mark.parametrize(("name", "row", "changes"), _rows(CHANGES))
def test_the_database_refuses_a_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("certifications", name):
        changed(sound, changes)


@pytest.mark.parametrize(("name", "row", "changes"), _rows(COPIES))
def test_the_database_refuses_a_second_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("certifications", name):
        copied(sound, changes)


def test_every_constraint_has_its_try() -> None:
    assert set(constraints_of("certifications")) == {f"certifications_{name}" for name, *_ in CHANGES + COPIES}


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        pytest.param(rma, {"points_required": Decimal("0.25")}, id="credential of a quarter point"),
        pytest.param(ended, {"requirement_met_on": date(2023, 5, 1)}, id="cycle met on its first day"),
        pytest.param(ended, CLOSED, id="cycle closed on the day after its last"),
        pytest.param(ended, {**CLOSED, "points_at_close": Decimal(0)}, id="cycle closed with 0 points"),
        pytest.param(ended, {"ends_on": date(2023, 5, 2)}, id="cycle of two days"),
        pytest.param(ended, {**EXTENDED, "grace_extended_to": date(2026, 5, 1)}, id="grace extended by a day"),
        pytest.param(correction, {"points": Decimal(0)}, id="corrected to 0 points"),
        pytest.param(unpaid, {"status": "void", "void_reason": "Wrong fee."}, id="void invoice with a reason"),
        pytest.param(unpaid, SETTLED, id="paid before the portal"),
        pytest.param(payment, {"recorded_by": None, "file_name": "lockbox.csv"}, id="payment from a file"),
        pytest.param(payment, REVERSED, id="reversed payment"),
    ],
)
def test_the_database_takes_a_row_at_the_edge(row: Any, changes: dict[str, Any]) -> None:
    changed(row(), changes)


def test_a_closed_cycle_makes_room_for_the_next() -> None:
    cycle = ended()
    changed(cycle, CLOSED)
    copied(cycle, {"number": 2, "starts_on": date(2026, 5, 1), "ends_on": date(2029, 4, 30)})
    assert Cycle.objects.unclosed().get().number == 2


def test_a_void_invoice_and_a_reversed_payment_make_room_for_another() -> None:
    first = payment()
    changed(first, REVERSED)
    copied(first, {})
    invoice = invoice_of(make_cycle(), year=1)
    changed(invoice, {"status": "void", "void_reason": "Wrong fee."})
    copied(invoice, {"due_on": invoice.due_on + timedelta(days=1)})
    assert (Payment.objects.count(), RenewalInvoice.objects.filter(year=1, cycle=invoice.cycle).count()) == (2, 2)
