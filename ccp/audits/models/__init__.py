"""What AMT knows of audits."""

from ccp.audits.models.draws import Draw, DrawLine

__all__ = ["Draw", "DrawLine"]
