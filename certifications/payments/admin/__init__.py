"""The staff pages of what was paid online. Staff read the records and act through the verbs."""

from certifications.payments.admin import checkouts, money, returns, settlements

__all__ = ["checkouts", "money", "returns", "settlements"]
