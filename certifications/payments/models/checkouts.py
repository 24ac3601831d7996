"""A member's attempt to pay one invoice on the provider's page."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.history.lines import History
from certifications.models import Payment, RenewalInvoice
from certifications.payments.provider import SHORTEST_PAGE


class CheckoutStatus(models.TextChoices):
    """How far an attempt to pay has come.

    It goes from opening (the provider has not answered yet) to open, and ends as paid, failed or
    expired. A bank debit is processing for some days in between.
    """

    OPENING = "opening", "Opening"
    OPEN = "open", "Open"
    PROCESSING = "processing", "Processing"
    PAID = "paid", "Paid"
    FAILED = "failed", "Failed"
    EXPIRED = "expired", "Expired"


UNFINISHED = (CheckoutStatus.OPENING, CheckoutStatus.OPEN, CheckoutStatus.PROCESSING)


class CheckoutQuerySet(models.QuerySet["Checkout"]):
    def unfinished(self) -> "CheckoutQuerySet":
        """Return the checkouts whose money may still come."""
        return self.filter(status__in=UNFINISHED)

    def payable(self, at: datetime) -> "CheckoutQuerySet":
        """Return the unfinished checkouts but those whose page was never shown to anybody."""
        return self.unfinished().exclude(status=CheckoutStatus.OPENING, expires_at__lt=at + SHORTEST_PAGE)


class Checkout(models.Model):
    """An attempt to pay one invoice on the provider's page.

    It is committed before the provider is called. The provider recognizes a repeated call by the
    ``idempotency_key``, so that one checkout has at most one session there. A checkout that is
    ``paid`` has its payment. One whose money no invoice could take has ``failed``.
    """

    Status = CheckoutStatus

    invoice = models.ForeignKey(RenewalInvoice, on_delete=models.PROTECT, related_name="checkouts")
    amount = models.PositiveIntegerField(help_text="In US cents, as the invoice said when the checkout was opened.")
    currency = models.CharField(max_length=3, default="usd")
    idempotency_key = models.UUIDField(unique=True)
    session_id = models.CharField(max_length=255, blank=True, help_text="The provider's name of its page.")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPENING)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="checkouts_opened")
    expires_at = models.DateTimeField(help_text="After this moment the provider's page takes no payment.")
    language = models.CharField(max_length=10, default="en", help_text="Of the provider's page and of the receipt.")
    finished_at = models.DateTimeField(null=True, blank=True)
    method = models.CharField(max_length=40, blank=True, help_text="What the provider calls the method of payment.")
    failure = models.CharField(max_length=300, blank=True, help_text="Why the payment failed.")
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="checkout")

    history = History(found_by=["invoice", "payment"])
    objects = CheckoutQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(status__in=[status.value for status in UNFINISHED]),
                name="%(app_label)s_%(class)s_one_unfinished",
                violation_error_message="A payment of this invoice is under way.",
            ),
            models.UniqueConstraint(
                fields=["session_id"], condition=~Q(session_id=""), name="%(app_label)s_%(class)s_session_unique"
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_status_known", condition=Q(status__in=CheckoutStatus.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_finished_whole",
                condition=Q(status__in=[status.value for status in UNFINISHED], finished_at=None)
                | (~Q(status__in=[status.value for status in UNFINISHED]) & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_session",
                condition=~Q(status__in=["open", "processing", "paid"]) | ~Q(session_id=""),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_paid_by_a_payment",
                condition=Q(status="paid", payment__isnull=False) | (~Q(status="paid") & Q(payment=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"Checkout {self.pk} of {self.invoice}"

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED

    def was_never_shown(self, at: datetime) -> bool:
        """Return whether the provider has not told its page, and would not open it any more."""
        return self.status == CheckoutStatus.OPENING and self.expires_at < at + SHORTEST_PAGE
