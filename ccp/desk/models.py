"""What staff write down about members, who viewed the portal as a member, and the runs of the nightly commands."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from amtportal.history.lines import AppendOnly, Traced
from amtportal.members.models import Member


class Note(AppendOnly, Traced):
    """What somebody of the staff wrote down about a member, for colleagues. Members do not read it.

    It is never changed: who was wrong writes another one.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="staff_notes", db_index=False)
    text = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notes_written")

    class Meta:
        ordering = ["-pk"]
        permissions = [("write_note", "Can write a note about a member")]
        indexes = [models.Index(fields=["member", "-id"], name="desk_note_of_member")]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_text",
                condition=~Q(text=""),
                violation_error_message="Write the note.",
            ),
        ]

    def __str__(self) -> str:
        return f"Note {self.pk} about {self.member}"


class Viewing(AppendOnly, Traced):
    """That somebody of the staff began to view the portal as a member sees it, and why."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="viewings", db_index=False)
    viewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="viewings_begun")
    reason = models.CharField(max_length=300)
    began_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        permissions = [("view_as_member", "Can view the portal as a member sees it")]
        indexes = [models.Index(fields=["member", "-id"], name="desk_viewing_of_member")]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_reason",
                condition=~Q(reason=""),
                violation_error_message="Say why.",
            ),
        ]

    def __str__(self) -> str:
        return f"Viewing {self.pk} of {self.member}"


class NightlyRun(models.Model):
    """One run of a command that an operator scheduled, and whether it failed.

    It tells of the machine and is no record of the program: no history has it, and no seal.
    """

    command = models.CharField(max_length=60)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(db_index=True)
    failure = models.CharField(max_length=300, blank=True, help_text="Empty: it did its work.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_ends_after_it_begins", condition=Q(ended_at__gte=F("began_at"))
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_names_command", condition=~Q(command="")),
        ]

    def __str__(self) -> str:
        return f"{self.command}, {self.ended_at:%Y-%m-%d}"
