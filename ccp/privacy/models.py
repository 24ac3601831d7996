"""Requests by law: access and erasure, with their minutes; and holds that stop an erasure."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.members.models import Member
from amtportal.model_fields import LineField


class Law(models.TextChoices):
    """Under which law somebody asks."""

    CCPA = "ccpa", "CCPA (California)"
    GDPR = "gdpr", "GDPR (European Union)"


class Asker(models.TextChoices):
    """Who asks."""

    MEMBER = "member", "The person"
    AGENT = "agent", "An authorized agent"
    LAWYER = "lawyer", "A lawyer with power of attorney"
    AUTHORITY = "authority", "A court or an authority"


class Proof(models.TextChoices):
    """How it was proven that the person is who asks, or has let somebody ask."""

    DOCUMENT = "document", "An official document with a picture"
    NOTARY = "notary", "A signature that a notary certified"
    ANSWERS = "answers", "Answers that only the person can give"
    ORDER = "order", "A court order"


class ByLaw(models.Model):
    """What every request by law has on record."""

    Law, Asker, Proof = Law, Asker, Proof

    law = models.CharField(max_length=4, choices=Law)
    received_on = models.DateField("received on")
    due_on = models.DateField("to be answered by", help_text="By the law; it counts from the day of receipt.")
    asked_by = models.CharField("who asked", max_length=10, choices=Asker)
    proof = models.CharField("proof of identity", max_length=10, choices=Proof)
    note = LineField("note", max_length=300, blank=True, help_text="Staff read it. An erasure blanks it.")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="%(class)ss")

    class Meta:
        abstract = True


def _known(**names: list[str]) -> list[models.CheckConstraint]:
    return [
        models.CheckConstraint(name=f"%(app_label)s_%(class)s_{column}_known", condition=Q(**{f"{column}__in": values}))
        for column, values in names.items()
    ]


_BY_LAW = {"law": Law.values, "asked_by": Asker.values, "proof": Proof.values}


class AccessOutcome(models.TextChoices):
    SENT = "sent", "The archive was handed over"
    DECLINED = "declined", "Nothing was handed over"


class AccessRequest(ByLaw):
    """Somebody asks for everything about a member, who cannot or does not want to sign in.

    ``ccp.privacy.access`` writes it.
    """

    Outcome = AccessOutcome

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="access_requests")
    archive = models.ForeignKey(
        "exports.Archive", on_delete=models.PROTECT, null=True, blank=True, related_name="access_requests",
        help_text="The latest that was made.",
    )  # fmt: skip
    outcome = models.CharField(max_length=10, choices=AccessOutcome, blank=True)
    answer = LineField("how it was answered", max_length=300, blank=True)
    answered_on = models.DateField("answered on", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="access_answered"
    )

    history = History(found_by=["member", "archive"])

    class Meta:
        ordering = ["-pk"]
        verbose_name = "request for access"
        verbose_name_plural = "requests for access"
        indexes = [models.Index(fields=["-id"], name="privacy_access_open", condition=Q(answered_on=None))]
        constraints = [
            *_known(**_BY_LAW),
            models.UniqueConstraint(
                fields=["member"], condition=Q(answered_on=None), name="%(app_label)s_%(class)s_one_open"
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_due_later", condition=Q(due_on__gt=F("received_on"))),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_answered_whole",
                condition=Q(answered_on=None, answered_by=None, outcome="", answer="")
                | (
                    Q(answered_on__isnull=False, answered_by__isnull=False, outcome__in=AccessOutcome.values)
                    & ~Q(answer="")
                ),
                violation_error_message="An answer has a day, a person, an outcome and a text.",
            ),
        ]
        permissions = [("answer_access", "Can answer requests for access by law")]

    def __str__(self) -> str:
        return f"Request for access {self.pk}"


class AccessDownload(AppendOnly, Traced):
    """That somebody of the staff downloaded the archive of a request for access."""

    access_request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="downloads")
    archive = models.ForeignKey("exports.Archive", on_delete=models.PROTECT, related_name="downloads_by_law")
    downloaded_at = models.DateTimeField(default=timezone.now)
    downloaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="access_downloads"
    )

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Download {self.pk} of {self.access_request}"


class ErasureState(models.TextChoices):
    WAITING = "waiting", "Waits for a second person"
    DONE = "done", "Done"
    DECLINED = "declined", "Declined"


class ErasureRequest(ByLaw):
    """Somebody asks that a member is erased; and once a second person confirmed it, the minutes of the erasure.

    The minutes hold nothing about the person but AMT IDs, which the certification record keeps too, so
    that an erasure can be done again after a restore. ``ccp.privacy.erasing`` writes it.
    """

    State = ErasureState

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="erasure_requests")
    state = models.CharField(max_length=10, choices=ErasureState, default=ErasureState.WAITING)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="erasures_settled"
    )
    answer = LineField("why it was declined", max_length=300, blank=True)
    amt_ids = models.JSONField("AMT IDs", default=list, help_text="Of the person, at the time of the erasure.")
    went = models.JSONField(default=list, help_text="For each table how many rows went, were blanked or stayed.")
    lines = models.JSONField(default=dict, help_text="For each table how many lines of history were blanked.")
    files = models.PositiveIntegerField(default=0, help_text="How many files were deleted, or removed from entries.")
    repeats = models.CharField(
        max_length=40, blank=True, help_text="The number in the minutes, if it was done again after a restore."
    )
    gap = models.CharField("gap", max_length=40, blank=True, help_text="The name of the gap in the seals.")

    history = History(found_by=["member"])

    class Meta:
        ordering = ["-pk"]
        verbose_name = "request for erasure"
        verbose_name_plural = "requests for erasure"
        indexes = [models.Index(fields=["-id"], name="privacy_erasure_waiting", condition=Q(state="waiting"))]
        constraints = [
            *_known(**_BY_LAW, state=ErasureState.values),
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(state__in=["waiting", "done"]),
                name="%(app_label)s_%(class)s_one_stands",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_due_later", condition=Q(due_on__gt=F("received_on"))),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_settled_whole",
                condition=Q(state="waiting", settled_at=None, settled_by=None)
                | (Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(state="waiting")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_by_two_people",
                condition=~Q(state="done") | ~Q(settled_by=F("recorded_by")),
                violation_error_message="An erasure takes two people.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_done_has_gap",
                condition=(Q(state="done") & ~Q(gap="")) | (~Q(state="done") & Q(gap="")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_declined_with_reason",
                condition=(Q(state="declined") & ~Q(answer="")) | (~Q(state="declined") & Q(answer="")),
            ),
        ]
        permissions = [
            ("ask_for_erasure", "Can ask for an erasure by law"),
            ("confirm_erasure", "Can confirm an erasure by law, as the second person"),
        ]

    def __str__(self) -> str:
        return f"Request for erasure {self.pk}"

    @property
    def number(self) -> str:
        return f"ERA-{self.pk:07d}"


class LegalHold(models.Model):
    """That nothing about a member may be erased, and why. ``ccp.privacy.holds`` writes it."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="legal_holds")
    reason = LineField(max_length=300, help_text="Staff read it. The member does not.")
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="holds_set")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="holds_lifted"
    )
    lift_reason = LineField(max_length=300, blank=True)

    history = History(found_by=["member"])

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(lifted_at=None), name="%(app_label)s_%(class)s_one_stands"
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_lifted_whole",
                condition=Q(lifted_at=None, lifted_by=None, lift_reason="")
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason="")),
            ),
        ]
        permissions = [("set_legal_hold", "Can set and lift a legal hold")]

    def __str__(self) -> str:
        return f"Legal hold {self.pk}"
