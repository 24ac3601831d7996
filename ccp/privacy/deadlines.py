"""Until when a request by law is answered."""

import calendar
from datetime import date, timedelta

from amtportal.formatting import format_day
from amtportal.plausible import problem_with_year
from amtportal.refusals import Problem
from ccp.privacy.models import Law

CCPA_DAYS = 45
"""California Civil Code 1798.130 (a)(2)(A): within 45 days of receiving the request."""
GDPR_MONTHS = 1
"""Regulation (EU) 2016/679, Article 12 (3): within one month of receipt of the request."""


def due_on(law: str, received_on: date) -> date:
    """Return the last day for the answer. A month ends on the same day of the next, or on its last one."""
    if law == Law.CCPA:
        return received_on + timedelta(days=CCPA_DAYS)
    month = received_on.month - 1 + GDPR_MONTHS
    year, month = received_on.year + month // 12, month % 12 + 1
    return date(year, month, min(received_on.day, calendar.monthrange(year, month)[1]))


def in_words(law: str) -> str:
    """Return how long there is, with the source."""
    if law == Law.CCPA:
        return f"{CCPA_DAYS} days, California Civil Code 1798.130"
    return "one month, GDPR Article 12 (3)"


def problem_with_receipt(received_on: date, on: date) -> Problem | None:
    """Return why a request cannot have been received on that day."""
    if received_on > on:
        return Problem("received_on", f"{format_day(received_on)} is still to come. Enter the day on which it came.")
    if problem := problem_with_year(received_on):
        return Problem("received_on", problem)
    return None
