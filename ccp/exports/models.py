"""Archives that members have made of everything that the portal keeps of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.history.lines import History
from amtportal.jobs import Job
from amtportal.members.models import Member


class Archive(Job):
    """One archive of a member: who asked for it, how far it is, and the file.

    ``ccp.exports.archives`` writes it. The history keeps who asked and when; how far the work is
    changes without anybody's decision.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="archives")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="archives")
    asked_at = models.DateTimeField()
    language = models.CharField(max_length=5, help_text="Of the text that says what is in it.")
    by_law = models.BooleanField(
        default=False, help_text="Staff asked for it, because somebody asked by law. Notes of staff are in it."
    )
    total = models.PositiveIntegerField(default=0, help_text="The parts that go into it. 0: not known yet.")
    failures = models.JSONField(default=list, help_text="The number of each part that is missing, and why.")

    history = History(excluded_fields=[*Job.PROGRESS, "total"], found_by=["member"])

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(finished_at=None),
                name="%(app_label)s_%(class)s_one_at_a_time",
                violation_error_message="An archive of this member is being made already.",
            ),
        ]

    def __str__(self) -> str:
        return f"Archive {self.pk} of {self.member}"
