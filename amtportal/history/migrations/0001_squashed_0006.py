"""What migrations 1 to 6 made, in one, for databases that have none of them.

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
        ("history", "0001_initial"),
        ("history", "0002_security_events"),
        ("history", "0003_histories_of_packages"),
        ("history", "0004_refused_webhooks"),
        ("history", "0005_lines_have_the_indexes_that_are_asked"),
        ("history", "0006_lines_may_be_blanked_by_law"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="Seal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("table", models.CharField(max_length=63)),
                        ("columns", models.JSONField(help_text="Those that a row's digest covers, in order.")),
                        ("after_id", models.BigIntegerField(help_text="The rows have greater ids than this …")),
                        ("upto_id", models.BigIntegerField(help_text="… and ids up to this.")),
                        ("rows", models.PositiveIntegerField()),
                        (
                            "entries",
                            models.BinaryField(help_text="For each row its id in 8 bytes and its SHA-256 in 32."),
                        ),
                        (
                            "previous",
                            models.CharField(help_text="The digest of the seal before it.", max_length=64, unique=True),
                        ),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("sealed_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("table", "after_id"), name="history_seal_one_a_stretch"),
                            models.CheckConstraint(
                                condition=models.Q(("after_id__lt", models.F("upto_id"))),
                                name="history_seal_stretch_in_order",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SecurityEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("signed-in", "Signed in"),
                                    ("signed-out", "Signed out"),
                                    ("refused", "Sign-in refused"),
                                    ("code-refused", "Code refused"),
                                    ("confirmed", "Confirmed that it is the same person"),
                                    ("limit", "Limit reached"),
                                    ("password-set", "Password set"),
                                    ("password-changed", "Password changed"),
                                    ("password-reset", "Password set by a mailed link, as in activation"),
                                    ("factor-added", "Second factor added"),
                                    ("factor-removed", "Second factor removed"),
                                    ("codes-renewed", "New recovery codes made"),
                                    ("code-used", "Recovery code used"),
                                    ("address-asked", "Change of the e-mail address asked for"),
                                    ("address-changed", "E-mail address changed"),
                                    ("sessions-ended", "Sessions ended"),
                                    ("webhook-refused", "Message refused that said it was from the payment provider"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "email",
                            models.EmailField(
                                blank=True,
                                help_text="As typed, where the sign-in was refused.",
                                max_length=254,
                                verbose_name="e-mail address",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="security_events",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "detail",
                            models.CharField(
                                blank=True, help_text="Which factors, limit, sessions or address.", max_length=100
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
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
                                        ],
                                    )
                                ),
                                name="history_securityevent_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "refused"), ("user", None)),
                                    models.Q(("kind", "limit"), ("user", None)),
                                    models.Q(("email", ""), ("kind", "webhook-refused"), ("user", None)),
                                    models.Q(
                                        models.Q(("kind", "refused"), _negated=True),
                                        ("email", ""),
                                        ("user__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="history_securityevent_somebody",
                            ),
                        ],
                        "indexes": [
                            models.Index(fields=["kind", "-id"], name="history_securityevent_kind"),
                            models.Index(
                                condition=models.Q(("email", ""), _negated=True),
                                fields=["email"],
                                name="history_securityevent_typed",
                                opclasses=["text_pattern_ops"],
                            ),
                            models.Index(fields=["request_id"], name="history_securityevent_request"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalAuthenticator",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "type",
                            models.CharField(
                                choices=[
                                    ("recovery_codes", "Recovery codes"),
                                    ("totp", "TOTP Authenticator"),
                                    ("webauthn", "WebAuthn"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                            "user",
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
                    ],
                    options={
                        "verbose_name": "historical authenticator",
                        "verbose_name_plural": "historical authenticators",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalEmailAddress",
                    fields=[
                        ("id", models.IntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("email", models.EmailField(max_length=254, verbose_name="email address")),
                        ("verified", models.BooleanField(default=False, verbose_name="verified")),
                        ("primary", models.BooleanField(default=False, verbose_name="primary")),
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
                            "user",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="user",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical email address",
                        "verbose_name_plural": "historical email addresses",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalGroup",
                    fields=[
                        ("id", models.IntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("name", models.CharField(max_length=150, verbose_name="name")),
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
                    ],
                    options={
                        "verbose_name": "historical group",
                        "verbose_name_plural": "historical groups",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalGroup_permissions",
                    fields=[
                        ("id", models.IntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                        (
                            "group",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                db_tablespace="",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="auth.group",
                            ),
                        ),
                        (
                            "history",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="history.historicalgroup",
                            ),
                        ),
                        (
                            "permission",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                db_tablespace="",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="auth.permission",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "HistoricalGroup_permissions",
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="BlankedLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("gap", models.CharField(max_length=40)),
                        ("table", models.CharField(max_length=63)),
                        ("line", models.BigIntegerField()),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("table", "line"), name="history_blankedline_once"),
                            models.CheckConstraint(
                                condition=models.Q(("gap", ""), _negated=True), name="history_blankedline_has_name"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Gap",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
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
                        ("name", models.CharField(max_length=40)),
                        ("table", models.CharField(max_length=63)),
                        ("lines", models.PositiveIntegerField()),
                        (
                            "entries",
                            models.BinaryField(help_text="For each line its id in 8 bytes and its SHA-256 in 32."),
                        ),
                        ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("name", "table"), name="history_gap_once_a_table"),
                            models.CheckConstraint(
                                condition=models.Q(("name", ""), _negated=True), name="history_gap_has_name"
                            ),
                            models.CheckConstraint(condition=models.Q(("lines__gt", 0)), name="history_gap_has_lines"),
                        ],
                    },
                ),
            ]
        )
    ]
