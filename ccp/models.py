"""What a member does: the qualifying activities, the activities recorded, and what each counts for in a cycle."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amtportal.dates import day_of
from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.members.models import Member
from amtportal.words import translated
from certifications.models import Credential, Cycle, PointsField, in_quarters


class Provenance(models.TextChoices):
    """Where a figure of the programme comes from."""

    PUBLISHED = "published", "Published by AMT"
    ASSUMED = "assumed", "Assumed"
    STAFF = "staff", "Set by AMT staff"


class Category(models.Model):
    """One of the six kinds of qualifying activity."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    order = models.PositiveSmallIntegerField(default=0, help_text="Place in lists, smallest first.")
    guidance = models.TextField(blank=True, help_text="What is accepted, as members read it.")

    history = History()

    class Meta:
        ordering = ["order", "name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class CategoryTerms(models.Model):
    """What holds for a category from a day on. The day on which an entry was recorded decides which terms it has."""

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="terms")
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
    """A qualifying activity that a member can claim points for. What it is worth stands in its terms."""

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="activity_types")
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    order = models.PositiveSmallIntegerField(default=0, help_text="Place within the category, smallest first.")
    guidance = models.TextField(blank=True, help_text="What is accepted and how points are counted.")
    documents = models.TextField("documents to keep", blank=True)
    credentials = models.ManyToManyField(
        Credential, blank=True, related_name="activity_types", help_text="Counts for these only. Empty: for all."
    )
    retired_on = models.DateField(
        null=True, blank=True, help_text="From this day on it cannot be chosen. Entries that have it stay."
    )

    history = History()

    class Meta:
        ordering = ["category__order", "order", "name"]

    def __str__(self) -> str:
        return self.name


class TypeTerms(models.Model):
    """What an activity type is worth from a day on. The day on which an entry was recorded decides its terms."""

    class Unit(models.TextChoices):
        HOUR = "hour", _("contact hour")
        SEMESTER_HOUR = "semester-hour", _("semester hour")
        QUARTER_HOUR = "quarter-hour", _("quarter hour")
        CEU = "ceu", _("CEU")
        YEAR = "year", _("year")
        WORK = "work", _("work")

    activity_type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="terms")
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
                condition=Q(unit__in=["", "hour", "semester-hour", "quarter-hour", "ceu", "year", "work"]),
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
    """One activity that a member recorded. ``ccp.recording`` and ``ccp.amt_credits`` write it, nothing deletes it."""

    class Source(models.TextChoices):
        MEMBER = "member", _("Recorded by the member")
        AMT = "amt", _("Credited by AMT")

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="activities")
    activity_type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="activities")
    title = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    points = PointsField(help_text="Points claimed.")
    quantity = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="In the unit of the type, where one was given."
    )
    unit = models.CharField(max_length=15, choices=TypeTerms.Unit, blank=True, help_text="As it was when recorded.")
    difference = models.TextField(blank=True, help_text="How it differs from a similar entry, in the member's words.")
    attestation = models.TextField(help_text="The statement as it was shown when it was ticked.")
    attested_at = models.DateTimeField()
    attested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="activities_attested",
        help_text="Nobody, where AMT's own file credited it.",
    )
    source = models.CharField(max_length=10, choices=Source, default=Source.MEMBER)
    submission_id = models.UUIDField(unique=True, help_text="The form that recorded it: a repeat records nothing.")
    submission_digest = models.CharField(max_length=64, help_text="SHA-256 of the values as first submitted.")
    provider_reference = models.CharField(max_length=60, blank=True, help_text="AMT's own number of the credit.")
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

    history = History()
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
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_source_known", condition=Q(source__in=["member", "amt"])
            ),
            models.UniqueConstraint(
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
                name="%(app_label)s_%(class)s_provider_reference_unique",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_reference_of_amt_only",
                condition=(Q(source="amt") & ~Q(provider_reference="")) | (~Q(source="amt") & Q(provider_reference="")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_attested_by_its_member",
                condition=Q(source="amt") | Q(attested_by__isnull=False),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_quantity_positive", condition=Q(quantity=None) | Q(quantity__gt=0)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_quantity_has_unit",
                condition=Q(quantity=None, unit="")
                | Q(
                    quantity__isnull=False,
                    unit__in=["hour", "semester-hour", "quarter-hour", "ceu", "year", "work"],
                ),
            ),
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
        return self.title or translated(self.activity_type.name)

    @property
    def is_standing(self) -> bool:
        return self.withdrawn_at is None

    @property
    def is_void(self) -> bool:
        return self.void_reason != ""


class Credit(models.Model):
    """What an activity counts for in one cycle, and why it was cut. Only ``ccp.counting`` writes credits.

    The row stays when the activity no longer counts there: it then counts 0 and says why.
    """

    class Cut(models.TextChoices):
        NONE = "", "Not cut"
        TYPE_CAP = "type-cap", "Over the cap of the activity type"
        CATEGORY_CAP = "category-cap", "Over the cap of the category"
        WINDOW = "window", "Outside the days in which the type can be claimed"
        NOT_STANDING = "not-standing", "Withdrawn or void"
        UNCLAIMED = "unclaimed", "No longer claimed for this certification"

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="credits")
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="credits")
    points = PointsField(help_text="Points counted.")
    cut = models.CharField(max_length=15, choices=Cut, blank=True, default=Cut.NONE)

    history = History()

    class Meta:
        ordering = ["activity", "cycle"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "cycle"], name="%(app_label)s_%(class)s_once_a_cycle"),
            models.CheckConstraint(name="%(app_label)s_%(class)s_points_from_0", condition=Q(points__gte=0)),
            models.CheckConstraint(name="%(app_label)s_%(class)s_points_in_quarters", condition=in_quarters("points")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_cut_known",
                condition=Q(cut__in=["", "type-cap", "category-cap", "window", "not-standing", "unclaimed"]),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_nothing_counts_unclaimed",
                condition=~Q(cut__in=["window", "not-standing", "unclaimed"]) | Q(points=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} points for {self.activity_id} in cycle {self.cycle_id}"


class HeldCredit(models.Model):
    """A credit from AMT for somebody who is not on the roster yet; it is recorded when the person appears."""

    provider_reference = models.CharField(max_length=60, unique=True)
    amt_id = models.CharField("AMT ID", max_length=20, db_index=True)
    activity_type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="held_credits")
    title = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    points = PointsField()
    reason = models.CharField(max_length=300, help_text="Why it could not be recorded.")
    received_at = models.DateTimeField()
    activity = models.OneToOneField(
        Activity,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="held_credit",
        help_text="Once recorded.",
    )

    history = History()

    class Meta:
        ordering = ["received_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_above_0_to_99",
                condition=Q(in_quarters("points"), points__gt=0, points__lte=99),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_starts_before_end", condition=Q(starts_on__lte=F("ends_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_reference} for {self.amt_id}"


class ErrorReport(models.Model):
    """A member says that a credit from AMT is wrong; staff answer."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="error_reports")
    text = models.TextField()
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="error_reports")
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="error_reports_answered",
    )

    history = History()

    class Meta:
        ordering = ["-reported_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["activity"],
                condition=Q(answered_at=None),
                name="%(app_label)s_%(class)s_one_open",
                violation_error_message="This credit already has a report that waits for an answer.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_text", condition=~Q(text="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_answer_whole",
                condition=Q(answer="", answered_at=None, answered_by=None)
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                violation_error_message="An answer has a text, a time and a person.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity}: {self.text[:40]}"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def visible_to(self, user: Any) -> "EvidenceQuerySet":
        """What is attached to the owner's activities; all that is attached for staff who may view evidence."""
        if user.is_staff and user.has_perm("ccp.view_evidence"):
            return self.attached()
        return self.attached().filter(activity__member__user=user)

    def attached(self) -> "EvidenceQuerySet":
        return self.filter(removed_at=None)


class Evidence(models.Model):
    """A file that a member attached to an activity. ``ccp.evidence`` writes it; the row outlives its file."""

    class Kind(models.TextChoices):
        PDF = "pdf", "PDF"
        JPEG = "jpeg", "JPEG"
        PNG = "png", "PNG"

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="evidence")
    original_name = models.CharField("name", max_length=200, help_text="As the member's file was called.")
    kind = models.CharField(max_length=10, choices=Kind)
    size = models.PositiveIntegerField(help_text="Bytes, as it is kept.")
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of the file as it was sent.")
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

    history = History()
    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["activity", "added_at", "pk"]
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "sha256"],
                condition=Q(removed_at=None),
                name="%(app_label)s_%(class)s_file_once",
                violation_error_message="This file is attached already.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_kind_known", condition=Q(kind__in=["pdf", "jpeg", "png"])
            ),
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


class CalendarFeed(models.Model):
    """The secret address of a member's calendar. Revoking it ends the address; a new one is another."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="calendar_feeds")
    token = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    history = History(excluded_fields=["token"])

    class Meta:
        ordering = ["member", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(revoked_at=None), name="%(app_label)s_%(class)s_one_standing"
            ),
        ]

    def __str__(self) -> str:
        return f"Calendar of {self.member_id}"


class Transcript(AppendOnly, Traced):
    """One issue of a CE transcript: what it said, and the code by which anyone can check it. ``ccp.issuing`` writes it.

    The same record is issued once; a record that has changed is issued anew, and the earlier issue stays.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="transcripts")
    cycle = models.ForeignKey(
        Cycle,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="transcripts",
        help_text="Empty: the whole history of the member.",
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

    def __str__(self) -> str:
        return f"Transcript {self.grouped_code}"

    @property
    def grouped_code(self) -> str:
        """The code as it is printed and typed: ``7KQ2-M9XV-3T0B-HDWE``."""
        return "-".join(self.code[start : start + 4] for start in range(0, len(self.code), 4))

    @property
    def issued_on(self) -> date:
        """The day of issue in Chicago."""
        return day_of(self.issued_at)


class TranscriptFile(AppendOnly):
    """A PDF that the portal made of an issue. Another version of the PDF library may make another one of the same."""

    transcript = models.ForeignKey(Transcript, on_delete=models.PROTECT, related_name="files")
    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["transcript", "made_at"]

    def __str__(self) -> str:
        return self.sha256
