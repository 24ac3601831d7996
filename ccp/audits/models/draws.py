"""A draw: the frozen population, the seed from outside, who was drawn, and who took whose place."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.members.models import Member
from amtportal.model_fields import LineField
from certifications.models import Certification, Cycle


class SeedKind(models.TextChoices):
    """Where a seed comes from."""

    DICE = "dice", _("Dice, thrown before two witnesses")
    NUMBER = "number", _("A public number that was named beforehand")


class Draw(models.Model):
    """The draw of those who are audited for the cycles that closed in one calendar year.

    ``ccp.audits.draws`` writes it, in the order of its columns: frozen, then the seed.
    """

    Kind = SeedKind

    year = models.PositiveSmallIntegerField(help_text="The calendar year in which the cycles closed.")
    share = models.PositiveSmallIntegerField(help_text="How many of 1,000 are drawn, in each credential.")
    at_least = models.PositiveSmallIntegerField(help_text="How many are drawn in each credential, at least.")
    spared_cycles = models.PositiveSmallIntegerField(
        "cycles spared", help_text="For how many cycles after an audit a certification cannot be drawn again."
    )
    frozen_at = models.DateTimeField()
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="draws_frozen")
    population = models.PositiveIntegerField(help_text="The number of lines that can be drawn.")
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of the frozen file.")
    secret = models.CharField(max_length=64, help_text="The salts of the tags follow from it. Nobody is shown it.")
    seed_kind = models.CharField("seed from", max_length=10, choices=SeedKind)
    seed_named = LineField(
        "seed, as named", max_length=300, help_text="Where the seed comes from, as it was named at the freeze."
    )
    seed = models.CharField(max_length=200, blank=True)
    seed_source = LineField(max_length=300, blank=True, help_text="Where and when the seed was thrown or read.")
    first_witness = LineField(max_length=120, blank=True)
    second_witness = LineField(max_length=120, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="draws_drawn"
    )
    abandoned_reason = LineField(max_length=300, blank=True, help_text="Why nobody is drawn from it.")

    history = History(excluded_fields=["secret"])

    class Meta:
        ordering = ["-year", "-pk"]
        permissions = [
            ("freeze_draw", "Can freeze the population of a draw"),
            ("seed_draw", "Can enter the seed of a draw"),
            ("abandon_draw", "Can abandon a draw before its seed"),
            ("replace_drawn", "Can replace somebody who was drawn by the next substitute"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["year"],
                condition=Q(abandoned_reason=""),
                name="%(app_label)s_%(class)s_one_a_year",
                violation_error_message="This year has a draw already. Abandon that one first, with the reason.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_share_of_1000", condition=Q(share__gte=0, share__lte=1000)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_seed_kind_known", condition=Q(seed_kind__in=SeedKind.values)
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_seed_named_first", condition=~Q(seed_named="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_seeded_whole",
                condition=Q(drawn_at=None, drawn_by=None, seed="", seed_source="", first_witness="", second_witness="")
                | (Q(drawn_at__isnull=False, drawn_by__isnull=False) & ~Q(seed="") & ~Q(seed_source="")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_drawn_after_frozen",
                condition=Q(drawn_at=None) | Q(drawn_at__isnull=False, drawn_at__gte=F("frozen_at")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_dice_have_two_witnesses",
                condition=~Q(seed_kind="dice")
                | Q(drawn_at=None)
                | (~Q(first_witness="") & ~Q(second_witness="") & ~Q(first_witness=F("second_witness"))),
                violation_error_message="Dice are thrown before two witnesses, who are two people.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_abandoned_before_drawn",
                condition=Q(abandoned_reason="") | Q(drawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"Draw of {self.year}{' (abandoned)' if self.is_abandoned else ''}"

    @property
    def is_drawn(self) -> bool:
        return self.drawn_at is not None

    @property
    def is_abandoned(self) -> bool:
        return self.abandoned_reason != ""


class DrawLine(AppendOnly):
    """One line of the frozen file: a cycle that can be drawn, or one that is left out, and why."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="lines", db_index=False)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="draw_lines")
    amt_id = models.CharField("AMT ID", max_length=20, help_text="At the freeze.")
    stratum = models.CharField(max_length=10, help_text="The code of the credential, at the freeze.")
    line = models.CharField(max_length=120, help_text="Credential/tag of the AMT ID/cycle, as in the frozen file.")
    excluded = models.CharField(max_length=60, blank=True, help_text="Why it cannot be drawn.")

    class Meta:
        ordering = ["draw", "line"]
        constraints = [
            models.UniqueConstraint(fields=["draw", "cycle"], name="%(app_label)s_%(class)s_cycle_once"),
            models.UniqueConstraint(fields=["draw", "line"], name="%(app_label)s_%(class)s_line_once"),
            models.CheckConstraint(name="%(app_label)s_%(class)s_not_empty", condition=~Q(line="")),
        ]

    def __str__(self) -> str:
        return f"{self.stratum}/{self.amt_id}"

    @property
    def certification(self) -> Certification:
        return self.cycle.certification

    @property
    def member(self) -> Member:
        """The member to whom the cycle belongs now: after a merge, the one that was kept."""
        return self.cycle.certification.member


class TicketQuerySet(models.QuerySet["DrawTicket"]):
    def drawn(self) -> "TicketQuerySet":
        """Return the tickets of those who are audited: drawn, or called as a substitute, and not replaced."""
        return self.filter(Q(is_drawn=True) | Q(called_for__isnull=False), replacement=None)

    def waiting(self) -> "TicketQuerySet":
        """Return the substitutes that were not called, in their order."""
        return self.filter(is_drawn=False, called_for=None).order_by("place")


class DrawTicket(AppendOnly):
    """The ticket of a line that could be drawn, and its place among those of its credential."""

    line = models.OneToOneField(DrawLine, on_delete=models.PROTECT, related_name="ticket")
    ticket = models.CharField(max_length=64, help_text="SHA-256 of the seed, a colon and the line.")
    place = models.PositiveIntegerField(help_text="Among the tickets of the credential, the smallest first.")
    is_drawn = models.BooleanField("drawn", help_text="Whether its place is among the first that are drawn.")

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ["line__draw", "line__stratum", "place"]
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_place_from_1", condition=Q(place__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.line}, place {self.place:,}"


class Replacement(AppendOnly, Traced):
    """Somebody who was drawn is not audited, for a reason; the next substitute is, if there is one."""

    replaced = models.OneToOneField(DrawTicket, on_delete=models.PROTECT, related_name="replacement")
    substitute = models.OneToOneField(
        DrawTicket, on_delete=models.PROTECT, null=True, blank=True, related_name="called_for"
    )
    reason = LineField(max_length=300)
    replaced_at = models.DateTimeField()
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="draw_replacements"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_by_somebody_else",
                condition=Q(substitute=None) | Q(substitute__isnull=False) & ~Q(substitute=F("replaced")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.replaced}: {self.reason}"
