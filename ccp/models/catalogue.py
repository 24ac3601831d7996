"""The qualifying activities: categories, activity types, and their dated terms."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amtportal.history.lines import History
from amtportal.model_fields import LineField
from certifications.models import Credential, PointsField, in_quarters


class Provenance(models.TextChoices):
    """Where a figure of the program comes from."""

    PUBLISHED = "published", "Published by AMT"
    ASSUMED = "assumed", "Assumed"
    STAFF = "staff", "Set by AMT staff"


class Category(models.Model):
    """One of the six kinds of qualifying activity."""

    code = models.SlugField(max_length=40, unique=True)
    name = LineField(max_length=100)
    order = models.PositiveSmallIntegerField(default=0, help_text="Place in lists, smallest first.")
    guidance = models.TextField(blank=True, help_text="What is accepted, as members read it.")

    history = History()

    class Meta:
        ordering = ["order", "name"]
        verbose_name_plural = "categories"
        permissions = [("set_category_terms", "Can set the terms of a category from a day on")]

    def __str__(self) -> str:
        return self.name


class CategoryTerms(models.Model):
    """The terms that apply to a category from a given day on.

    The day on which an entry was recorded decides which terms apply to it.
    """

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="terms", db_index=False)
    effective_from = models.DateField()
    cap = PointsField(
        "cap a cycle", null=True, blank=True, help_text="Most points that count in one cycle. Empty: no cap."
    )
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.STAFF)

    history = History()

    class Meta:
        ordering = ["category", "effective_from"]
        verbose_name_plural = "category terms"
        constraints = [
            models.UniqueConstraint(
                fields=["category", "effective_from"],
                name="%(app_label)s_%(class)s_one_a_day",
                violation_error_message="This category already has terms from this day on.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_cap_in_quarters",
                condition=Q(cap=None) | Q(in_quarters("cap"), cap__gt=0),
                violation_error_message="A cap is more than 0, in quarter steps.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} from {self.effective_from}"


class ActivityType(models.Model):
    """A qualifying activity for which a member can claim points. Its terms say what it is worth."""

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="activity_types")
    code = models.SlugField(max_length=40, unique=True)
    name = LineField(max_length=100)
    order = models.PositiveSmallIntegerField(default=0, help_text="Place within the category, smallest first.")
    guidance = models.TextField(blank=True, help_text="What is accepted and how points are counted.")
    documents = models.TextField("documents to keep", blank=True)
    credentials = models.ManyToManyField(
        Credential, blank=True, related_name="activity_types", help_text="Counts for these only. Empty: for all."
    )
    retired_on = models.DateField(
        null=True, blank=True, help_text="From this day on it cannot be chosen. Entries that have it stay."
    )

    history = History(m2m_fields=["credentials"])

    class Meta:
        ordering = ["category__order", "order", "name"]
        permissions = [("set_type_terms", "Can set the terms of an activity type from a day on")]

    def __str__(self) -> str:
        return self.name

    @property
    def credential_codes(self) -> list[str]:
        """Return the codes of the credentials for which the type counts; none if it counts for all."""
        return [credential.code for credential in self.credentials.all()]


class ActivityUnit(models.TextChoices):
    """The unit in which an activity type is counted."""

    HOUR = "hour", _("contact hour")
    SEMESTER_HOUR = "semester-hour", _("semester hour")
    QUARTER_HOUR = "quarter-hour", _("quarter hour")
    CEU = "ceu", _("CEU")
    YEAR = "year", _("year")
    WORK = "work", _("work")


class TypeTerms(models.Model):
    """What an activity type is worth from a given day on.

    The day on which an entry was recorded decides which terms apply to it.
    """

    Unit = ActivityUnit

    activity_type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="terms", db_index=False)
    effective_from = models.DateField()
    unit = models.CharField(max_length=15, choices=Unit, blank=True, help_text="Empty: points are given directly.")
    points_per_unit = PointsField(null=True, blank=True, help_text="Empty: points are given directly.")
    least = PointsField("smallest claim", default=Decimal("0.25"), help_text="Fewest points for one entry.")
    most = PointsField("largest claim", default=Decimal(99), help_text="Most points for one entry.")
    cap = PointsField(
        "cap a cycle", null=True, blank=True, help_text="Most points that count in one cycle. Empty: no cap."
    )
    claimable_from = models.DateField(null=True, blank=True, help_text="Work before this day cannot be claimed.")
    claimable_until = models.DateField(null=True, blank=True, help_text="Work after this day cannot be claimed.")
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.STAFF)

    history = History()

    class Meta:
        ordering = ["activity_type", "effective_from"]
        verbose_name_plural = "type terms"
        constraints = [
            models.UniqueConstraint(
                fields=["activity_type", "effective_from"],
                name="%(app_label)s_%(class)s_one_a_day",
                violation_error_message="This activity type already has terms from this day on.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_unit_known",
                condition=Q(unit__in=["", *ActivityUnit.values]),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_per_unit_in_quarters",
                condition=Q(points_per_unit=None)
                | Q(in_quarters("points_per_unit"), ~Q(unit=""), points_per_unit__gt=0),
                violation_error_message="Points for a unit are more than 0, in quarter steps, and need a unit.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_claim_limits_in_order",
                condition=Q(in_quarters("least"), in_quarters("most"), least__gt=0, least__lte=F("most"), most__lte=99),
                violation_error_message="The smallest claim is above 0 and at most the largest, which is at most 99.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_cap_in_quarters",
                condition=Q(cap=None) | Q(in_quarters("cap"), cap__gt=0),
                violation_error_message="A cap is more than 0, in quarter steps.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_window_in_order",
                condition=Q(claimable_from=None)
                | Q(claimable_until=None)
                | Q(claimable_from__lte=F("claimable_until")),
                violation_error_message="The window ends before it starts.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity_type} from {self.effective_from}"
