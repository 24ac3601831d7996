"""What moves if the day of an award is corrected: pure rules at their edges."""

from datetime import date, timedelta

import pytest

from certifications import awards, cycles
from certifications.cycles import Span
from certifications.models import Certification, Cycle, Payment, RenewalInvoice

DAY = timedelta(days=1)
AWARDED = date(2023, 5, 1)
TODAY = date(2026, 3, 14)


def old(awarded_on: date = AWARDED, number: int = 1) -> Span:
    return cycles.span(awarded_on, number)


@pytest.mark.parametrize(
    ("awarded_on", "on", "starts_on"),
    [
        pytest.param(date(2023, 5, 11), TODAY, date(2023, 5, 11), id="ten days later"),
        pytest.param(date(2023, 4, 30), TODAY, date(2023, 4, 30), id="a day earlier"),
        pytest.param(date(2024, 5, 1), TODAY, date(2024, 5, 1), id="a year later"),
        pytest.param(
            date(2022, 5, 1), TODAY, date(2022, 5, 1), id="a year earlier: the cycle of the middle, not today's"
        ),
        pytest.param(date(2022, 5, 1), date(2023, 6, 1), date(2022, 5, 1), id="young: the cycle of today"),
        pytest.param(TODAY, TODAY, TODAY, id="awarded today"),
        pytest.param(date(2020, 5, 1), TODAY, date(2023, 5, 1), id="three years earlier: the same days, cycle 2"),
    ],
)
def test_the_cycle_keeps_its_place_in_time(awarded_on: date, on: date, starts_on: date) -> None:
    assert awards.span_after(awarded_on, old(), on).starts_on == starts_on


def test_the_cycle_of_the_middle_changes_where_the_anniversary_passes_it() -> None:
    middle = old().starts_on + (old().ends_on - old().starts_on) / 2
    late = date(2026, 4, 30)
    assert awards.span_after(middle, old(), late).starts_on == middle
    assert awards.span_after(middle + DAY, old(), late).starts_on == middle + DAY  # awarded after it: the first cycle
    before = date(middle.year - 3, middle.month, middle.day) + DAY
    assert awards.span_after(before, old(), late).starts_on == before


def due(awarded_on: date, number: int = 1) -> dict[int, date]:
    return {
        year: date(awarded_on.year + 3 * (number - 1) + year, awarded_on.month, awarded_on.day) for year in (1, 2, 3)
    }


def test_a_paid_invoice_takes_the_year_that_is_due_nearest() -> None:
    paid = {1: date(2027, 5, 1)}
    assert awards.years_after(paid, due(date(2025, 5, 1))) == {1: 2, 2: 1, 3: 3}
    assert awards.years_after(paid, due(date(2026, 5, 11))) == {1: 1, 2: 2, 3: 3}
    assert awards.years_after({2: date(2028, 5, 1)}, due(date(2027, 5, 1))) == {1: 2, 2: 1, 3: 3}


def test_two_paid_invoices_keep_their_order_and_none_is_lost() -> None:
    paid = {1: date(2024, 5, 1), 2: date(2025, 5, 1)}
    assert awards.years_after(paid, due(date(2022, 5, 1))) == {1: 2, 2: 3, 3: 1}
    assert awards.years_after({}, due(date(2022, 5, 1))) == {1: 1, 2: 2, 3: 3}
    assert awards.years_after({1: date(2024, 5, 1)}, due(date(1990, 5, 1)))[1] == 3


@pytest.mark.parametrize(
    ("ends_on", "extension", "expected"),
    [
        pytest.param(TODAY, None, None, id="ends today"),
        pytest.param(TODAY - DAY, None, cycles.records_until(TODAY), id="ended yesterday"),
        pytest.param(date(2020, 1, 1), None, cycles.records_until(TODAY), id="ended long ago"),
        pytest.param(TODAY - DAY, date(2027, 1, 1), date(2027, 1, 1), id="a later extension stays"),
        pytest.param(date(2027, 1, 1), date(2027, 3, 1), None, id="one within the usual grace period falls away"),
        pytest.param(date(2027, 1, 1), date(2028, 1, 1), date(2028, 1, 1), id="one of a running cycle stays"),
    ],
)
def test_a_cycle_that_has_ended_has_its_grace_period_from_now(
    ends_on: date, extension: date | None, expected: date | None
) -> None:
    reason = "Ill." if extension else ""
    until, why = cycles.grace_from(ends_on, TODAY, "Because.", extended_to=extension, reason=reason)
    assert until == expected
    assert why == ("" if until is None else "Ill." if until == extension else "Because.")


def certification(**fields: object) -> Certification:
    return Certification(**{"awarded_on": AWARDED, "ccp_mandatory": True, **fields})


@pytest.mark.parametrize(
    ("awarded_on", "says"),
    [
        pytest.param(TODAY + DAY, "The award cannot be in the future", id="tomorrow"),
        pytest.param(date(1938, 12, 31), "AMT was founded in 1939", id="before AMT"),
        pytest.param(date(23, 5, 1), "Enter the year with four digits", id="a year of two digits"),
    ],
)
def test_a_day_that_cannot_be_is_refused(awarded_on: date, says: str) -> None:
    problem = awards.problem_with_correction(certification(), awarded_on, closed=[], on=TODAY)
    assert problem
    assert problem.field == "awarded_on"
    assert says in problem.sentence


def test_the_award_comes_before_the_recertification() -> None:
    held = certification(recertified_on=date(2024, 6, 1))
    assert awards.problem_with_correction(held, date(2024, 5, 31), closed=[], on=TODAY) is None
    problem = awards.problem_with_correction(held, date(2024, 6, 1), closed=[], on=TODAY)
    assert problem
    assert "recertified on Jun 1, 2024" in problem.sentence


def test_a_closed_cycle_keeps_the_award() -> None:
    closed = Cycle(
        number=1,
        starts_on=AWARDED,
        ends_on=date(2026, 4, 30),
        closed_on=date(2026, 5, 1),
        outcome="compliant",
    )
    problem = awards.problem_with_correction(certification(), date(2023, 5, 2), closed=[closed], on=date(2026, 6, 1))
    assert problem
    assert problem.sentence.startswith(
        "Cycle 1, May 1, 2023 to Apr 30, 2026, was counted from the award on record and closed on May 1, 2026 as "
        "compliant. A closed cycle does not change"
    )


def test_no_fee_was_paid_before_the_award_or_a_year_before_the_cycle() -> None:
    payment = Payment(invoice=RenewalInvoice(pk=7), received_on=date(2024, 3, 14))
    assert awards.problem_with_payments([payment], date(2024, 3, 14), date(2024, 3, 14)) is None
    problem = awards.problem_with_payments([payment], date(2024, 3, 15), date(2024, 3, 15))
    assert problem
    assert "INV-0000007 was paid on Mar 14, 2024" in problem.sentence
    assert awards.problem_with_payments([payment], date(2020, 1, 1), date(2025, 3, 14)) is None
    assert awards.problem_with_payments([payment], date(2020, 1, 1), date(2025, 3, 15))


@pytest.mark.parametrize(
    ("awarded_on", "mandatory", "to", "after"),
    [
        pytest.param(AWARDED, True, date(2005, 12, 31), False, id="follows to before 2006"),
        pytest.param(date(2005, 12, 31), False, date(2006, 1, 1), True, id="follows to 2006"),
        pytest.param(date(2005, 12, 31), True, date(2005, 1, 1), True, id="what somebody decided stays"),
        pytest.param(AWARDED, False, date(2024, 5, 1), False, id="what somebody decided stays, voluntary"),
    ],
)
def test_whether_ccp_is_mandatory_follows_the_day(awarded_on: date, mandatory: bool, to: date, after: bool) -> None:
    held = certification(awarded_on=awarded_on, ccp_mandatory=mandatory)
    assert awards.mandatory_after(held, to) is after
