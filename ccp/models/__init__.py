"""What a member does: qualifying activities, recorded activities, and what they count for."""

from ccp.models.activities import Activity, ActivityQuerySet, AttestationStatement, Credit
from ccp.models.amt_credits import ErrorReport, HeldCredit
from ccp.models.calendars import CalendarFeed
from ccp.models.catalogue import ActivityType, Category, CategoryTerms, Provenance, TypeTerms
from ccp.models.courses import CourseLink
from ccp.models.evidence import Evidence, EvidenceQuerySet
from ccp.models.pending_files import PendingFile, Reading, ReadingState
from ccp.models.transcripts import Transcript, TranscriptBatch, TranscriptFile

__all__ = [
    "Activity",
    "ActivityQuerySet",
    "ActivityType",
    "AttestationStatement",
    "CalendarFeed",
    "Category",
    "CategoryTerms",
    "CourseLink",
    "Credit",
    "ErrorReport",
    "Evidence",
    "EvidenceQuerySet",
    "HeldCredit",
    "PendingFile",
    "Provenance",
    "Reading",
    "ReadingState",
    "Transcript",
    "TranscriptBatch",
    "TranscriptFile",
    "TypeTerms",
]
