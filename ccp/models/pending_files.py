"""Files that wait for their Record CE form to be submitted, and what is read from them."""

from django.db import models
from django.db.models import Q

from amtportal.members.models import Member
from amtportal.uploads.kept import FileKind


class PendingFile(models.Model):
    """A file that a member chose in a Record CE form that is not submitted yet.

    ``ccp.evidence.waiting`` writes it. When the form is recorded, the file becomes evidence of its
    entry and this row is deleted. The file of a form that is never submitted is deleted a day later.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="pending_files")
    submission_id = models.UUIDField(help_text="The number of the form for which the file waits.")
    original_name = models.CharField("name", max_length=200, help_text="As the member's file was called.")
    kind = models.CharField(max_length=10, choices=FileKind)
    size = models.PositiveIntegerField(help_text="Bytes, as it is kept.")
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of the file as it was sent.")
    stored_sha256 = models.CharField("SHA-256 as kept", max_length=64)
    stored_name = models.CharField(max_length=100, unique=True, help_text="In the storage of evidence.")
    left_out = models.PositiveSmallIntegerField(default=0, help_text="What the cleaner left out of it: LeftOut.")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["added_at", "pk"]
        indexes = [models.Index(fields=["added_at"], name="ccp_pendingfile_by_age")]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "submission_id", "sha256"],
                name="%(app_label)s_%(class)s_file_once",
                violation_error_message="This file waits for the form already.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_kind_known", condition=Q(kind__in=FileKind.values)),
            models.CheckConstraint(name="%(app_label)s_%(class)s_not_empty", condition=Q(size__gt=0)),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_name", condition=~Q(original_name="")),
        ]

    def __str__(self) -> str:
        return self.original_name


class ReadingState(models.TextChoices):
    """How far the reading of a file is."""

    WAITING = "waiting", "waiting"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class Reading(models.Model):
    """What is read from a file that waits, so that the form can be filled in with it.

    ``ccp.recording.readings`` writes it; the worker reads. ``found`` is ``Found.to_json`` of
    ``ccp.reading.found``, with the pieces of the page. The row goes with its file.
    """

    State = ReadingState

    file = models.OneToOneField(PendingFile, on_delete=models.CASCADE, related_name="reading")
    state = models.CharField(max_length=10, choices=ReadingState, default=ReadingState.WAITING)
    found = models.JSONField(null=True, blank=True)
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_state_known", condition=Q(state__in=ReadingState.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_done_with_result",
                condition=Q(state=ReadingState.DONE, found__isnull=False)
                | (~Q(state=ReadingState.DONE) & Q(found__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file}: {self.get_state_display()}"
