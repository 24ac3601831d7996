"""The credentials that a member holds, and each change of their status."""

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import pgettext_lazy

from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.members.models import Member
from amtportal.model_fields import IdentifierField
from certifications.models.credentials import Credential, FormerName
from certifications.quarters import PointsField, in_quarters


class CertificationStatus(models.TextChoices):
    """Whether a certification is in force, and if not, why."""

    ACTIVE = "active", pgettext_lazy("status of a certification", "Active")
    REINSTATED = "reinstated", pgettext_lazy("status of a certification", "Reinstated")
    LAPSED = "lapsed", pgettext_lazy("status of a certification", "Lapsed")
    RETIRED = "retired", pgettext_lazy("status of a certification", "Retired")
    REVOKED = "revoked", pgettext_lazy("status of a certification", "Revoked")
    ENDED = "ended", pgettext_lazy("status of a certification", "Ended")


class PlainNumber(Func):
    """A certificate number as it is compared with what somebody typed: without spaces, hyphens and small letters.

    Its constants stand in the statement, so that SQLite uses the index as well.
    """

    template = "UPPER(REPLACE(REPLACE(%(expressions)s, ' ', ''), '-', ''))"
    output_field = models.CharField()


class Certification(models.Model):
    """A credential that a member holds. Every cycle is counted from ``awarded_on``."""

    Status = CertificationStatus

    # Only certifications in force take records and open cycles; ``certifications.life`` has the
    # rules.
    IN_FORCE = (Status.ACTIVE, Status.REINSTATED)

    # The indexes of both are below: two constraints begin with them.
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="certifications", db_index=False)
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="certifications", db_index=False)
    certificate_number = IdentifierField(max_length=40)
    awarded_on = models.DateField(help_text="The first award: every cycle is counted from this day.")
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    recertified_on = models.DateField(null=True, blank=True, help_text="The last recertification, if there was one.")
    ccp_mandatory = models.BooleanField(
        "CCP mandatory",
        default=True,
        help_text="Certified on or after 1/1/2006, or recertified after 4/1/2014. Otherwise CCP is voluntary.",
    )
    fees_paid_through = models.DateField(
        null=True,
        blank=True,
        help_text="From the roster: annual fees due up to this day were paid before the portal.",
    )

    award_corrected_on = models.DateField(
        null=True, blank=True, editable=False, help_text="When AMT last corrected the day of the award."
    )
    probation_until = models.DateField(
        null=True, blank=True, editable=False, help_text="The last day of the last probation, unless staff ended it."
    )

    history = History(found_by=["member"])

    class Meta:
        ordering = ["member", "awarded_on", "pk"]
        # For the lists of staff, which show the newest first.
        indexes = [
            models.Index(fields=["credential", "-id"], name="certification_by_credential"),
            models.Index(fields=["status", "-id"], name="certification_by_status"),
            models.Index(fields=["-id"], name="certification_voluntary", condition=Q(ccp_mandatory=False)),
            models.Index(
                fields=["probation_until", "-id"],
                name="certification_on_probation",
                condition=Q(probation_until__isnull=False),
            ),
            # For the public look-up.
            models.Index(PlainNumber("certificate_number"), name="certification_by_number"),
        ]
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
                condition=Q(status__in=CertificationStatus.values),
            ),
        ]
        permissions = [
            ("import_roster", "Can import a roster, which also changes addresses of accounts"),
            ("change_status", "Can change the status of a certification"),
            ("correct_award_date", "Can correct the day of an award"),
            ("revoke_certification", "Can revoke a certification"),
            ("undo_revocation", "Can undo a revocation of the same day by somebody else"),
            ("put_on_probation", "Can put a certification on probation, extend it and end it"),
        ]

    def __str__(self) -> str:
        return f"{self.credential.code} {self.certificate_number}"

    @property
    def named_at_award(self) -> FormerName | None:
        """Return the former name that the credential had when it was awarded, as the certificate has it.

        None if it has the same name today.
        """
        named = self.credential.named_on(self.awarded_on)
        return named if isinstance(named, FormerName) else None


class StatusChange(AppendOnly, Traced):
    """One change of a certification's status: from what to what, on which day, by whom and why."""

    certification = models.ForeignKey(Certification, on_delete=models.PROTECT, related_name="status_changes")
    # That of the certification, which does not change; kept for the list by credential.
    listed_credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
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
        indexes = [
            models.Index(fields=["-changed_on", "-id"], name="status_change_by_day"),
            models.Index(fields=["after", "-id"], name="status_change_by_status"),
            models.Index(fields=["listed_credential", "-id"], name="status_change_by_credential"),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_statuses_known",
                condition=Q(
                    before__in=CertificationStatus.values,
                    after__in=CertificationStatus.values,
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


class AwardCorrection(AppendOnly, Traced):
    """One correction of the day of the award: from which day to which, when, by whom and why."""

    certification = models.ForeignKey(Certification, on_delete=models.PROTECT, related_name="award_corrections")
    before = models.DateField(help_text="The day of the award that was on record.")
    after = models.DateField(help_text="The day of the award, as corrected.")
    corrected_at = models.DateTimeField()
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="award_corrections"
    )
    reason = models.CharField(max_length=300, help_text="The member reads it.")

    class Meta:
        ordering = ["certification", "corrected_at", "pk"]
        # For the notices of a day.
        indexes = [models.Index(fields=["-corrected_at", "-id"], name="award_correction_by_time")]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_changes_something",
                condition=~Q(before=F("after")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_reason",
                condition=~Q(reason=""),
                violation_error_message="Give the reason for the correction.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certification}: awarded on {self.after}, not on {self.before}"


class Probation(models.Model):
    """A time in which a certification stays in force under an order (``certifications.probations`` writes it)."""

    certification = models.ForeignKey(Certification, on_delete=models.PROTECT, related_name="probations")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The last day.")
    order = models.TextField("compliance order", help_text="What the member has to do. The member reads it.")
    points = PointsField(null=True, blank=True, help_text="The points that the order asks for, besides CCP.")
    due_on = models.DateField(null=True, blank=True, help_text="By when the order is to be met.")
    imposed_at = models.DateTimeField()
    imposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="probations_imposed"
    )
    extension_reason = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When staff ended it before its last day.")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="probations_ended"
    )
    end_reason = models.CharField(max_length=300, blank=True)

    history = History(found_by=["certification"])

    class Meta:
        ordering = ["certification", "starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_starts_before_end",
                condition=Q(starts_on__lt=F("ends_on")),
                violation_error_message="A probation ends after it starts.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_order", condition=~Q(order="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_asks_for_something",
                condition=Q(points__isnull=False) | Q(due_on__isnull=False),
                violation_error_message="An order asks for points, has a last day, or both.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_in_quarters",
                condition=Q(points=None) | Q(in_quarters("points"), points__gt=0),
                violation_error_message="Points are above 0, in quarter steps.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_ended_whole",
                condition=Q(ended_at=None, ended_by=None, end_reason="")
                | (Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(end_reason="")),
                violation_error_message="An end before the last day has a time, a person and a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certification}: on probation until {self.ends_on}"
