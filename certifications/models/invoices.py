"""The renewal invoice of each year, and the payments that AMT received for it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from amtportal.formatting import dollars
from amtportal.history.lines import History
from amtportal.model_fields import IdentifierField
from certifications.models.credentials import Credential
from certifications.models.cycles import Cycle


class RenewalInvoiceQuerySet(models.QuerySet["RenewalInvoice"]):
    def standing(self) -> "RenewalInvoiceQuerySet":
        return self.exclude(status=RenewalInvoice.Status.VOID)

    def with_payment_day(self) -> "RenewalInvoiceQuerySet":
        """Add ``paid_on``: the day of receipt of the payment that was not reversed, or None."""
        standing = Payment.objects.filter(invoice=OuterRef("pk"), reversed_at=None)
        return self.annotate(paid_on=Subquery(standing.values("received_on")))

    def visible_to(self, user: Any) -> "RenewalInvoiceQuerySet":
        """Return the user's own invoices, or every invoice for staff who may view invoices."""
        if user.is_staff and user.has_perm("certifications.view_renewalinvoice"):
            return self.all()
        return self.of_account(user.pk)

    def of_account(self, account: int) -> "RenewalInvoiceQuerySet":
        return self.filter(cycle__certification__member__user=account)


class InvoiceStatus(models.TextChoices):
    """What is stored of an invoice; whether it is open follows from its days."""

    ISSUED = "issued", "Issued"
    PAID = "paid", "Paid"
    VOID = "void", "Void"


class RenewalInvoice(models.Model):
    """The yearly fee of a certification, with the amount at the time when the invoice was issued.

    ``opens_on``, the day on which it opens for payment, is derived from the due date, the year and
    the cycle's ``requirement_met_on``. Only ``certifications.invoices.keep_openings`` writes it,
    for lists: what decides about money derives it again. ``listed_credential`` is
    that of the certification, which does not change; it is kept for lists, too.
    """

    Status = InvoiceStatus

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="invoices")
    listed_credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    year = models.PositiveSmallIntegerField(help_text="Year of the cycle: 1, 2 or 3.")
    due_on = models.DateField()
    # Follows from the due date, the year and the cycle; kept for lists of a million invoices.
    opens_on = models.DateField(null=True, blank=True, editable=False, help_text="Empty while the invoice is locked.")
    amount = models.PositiveIntegerField(help_text="In US cents, as copied when the invoice was issued.")
    issued_on = models.DateField()
    status = models.CharField(max_length=10, choices=Status, default=Status.ISSUED)
    void_reason = models.CharField(max_length=300, blank=True)
    before_portal = models.DateField(
        null=True,
        blank=True,
        help_text="Where an import settled it: the day up to which fees were paid, or before which none is asked for.",
    )

    history = History(found_by=["cycle"], excluded_fields=["opens_on", "listed_credential"])
    objects = RenewalInvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-due_on", "pk"]
        permissions = [
            ("void_invoice", "Can void an invoice"),
            ("issue_invoice_again", "Can issue a voided invoice again"),
            ("ask_for_payment", "Can ask for a payment that the roster called paid"),
        ]
        # For the lists of staff.
        indexes = [
            models.Index(fields=["-due_on", "id"], name="invoice_by_due_date"),
            models.Index(fields=["-due_on", "id"], name="invoice_unpaid_by_due_date", condition=Q(status="issued")),
            models.Index(fields=["-opens_on", "-id"], name="invoice_unpaid_by_opening", condition=Q(status="issued")),
            models.Index(fields=["-id"], name="invoice_locked", condition=Q(status="issued", opens_on=None)),
            models.Index(fields=["status", "-id"], name="invoice_by_status"),
            models.Index(fields=["listed_credential", "-id"], name="invoice_by_credential"),
            models.Index(
                fields=["status", "-due_on", "id"],
                name="invoice_before_portal",
                condition=Q(before_portal__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "year"],
                condition=~Q(status="void"),
                name="%(app_label)s_%(class)s_one_a_year",
                violation_error_message="This year of the cycle already has an invoice. Void that one first.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_year_1_to_3", condition=Q(year__gte=1, year__lte=3)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_status_known", condition=Q(status__in=InvoiceStatus.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_void_has_reason",
                condition=(Q(status="void") & ~Q(void_reason="")) | (~Q(status="void") & Q(void_reason="")),
                violation_error_message="Say why the invoice is void; only a void invoice has a reason.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_before_portal_settled",
                condition=Q(before_portal=None)
                | Q(before_portal__isnull=False, status__in=["paid", "void"], due_on__lte=F("before_portal")),
                violation_error_message="Only an invoice that was due by that day is settled from before the portal.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}, {dollars(self.amount)} due {self.due_on}"

    @property
    def number(self) -> str:
        return f"INV-{self.pk:07d}"


class PaymentMethod(models.TextChoices):
    """How AMT received a payment."""

    CHECK = "check", pgettext_lazy("method of payment", "Check")
    MONEY_ORDER = "money-order", pgettext_lazy("method of payment", "Money order")
    CARD_BY_PHONE = "card-by-phone", pgettext_lazy("method of payment", "Card by phone")
    CARD_ONLINE = "card-online", pgettext_lazy("method of payment", "Card online")
    BANK_ONLINE = "bank-online", pgettext_lazy("method of payment", "Bank debit online")


# Nobody at AMT records these: the provider says that the money came.
ONLINE = (PaymentMethod.CARD_ONLINE, PaymentMethod.BANK_ONLINE)


class Payment(models.Model):
    """Money that AMT received for an invoice.

    A payment that was recorded by mistake is reversed, never deleted. The portal itself reverses one
    that was paid online if the payer's bank takes it back.
    """

    Method = PaymentMethod

    invoice = models.ForeignKey(RenewalInvoice, on_delete=models.PROTECT, related_name="payments")
    amount = models.PositiveIntegerField(help_text="In US cents.")
    method = models.CharField(max_length=20, choices=Method)
    reference = IdentifierField(
        max_length=60, blank=True, help_text="Check or money order number, or the card processor's reference."
    )
    received_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments_recorded",
        help_text="Nobody: the provider took it online, or the command imported a file.",
    )
    file_name = models.CharField(
        "file", max_length=255, blank=True, default="", help_text="The file of payments that brought it."
    )
    charge_id = models.CharField(max_length=255, null=True, blank=True, unique=True, editable=False)
    last4 = models.CharField("last four digits", max_length=4, blank=True, editable=False)
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments_reversed",
    )
    reversal_reason = models.CharField(max_length=300, blank=True)

    history = History(found_by=["invoice"])

    class Meta:
        ordering = ["-recorded_at", "pk"]
        permissions = [
            ("record_payment", "Can record a payment"),
            ("import_payments", "Can import payments"),
            ("reverse_payment", "Can reverse a payment that was recorded by mistake"),
        ]
        # For the lists of staff.
        indexes = [
            models.Index(fields=["-received_on", "-id"], name="payment_by_day"),
            models.Index(fields=["method", "-id"], name="payment_by_method"),
            models.Index(fields=["-id"], name="payment_reversed", condition=Q(reversed_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(reversed_at=None),
                name="%(app_label)s_%(class)s_one_standing",
                violation_error_message="This invoice is already paid.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_method_known",
                condition=Q(method__in=PaymentMethod.values),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_recorded_by_somebody",
                condition=Q(
                    method__in=[method.value for method in ONLINE],
                    recorded_by=None,
                    charge_id__isnull=False,
                    file_name="",
                )
                | Q(
                    Q(recorded_by__isnull=False) | ~Q(file_name=""),
                    ~Q(method__in=[method.value for method in ONLINE]),
                    charge_id=None,
                    last4="",
                ),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_reversal_whole",
                condition=Q(reversed_at=None, reversed_by=None, reversal_reason="")
                | (
                    Q(reversed_at__isnull=False)
                    & ~Q(reversal_reason="")
                    & (Q(reversed_by__isnull=False) | Q(method__in=[method.value for method in ONLINE]))
                ),
                violation_error_message="A reversal has a time, a person and a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"{dollars(self.amount)} by {self.get_method_display().lower()} on {self.received_on}"

    @property
    def method_in_words(self) -> str:
        """Return the method within a sentence, with the last four digits if they are known."""
        method = str(self.get_method_display()).lower()
        if not self.last4:
            return method
        return _("%(method)s, ending in %(digits)s") % {"method": method, "digits": self.last4}
