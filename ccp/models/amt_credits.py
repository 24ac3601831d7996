"""Credit that AMT records for members: held credits of unknown people, and error reports."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from amtportal.history.lines import History
from amtportal.model_fields import IdentifierField, LineField
from ccp.models.activities import Activity
from ccp.models.catalogue import ActivityType
from certifications.models import PointsField, in_quarters


class HeldCredit(models.Model):
    """A credit from AMT, or from a course system, that cannot be recorded yet.

    It is recorded when the person appears on the roster, under the name that came with it.
    """

    provider_reference = IdentifierField(max_length=60, unique=True)
    amt_id = IdentifierField("AMT ID", max_length=20, db_index=True)
    sent_amt_id = IdentifierField(
        "AMT ID as it was sent", max_length=20, blank=True, default="", help_text="If staff have corrected it since."
    )
    activity_type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="held_credits")
    last_name = LineField(max_length=150, blank=True, help_text="As it was sent. Empty: the AMT ID alone decides.")
    name_confirmed = models.BooleanField(
        "recorded despite its name", default=False, help_text="Staff found that it is the member's all the same."
    )
    title = LineField(max_length=200, blank=True)
    provider = LineField(max_length=200, blank=True, help_text="Empty: AMT itself.")
    starts_on = models.DateField()
    ends_on = models.DateField()
    points = PointsField()
    reason = models.CharField(max_length=300, help_text="Why it could not be recorded.")
    received_at = models.DateTimeField()
    activity = models.OneToOneField(
        Activity,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="held_credit",
        help_text="Once recorded.",
    )

    history = History(found_by=["activity"])

    class Meta:
        ordering = ["received_at", "pk"]
        permissions = [
            ("import_credits", "Can import credits from AMT"),
            ("match_held_credits", "Can match held credits with certifications"),
            ("correct_held_credit", "Can correct the AMT ID of a held credit"),
            ("record_despite_name", "Can record a held credit despite its last name"),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_above_0_to_99",
                condition=Q(in_quarters("points"), points__gt=0, points__lte=99),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_starts_before_end", condition=Q(starts_on__lte=F("ends_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_reference} for {self.amt_id}"


class ErrorReport(models.Model):
    """A member's report that a credit from AMT is wrong, with the answer of the staff."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="error_reports")
    text = models.TextField()
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="error_reports")
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="error_reports_answered",
    )

    history = History(found_by=["activity"])

    class Meta:
        ordering = ["-reported_at", "-pk"]
        permissions = [("answer_error_report", "Can answer a report of an error")]
        constraints = [
            models.UniqueConstraint(
                fields=["activity"],
                condition=Q(answered_at=None),
                name="%(app_label)s_%(class)s_one_open",
                violation_error_message="This credit already has a report that waits for an answer.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_text", condition=~Q(text="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_answer_whole",
                condition=Q(answer="", answered_at=None, answered_by=None)
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                violation_error_message="An answer has a text, a time and a person.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity}: {self.text[:40]}"
