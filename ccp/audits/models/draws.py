"""A draw: the frozen population, the seed from outside, and who was drawn."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.history.lines import AppendOnly, History
from amtportal.members.models import Member
from certifications.models import Cycle


class Draw(models.Model):
    """The draw of those who are audited for the cycles that closed in one calendar year.

    ``ccp.audits.draws`` writes it, in the order of its columns: frozen, then the seed.
    """

    year = models.PositiveSmallIntegerField(help_text="The calendar year in which the cycles closed.")
    share = models.PositiveSmallIntegerField(help_text="How many of 1,000 are drawn, in each credential.")
    at_least = models.PositiveSmallIntegerField(help_text="How many are drawn in each credential, at least.")
    frozen_at = models.DateTimeField()
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="draws_frozen")
    population = models.PositiveIntegerField(help_text="The number of lines that can be drawn.")
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of the frozen file.")
    salt = models.CharField(max_length=64, help_text="Of the tags that stand for AMT IDs in the published file.")
    seed_named = models.CharField(max_length=300, help_text="Where the seed comes from, as it was named at the freeze.")
    seed = models.CharField(max_length=200, blank=True)
    seed_source = models.CharField(max_length=500, blank=True, help_text="Who threw or published it, when and where.")
    drawn_at = models.DateTimeField(null=True, blank=True)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="draws_drawn"
    )
    abandoned_reason = models.CharField(max_length=300, blank=True, help_text="Why nobody is drawn from it.")

    history = History()

    class Meta:
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["year"],
                condition=Q(abandoned_reason=""),
                name="%(app_label)s_%(class)s_one_a_year",
                violation_error_message="This year has a draw already. Abandon that one first, with the reason.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_seeded_whole",
                condition=Q(drawn_at=None, drawn_by=None, seed="", seed_source="")
                | (Q(drawn_at__isnull=False, drawn_by__isnull=False) & ~Q(seed="") & ~Q(seed_source="")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_abandoned_before_drawn",
                condition=Q(abandoned_reason="") | Q(drawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"Draw of {self.year}"


class DrawLine(AppendOnly):
    """One line of the frozen file: a cycle that can be drawn, or one that is left out, and why."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="lines", db_index=False)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="draw_lines")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="draw_lines")
    stratum = models.CharField(max_length=20, help_text="The code of the credential.")
    line = models.CharField(max_length=120, help_text="Credential/AMT ID/cycle, as it stands in the frozen file.")
    excluded = models.CharField(max_length=200, blank=True, help_text="Why it cannot be drawn.")

    class Meta:
        ordering = ["draw", "line"]
        constraints = [
            models.UniqueConstraint(fields=["draw", "cycle"], name="%(app_label)s_%(class)s_cycle_once"),
            models.UniqueConstraint(fields=["draw", "line"], name="%(app_label)s_%(class)s_line_once"),
        ]

    def __str__(self) -> str:
        return self.line
