"""The credentials that a member holds, and each change of their status."""

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import pgettext_lazy

from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.members.models import Member
from amtportal.model_fields import IdentifierField
from certifications.models.credentials import Credential, FormerName


class CertificationStatus(models.TextChoices):
    """Whether a certification is in force, and if not, why."""

    ACTIVE = "active", pgettext_lazy("status of a certification", "Active")
    REINSTATED = "reinstated", pgettext_lazy("status of a certification", "Reinstated")
    LAPSED = "lapsed", pgettext_lazy("status of a certification", "Lapsed")
    RETIRED = "retired", pgettext_lazy("status of a certification", "Retired")
    REVOKED = "revoked", pgettext_lazy("status of a certification", "Revoked")


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

    history = History(found_by=["member"])

    class Meta:
        ordering = ["member", "awarded_on", "pk"]
        # For the lists of staff, which show the newest first.
        indexes = [
            models.Index(fields=["credential", "-id"], name="certification_by_credential"),
            models.Index(fields=["status", "-id"], name="certification_by_status"),
            models.Index(fields=["-id"], name="certification_voluntary", condition=Q(ccp_mandatory=False)),
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
