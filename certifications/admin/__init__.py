"""What a member holds, as staff see it: one module for each noun."""

from certifications.admin import certifications, corrections, credentials, cycles, invoices, payments, status_changes

__all__ = ["certifications", "corrections", "credentials", "cycles", "invoices", "payments", "status_changes"]
