"""Course systems, their keys, what they sent, what they are told, and what members let them read."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from amtportal.formatting import format_day
from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.members.models import Member
from amtportal.model_fields import EmailField, IdentifierField, LineField

CODE = "[a-z][a-z0-9]{1,11}"


class CourseSystem(models.Model):
    """A program that keeps courses and sends AMT the credit of its learners.

    Its references are its own: ``code`` stands before them on record, so that two systems can use the
    same ones. ``ccp.api.keys`` and ``ccp.api.webhooks`` write it.
    """

    name = LineField(max_length=100, unique=True, help_text="Members read it.")
    code = models.CharField(max_length=12, unique=True, help_text="Stands before its references. It never changes.")
    contact = EmailField("contact for technical questions", blank=True)
    created_at = models.DateTimeField()
    webhook_url = models.URLField("webhook address", max_length=300, blank=True)
    # Encrypted (``amtportal.members.vault``), because the portal has to sign with them.
    webhook_secret = models.TextField(blank=True, editable=False)
    earlier_secret = models.TextField(blank=True, editable=False)
    earlier_secret_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then messages are signed with the earlier secret too."
    )
    sending_until = models.DateTimeField(null=True, blank=True, editable=False, help_text="A worker sends until then.")

    history = History(excluded_fields=["webhook_secret", "earlier_secret", "sending_until"])

    class Meta:
        ordering = ["name"]
        permissions = [("send_event", "Can send a message to a course system again")]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_name_and_code", condition=~Q(name="") & ~Q(code="")
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_address_has_secret",
                condition=Q(webhook_url="") | ~Q(webhook_secret=""),
                violation_error_message="What is sent to an address is signed with a secret.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Key(models.Model):
    """A key with which a course system asks for tokens: what it may do, and from when until when.

    The secret is not stored, only its hash, in allauth's table of clients.
    """

    system = models.ForeignKey(CourseSystem, on_delete=models.PROTECT, related_name="keys")
    client = models.OneToOneField("allauth_idp_oidc.Client", on_delete=models.PROTECT, related_name="key")
    writes_credits = models.BooleanField("credits:write", default=False, help_text="Sends the credit of its learners.")
    matches_members = models.BooleanField(
        "members:match", default=False, help_text="Asks whether a name belongs to an AMT ID: yes or no."
    )
    reads_standing = models.BooleanField(
        "standing:read", default=False, help_text="Reads the standing of members who allow it."
    )
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day")
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="keys_issued")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="keys_revoked"
    )
    revoke_reason = models.CharField("why it was revoked", max_length=300, blank=True)

    history = History()

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("issue_key", "Can issue a key for a course system"),
            ("revoke_key", "Can revoke a key of a course system"),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_starts_before_end",
                condition=Q(starts_on__lte=F("ends_on")),
                violation_error_message="The last day cannot be before the first.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_may_do_something",
                condition=Q(writes_credits=True) | Q(matches_members=True) | Q(reads_standing=True),
                violation_error_message="Choose what the key may do.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_revoked_whole",
                condition=Q(revoked_at=None, revoked_by=None, revoke_reason="")
                | (Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoke_reason="")),
                violation_error_message="A key is revoked at a time, by a person, for a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"Key {self.pk} of {self.system}, until {format_day(self.ends_on)}"

    @property
    def scopes(self) -> list[str]:
        """Return what the key may do, in the words of its tokens."""
        held = {
            "credits:write": self.writes_credits,
            "members:match": self.matches_members,
            "standing:read": self.reads_standing,
        }
        return [scope for scope, is_held in held.items() if is_held]


class KeyDay(models.Model):
    """How often a key was used on a day in Chicago. What was asked, and about whom, is not known."""

    key = models.ForeignKey(Key, on_delete=models.PROTECT, related_name="days", db_index=False)
    on = models.DateField()
    calls = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["key", "-on"]
        constraints = [models.UniqueConstraint(fields=["key", "on"], name="%(app_label)s_%(class)s_once_a_day")]

    def __str__(self) -> str:
        return f"{self.on}: {self.calls}"


class Delivery(AppendOnly, Traced):
    """A credit that a course system sent and that was taken: recorded or held.

    What became of it is in the entry, or in the held credit, with the same reference on record. A
    held credit that AMT refused may be sent again with other values: the last delivery counts.
    """

    system = models.ForeignKey(CourseSystem, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    key = models.ForeignKey(Key, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    reference = IdentifierField(max_length=40, help_text="The course system's own.")
    provider_reference = IdentifierField("reference on record", max_length=60, db_index=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was sent.")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_reference", condition=~Q(reference="")),
        ]

    def __str__(self) -> str:
        return self.provider_reference


class KeptAnswer(models.Model):
    """The answer to a request with an ``Idempotency-Key``, kept so that its repeat gets the same."""

    system = models.ForeignKey(CourseSystem, on_delete=models.PROTECT, related_name="+", db_index=False)
    digest = models.CharField(max_length=64, help_text="Of the key that the request had.")
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "digest"], name="%(app_label)s_%(class)s_once_a_key"),
        ]

    def __str__(self) -> str:
        return f"{self.status}, kept until {self.until}"


class EventKind(models.TextChoices):
    """What happened to a credit that a course system sent."""

    RECORDED = "credit.recorded", "Recorded at once"
    HELD = "credit.held", "Held"
    MATCHED = "credit.matched", "Held before, now recorded"
    REFUSED = "credit.refused", "Held before, now refused by AMT"
    WITHDRAWN = "credit.withdrawn", "Withdrawn"
    VOIDED = "credit.voided", "Voided by AMT"
    RESTORED = "credit.restored", "Restored"
    COUNTED = "credit.counted", "Counts for other points"


class Event(models.Model):
    """A message to a course system: what happened to a credit of its own. The worker sends it."""

    Kind = EventKind

    system = models.ForeignKey(CourseSystem, on_delete=models.PROTECT, related_name="events")
    event_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=EventKind)
    reference = models.CharField(max_length=40, db_index=True, help_text="The course system's own.")
    body = models.TextField(help_text="As it is signed and sent.")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True, help_text="When it is sent next. Empty: it is not sent.")
    tries = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField("last problem", max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["system", "due_at", "id"], name="api_event_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["-id"], name="api_event_given_up", condition=Q(given_up_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_kind_known", condition=Q(kind__in=EventKind.values)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_due_until_it_ends",
                condition=Q(due_at=None) | Q(sent_at=None, given_up_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"

    @property
    def message_id(self) -> str:
        """Return the number by which its receiver knows a message that comes twice."""
        return f"msg_{self.event_id.hex}"

    @property
    def state(self) -> str:
        if self.sent_at:
            return "sent"
        return "given up" if self.given_up_at else "waits"


class EventRepeat(AppendOnly, Traced):
    """One time that staff had a message sent again."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="repeats")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.event} again, by {self.asked_by}"


class Consent(models.Model):
    """Whether a course system may read a member's standing. It asks, and the member decides."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="standing_consents", db_index=False)
    system = models.ForeignKey(CourseSystem, on_delete=models.PROTECT, related_name="consents")
    asked_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When the member said no, or took it back.")

    history = History(found_by=["member"])

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = "consent to read a standing"
        verbose_name_plural = "consents to read a standing"
        constraints = [
            models.UniqueConstraint(fields=["member", "system"], name="%(app_label)s_%(class)s_once_a_system"),
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.member}"

    @property
    def is_given(self) -> bool:
        return self.given_at is not None and self.ended_at is None

    @property
    def waits(self) -> bool:
        """Return whether the member has not decided yet."""
        return self.given_at is None and self.ended_at is None


class StandingRead(AppendOnly, Traced):
    """One time that a course system read a member's standing. The member reads it too."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="reads")
    key = models.ForeignKey(Key, on_delete=models.PROTECT, related_name="+", db_index=False)
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.consent_id} at {self.read_at}"
