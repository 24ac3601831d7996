"""Which days can be true: the bounds of each kind of day, with the reason for each bound.

A date picker in which somebody types 11 20 26 sends the year 26, and a slip of the finger makes
2006 to 0206. Such a day is in the calendar, so only its meaning shows that it is wrong. Every form,
file and command that takes a day asks the rule for its kind. A rule answers with a sentence that
says what is wrong with the day; the sentence is empty if nothing is.

| kind of day | from | to |
| --- | --- | --- |
| an award | 1/1/1939: AMT was founded in 1939 | today |
| a recertification | the day after the award | today |
| a death | 1/1/1939 | today |
| a payment received | the award, and one year before the cycle of its invoice | today |
| the first day of terms, the retirement of a type | 1/1/1990: no entry is older | 5 years from today |
| a day of the window in which a type can be claimed | 1/1/1939 | 20 years from today |
| a day of an activity that AMT credits | 1/1/1939 | today |
| the day up to which fees are paid, in a roster | 1/1/1939 | 5 years from today |
| the day before which an import asks for no fees | 1/1/1939 | the day of the import |
| a day as of which a command runs | 1/1/1990 | 5 years from today |

The last day of a grace period has its own bounds in ``certifications.cycles``, because they follow
from the cycle. The days of an entry lie in a cycle, so ``ccp.recording.claims`` judges them. The
database does not repeat the bounds, because a portal that has such a day from before could not be
upgraded; ``manage.py check_values`` lists the stored days that break a rule.
"""

from datetime import date

from amtportal.dates import anniversary
from amtportal.formatting import format_day

AMT_FOUNDED = date(1939, 1, 1)
EARLIEST_RECORD = date(1990, 1, 1)
YEARS_AHEAD = 5
YEARS_AHEAD_OF_A_WINDOW = 20
YEARS_OF_ADVANCE = 1
"""A check may come before its invoice can be paid, and AMT holds it until then."""


def problem_with_year(day: date) -> str:
    """Return the problem with a year of one, two or three digits, of whatever kind the day is."""
    if day.year >= 1000:
        return ""
    return f"{format_day(day)} is in the year {day.year}. Enter the year with four digits, for example 2026."


def problem_with_award(awarded_on: date, on: date) -> str:
    if awarded_on > on:
        return "The award cannot be in the future. Enter today's date or an earlier one."
    if problem := problem_with_year(awarded_on):
        return problem
    return _before(awarded_on, AMT_FOUNDED, "AMT was founded in 1939, so no award is older. Correct the year.")


def problem_with_recertification(recertified_on: date, awarded_on: date | None, on: date) -> str:
    if recertified_on > on:
        return "The recertification cannot be in the future. Enter today's date or earlier."
    if problem := problem_with_year(recertified_on):
        return problem
    if awarded_on and recertified_on <= awarded_on:
        return f"The recertification comes after the award on {format_day(awarded_on)}."
    return _before(recertified_on, AMT_FOUNDED, "AMT was founded in 1939. Correct the year.")


def problem_with_death(died_on: date, on: date) -> str:
    if died_on > on:
        return "The day of a death cannot be in the future. Enter today's date or an earlier one."
    if problem := problem_with_year(died_on):
        return problem
    return _before(died_on, AMT_FOUNDED, "AMT was founded in 1939. Correct the year.")


def problem_with_receipt(received_on: date, *, awarded_on: date, cycle_starts_on: date, on: date) -> str:
    """Return the problem with the day on which the money for an invoice of the cycle arrived."""
    if received_on > on:
        return "The payment cannot be received in the future. Enter the day on which it arrived."
    if problem := problem_with_year(received_on):
        return problem
    earliest = max(awarded_on, anniversary(cycle_starts_on, -YEARS_OF_ADVANCE))
    if received_on < earliest:
        return (
            f"{format_day(received_on)} is too early for an invoice of the cycle that began on "
            f"{format_day(cycle_starts_on)}. Enter the day on which it arrived, from {format_day(earliest)} on."
        )
    return ""


def problem_with_terms_day(day: date, on: date) -> str:
    """Return the problem with the first day of terms, or with the day that retires a type."""
    return _outside(day, EARLIEST_RECORD, anniversary(on, YEARS_AHEAD))


def problem_with_window_day(day: date, on: date) -> str:
    return _outside(day, AMT_FOUNDED, anniversary(on, YEARS_AHEAD_OF_A_WINDOW))


def problem_with_credited_day(day: date) -> str:
    """Return the problem with a day of an activity in a file; the file's rules know the last day."""
    if problem := problem_with_year(day):
        return problem
    return _before(day, AMT_FOUNDED, "AMT was founded in 1939. Correct the year.")


def problem_with_paid_through(day: date, on: date) -> str:
    """Return the problem with the day up to which a roster says that fees are paid."""
    return _outside(day, AMT_FOUNDED, anniversary(on, YEARS_AHEAD))


def problem_with_not_asked_before(day: date, on: date) -> str:
    """Return the problem with the day before which an import asks for no fees."""
    if day > on:
        return f"{format_day(day)} is in the future. Enter {format_day(on)} or an earlier day."
    return _outside(day, AMT_FOUNDED, on)


def problem_with_run_day(day: date, on: date) -> str:
    """Return the problem with the day as of which a command is to run."""
    return _outside(day, EARLIEST_RECORD, anniversary(on, YEARS_AHEAD))


def _before(day: date, earliest: date, reason: str) -> str:
    return f"{format_day(day)} is before {format_day(earliest)}. {reason}" if day < earliest else ""


def _outside(day: date, earliest: date, latest: date) -> str:
    if problem := problem_with_year(day):
        return problem
    if earliest <= day <= latest:
        return ""
    return (
        f"{format_day(day)} cannot be right. Enter a day from {format_day(earliest)} to {format_day(latest)}, "
        "with the year in four digits."
    )
