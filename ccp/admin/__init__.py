"""What members hold and record, as staff see it: one module for each kind of record.

A model whose pages need ``ccp`` is registered here, once, over the base class of the app below.
"""

from ccp.admin import (
    activities,
    amt_credits,
    archives,
    audit_cases,
    audit_letters,
    audit_outcomes,
    audit_reviews,
    calendars,
    catalogue,
    certifications,
    courses,
    cycles,
    desk,
    draws,
    evidence,
    invoices,
    members,
    notices,
    reports,
    sharing,
    transcript_batches,
    transcripts,
)

__all__ = [
    "activities",
    "amt_credits",
    "archives",
    "audit_cases",
    "audit_letters",
    "audit_outcomes",
    "audit_reviews",
    "calendars",
    "catalogue",
    "certifications",
    "courses",
    "cycles",
    "desk",
    "draws",
    "evidence",
    "invoices",
    "members",
    "notices",
    "reports",
    "sharing",
    "transcript_batches",
    "transcripts",
]
