"""The day as of which a command runs: ``--on 2026-05-01``."""

from argparse import ArgumentTypeError
from datetime import date

from amtportal import clean, plausible
from amtportal.dates import today


def run_day(typed: str) -> date:
    """Return the day in an argument. Raises ``ArgumentTypeError`` with a sentence."""
    try:
        day = date.fromisoformat(clean.identifier(typed))
    except ValueError:
        raise ArgumentTypeError(f"“{typed}” is not a day; write it as 2026-03-14.") from None
    if problem := plausible.problem_with_run_day(day, today()):
        raise ArgumentTypeError(problem)
    return day
