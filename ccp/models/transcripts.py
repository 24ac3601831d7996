"""Issued CE transcripts, cards, letters and certificates, each with its code, and their files."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from amtportal.dates import day_of
from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.jobs import Job
from amtportal.members.models import Member
from certifications.models import Certification, Cycle


class PaperKind(models.TextChoices):
    """What was issued."""

    TRANSCRIPT = "transcript", pgettext_lazy("kind of paper", "CE transcript")
    CARD = "card", pgettext_lazy("kind of paper", "Digital card")
    LETTER = "letter", pgettext_lazy("kind of paper", "Letter of good standing")
    COMPLETION = "completion", pgettext_lazy("kind of paper", "Certificate of completion")


class Transcript(AppendOnly, Traced):
    """One issue of a CE transcript or another paper: what it said, and the code by which anyone can check it.

    ``ccp.transcripts.issuing`` writes transcripts, and ``ccp.transcripts.papers`` the others. The
    same record is issued only once. A record that has changed is issued again, and the earlier issue
    stays.
    """

    Kind = PaperKind

    kind = models.CharField(max_length=10, choices=PaperKind, default=PaperKind.TRANSCRIPT)

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="transcripts")
    cycle = models.ForeignKey(
        Cycle,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="transcripts",
        help_text="Of a transcript: empty for the whole history of the member.",
    )
    certification = models.ForeignKey(
        Certification,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="papers",
        help_text="Of a card, a letter and a certificate of completion.",
    )
    code = models.CharField(max_length=16, unique=True, help_text="Printed on it. Whoever has it can check it.")
    content_hash = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the record that it shows: the same record has one issue."
    )
    snapshot = models.JSONField(help_text="What it said, for those who check it.")
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="transcripts_issued")

    class Meta:
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_is_of_its_kind",
                condition=Q(kind=PaperKind.TRANSCRIPT, certification=None)
                | Q(kind__in=[PaperKind.CARD, PaperKind.LETTER], certification__isnull=False, cycle=None)
                | Q(kind=PaperKind.COMPLETION, certification__isnull=False, cycle__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{PaperKind(self.kind).label} {self.grouped_code}"

    @property
    def grouped_code(self) -> str:
        """Return the code as it is printed and typed: ``7KQ2-M9XV-3T0B-HDWE``."""
        return "-".join(self.code[start : start + 4] for start in range(0, len(self.code), 4))

    @property
    def issued_on(self) -> date:
        """Return the day of issue in Chicago."""
        return day_of(self.issued_at)


class TranscriptFile(AppendOnly):
    """A PDF that the portal made of an issue.

    Another version of the PDF library may make a different file of the same issue.
    """

    transcript = models.ForeignKey(Transcript, on_delete=models.PROTECT, related_name="files")
    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["transcript", "made_at"]

    def __str__(self) -> str:
        return self.sha256


class TranscriptBatch(Job):
    """The transcripts of many cycles, which a person of the staff asked for at once.

    ``ccp.transcripts.batches`` writes it. The history keeps who asked for what; how far the work is
    changes without anybody's decision.
    """

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="transcript_batches")
    asked_at = models.DateTimeField()
    cycles = models.JSONField(help_text="The keys of the cycles.")
    failures = models.JSONField(default=list, help_text="The key of each cycle without a transcript, and why.")

    history = History(excluded_fields=[*Job.PROGRESS])

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "transcript batches"
        permissions = [("issue_transcripts", "Can issue the transcripts of many cycles")]

    def __str__(self) -> str:
        return f"{self.total:,} {'transcript' if self.total == 1 else 'transcripts'}"

    @property
    def total(self) -> int:
        return len(self.cycles)
