"""What a member does: the qualifying activities, the activities recorded, and what each counts for in a cycle."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from amtportal.members.models import Member
from certifications.models import Cycle, PointsField, in_quarters


class Category(models.Model):
    """One of the six kinds of qualifying activity."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    order = models.PositiveSmallIntegerField(default=0, help_text="Place in lists, smallest first.")
    guidance = models.TextField(blank=True, help_text="What is accepted, as members read it.")
    cap = PointsField(
        "cap a cycle", null=True, blank=True, help_text="Most points that count in one cycle. Empty: no cap."
    )

    history = HistoricalRecords()

    class Meta:
        ordering = ["order", "name"]
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_cap_in_quarters",
                condition=Q(cap=None) | Q(in_quarters("cap"), cap__gt=0),
                violation_error_message="A cap is more than 0, in quarter steps.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ActivityType(models.Model):
    """A qualifying activity that a member can claim points for."""

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="activity_types")
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    order = models.PositiveSmallIntegerField(default=0, help_text="Place within the category, smallest first.")
    unit = models.CharField(max_length=60, blank=True, help_text="What the points are counted by, e.g. contact hour.")
    points_per_unit = PointsField(null=True, blank=True, help_text="Empty: set by staff guidance, not by a unit.")
    cap = PointsField(
        "cap a cycle", null=True, blank=True, help_text="Most points that count in one cycle. Empty: no cap."
    )
    claimable_from = models.DateField(null=True, blank=True, help_text="Work before this day cannot be claimed.")
    claimable_until = models.DateField(null=True, blank=True, help_text="Work after this day cannot be claimed.")
    guidance = models.TextField(blank=True, help_text="What is accepted and how points are counted.")
    documents = models.TextField("documents to keep", blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["category__order", "order", "name"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_cap_in_quarters",
                condition=Q(cap=None) | Q(in_quarters("cap"), cap__gt=0),
                violation_error_message="A cap is more than 0, in quarter steps.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_per_unit_in_quarters",
                condition=Q(points_per_unit=None) | Q(in_quarters("points_per_unit"), points_per_unit__gt=0),
                violation_error_message="Points are more than 0, in quarter steps.",
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
        return self.name


class ActivityQuerySet(models.QuerySet["Activity"]):
    def for_member(self, member: Member) -> "ActivityQuerySet":
        return self.filter(member=member)

    def visible_to(self, user: Any) -> "ActivityQuerySet":
        """The owner's activities; every activity for staff who may view activities."""
        if user.is_staff and user.has_perm("ccp.view_activity"):
            return self.all()
        return self.filter(member__user=user)

    def claimed_for(self, cycle: int) -> "ActivityQuerySet":
        """Those that the member claims for the cycle of that key, standing or not."""
        claimed = Credit.objects.filter(cycle=cycle).exclude(cut=Credit.Cut.UNCLAIMED)
        return self.filter(pk__in=claimed.values("activity"))

    def newest_first(self) -> "ActivityQuerySet":
        return self.order_by("-starts_on", "-pk")


class Activity(models.Model):
    """One activity that a member recorded. Nothing but ``ccp.recording`` writes it, and nothing deletes it."""

    class Source(models.TextChoices):
        MEMBER = "member", "Recorded by the member"

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="activities")
    activity_type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="activities")
    title = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    points = PointsField(help_text="Points claimed.")
    attestation = models.TextField(help_text="The statement as it was shown when it was ticked.")
    attested_at = models.DateTimeField()
    attested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="activities_attested"
    )
    source = models.CharField(max_length=10, choices=Source, default=Source.MEMBER)
    submission_id = models.UUIDField(unique=True, help_text="The form that recorded it: a repeat records nothing.")
    submission_digest = models.CharField(max_length=64, help_text="SHA-256 of the values as first submitted.")
    recorded_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1, help_text="Grows with each change, so that none is overwritten.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="activities_withdrawn",
    )
    void_reason = models.CharField(max_length=300, blank=True, help_text="Given when AMT voids the entry.")

    history = HistoricalRecords()
    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name_plural = "activities"
        indexes = [
            models.Index(fields=["member", "-starts_on", "-id"], name="ccp_activity_newest_first"),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_above_0_to_99",
                condition=Q(points__gt=0, points__lte=99),
                violation_error_message="Points are more than 0 and at most 99.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_in_quarters",
                condition=in_quarters("points"),
                violation_error_message="Points come in quarter steps: 0.25, 0.5, 0.75, 1 and so on.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_starts_before_end",
                condition=Q(starts_on__lte=F("ends_on")),
                violation_error_message="An activity cannot end before it starts.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_source_known", condition=Q(source__in=["member"])),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_withdrawn_whole",
                condition=Q(withdrawn_at=None, withdrawn_by=None, void_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                violation_error_message="A withdrawal has a time and a person; a reason goes with a void entry only.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.heading}"

    @property
    def reference(self) -> str:
        return f"CE-{self.pk:07d}"

    @property
    def heading(self) -> str:
        """The title, or the type's name when no title was given."""
        return self.title or self.activity_type.name

    @property
    def is_standing(self) -> bool:
        return self.withdrawn_at is None

    @property
    def is_void(self) -> bool:
        return self.void_reason != ""


class Credit(models.Model):
    """What an activity counts for in one cycle, and why it was cut. Only ``ccp.recording`` writes credits.

    The row stays when the activity no longer counts there: it then counts 0 and says why.
    """

    class Cut(models.TextChoices):
        NONE = "", "Not cut"
        TYPE_CAP = "type-cap", "Over the cap of the activity type"
        CATEGORY_CAP = "category-cap", "Over the cap of the category"
        NOT_STANDING = "not-standing", "Withdrawn or void"
        UNCLAIMED = "unclaimed", "No longer claimed for this certification"

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="credits")
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="credits")
    points = PointsField(help_text="Points counted.")
    cut = models.CharField(max_length=15, choices=Cut, blank=True, default=Cut.NONE)

    history = HistoricalRecords()

    class Meta:
        ordering = ["activity", "cycle"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "cycle"], name="%(app_label)s_%(class)s_once_a_cycle"),
            models.CheckConstraint(name="%(app_label)s_%(class)s_points_from_0", condition=Q(points__gte=0)),
            models.CheckConstraint(name="%(app_label)s_%(class)s_points_in_quarters", condition=in_quarters("points")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_cut_known",
                condition=Q(cut__in=["", "type-cap", "category-cap", "not-standing", "unclaimed"]),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_nothing_counts_unclaimed",
                condition=~Q(cut__in=["not-standing", "unclaimed"]) | Q(points=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} points for {self.activity_id} in cycle {self.cycle_id}"
