import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0016_addresses_whose_mail_comes_back"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalNameRequest",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "request_id",
                    models.CharField(
                        blank=True, default=amtportal.history.requests.current_request_id, editable=False, max_length=64
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
                ("first_name", models.CharField(blank=True, max_length=150)),
                ("last_name", models.CharField(blank=True, max_length=150)),
                (
                    "before",
                    models.CharField(
                        help_text="On record when it was asked for.", max_length=301, verbose_name="name before"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("marriage", "Marriage"),
                            ("divorce", "Divorce"),
                            ("court", "Court order"),
                            ("correction", "The name is misspelled or incomplete"),
                            ("other", "Another reason"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, help_text="What the member wrote.", max_length=300)),
                (
                    "document_name",
                    models.CharField(
                        help_text="As the member's file was called.", max_length=200, verbose_name="document"
                    ),
                ),
                (
                    "document_kind",
                    models.CharField(choices=[("pdf", "PDF"), ("jpeg", "JPEG"), ("png", "PNG")], max_length=10),
                ),
                ("document_size", models.PositiveIntegerField(help_text="Bytes, as it is kept.")),
                (
                    "document_sha256",
                    models.CharField(help_text="Of the file as it was sent.", max_length=64, verbose_name="SHA-256"),
                ),
                ("stored_sha256", models.CharField(max_length=64, verbose_name="SHA-256 as kept")),
                ("stored_name", models.CharField(help_text="In the storage of evidence.", max_length=100)),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for an answer"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("answer", models.CharField(blank=True, help_text="The member reads it.", max_length=500)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "verbose_name": "historical request for another name",
                "verbose_name_plural": "historical requests for another name",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRosterDifference",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "request_id",
                    models.CharField(
                        blank=True, default=amtportal.history.requests.current_request_id, editable=False, max_length=64
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
                    "detail",
                    models.CharField(
                        choices=[("name", "Name"), ("phone", "Phone"), ("address", "Postal address")], max_length=10
                    ),
                ),
                ("roster_says", models.JSONField(help_text="The text of each column, as the roster brought it last.")),
                ("changed_at", models.DateTimeField(help_text="When the record was changed last.")),
                (
                    "waits_since",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the roster brought something new.",
                        null=True,
                        verbose_name="waits for staff since",
                    ),
                ),
                (
                    "file_name",
                    models.CharField(
                        blank=True, help_text="The roster that brought it.", max_length=255, verbose_name="file"
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "verbose_name": "historical difference from the roster",
                "verbose_name_plural": "historical differences from the roster",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="NameRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_name", models.CharField(blank=True, max_length=150)),
                ("last_name", models.CharField(blank=True, max_length=150)),
                (
                    "before",
                    models.CharField(
                        help_text="On record when it was asked for.", max_length=301, verbose_name="name before"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("marriage", "Marriage"),
                            ("divorce", "Divorce"),
                            ("court", "Court order"),
                            ("correction", "The name is misspelled or incomplete"),
                            ("other", "Another reason"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, help_text="What the member wrote.", max_length=300)),
                (
                    "document_name",
                    models.CharField(
                        help_text="As the member's file was called.", max_length=200, verbose_name="document"
                    ),
                ),
                (
                    "document_kind",
                    models.CharField(choices=[("pdf", "PDF"), ("jpeg", "JPEG"), ("png", "PNG")], max_length=10),
                ),
                ("document_size", models.PositiveIntegerField(help_text="Bytes, as it is kept.")),
                (
                    "document_sha256",
                    models.CharField(help_text="Of the file as it was sent.", max_length=64, verbose_name="SHA-256"),
                ),
                ("stored_sha256", models.CharField(max_length=64, verbose_name="SHA-256 as kept")),
                ("stored_name", models.CharField(help_text="In the storage of evidence.", max_length=100, unique=True)),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for an answer"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("answer", models.CharField(blank=True, help_text="The member reads it.", max_length=500)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="names_answered",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="names_asked_for",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="name_requests", to="members.member"
                    ),
                ),
            ],
            options={
                "verbose_name": "request for another name",
                "verbose_name_plural": "requests for another name",
                "ordering": ["-pk"],
                "permissions": [("answer_namerequest", "Can accept or decline another name")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["-id"], name="members_namerequest_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("member",),
                        name="members_namerequest_one_waits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_name", ""), ("last_name", ""), _negated=True),
                        name="members_namerequest_name_given",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__in", ["marriage", "divorce", "court", "correction", "other"])),
                        name="members_namerequest_reason_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("document_kind__in", ["pdf", "jpeg", "png"])),
                        name="members_namerequest_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "accepted", "declined", "withdrawn"])),
                        name="members_namerequest_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("answered_by", None), ("state", "waiting")),
                            models.Q(
                                models.Q(("state", "waiting"), _negated=True),
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="members_namerequest_answer_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("answer", ""), ("state", "declined"), _negated=True),
                        name="members_namerequest_declined_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RosterDifference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "detail",
                    models.CharField(
                        choices=[("name", "Name"), ("phone", "Phone"), ("address", "Postal address")], max_length=10
                    ),
                ),
                ("roster_says", models.JSONField(help_text="The text of each column, as the roster brought it last.")),
                ("changed_at", models.DateTimeField(help_text="When the record was changed last.")),
                (
                    "waits_since",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the roster brought something new.",
                        null=True,
                        verbose_name="waits for staff since",
                    ),
                ),
                (
                    "file_name",
                    models.CharField(
                        blank=True, help_text="The roster that brought it.", max_length=255, verbose_name="file"
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roster_differences_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roster_differences",
                        to="members.member",
                    ),
                ),
            ],
            options={
                "verbose_name": "difference from the roster",
                "verbose_name_plural": "differences from the roster",
                "permissions": [("decide_rosterdifference", "Can decide whether the record or the roster is right")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("waits_since__isnull", False)),
                        fields=["-id"],
                        name="members_difference_waits",
                    ),
                    models.Index(
                        condition=models.Q(("settled_at", None)), fields=["-id"], name="members_difference_open"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("settled_at", None)),
                        fields=("member", "detail"),
                        name="members_rosterdifference_once_while_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("detail__in", ["name", "phone", "address"])),
                        name="members_rosterdifference_detail_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("settled_at", None), ("waits_since", None), _connector="OR"),
                        name="members_rosterdifference_waits_while_open",
                    ),
                ],
            },
        ),
    ]
