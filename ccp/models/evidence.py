"""Files that members attach to prove an entry."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.history.lines import History
from amtportal.uploads.kept import FileKind
from ccp.models.activities import Activity


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def visible_to(self, user: Any) -> "EvidenceQuerySet":
        """Return the files of the user's activities; all files for staff who may view evidence.

        Removed files are not included.
        """
        if user.is_staff and user.has_perm("ccp.view_evidence"):
            return self.attached()
        return self.attached().filter(activity__member__user=user)

    def attached(self) -> "EvidenceQuerySet":
        return self.filter(removed_at=None)


class Evidence(models.Model):
    """A file that a member attached to an activity.

    ``ccp.evidence.attaching`` writes it. The row stays when its file is deleted.
    """

    Kind = FileKind

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="evidence")
    original_name = models.CharField("name", max_length=200, help_text="As the member's file was called.")
    kind = models.CharField(max_length=10, choices=Kind)
    size = models.PositiveIntegerField(help_text="Bytes, as it is kept.")
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of the file as it was sent.")
    stored_sha256 = models.CharField(
        "SHA-256 as kept", max_length=64, blank=True, help_text="Of the file as it is kept: clean_evidence compares it."
    )
    stored_name = models.CharField(max_length=100, unique=True, help_text="In the storage of evidence.")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="evidence_added")
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence_removed",
    )

    history = History(found_by=["activity"])
    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["activity", "added_at", "pk"]
        verbose_name_plural = "evidence"
        indexes = [
            models.Index(fields=["-id"], name="ccp_evidence_removed", condition=Q(removed_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "sha256"],
                condition=Q(removed_at=None),
                name="%(app_label)s_%(class)s_file_once",
                violation_error_message="This file is attached already.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_kind_known", condition=Q(kind__in=FileKind.values)),
            models.CheckConstraint(name="%(app_label)s_%(class)s_not_empty", condition=Q(size__gt=0)),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_name", condition=~Q(original_name="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_removed_whole",
                condition=Q(removed_at=None, removed_by=None) | Q(removed_at__isnull=False, removed_by__isnull=False),
                violation_error_message="What is removed has a time and a person.",
            ),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def is_attached(self) -> bool:
        return self.removed_at is None
