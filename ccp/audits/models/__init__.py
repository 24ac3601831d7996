"""What AMT knows of audits."""

from ccp.audits.models.cases import (
    Appeal,
    AuditCase,
    CaseOutcome,
    CaseState,
    CaseStep,
    Conflict,
    Extension,
    ItemReview,
    ItemVerdict,
    Letter,
    LetterKind,
    Message,
    ReviewRound,
    Verb,
    Who,
)
from ccp.audits.models.draws import Draw, DrawLine, DrawTicket, Replacement, SeedKind
from ccp.audits.models.printing import LetterPrint, PrintRun
from ccp.audits.models.proposals import StatusProposal

__all__ = [
    "Appeal",
    "AuditCase",
    "CaseOutcome",
    "CaseState",
    "CaseStep",
    "Conflict",
    "Draw",
    "DrawLine",
    "DrawTicket",
    "Extension",
    "ItemReview",
    "ItemVerdict",
    "Letter",
    "LetterKind",
    "LetterPrint",
    "Message",
    "PrintRun",
    "Replacement",
    "ReviewRound",
    "SeedKind",
    "StatusProposal",
    "Verb",
    "Who",
]
