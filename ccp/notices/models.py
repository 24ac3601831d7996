"""What members are told by mail, and what they do not want to be told."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from amtportal.history.lines import History
from amtportal.members.models import Member


class NoticeKind(models.TextChoices):
    """The kinds of notices; ``ccp.notices.kinds`` has the rule of each."""

    INVOICE_OPEN = "invoice-open", "Renewal invoice open"
    INVOICE_DUE = "invoice-due", "Renewal invoice due"
    INVOICE_OVERDUE = "invoice-overdue", "Renewal invoice overdue"
    CYCLE_ENDS = "cycle-ends", "Cycle ends"
    GRACE = "grace", "Grace period"
    LAPSED = "lapsed", "Certification lapsed"
    REVOKED = "revoked", "Certification revoked"
    AWARD_CORRECTED = "award-corrected", "Award date corrected"
    PAYMENT_RECEIVED = "payment-received", "Payment received"
    PAYMENT_FAILED = "payment-failed", "Payment failed"
    PAYMENT_REFUNDED = "payment-refunded", "Payment refunded"
    AMT_CREDIT = "amt-credit", "Credit from AMT recorded"
    POINTS_SET = "points-set", "Points set by AMT"
    ENTRY_VOIDED = "entry-voided", "Entry voided"
    ENTRY_RESTORED = "entry-restored", "Voided entry on record again"
    REPORT_ANSWERED = "report-answered", "Error report answered"
    AUDIT = "audit", "Audit"
    AMT_MESSAGE = "amt-message", "Message from AMT"
    MONTHLY_SUMMARY = "monthly-summary", "Monthly summary"
    NOTHING_RECORDED = "nothing-recorded", "Nothing recorded for 6 months"
    AMT_NEWS = "amt-news", "News from AMT"


OPTIONAL = (NoticeKind.MONTHLY_SUMMARY, NoticeKind.NOTHING_RECORDED, NoticeKind.AMT_NEWS)
"""The kinds that a member can switch off."""


class MailState(models.TextChoices):
    """What became of a mail."""

    WAITING = "waiting", "Waits to be sent"
    SENT = "sent", "Sent"
    DROPPED = "dropped", "Not sent, because nothing in it was true anymore"
    UNDELIVERABLE = "undeliverable", "Not sent, because there is no address that takes mail"


class NoticeMail(models.Model):
    """The mail with a member's notices of one day.

    It is written when it is sent: until then, language, subject and text are empty.
    """

    State = MailState

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="notice_mails", db_index=False)
    on = models.DateField(help_text="The day in Chicago.")
    at_once = models.BooleanField(
        default=False, help_text="Sent when it happened, such as a receipt, and not with the notices of the day."
    )
    state = models.CharField(max_length=15, choices=MailState, default=MailState.WAITING)
    made_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    address = models.CharField(max_length=320, blank=True, help_text="Where it was sent.")
    language = models.CharField(max_length=5, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True, help_text="As it was sent.")
    message_id = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["member", "-on", "-pk"]
        indexes = [
            models.Index(fields=["-on", "-id"], name="notices_mail_by_day"),
            models.Index(fields=["-id"], name="notices_mail_undeliverable", condition=Q(state="undeliverable")),
            models.Index(fields=["-id"], name="notices_mail_dropped", condition=Q(state="dropped")),
            models.Index(fields=["message_id"], name="notices_mail_by_message", condition=~Q(message_id="")),
            models.Index(fields=["member", "-on"], name="notices_mail_of_member"),
            models.Index(fields=["member"], name="notices_mail_waiting", condition=Q(state="waiting")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "on"], condition=Q(at_once=False), name="%(app_label)s_%(class)s_one_a_day"
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_state_known", condition=Q(state__in=MailState.values)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_sent_whole",
                condition=~Q(state="sent")
                | (Q(sent_at__isnull=False) & ~Q(address="") & ~Q(subject="") & ~Q(text="") & ~Q(message_id="")),
            ),
        ]

    def __str__(self) -> str:
        return f"Mail of {self.on} to {self.member}"


class Notice(models.Model):
    """One thing that a member is told, exactly once.

    ``subject`` names what it is about, such as ``cycle-12``; ``anchor_on`` is the day from which it
    was due. Without a mail, it waits for that of the next day (``ccp.notices.telling``).
    """

    Kind = NoticeKind

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="notices", db_index=False)
    kind = models.CharField(max_length=20, choices=NoticeKind)
    subject = models.CharField(max_length=40)
    anchor_on = models.DateField()
    mail = models.ForeignKey(NoticeMail, on_delete=models.PROTECT, null=True, blank=True, related_name="notices")
    dropped = models.CharField(max_length=200, blank=True, help_text="Why it was not sent.")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["member", "-anchor_on", "-pk"]
        indexes = [
            models.Index(fields=["kind", "-id"], name="notices_notice_by_kind"),
            models.Index(fields=["-id"], name="notices_notice_dropped", condition=~Q(dropped="")),
            models.Index(fields=["id"], name="notices_notice_waiting", condition=Q(mail=None, dropped="")),
            # How far a mail to a list is.
            models.Index(
                fields=["subject"], name="notices_notice_of_mailing", condition=Q(kind__in=["amt-message", "amt-news"])
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "kind", "subject", "anchor_on"], name="%(app_label)s_%(class)s_exactly_once"
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_kind_known", condition=Q(kind__in=NoticeKind.values)),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_subject", condition=~Q(subject="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.subject}, {self.anchor_on}"


class Preference(models.Model):
    """What a member chose about notices. Without a row: every kind, in the language of the last sign-in."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="notice_preference")
    language = models.CharField(max_length=5, blank=True, help_text="Of mail. Empty: that of the last sign-in.")
    monthly_summary = models.BooleanField(default=True)
    nothing_recorded = models.BooleanField(default=True)
    amt_news = models.BooleanField("news from AMT", default=True)

    history = History(found_by=["member"])

    def __str__(self) -> str:
        return f"Preferences of {self.member}"
