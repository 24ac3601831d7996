"""The address at which a member's calendar program reads the member's dates."""

from django.db import models
from django.db.models import Q

from amtportal.history.lines import History
from amtportal.members.models import Member


class CalendarFeed(models.Model):
    """The secret address of a member's calendar.

    Revoking the feed ends the address; a new feed gets a different address.
    """

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="calendar_feeds")
    token = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    was_in_the_open = models.BooleanField(
        "revoked by the portal",
        default=False,
        help_text="A program asked for it without encryption, so others could read it on the way.",
    )

    history = History(found_by=["member"], excluded_fields=["token"])

    class Meta:
        ordering = ["member", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(revoked_at=None), name="%(app_label)s_%(class)s_one_standing"
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_in_the_open_is_revoked",
                condition=Q(was_in_the_open=False) | Q(revoked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Calendar of {self.member_id}"
