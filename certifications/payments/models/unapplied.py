"""Money that arrived and that no invoice has taken: online, or by check, money order or phone."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.dates import day_of
from amtportal.history.lines import History
from amtportal.model_fields import IdentifierField
from certifications.models import Certification, RenewalInvoice
from certifications.models.invoices import PaymentMethod
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
    EARLY = "early", "The invoice was not open yet"


class Resolution(models.TextChoices):
    """What staff did about the money."""

    REFUNDED = "refunded", "Refunded"
    APPLIED = "applied", "Applied to an invoice"
    EXPLAINED = "explained", "Explained"


class UnappliedMoneyQuerySet(models.QuerySet["UnappliedMoney"]):
    def unresolved(self) -> "UnappliedMoneyQuerySet":
        """Return the money about which staff have not done anything yet."""
        return self.filter(resolution="")

    def early(self) -> "UnappliedMoneyQuerySet":
        """Return the money that came before its invoice opened, and that nothing was done about yet."""
        return self.unresolved().filter(cause=UnappliedCause.EARLY)

    def waiting(self, on: date) -> "UnappliedMoneyQuerySet":
        """Return the money that the portal itself applies on the day when its invoice opens.

        On the day after that, something keeps the invoice from taking it, and staff have to look.
        """
        return self.early().filter(_waits(on))

    def to_look_at(self, on: date) -> "UnappliedMoneyQuerySet":
        """Return the money that waits for staff."""
        return self.unresolved().exclude(Q(cause=UnappliedCause.EARLY) & _waits(on))


def _waits(on: date) -> Q:
    """Return the condition that an invoice opens, or may open, on that day or later."""
    return Q(
        Q(invoice__opens_on=None) | Q(invoice__opens_on__gte=on),
        invoice__status="issued",
        invoice__cycle__closed_on=None,
        invoice__cycle__certification__status__in=Certification.IN_FORCE,
    )


class UnappliedMoney(models.Model):
    """Money that AMT received and that no invoice has taken.

    The provider took it online (``charge_id``), or AMT received it by check, money order or phone for
    an ``invoice`` that was not open yet. The portal applies the latter when the invoice opens; staff
    resolve everything else.
    """

    Cause = UnappliedCause
    Resolution = Resolution

    charge_id = models.CharField(
        max_length=255, unique=True, null=True, blank=True, help_text="The provider's name of the charge."
    )
    session_id = models.CharField(max_length=255, blank=True, help_text="The provider's page on which it was paid.")
    checkout = models.ForeignKey(
        Checkout, on_delete=models.PROTECT, null=True, blank=True, related_name="unapplied_money"
    )
    amount = models.PositiveIntegerField(help_text="In the smallest unit of the currency.")
    currency = models.CharField(max_length=3)
    invoice = models.ForeignKey(
        RenewalInvoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="held_money",
        help_text="For which it came, if it did not come online.",
    )
    method = models.CharField(
        max_length=40, blank=True, help_text="Check, money order or card by phone, or what the provider calls it."
    )
    reference = IdentifierField(max_length=60, blank=True, default="", help_text="Check or money order number.")
    received_at = models.DateTimeField(help_text="When it came online, or when it was recorded.")
    received_on = models.DateField(null=True, blank=True, help_text="The day on which it arrived, if not online.")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="money_recorded"
    )
    file_name = models.CharField("file", max_length=255, blank=True, default="")
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

    history = History(found_by=["checkout", "invoice", "applied_to"])
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
                name="%(app_label)s_%(class)s_came_somehow",
                condition=Q(
                    charge_id__isnull=False,
                    invoice=None,
                    reference="",
                    received_on=None,
                    recorded_by=None,
                    file_name="",
                )
                | Q(
                    Q(recorded_by__isnull=False) | ~Q(file_name=""),
                    charge_id=None,
                    session_id="",
                    checkout=None,
                    currency="usd",
                    received_on__isnull=False,
                ),
                violation_error_message="Money came online, or somebody recorded it.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_early_for_an_invoice",
                condition=~Q(cause="early") | Q(invoice__isnull=False),
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
        return f"{money(self.amount, self.currency)}, {self.charge_id or self.method_in_words}"

    @property
    def paid_for(self) -> RenewalInvoice | None:
        """Return the invoice for which it came, if that is known."""
        return self.checkout.invoice if self.checkout else self.invoice

    @property
    def day(self) -> date:
        """Return the day on which AMT received it."""
        return self.received_on or day_of(self.received_at)

    @property
    def method_in_words(self) -> str:
        """Return the method within a sentence: ``check 4711``."""
        return f"{self.method_label.lower()} {self.reference}".strip()

    @property
    def method_label(self) -> str:
        return str(dict(PaymentMethod.choices).get(self.method, self.method))
