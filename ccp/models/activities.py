"""What members record (activities), and what each entry counts for in a cycle (credits)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from amtportal.dates import day_of
from amtportal.formatting import format_points, translated
from amtportal.history.lines import AppendOnly, History
from amtportal.members.models import Member
from amtportal.model_fields import IdentifierField, LineField
from ccp.models.catalogue import ActivityType, ActivityUnit, TypeTerms
from certifications.models import Cycle, PointsField, in_quarters
from certifications.quarters import ZERO


class ActivityQuerySet(models.QuerySet["Activity"]):
    def for_member(self, member: Member) -> "ActivityQuerySet":
        return self.filter(member=member)

    def visible_to(self, user: Any) -> "ActivityQuerySet":
        """Return the user's own activities; every activity for staff who may view activities."""
        if user.is_staff and user.has_perm("ccp.view_activity"):
            return self.all()
        return self.filter(member__user=user)


class AttestationStatementManager(models.Manager["AttestationStatement"]):
    def of(self, text: str) -> "AttestationStatement":
        """Return the statement with exactly this text; it is put on record when it is first attested to."""
        return self.filter(text=text).first() or self.get_or_create(text=text)[0]


class AttestationStatement(AppendOnly):
    """A statement as it was shown to those who attested to it, in their language.

    Many entries refer to one statement. It never changes: another wording is another statement.
    """

    text = models.TextField(unique=True)

    objects = AttestationStatementManager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_text", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return self.text


class ActivitySource(models.TextChoices):
    """Who recorded the entry."""

    MEMBER = "member", _("Recorded by the member")
    AMT = "amt", _("Credited by AMT")
    AMTRAX = "amtrax", _("Recorded in AMTrax before the portal")


def reference_of(key: int) -> str:
    """Return the reference of the entry with this key: ``CE-0000012``."""
    return f"CE-{key:07d}"


def heading_of(title: str, type_name: str) -> str:
    """Return the title of an entry, or the name of its type when no title was given."""
    return title or translated(type_name)


def claim_in_words(points: Decimal | None) -> str:
    """Return the points that an entry claims, or that AMT sets them."""
    return gettext("to be set by AMT") if points is None else format_points(points)


class Activity(models.Model):
    """One activity that a member recorded.

    Where AMT has not published what a type is worth, a member can leave the points to AMT: they are
    empty, and the entry counts for nothing until staff set them.

    Only ``ccp.recording.verbs``, ``ccp.amt_credits.credits`` and ``ccp.amtrax.entries`` write
    activities, and nothing deletes them.
    """

    Source = ActivitySource

    # Indexes that begin with these two are below.
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="activities", db_index=False)
    activity_type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="activities", db_index=False)
    title = LineField(max_length=200, blank=True)
    provider = LineField(max_length=200, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    points = PointsField(null=True, blank=True, help_text="Points claimed. Empty: to be set by AMT.")
    points_set_at = models.DateTimeField(null=True, blank=True, help_text="When staff set the points.")
    points_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # nobody asks for the entries of a colleague
    )
    quantity = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="In the unit of the type, where one was given."
    )
    unit = models.CharField(max_length=15, choices=TypeTerms.Unit, blank=True, help_text="As it was when recorded.")
    difference = models.TextField(blank=True, help_text="How it differs from a similar entry, in the member's words.")
    statement = models.ForeignKey(
        AttestationStatement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # nobody asks for the entries of a statement
        help_text="What was attested to, as it was shown.",
    )
    # Entries that are older than the table of statements have the text itself.
    attestation_text = models.TextField(
        "attestation", blank=True, db_column="attestation", help_text="The statement of an early entry."
    )
    attested_at = models.DateTimeField()
    attested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="activities_attested",
        help_text="Nobody, where a file of AMT's brought it.",
    )
    source = models.CharField(max_length=10, choices=Source, default=Source.MEMBER)
    submission_id = models.UUIDField(unique=True, help_text="The form that recorded it: a repeat records nothing.")
    submission_digest = models.CharField(max_length=64, help_text="SHA-256 of the values as first submitted.")
    provider_reference = IdentifierField(max_length=60, blank=True, help_text="AMT's own number of the entry.")
    recorded_at = models.DateTimeField()
    recorded_in_amtrax_on = models.DateField(
        "recorded in AMTrax on",
        null=True,
        blank=True,
        help_text="Where the file of AMTrax says so: since that day the entry has counted.",
    )
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

    history = History(found_by=["member"])
    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name_plural = "activities"
        indexes = [
            models.Index(fields=["member", "-starts_on", "-id"], name="ccp_activity_newest_first"),
            # For the lists of staff.
            models.Index(fields=["activity_type", "-id"], name="ccp_activity_by_type"),
            models.Index(fields=["-starts_on", "-id"], name="ccp_activity_by_day"),
            models.Index(fields=["-id"], name="ccp_activity_withdrawn", condition=Q(withdrawn_at__isnull=False)),
            models.Index(fields=["-id"], name="ccp_activity_void", condition=~Q(void_reason="")),
            models.Index(fields=["source", "-id"], name="ccp_activity_not_of_member", condition=~Q(source="member")),
            models.Index(fields=["-id"], name="ccp_activity_points_to_set", condition=Q(points=None)),
            models.Index(fields=["-id"], name="ccp_activity_points_set", condition=Q(points_set_at__isnull=False)),
            # For the notices of a day.
            models.Index(
                fields=["points_set_at"], name="ccp_activity_points_set_on", condition=Q(points_set_at__isnull=False)
            ),
        ]
        permissions = [
            ("void_entry", "Can void an entry"),
            ("import_entries", "Can import entries from AMTrax"),
            ("set_points", "Can set the points of an activity"),
            ("take_back_void", "Can put an entry back on record that was voided"),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_above_0_to_99",
                condition=Q(points=None) | Q(points__gt=0, points__lte=99),
                violation_error_message="Points are more than 0 and at most 99.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_in_quarters",
                condition=Q(points=None) | Q(in_quarters("points")),
                violation_error_message="Points come in quarter steps: 0.25, 0.5, 0.75, 1 and so on.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_only_members_wait",
                condition=Q(points__isnull=False) | Q(source="member", quantity=None),
                violation_error_message="Points are to be set only where a member entered neither points nor units.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_set_whole",
                condition=Q(points_set_at=None, points_set_by=None)
                | Q(points_set_at__isnull=False, points_set_by__isnull=False, points__isnull=False),
                violation_error_message="Points that staff set have a time and a person.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_starts_before_end",
                condition=Q(starts_on__lte=F("ends_on")),
                violation_error_message="An activity cannot end before it starts.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_source_known", condition=Q(source__in=ActivitySource.values)
            ),
            models.UniqueConstraint(
                fields=["provider_reference", "source"],
                condition=~Q(provider_reference=""),
                name="%(app_label)s_%(class)s_provider_reference_unique",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_reference_of_amt_only",
                condition=(Q(source__in=["amt", "amtrax"]) & ~Q(provider_reference=""))
                | (~Q(source__in=["amt", "amtrax"]) & Q(provider_reference="")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_attested_by_its_member",
                condition=Q(source__in=["amt", "amtrax"]) | Q(attested_by__isnull=False),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_day_of_amtrax_only",
                condition=Q(recorded_in_amtrax_on=None)
                | Q(recorded_in_amtrax_on__isnull=False, source="amtrax", recorded_in_amtrax_on__gte=F("ends_on")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_one_attestation",
                condition=Q(statement=None) & ~Q(attestation_text="") | Q(statement__isnull=False, attestation_text=""),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_quantity_positive", condition=Q(quantity=None) | Q(quantity__gt=0)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_quantity_has_unit",
                condition=Q(quantity=None, unit="")
                | Q(
                    quantity__isnull=False,
                    unit__in=ActivityUnit.values,
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
        return reference_of(self.pk)

    @property
    def awaits_points(self) -> bool:
        """Return whether AMT has to set the points before the entry counts."""
        return self.points is None

    @property
    def claimed(self) -> Decimal:
        """Return the points claimed; 0 until AMT has set them."""
        return ZERO if self.points is None else self.points

    @property
    def claim_in_words(self) -> str:
        return claim_in_words(self.points)

    @property
    def attestation(self) -> str:
        """The statement as it was shown to the person who attested to it."""
        return self.statement.text if self.statement else self.attestation_text

    @property
    def heading(self) -> str:
        return heading_of(self.title, self.activity_type.name)

    @property
    def recorded_on(self) -> date:
        """Return the day in Chicago on which it was recorded, in the portal or in AMTrax."""
        return self.recorded_in_amtrax_on or day_of(self.recorded_at)

    @property
    def is_members_own(self) -> bool:
        """Return whether the member recorded it in the portal, and may change it there."""
        return self.source == ActivitySource.MEMBER

    @property
    def is_standing(self) -> bool:
        return self.withdrawn_at is None

    @property
    def is_void(self) -> bool:
        return self.void_reason != ""


class CreditCut(models.TextChoices):
    """Why an entry counts for less than its claim."""

    NONE = "", "Not cut"
    TYPE_CAP = "type-cap", "Over the cap of the activity type"
    CATEGORY_CAP = "category-cap", "Over the cap of the category"
    WINDOW = "window", "Outside the days in which the type can be claimed"
    NOT_STANDING = "not-standing", "Withdrawn or void"
    UNCLAIMED = "unclaimed", "No longer claimed for this certification"
    OUTSIDE = "outside", "Outside the cycle since the award date was corrected"


class Credit(models.Model):
    """What an activity counts for in one cycle, and why it was cut.

    Only ``ccp.counting.credits`` writes credits. The row stays when the activity no longer counts
    in the cycle: it then counts 0 points and gives the reason.
    """

    Cut = CreditCut

    # The cycle has nothing to do with such an entry: nothing in it is counted or locked for it.
    NOT_CLAIMED = (Cut.UNCLAIMED, Cut.OUTSIDE)

    activity = models.ForeignKey(
        Activity,
        on_delete=models.PROTECT,
        related_name="credits",
        db_index=False,  # a constraint begins with it
    )
    cycle = models.ForeignKey(
        Cycle,
        on_delete=models.PROTECT,
        related_name="credits",
        db_index=False,  # an index begins with it
    )
    points = PointsField(help_text="Points counted.")
    cut = models.CharField(max_length=15, choices=Cut, blank=True, default=Cut.NONE)

    history = History(found_by=["activity", "cycle"])

    class Meta:
        ordering = ["activity", "cycle"]
        indexes = [
            models.Index(fields=["cut", "-id"], name="ccp_credit_cut", condition=~Q(cut="")),
            # The total of a cycle is read from the index alone.
            models.Index(fields=["cycle", "points"], name="ccp_credit_of_cycle"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["activity", "cycle"], name="%(app_label)s_%(class)s_once_a_cycle"),
            models.CheckConstraint(name="%(app_label)s_%(class)s_points_from_0", condition=Q(points__gte=0)),
            models.CheckConstraint(name="%(app_label)s_%(class)s_points_in_quarters", condition=in_quarters("points")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_cut_known",
                condition=Q(cut__in=CreditCut.values),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_nothing_counts_unclaimed",
                condition=~Q(cut__in=["window", "not-standing", "unclaimed", "outside"]) | Q(points=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} points for {self.activity_id} in cycle {self.cycle_id}"
