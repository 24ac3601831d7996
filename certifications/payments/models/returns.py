"""Money that goes back: refunds, which AMT starts, and disputes, which a member's bank starts."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.history.lines import History
from certifications.models import Payment
from certifications.payments.models.unapplied import UnappliedMoney


def _of_one() -> Q:
    """Return the condition that money which goes back is of a payment or of unapplied money."""
    return Q(payment__isnull=False, unapplied=None) | Q(payment=None, unapplied__isnull=False)


class RefundStatus(models.TextChoices):
    """How far a refund has come."""

    OPENING = "opening", "Asked for"
    PENDING = "pending", "Under way"
    SUCCEEDED = "succeeded", "Refunded"
    FAILED = "failed", "Failed"


class Refund(models.Model):
    """The whole of a charge, sent back by AMT.

    It is committed before the provider is called, unless somebody gave it at the provider itself.
    """

    Status = RefundStatus

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds")
    unapplied = models.ForeignKey(
        UnappliedMoney, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    charge_id = models.CharField(max_length=255)
    amount = models.PositiveIntegerField(help_text="In the smallest unit of the currency.")
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=300)
    idempotency_key = models.UUIDField(unique=True)
    refund_id = models.CharField(max_length=255, blank=True, help_text="The provider's name of the refund.")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPENING)
    failure = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds_requested",
        help_text="Nobody: it was given at the provider itself.",
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    history = History(found_by=["payment", "unapplied"])

    class Meta:
        ordering = ["-requested_at", "-pk"]
        permissions = [("give_refund", "Can send money back to the payer")]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_id"],
                condition=~Q(status="failed"),
                name="%(app_label)s_%(class)s_once",
                violation_error_message="This charge was refunded already.",
            ),
            models.UniqueConstraint(
                fields=["refund_id"], condition=~Q(refund_id=""), name="%(app_label)s_%(class)s_id_unique"
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_of_one", condition=_of_one()),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_status_known", condition=Q(status__in=RefundStatus.values)
            ),
        ]

    def __str__(self) -> str:
        return f"Refund of {self.charge_id}"


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def open(self) -> "DisputeQuerySet":
        """Return the disputes that are not decided yet. Their payments are flagged."""
        return self.filter(closed_at=None)


class Dispute(models.Model):
    """A charge that the payer's bank asks back. While it is open, the payment is flagged."""

    dispute_id = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="disputes")
    unapplied = models.ForeignKey(
        UnappliedMoney, on_delete=models.PROTECT, null=True, blank=True, related_name="disputes"
    )
    charge_id = models.CharField(max_length=255)
    amount = models.PositiveIntegerField(help_text="In the smallest unit of the currency.")
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=60, help_text="The bank's reason, as the provider names it.")
    status = models.CharField(max_length=40, help_text="The provider's status, such as needs_response, won or lost.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    history = History(found_by=["payment", "unapplied"])
    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [models.CheckConstraint(name="%(app_label)s_%(class)s_of_one", condition=_of_one())]

    def __str__(self) -> str:
        return f"Dispute {self.dispute_id}"
