"""The day of the first award, and what moves if a wrong one is corrected.

Everything is counted from that day: the cycles, the due dates of their invoices, and whether CCP is
mandatory. A closed cycle never changes, so the day can be corrected while no cycle of the
certification is closed; ``ccp.awards`` writes it. Both days stay on record (``AwardCorrection``).

- *The cycle* that is not closed becomes the one with the same place in time: that of today, or of its
  own middle, whichever day comes first. So what was recorded in it stays in one cycle as far as possible.
- *An entry* that the new days do not cover counts for nothing. It counts again if a later correction
  covers it, or in the next cycle once that opens.
- *An invoice* keeps its number, its amount and its payment. A paid one takes the year that is due
  nearest to the day for which it was paid; the others take the years that are left, in their order.
- *The grace period* of a cycle that has ended by the new days begins with the correction, so that
  nobody loses a certification to a correction overnight (``cycles.grace_from``).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import permutations

from amtportal import plausible
from amtportal.dates import anniversary
from amtportal.formatting import format_day
from amtportal.refusals import Problem
from certifications import cycles, life
from certifications.models import AwardCorrection, Certification, Cycle, Payment

YEARS = (1, 2, 3)
BEGINS_WITH_CORRECTION = "The award date was corrected after the last day of the cycle."


def span_after(awarded_on: date, old: cycles.Days, on: date) -> cycles.Span:
    """Return the cycle that replaces ``old``, which is not closed, under the corrected day.

    Old cycle 5/1/2024 to 4/30/2027, corrected on 11/30/2026 to an award on 11/1/2023: the middle of
    the old one, 10/30/2025, lies in 11/1/2023 to 10/31/2026. The cycle of today, a month old, would
    leave out all that was recorded before.
    """
    middle = old.starts_on + (old.ends_on - old.starts_on) / 2
    return cycles.span_on(awarded_on, max(awarded_on, min(on, middle)))


def years_after(paid: Mapping[int, date], due: Mapping[int, date]) -> dict[int, int]:
    """Return the new year of the invoice of each year.

    ``paid``: for which due date a payment was received, by year. ``due``: the new due dates, by year.
    The fee that was due on 5/1/2027 as that of year 1 is that of year 2, if year 2 is due then.
    """

    def cost(new: Iterable[int]) -> tuple[int, int]:
        of_year = dict(zip(YEARS, new, strict=True))
        off = sum(abs((due[of_year[year]] - day).days) for year, day in paid.items())
        return off, sum(year != of_year[year] for year in YEARS)

    return dict(zip(YEARS, min(permutations(YEARS), key=cost), strict=True))


def problem_with_correction(
    certification: Certification, awarded_on: date, *, closed: Iterable[Cycle], on: date
) -> Problem | None:
    """Return why the award of the certification cannot be corrected to that day.

    ``closed``: its closed cycles.
    """
    if problem := plausible.problem_with_award(awarded_on, on):
        return Problem("awarded_on", problem)
    recertified_on = certification.recertified_on
    if recertified_on and recertified_on <= awarded_on:
        return Problem(
            "awarded_on",
            f"The certification was recertified on {format_day(recertified_on)}, and the award comes before that. "
            "Correct the recertification first, if that is wrong.",
        )
    for cycle in closed:
        assert cycle.closed_on
        return Problem(
            "awarded_on",
            f"Cycle {cycle.number}, {format_day(cycle.starts_on)} to {format_day(cycle.ends_on)}, was counted from the "
            f"award on record and closed on {format_day(cycle.closed_on)} as {cycle.get_outcome_display().lower()}. A "
            "closed cycle does not change, so neither does the award. If its outcome is wrong, sign a correction of "
            "that cycle.",
        )
    return None


def problem_with_payments(payments: Iterable[Payment], awarded_on: date, starts_on: date) -> Problem | None:
    """Return which payment cannot have been received for a cycle that begins on that day. Their invoices are loaded."""
    earliest = max(awarded_on, anniversary(starts_on, -plausible.YEARS_OF_ADVANCE))
    for payment in payments:
        if payment.received_on < earliest:
            return Problem(
                "awarded_on",
                f"{payment.invoice.number} was paid on {format_day(payment.received_on)}, and no fee of a cycle from "
                f"{format_day(starts_on)} on, awarded on {format_day(awarded_on)}, was paid before "
                f"{format_day(earliest)}. Reverse that payment first, if it was for something else.",
            )
    return None


def mandatory_after(certification: Certification, awarded_on: date) -> bool:
    """Return whether CCP is mandatory under the corrected day; what somebody decided otherwise stays."""
    return life.mandatory_under(
        awarded_on,
        before=certification.awarded_on,
        recertified_on=certification.recertified_on,
        mandatory=certification.ccp_mandatory,
    )


def last_correction(certification: Certification) -> AwardCorrection | None:
    return certification.award_corrections.order_by("-corrected_at", "-pk").first()
