"""Links by which members show their record to others, and who is not shown in the public look-up."""

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from amtportal.formatting import format_day
from amtportal.history.lines import History
from amtportal.members.models import Member
from amtportal.model_fields import LineField
from certifications.models import Certification


class ShareScope(models.TextChoices):
    """What a link shows."""

    STANDING = "standing", pgettext_lazy("what a link shows", "My standing: every certification")
    TRANSCRIPT = "transcript", pgettext_lazy("what a link shows", "My CE transcript: every activity")
    CERTIFICATION = "certification", pgettext_lazy("what a link shows", "One certification")


class ShareLink(models.Model):
    """A secret address at which others read what a member shows them, until a day.

    ``ccp.sharing.links`` writes it. The address is not stored, only its digest and what the portal
    makes it of.
    """

    Scope = ShareScope

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="share_links")
    scope = models.CharField(max_length=15, choices=ShareScope)
    certification = models.ForeignKey(
        Certification, on_delete=models.PROTECT, null=True, blank=True, related_name="share_links"
    )
    label = LineField(max_length=80, blank=True, help_text="The member's own note, such as: for Mercy Hospital.")
    until = models.DateField(help_text="The last day on which it works.")
    nonce = models.CharField(max_length=32, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    history = History(found_by=["member", "certification"], excluded_fields=["nonce", "digest"])

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_scope_known", condition=Q(scope__in=ShareScope.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_of_one_certification",
                condition=Q(scope="certification", certification__isnull=False)
                | (~Q(scope="certification") & Q(certification=None)),
                violation_error_message="A link shows one certification, or names none.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}, until {format_day(self.until)}"

    @property
    def times(self) -> int:
        """Return how often it was opened. Its days must be loaded."""
        return sum(day.times for day in self.days.all())


class ShareDay(models.Model):
    """How often a link was opened on a day in Chicago. Who opened it is not known."""

    link = models.ForeignKey(ShareLink, on_delete=models.PROTECT, related_name="days", db_index=False)
    on = models.DateField()
    times = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["link", "-on"]
        constraints = [
            models.UniqueConstraint(fields=["link", "on"], name="%(app_label)s_%(class)s_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.on}: {self.times}"


class Listing(models.Model):
    """Whether the public look-up shows a member. Members without a row are shown."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="listing")
    hidden_by_member = models.BooleanField(default=False)
    hidden_by_staff = models.BooleanField(default=False)

    history = History(found_by=["member"])

    class Meta:
        permissions = [("hide_member", "Can hide a member from the public look-up")]
        verbose_name = "member in the public look-up"
        verbose_name_plural = "members in the public look-up"
        indexes = [
            models.Index(
                fields=["-id"],
                name="sharing_listing_hidden",
                condition=Q(hidden_by_member=True) | Q(hidden_by_staff=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{'Hidden' if self.is_hidden else 'Shown'}: {self.member}"

    @property
    def is_hidden(self) -> bool:
        return self.hidden_by_member or self.hidden_by_staff
