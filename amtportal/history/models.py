"""Security events, the seals of history, and the histories of models from other packages."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history import register

from amtportal.history.lines import AppendOnly, History, Traced


class SecurityEvent(AppendOnly, Traced):
    """A security event of an account: a sign-in, a refusal, or a change of what opens it."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed-in", "Signed in"
        SIGNED_OUT = "signed-out", "Signed out"
        REFUSED = "refused", "Sign-in refused"
        CODE_REFUSED = "code-refused", "Code refused"
        CONFIRMED = "confirmed", "Confirmed that it is the same person"
        LIMIT = "limit", "Limit reached"
        PASSWORD_SET = "password-set", "Password set"
        PASSWORD_CHANGED = "password-changed", "Password changed"
        PASSWORD_RESET = "password-reset", "Password set by a mailed link, as in activation"
        FACTOR_ADDED = "factor-added", "Second factor added"
        FACTOR_REMOVED = "factor-removed", "Second factor removed"
        CODES_RENEWED = "codes-renewed", "New recovery codes made"
        CODE_USED = "code-used", "Recovery code used"
        ADDRESS_ASKED = "address-asked", "Change of the e-mail address asked for"
        ADDRESS_CHANGED = "address-changed", "E-mail address changed"
        SESSIONS_ENDED = "sessions-ended", "Sessions ended"
        WEBHOOK_REFUSED = "webhook-refused", "Message refused that said it was from the payment provider"

    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="security_events"
    )
    email = models.EmailField("e-mail address", blank=True, help_text="As typed, where the sign-in was refused.")
    detail = models.CharField(max_length=100, blank=True, help_text="Which factors, limit, sessions or address.")

    class Meta:
        ordering = ["-pk"]
        # For the lists of staff.
        indexes = [
            models.Index(fields=["kind", "-id"], name="history_securityevent_kind"),
            models.Index(
                fields=["email"],
                name="history_securityevent_typed",
                opclasses=["text_pattern_ops"],
                condition=~Q(email=""),
            ),
            models.Index(fields=["request_id"], name="history_securityevent_request"),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_kind_known",
                condition=Q(
                    kind__in=[
                        "signed-in",
                        "signed-out",
                        "refused",
                        "code-refused",
                        "confirmed",
                        "limit",
                        "password-set",
                        "password-changed",
                        "password-reset",
                        "factor-added",
                        "factor-removed",
                        "codes-renewed",
                        "code-used",
                        "address-asked",
                        "address-changed",
                        "sessions-ended",
                        "webhook-refused",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_somebody",
                condition=Q(kind="refused", user=None)
                | Q(kind="limit", user=None)
                | Q(kind="webhook-refused", user=None, email="")
                | (~Q(kind="refused") & Q(user__isnull=False, email="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user or self.email}"


class Seal(AppendOnly):
    """The digests of some rows of one table, chained to the previous seal.

    ``amtportal.history.seals`` writes it.
    """

    table = models.CharField(max_length=63)
    columns = models.JSONField(help_text="Those that a row's digest covers, in order.")
    after_id = models.BigIntegerField(help_text="The rows have greater ids than this …")
    upto_id = models.BigIntegerField(help_text="… and ids up to this.")
    rows = models.PositiveIntegerField()
    entries = models.BinaryField(help_text="For each row its id in 8 bytes and its SHA-256 in 32.")
    previous = models.CharField(max_length=64, unique=True, help_text="The digest of the seal before it.")
    digest = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["table", "after_id"], name="%(app_label)s_%(class)s_one_a_stretch"),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_stretch_in_order", condition=Q(after_id__lt=models.F("upto_id"))
            ),
        ]

    def __str__(self) -> str:
        return f"Seal {self.pk}: {self.table} up to {self.upto_id}"


class BlankedLine(AppendOnly):
    """That a line of history may be blanked, under the name of a gap.

    ``amtportal.history.gaps`` writes it. The triggers of the table read it.
    """

    gap = models.CharField(max_length=40)
    table = models.CharField(max_length=63)
    line = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["table", "line"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_name", condition=~Q(gap="")),
        ]

    def __str__(self) -> str:
        return f"{self.gap}: {self.table} {self.line}"


class Gap(AppendOnly, Traced):
    """The digests that the lines of one table have since they were blanked, under the name of the erasure.

    ``amtportal.history.gaps`` writes it.
    """

    name = models.CharField(max_length=40)
    table = models.CharField(max_length=63)
    lines = models.PositiveIntegerField()
    entries = models.BinaryField(help_text="For each line its id in 8 bytes and its SHA-256 in 32.")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["name", "table"], name="%(app_label)s_%(class)s_once_a_table"),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_name", condition=~Q(name="")),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_lines", condition=Q(lines__gt=0)),
        ]

    def __str__(self) -> str:
        return f"Gap {self.name} in {self.table}"


def _keep_history_of(model: type[models.Model], **options: object) -> None:
    """Keep the history of another package's model in one of our tables."""
    register(model, app="amtportal.history", records_class=History, **options)


_keep_history_of(Group, m2m_fields=["permissions"])
_keep_history_of(EmailAddress)
# ``data`` holds the secret, which history never keeps, together with the name of a passkey.
_keep_history_of(Authenticator, excluded_fields=["data", "last_used_at"])
