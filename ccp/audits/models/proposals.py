"""What an audit that was not passed proposes: another status of the certification."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.history.lines import History
from ccp.audits.models.cases import AuditCase
from certifications.models import Certification


class ProposalState(models.TextChoices):
    """What became of a proposal."""

    OPEN = "open", "Waits for confirmation"
    CONFIRMED = "confirmed", "Confirmed"
    DECLINED = "declined", "Declined"


# A certification ends by a death, which no audit says.
PROPOSED = [choice for choice in Certification.Status.choices if choice[0] != Certification.Status.ENDED]


class StatusProposal(models.Model):
    """A change of status that follows from an audit, once another person confirms it.

    ``ccp.audits.outcomes`` writes it.
    """

    State = ProposalState

    case = models.OneToOneField(AuditCase, on_delete=models.PROTECT, related_name="proposal")
    status = models.CharField(
        max_length=10,
        choices=PROPOSED,
        default=Certification.Status.LAPSED,
        help_text="The status that is proposed.",
    )
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    answer = models.CharField(max_length=300, blank=True, help_text="Why it was declined.")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    history = History(found_by=["case"])

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        permissions = [("confirm_audit_outcome", "Can confirm the status that follows from an audit")]
        indexes = [models.Index(fields=["id"], name="audits_proposal_open", condition=Q(state="open"))]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_status_known",
                condition=Q(status__in=[status for status, _label in PROPOSED]),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_answered_whole",
                condition=Q(state="open", answer="", answered_at=None, answered_by=None)
                | Q(state="confirmed", answer="", answered_at__isnull=False, answered_by__isnull=False)
                | (Q(state="declined", answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                violation_error_message="An answer has a person and a time; who declines says why.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_status_display().lower()}"
