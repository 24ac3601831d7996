"""What AMT knows of audits."""

from ccp.audits.models.draws import Draw, DrawLine, DrawTicket, Replacement, SeedKind

__all__ = ["Draw", "DrawLine", "DrawTicket", "Replacement", "SeedKind"]
