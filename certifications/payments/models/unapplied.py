"""Money that arrived and that no invoice can take."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.history.lines import History
from certifications.models import RenewalInvoice
from certifications.payments.amounts import money
from certifications.payments.models.checkouts import Checkout


class UnappliedCause(models.TextChoices):
    """Why no invoice can take the money."""

    AMOUNT = "amount", "The amount is not that of the invoice"
    CURRENCY = "currency", "The currency is not US dollars"
    MODE = "mode", "It is test money on a live portal, or live money on a test portal"
    PAID = "paid", "The invoice was paid already"
    VOID = "void", "The invoice is void"
    HELD = "held", "The invoice is held"
    LOCKED = "locked", "The invoice is not open"
    UNKNOWN = "unknown", "It names no checkout of the portal"


class Resolution(models.TextChoices):
    """What staff did about the money."""

    REFUNDED = "refunded", "Refunded"
    APPLIED = "applied", "Applied to an invoice"
    EXPLAINED = "explained", "Explained"


class UnappliedMoneyQuerySet(models.QuerySet["UnappliedMoney"]):
    def unresolved(self) -> "UnappliedMoneyQuerySet":
        """Return the money about which staff have not done anything yet."""
        return self.filter(resolution="")


class UnappliedMoney(models.Model):
    """Money that the provider took and that no invoice can take. Staff resolve it."""

    Cause = UnappliedCause
    Resolution = Resolution

    charge_id = models.CharField(max_length=255, unique=True, help_text="The provider's name of the charge.")
    session_id = models.CharField(max_length=255, blank=True, help_text="The provider's page on which it was paid.")
    checkout = models.ForeignKey(
        Checkout, on_delete=models.PROTECT, null=True, blank=True, related_name="unapplied_money"
    )
    amount = models.PositiveIntegerField(help_text="In the smallest unit of the currency.")
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=40, blank=True, help_text="What the provider calls the method of payment.")
    received_at = models.DateTimeField()
    cause = models.CharField(max_length=10, choices=Cause)
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="unapplied_resolved"
    )
    explanation = models.CharField(max_length=300, blank=True)
    applied_to = models.ForeignKey(
        RenewalInvoice, on_delete=models.PROTECT, null=True, blank=True, related_name="unapplied_applied"
    )

    history = History(found_by=["checkout", "applied_to"])
    objects = UnappliedMoneyQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        permissions = [("resolve_unappliedmoney", "Can apply or explain unapplied money")]
        verbose_name = "unapplied money"
        verbose_name_plural = "unapplied money"
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_cause_known", condition=Q(cause__in=UnappliedCause.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_resolution_whole",
                condition=Q(resolution="", resolved_at=None, resolved_by=None, explanation="", applied_to=None)
                | Q(resolution="applied", resolved_at__isnull=False, applied_to__isnull=False)
                | Q(resolution="refunded", resolved_at__isnull=False, applied_to=None)
                | (Q(resolution="explained", resolved_at__isnull=False, applied_to=None) & ~Q(explanation="")),
                violation_error_message="A resolution has a time, and what it was.",
            ),
        ]

    def __str__(self) -> str:
        return f"{money(self.amount, self.currency)}, {self.charge_id}"
