"""What a member holds, as staff see it: one module for each noun."""

from certifications.admin import certifications, credentials, cycles, invoices, payments

__all__ = ["certifications", "credentials", "cycles", "invoices", "payments"]
