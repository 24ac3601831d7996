"""The provider's book, day by day, as it was compared with the portal's records."""

from django.db import models
from django.db.models import F, Q

from amtportal.history.lines import History
from certifications.payments.models.explained import Explained, explained_whole


class SettlementQuerySet(models.QuerySet["Settlement"]):
    def differing(self) -> "SettlementQuerySet":
        """Return the days that differ and that nobody has explained."""
        return self.exclude(differences="").filter(explanation="")


class Settlement(Explained):
    """One day of the provider's book. An explanation is of its differences, and goes when they change."""

    day = models.DateField(unique=True, help_text="In Chicago.")
    reconciled_at = models.DateTimeField(help_text="When the book was last compared with the portal's records.")
    differences = models.TextField(blank=True, help_text="One line for each. Empty: the book and the records agree.")

    # The comparison is repeated daily until all is paid out, which is no change of the record.
    history = History(excluded_fields=["reconciled_at"])
    objects = SettlementQuerySet.as_manager()

    class Meta:
        ordering = ["-day"]
        constraints = [
            explained_whole(),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_explained_difference", condition=Q(explanation="") | ~Q(differences="")
            ),
        ]

    def __str__(self) -> str:
        return f"Settlement of {self.day}"


class SettlementLine(models.Model):
    """One line of the provider's book: money that came or went, its fee, and the payout that carries it."""

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="lines")
    transaction_id = models.CharField(max_length=255, unique=True, help_text="The provider's name of the line.")
    kind = models.CharField(max_length=40, help_text="What the provider calls it: charge, refund, dispute, payout.")
    source_id = models.CharField(max_length=255, blank=True, help_text="The provider's name of what it is about.")
    amount = models.IntegerField(help_text="In the smallest unit of the currency; what goes away is negative.")
    fee = models.IntegerField(help_text="What the provider keeps.")
    net = models.IntegerField(help_text="The amount without the fee.")
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField()
    available_on = models.DateField()
    payout_id = models.CharField(
        "payout", max_length=255, blank=True, help_text="Empty until the provider pays it out."
    )
    deposited_on = models.DateField(null=True, blank=True, help_text="The day on which AMT's bank has it.")

    history = History()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["source_id"], name="payments_line_source")]
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_net_adds_up", condition=Q(net=F("amount") - F("fee"))),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_payout_whole",
                condition=Q(payout_id="", deposited_on=None) | (~Q(payout_id="") & Q(deposited_on__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.transaction_id}"
