"""Letters on paper: which were printed, when, and in which file."""

from django.conf import settings
from django.db import models

from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.jobs import Job
from ccp.audits.models.cases import Letter


class PrintRun(Job):
    """Letters that a person of the staff has printed at once, in one file.

    ``ccp.audits.letters.printing`` writes it. The history keeps who asked for what; how far the work
    is changes without anybody's decision.
    """

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="letter_print_runs")
    asked_at = models.DateTimeField()
    letters = models.JSONField(help_text="The keys of the letters.")
    failures = models.JSONField(default=list, help_text="The key of each letter that was not printed, and why.")

    history = History(excluded_fields=[*Job.PROGRESS])

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.total:,} {'letter' if self.total == 1 else 'letters'}"

    @property
    def total(self) -> int:
        return len(self.letters)


class LetterPrint(AppendOnly, Traced):
    """That a letter is in the finished file of a run."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="prints", db_index=False)
    run = models.ForeignKey(PrintRun, on_delete=models.PROTECT, related_name="prints")
    printed_at = models.DateTimeField()

    class Meta:
        ordering = ["letter", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "run"], name="%(app_label)s_%(class)s_once_a_run"),
        ]

    def __str__(self) -> str:
        return f"{self.letter}, printed"
