"""What members record, as staff see it: one module for each noun."""

from ccp.admin import (
    activities,
    amt_credits,
    calendars,
    catalogue,
    certifications,
    cycles,
    evidence,
    invoices,
    members,
    transcripts,
)

__all__ = [
    "activities",
    "amt_credits",
    "calendars",
    "catalogue",
    "certifications",
    "cycles",
    "evidence",
    "invoices",
    "members",
    "transcripts",
]
