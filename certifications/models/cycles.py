"""The 3-year CCP cycles of a certification, and the corrections that staff made to them."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from amtportal.dates import day_of
from amtportal.formatting import format_points
from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.members.models import Member
from certifications.models.certifications import Certification
from certifications.models.credentials import Credential
from certifications.quarters import PointsField, in_quarters


class CycleQuerySet(models.QuerySet["Cycle"]):
    def ended(self, on: date) -> "CycleQuerySet":
        """Return the cycles past their last day that are not closed."""
        return self.unclosed().filter(ends_on__lt=on)

    def for_member(self, member: Member) -> "CycleQuerySet":
        return self.filter(certification__member=member)

    def unclosed(self) -> "CycleQuerySet":
        return self.filter(closed_on=None)

    def visible_to(self, user: Any) -> "CycleQuerySet":
        """Return the user's own cycles, or every cycle for staff who may view cycles."""
        if user.is_staff and user.has_perm("certifications.view_cycle"):
            return self.all()
        return self.filter(certification__member__user=user)


class CycleOutcome(models.TextChoices):
    """How a cycle was closed."""

    COMPLIANT = "compliant", pgettext_lazy("outcome of a cycle", "Compliant")
    NON_COMPLIANT = "non-compliant", pgettext_lazy("outcome of a cycle", "Non-compliant")


class Cycle(models.Model):
    """One 3-year CCP cycle of a certification, with the points required when it was opened.

    ``requirement_met_on`` is the day on which the record first reached the requirement; only
    ``ccp.counting.requirement.set_met_on`` writes it. ``listed_credential`` is that of the
    certification, which does not change; it is kept for lists of a million cycles.
    """

    Outcome = CycleOutcome

    certification = models.ForeignKey(
        Certification,
        on_delete=models.PROTECT,
        related_name="cycles",
        db_index=False,  # a constraint begins with it
    )
    listed_credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    number = models.PositiveSmallIntegerField(help_text="1 for the cycle that began with the award.")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The last day of the cycle.")
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

    history = History(found_by=["certification"], excluded_fields=["listed_credential"])
    objects = CycleQuerySet.as_manager()

    class Meta:
        ordering = ["certification", "number"]
        permissions = [("extend_cycle", "Can extend the grace period of a cycle")]
        # For the lists of staff. Closing asks for the cycles that have ended and are not closed.
        indexes = [
            models.Index(fields=["-ends_on", "id"], name="cycle_by_end"),
            models.Index(fields=["listed_credential", "-id"], name="cycle_by_credential"),
            models.Index(fields=["-ends_on", "id"], name="cycle_unclosed_by_end", condition=Q(closed_on=None)),
            models.Index(fields=["-closed_on", "-id"], name="cycle_closed", condition=Q(closed_on__isnull=False)),
            models.Index(fields=["-id"], name="cycle_met", condition=Q(requirement_met_on__isnull=False)),
            models.Index(
                fields=["requirement_met_on"], name="cycle_met_by_day", condition=Q(requirement_met_on__isnull=False)
            ),
            models.Index(
                fields=["grace_extended_to"], name="cycle_extended", condition=Q(grace_extended_to__isnull=False)
            ),
        ]
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
                    closed_on__isnull=False,  # else NULL makes the comparison unknown, which passes
                    closed_on__gt=F("ends_on"),
                    outcome__in=CycleOutcome.values,
                    points_at_close__isnull=False,
                ),
                violation_error_message="A closed cycle has a day, an outcome and its points; an open one has none.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certification}, cycle {self.number} ({self.starts_on} to {self.ends_on})"

    @property
    def is_mandatory(self) -> bool:
        """Return whether CCP is mandatory in this cycle; once it is closed, as it was then.

        The certification must be loaded.
        """
        if self.mandatory_at_close is None:  # open, or closed before the portal stored this
            return self.certification.ccp_mandatory
        return self.mandatory_at_close


class CycleCorrection(AppendOnly, Traced):
    """A signed correction of a closed cycle. It is added to the cycle and does not change it."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="corrections")
    points = PointsField(help_text="The points of the cycle, as corrected.")
    outcome = models.CharField(max_length=15, choices=Cycle.Outcome, help_text="The outcome, as corrected.")
    statement = models.TextField(help_text="What was wrong and what is right. The member reads it.")
    audit = models.CharField(
        max_length=20, blank=True, default="", help_text="The audit that it follows from, such as A-000012."
    )
    signed_at = models.DateTimeField()
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="cycle_corrections_signed"
    )

    class Meta:
        ordering = ["cycle", "signed_at", "pk"]
        permissions = [("correct_closed_cycle", "Can sign a correction of a closed cycle")]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_in_quarters",
                condition=Q(in_quarters("points"), points__gte=0),
                violation_error_message="Points are 0 or more, in quarter steps.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_outcome_known",
                condition=Q(outcome__in=CycleOutcome.values),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_statement",
                condition=~Q(statement=""),
                violation_error_message="Say what was wrong and what is right.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle}: {format_points(self.points)} points, {self.get_outcome_display().lower()}"

    @property
    def signed_on(self) -> date:
        """The day of the signature in Chicago."""
        return day_of(self.signed_at)
