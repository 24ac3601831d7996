"""What a member holds: certifications, their 3-year CCP cycles, and the renewal invoices of each year."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.db.models.lookups import Exact
from django.utils.translation import pgettext_lazy

from amtportal.dates import day_of
from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.members.models import Member
from amtportal.words import dollars, plain


def in_quarters(field: str) -> Exact:
    """The condition that a column holds whole quarters: exact even as SQLite's floats."""
    quarters: Combinable = F(field) * 4
    return Exact(Cast(quarters, models.IntegerField()), quarters)


class PointsField(models.DecimalField):
    """CCP points: decimals in quarter steps. The model adds the constraint (see ``in_quarters``)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 7)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


class Credential(models.Model):
    """What AMT awards, with the terms of today. Cycles and invoices copy the terms when they are opened."""

    code = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=100)
    points_required = PointsField(
        "points a cycle", validators=[MinValueValidator(Decimal("0.25"))], help_text="Points for a 3-year cycle."
    )
    annual_fee = models.PositiveIntegerField(help_text="In US cents: 9000 is $90.00.")

    history = History()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_required_in_quarters",
                condition=in_quarters("points_required"),
                violation_error_message="Points come in quarter steps: 0.25, 0.5, 0.75, 1 and so on.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_required_positive",
                condition=Q(points_required__gt=0),
                violation_error_message="A cycle needs more than 0 points.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.name}"


class Certification(models.Model):
    """A credential that a member holds. ``awarded_on`` is the anchor from which every cycle is counted."""

    class Status(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("status of a certification", "Active")
        REINSTATED = "reinstated", pgettext_lazy("status of a certification", "Reinstated")
        LAPSED = "lapsed", pgettext_lazy("status of a certification", "Lapsed")
        RETIRED = "retired", pgettext_lazy("status of a certification", "Retired")
        REVOKED = "revoked", pgettext_lazy("status of a certification", "Revoked")

    # Only certifications in force take records and open cycles; ``certifications.life`` has the rules.
    IN_FORCE = (Status.ACTIVE, Status.REINSTATED)

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="certifications")
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="certifications")
    certificate_number = models.CharField(max_length=40)
    awarded_on = models.DateField(help_text="The first award: every cycle is counted from this day.")
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    recertified_on = models.DateField(null=True, blank=True, help_text="The last recertification, if there was one.")
    ccp_mandatory = models.BooleanField(
        "CCP mandatory",
        default=True,
        help_text="Certified on or after 1/1/2006, or recertified after 4/1/2014. Otherwise CCP is voluntary.",
    )

    history = History()

    class Meta:
        ordering = ["member", "awarded_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "credential"],
                name="%(app_label)s_%(class)s_once_a_member",
                violation_error_message="This member already holds this credential.",
            ),
            models.UniqueConstraint(
                fields=["credential", "certificate_number"],
                name="%(app_label)s_%(class)s_number_unique",
                violation_error_message="Another certification has this certificate number.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_status_known",
                condition=Q(status__in=["active", "reinstated", "lapsed", "retired", "revoked"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credential.code} {self.certificate_number}"


class StatusChange(AppendOnly, Traced):
    """One step in the life of a certification: from what to what, on which day, by whom and why."""

    certification = models.ForeignKey(Certification, on_delete=models.PROTECT, related_name="status_changes")
    before = models.CharField(max_length=10, choices=Certification.Status)
    after = models.CharField(max_length=10, choices=Certification.Status)
    changed_on = models.DateField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="status_changes"
    )
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["certification", "changed_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_statuses_known",
                condition=Q(
                    before__in=["active", "reinstated", "lapsed", "retired", "revoked"],
                    after__in=["active", "reinstated", "lapsed", "retired", "revoked"],
                ),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_changes_something",
                condition=~Q(before=F("after")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_reason",
                condition=~Q(reason=""),
                violation_error_message="Give the reason for the change.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certification}: {self.before} to {self.after} on {self.changed_on}"


class CycleQuerySet(models.QuerySet["Cycle"]):
    def ended(self, on: date) -> "CycleQuerySet":
        """Those past their last day that are not closed."""
        return self.unclosed().filter(ends_on__lt=on)

    def for_member(self, member: Member) -> "CycleQuerySet":
        return self.filter(certification__member=member)

    def unclosed(self) -> "CycleQuerySet":
        return self.filter(closed_on=None)

    def visible_to(self, user: Any) -> "CycleQuerySet":
        """The owner's cycles; every cycle for staff who may view cycles."""
        if user.is_staff and user.has_perm("certifications.view_cycle"):
            return self.all()
        return self.filter(certification__member__user=user)


class Cycle(models.Model):
    """One 3-year CCP cycle of a certification, with the points required as they were when it was opened.

    ``requirement_met_on`` is the day on which the record first reached the requirement; only
    ``ccp.requirement.settle`` writes it.
    """

    class Outcome(models.TextChoices):
        COMPLIANT = "compliant", pgettext_lazy("outcome of a cycle", "Compliant")
        NON_COMPLIANT = "non-compliant", pgettext_lazy("outcome of a cycle", "Non-compliant")

    certification = models.ForeignKey(Certification, on_delete=models.PROTECT, related_name="cycles")
    number = models.PositiveSmallIntegerField(help_text="1 for the cycle that began with the award.")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The last day of the cycle.", db_index=True)
    points_required = PointsField()
    requirement_met_on = models.DateField(null=True, blank=True)
    grace_extended_to = models.DateField(
        null=True, blank=True, help_text="The last day of the grace period, where staff extended it."
    )
    grace_extension_reason = models.CharField(max_length=300, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=15, choices=Outcome, blank=True, default="")
    points_at_close = PointsField(null=True, blank=True)
    mandatory_at_close = models.BooleanField(
        null=True, blank=True, help_text="Whether CCP was mandatory when the cycle was closed."
    )

    history = History()
    objects = CycleQuerySet.as_manager()

    class Meta:
        ordering = ["certification", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["certification", "number"],
                name="%(app_label)s_%(class)s_number_unique",
                violation_error_message="This certification already has a cycle of this number.",
            ),
            models.UniqueConstraint(
                fields=["certification"],
                condition=Q(closed_on=None),
                name="%(app_label)s_%(class)s_one_unclosed",
                violation_error_message="This certification already has an open cycle.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_number_from_1", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_starts_before_end",
                condition=Q(starts_on__lt=F("ends_on")),
                violation_error_message="A cycle ends after it starts.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_required_positive", condition=Q(points_required__gt=0)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_required_in_quarters",
                condition=in_quarters("points_required"),
                violation_error_message="Points come in quarter steps: 0.25, 0.5, 0.75, 1 and so on.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_met_after_start",
                condition=Q(requirement_met_on=None) | Q(requirement_met_on__gte=F("starts_on")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_grace_extension_whole",
                condition=Q(grace_extended_to=None, grace_extension_reason="")
                | (
                    Q(grace_extended_to__isnull=False, grace_extended_to__gt=F("ends_on"))
                    & ~Q(grace_extension_reason="")
                ),
                violation_error_message="An extension of the grace period ends after the cycle and has a reason.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_closed_whole",
                condition=Q(closed_on=None, outcome="", points_at_close=None, mandatory_at_close=None)
                | Q(
                    closed_on__isnull=False,  # a comparison with no day is unknown, which a constraint lets pass
                    closed_on__gt=F("ends_on"),
                    outcome__in=["compliant", "non-compliant"],
                    points_at_close__isnull=False,
                ),
                violation_error_message="A closed cycle has a day, an outcome and its points; an open one has none.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certification}, cycle {self.number} ({self.starts_on} to {self.ends_on})"

    @property
    def is_mandatory(self) -> bool:
        """Whether CCP binds the member in this cycle (certification read): once it is closed, as it did then."""
        if self.mandatory_at_close is None:  # open, or closed before this was kept
            return self.certification.ccp_mandatory
        return self.mandatory_at_close


class CycleCorrection(AppendOnly, Traced):
    """A signed correction of a closed cycle. It stands beside what was closed and rewrites nothing."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="corrections")
    points = PointsField(help_text="The points of the cycle, as corrected.")
    outcome = models.CharField(max_length=15, choices=Cycle.Outcome, help_text="The outcome, as corrected.")
    statement = models.TextField(help_text="What was wrong and what is right. The member reads it.")
    signed_at = models.DateTimeField()
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="cycle_corrections_signed"
    )

    class Meta:
        ordering = ["cycle", "signed_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_in_quarters",
                condition=Q(in_quarters("points"), points__gte=0),
                violation_error_message="Points are 0 or more, in quarter steps.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_outcome_known",
                condition=Q(outcome__in=["compliant", "non-compliant"]),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_statement",
                condition=~Q(statement=""),
                violation_error_message="Say what was wrong and what is right.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle}: {plain(self.points)} points, {self.get_outcome_display().lower()}"

    @property
    def signed_on(self) -> date:
        """The day of the signature in Chicago."""
        return day_of(self.signed_at)


class RenewalInvoiceQuerySet(models.QuerySet["RenewalInvoice"]):
    def standing(self) -> "RenewalInvoiceQuerySet":
        return self.exclude(status=RenewalInvoice.Status.VOID)

    def unpaid(self) -> "RenewalInvoiceQuerySet":
        return self.filter(status=RenewalInvoice.Status.ISSUED)

    def with_payment_day(self) -> "RenewalInvoiceQuerySet":
        """Each with ``paid_on``: the day on which AMT received the payment that stands; None where there is none."""
        standing = Payment.objects.filter(invoice=OuterRef("pk"), reversed_at=None)
        return self.annotate(paid_on=Subquery(standing.values("received_on")))

    def in_state(self, state: str, on: date) -> "RenewalInvoiceQuerySet":
        """Those that ``certifications.invoices.state`` calls so on that day; a test compares the two."""
        from certifications.invoices import LAST_YEAR, NOTICE  # it builds on this module

        if state in ("paid", "void"):
            return self.filter(status=state)
        frozen = Q(cycle__mandatory_at_close__isnull=False)
        mandatory = Q(cycle__mandatory_at_close=True) | ~frozen & Q(cycle__certification__ccp_mandatory=True)
        gated = Q(year=LAST_YEAR) & mandatory
        unmet = gated & Q(cycle__requirement_met_on=None)
        opened = Q(due_on__lte=on + NOTICE) & (~gated | Q(cycle__requirement_met_on__lt=on))
        condition = {"locked": unmet, "open": opened, "upcoming": ~unmet & ~opened}[state]
        return self.filter(condition, status=RenewalInvoice.Status.ISSUED)

    def visible_to(self, user: Any) -> "RenewalInvoiceQuerySet":
        """The owner's invoices; every invoice for staff who may view invoices."""
        if user.is_staff and user.has_perm("certifications.view_renewalinvoice"):
            return self.all()
        return self.filter(cycle__certification__member__user=user)


class RenewalInvoice(models.Model):
    """The yearly fee of a certification, with the amount as it was when the invoice was issued.

    When it opens for payment is not stored: ``certifications.invoices`` derives it from the due date, the year
    and the cycle's ``requirement_met_on``.
    """

    class Status(models.TextChoices):
        ISSUED = "issued", "Issued"
        PAID = "paid", "Paid"
        VOID = "void", "Void"

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="invoices")
    year = models.PositiveSmallIntegerField(help_text="Year of the cycle: 1, 2 or 3.")
    due_on = models.DateField(db_index=True)
    amount = models.PositiveIntegerField(help_text="In US cents, as copied when the invoice was issued.")
    issued_on = models.DateField()
    status = models.CharField(max_length=10, choices=Status, default=Status.ISSUED)
    void_reason = models.CharField(max_length=300, blank=True)

    history = History()
    objects = RenewalInvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "year"],
                condition=~Q(status="void"),
                name="%(app_label)s_%(class)s_one_a_year",
                violation_error_message="This year of the cycle already has an invoice. Void that one first.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_year_1_to_3", condition=Q(year__gte=1, year__lte=3)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_status_known", condition=Q(status__in=["issued", "paid", "void"])
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_void_has_reason",
                condition=(Q(status="void") & ~Q(void_reason="")) | (~Q(status="void") & Q(void_reason="")),
                violation_error_message="Say why the invoice is void; only a void invoice has a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}, {dollars(self.amount)} due {self.due_on}"

    @property
    def number(self) -> str:
        return f"INV-{self.pk:07d}"


class Payment(models.Model):
    """Money that AMT received for an invoice. One that was recorded by mistake is reversed, never deleted."""

    class Method(models.TextChoices):
        CHECK = "check", pgettext_lazy("method of payment", "Check")
        MONEY_ORDER = "money-order", pgettext_lazy("method of payment", "Money order")
        CARD_BY_PHONE = "card-by-phone", pgettext_lazy("method of payment", "Card by phone")

    invoice = models.ForeignKey(RenewalInvoice, on_delete=models.PROTECT, related_name="payments")
    amount = models.PositiveIntegerField(help_text="In US cents.")
    method = models.CharField(max_length=20, choices=Method)
    reference = models.CharField(
        max_length=60, blank=True, help_text="Check or money order number, or the card processor's reference."
    )
    received_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payments_recorded"
    )
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments_reversed",
    )
    reversal_reason = models.CharField(max_length=300, blank=True)

    history = History()

    class Meta:
        ordering = ["-recorded_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(reversed_at=None),
                name="%(app_label)s_%(class)s_one_standing",
                violation_error_message="This invoice is already paid.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_method_known",
                condition=Q(method__in=["check", "money-order", "card-by-phone"]),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_reversal_whole",
                condition=Q(reversed_at=None, reversed_by=None, reversal_reason="")
                | (Q(reversed_at__isnull=False, reversed_by__isnull=False) & ~Q(reversal_reason="")),
                violation_error_message="A reversal has a time, a person and a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"{dollars(self.amount)} by {self.get_method_display().lower()} on {self.received_on}"
