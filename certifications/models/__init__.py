"""What a member holds: certifications, their 3-year CCP cycles and the yearly renewal invoices."""

from certifications.models.certifications import (
    AwardCorrection,
    Certification,
    PlainNumber,
    Probation,
    StatusChange,
)
from certifications.models.credentials import Credential, FormerName
from certifications.models.cycles import Cycle, CycleCorrection, CycleQuerySet
from certifications.models.invoices import Payment, RenewalInvoice, RenewalInvoiceQuerySet
from certifications.models.waiting_rows import WaitingRow
from certifications.quarters import PointsField, in_quarters

__all__ = [
    "AwardCorrection",
    "Certification",
    "Credential",
    "Cycle",
    "CycleCorrection",
    "CycleQuerySet",
    "FormerName",
    "Payment",
    "PlainNumber",
    "PointsField",
    "Probation",
    "RenewalInvoice",
    "RenewalInvoiceQuerySet",
    "StatusChange",
    "WaitingRow",
    "in_quarters",
]
