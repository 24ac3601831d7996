"""What migrations 1 to 5 made, in one, for databases that have none of them.

Databases that have some of those that this one replaces go on through them.
"""

import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests
from amtportal.history.migrating import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("notices", "0001_initial"),
        ("notices", "0002_lists_have_indexes"),
        ("notices", "0003_points_that_amt_set_are_told"),
        ("notices", "0004_staff_write_to_members"),
        ("notices", "0005_corrections_and_revocations_are_told"),
    ]

    initial = True

    dependencies = [
        ("members", "0024_members_may_have_died"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="HistoricalPreference",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                        (
                            "address",
                            models.GenericIPAddressField(
                                blank=True,
                                default=amtportal.history.requests.current_address,
                                editable=False,
                                null=True,
                                verbose_name="client address",
                            ),
                        ),
                        (
                            "language",
                            models.CharField(
                                blank=True, help_text="Of mail. Empty: that of the last sign-in.", max_length=5
                            ),
                        ),
                        ("monthly_summary", models.BooleanField(default=True)),
                        ("nothing_recorded", models.BooleanField(default=True)),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField()),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="members.member",
                            ),
                        ),
                        ("amt_news", models.BooleanField(default=True, verbose_name="news from AMT")),
                    ],
                    options={
                        "verbose_name": "historical preference",
                        "verbose_name_plural": "historical preferences",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="NoticeMail",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(help_text="The day in Chicago.")),
                        (
                            "at_once",
                            models.BooleanField(
                                default=False,
                                help_text="Sent when it happened, such as a receipt, and not with the notices of the day.",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waits to be sent"),
                                    ("sent", "Sent"),
                                    ("dropped", "Not sent, because nothing in it was true anymore"),
                                    ("undeliverable", "Not sent, because there is no address that takes mail"),
                                ],
                                default="waiting",
                                max_length=15,
                            ),
                        ),
                        ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("sent_at", models.DateTimeField(blank=True, null=True)),
                        ("address", models.CharField(blank=True, help_text="Where it was sent.", max_length=320)),
                        ("language", models.CharField(blank=True, max_length=5)),
                        ("subject", models.CharField(blank=True, max_length=300)),
                        ("text", models.TextField(blank=True, help_text="As it was sent.")),
                        ("message_id", models.CharField(blank=True, max_length=255)),
                        (
                            "member",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="notice_mails",
                                to="members.member",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["member", "-on", "-pk"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "undeliverable")),
                                fields=["-id"],
                                name="notices_mail_undeliverable",
                            ),
                            models.Index(
                                condition=models.Q(("message_id", ""), _negated=True),
                                fields=["message_id"],
                                name="notices_mail_by_message",
                            ),
                            models.Index(fields=["member", "-on"], name="notices_mail_of_member"),
                            models.Index(
                                condition=models.Q(("state", "waiting")), fields=["member"], name="notices_mail_waiting"
                            ),
                            models.Index(fields=["-on", "-id"], name="notices_mail_by_day"),
                            models.Index(
                                condition=models.Q(("state", "dropped")), fields=["-id"], name="notices_mail_dropped"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("at_once", False)),
                                fields=("member", "on"),
                                name="notices_noticemail_one_a_day",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["waiting", "sent", "dropped", "undeliverable"])),
                                name="notices_noticemail_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "sent"), _negated=True),
                                    models.Q(
                                        ("sent_at__isnull", False),
                                        models.Q(("address", ""), _negated=True),
                                        models.Q(("subject", ""), _negated=True),
                                        models.Q(("text", ""), _negated=True),
                                        models.Q(("message_id", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="notices_noticemail_sent_whole",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Notice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("invoice-open", "Renewal invoice open"),
                                    ("invoice-due", "Renewal invoice due"),
                                    ("invoice-overdue", "Renewal invoice overdue"),
                                    ("cycle-ends", "Cycle ends"),
                                    ("grace", "Grace period"),
                                    ("lapsed", "Certification lapsed"),
                                    ("revoked", "Certification revoked"),
                                    ("award-corrected", "Award date corrected"),
                                    ("payment-received", "Payment received"),
                                    ("payment-failed", "Payment failed"),
                                    ("payment-refunded", "Payment refunded"),
                                    ("amt-credit", "Credit from AMT recorded"),
                                    ("points-set", "Points set by AMT"),
                                    ("entry-voided", "Entry voided"),
                                    ("entry-restored", "Voided entry on record again"),
                                    ("report-answered", "Error report answered"),
                                    ("audit", "Audit"),
                                    ("amt-message", "Message from AMT"),
                                    ("monthly-summary", "Monthly summary"),
                                    ("nothing-recorded", "Nothing recorded for 6 months"),
                                    ("amt-news", "News from AMT"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("subject", models.CharField(max_length=40)),
                        ("anchor_on", models.DateField()),
                        ("dropped", models.CharField(blank=True, help_text="Why it was not sent.", max_length=200)),
                        ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "member",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="notices",
                                to="members.member",
                            ),
                        ),
                        (
                            "mail",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="notices",
                                to="notices.noticemail",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["member", "-anchor_on", "-pk"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("dropped", ""), ("mail", None)),
                                fields=["id"],
                                name="notices_notice_waiting",
                            ),
                            models.Index(fields=["kind", "-id"], name="notices_notice_by_kind"),
                            models.Index(
                                condition=models.Q(("dropped", ""), _negated=True),
                                fields=["-id"],
                                name="notices_notice_dropped",
                            ),
                            models.Index(
                                condition=models.Q(("kind__in", ["amt-message", "amt-news"])),
                                fields=["subject"],
                                name="notices_notice_of_mailing",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("member", "kind", "subject", "anchor_on"), name="notices_notice_exactly_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("subject", ""), _negated=True), name="notices_notice_has_subject"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "invoice-open",
                                            "invoice-due",
                                            "invoice-overdue",
                                            "cycle-ends",
                                            "grace",
                                            "lapsed",
                                            "revoked",
                                            "award-corrected",
                                            "payment-received",
                                            "payment-failed",
                                            "payment-refunded",
                                            "amt-credit",
                                            "points-set",
                                            "entry-voided",
                                            "entry-restored",
                                            "report-answered",
                                            "audit",
                                            "amt-message",
                                            "monthly-summary",
                                            "nothing-recorded",
                                            "amt-news",
                                        ],
                                    )
                                ),
                                name="notices_notice_kind_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Preference",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "language",
                            models.CharField(
                                blank=True, help_text="Of mail. Empty: that of the last sign-in.", max_length=5
                            ),
                        ),
                        ("monthly_summary", models.BooleanField(default=True)),
                        ("nothing_recorded", models.BooleanField(default=True)),
                        (
                            "member",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="notice_preference",
                                to="members.member",
                            ),
                        ),
                        ("amt_news", models.BooleanField(default=True, verbose_name="news from AMT")),
                    ],
                ),
            ]
        )
    ]
