import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests
from amtportal.history.migrating import CreateModels


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("exports", "0002_archives_may_be_by_law"),
        ("members", "0029_members_may_be_erased"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="AccessRequest",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "law",
                            models.CharField(
                                choices=[("ccpa", "CCPA (California)"), ("gdpr", "GDPR (European Union)")], max_length=4
                            ),
                        ),
                        ("received_on", models.DateField(verbose_name="received on")),
                        (
                            "due_on",
                            models.DateField(
                                help_text="By the law; it counts from the day of receipt.",
                                verbose_name="to be answered by",
                            ),
                        ),
                        (
                            "asked_by",
                            models.CharField(
                                choices=[
                                    ("member", "The person"),
                                    ("agent", "An authorized agent"),
                                    ("lawyer", "A lawyer with power of attorney"),
                                    ("authority", "A court or an authority"),
                                ],
                                max_length=10,
                                verbose_name="who asked",
                            ),
                        ),
                        (
                            "proof",
                            models.CharField(
                                choices=[
                                    ("document", "An official document with a picture"),
                                    ("notary", "A signature that a notary certified"),
                                    ("answers", "Answers that only the person can give"),
                                    ("order", "A court order"),
                                ],
                                max_length=10,
                                verbose_name="proof of identity",
                            ),
                        ),
                        (
                            "note",
                            models.CharField(
                                blank=True,
                                help_text="Staff read it. An erasure blanks it.",
                                max_length=300,
                                verbose_name="note",
                            ),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("sent", "The archive was handed over"),
                                    ("declined", "Nothing was handed over"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("answer", models.CharField(blank=True, max_length=300, verbose_name="how it was answered")),
                        ("answered_on", models.DateField(blank=True, null=True, verbose_name="answered on")),
                        (
                            "answered_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="access_answered",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "archive",
                            models.ForeignKey(
                                blank=True,
                                help_text="The latest that was made.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="access_requests",
                                to="exports.archive",
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="access_requests",
                                to="members.member",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "request for access",
                        "verbose_name_plural": "requests for access",
                        "ordering": ["-pk"],
                        "permissions": [("answer_access", "Can answer requests for access by law")],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("answered_on", None)), fields=["-id"], name="privacy_access_open"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("law__in", ["ccpa", "gdpr"])),
                                name="privacy_accessrequest_law_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("asked_by__in", ["member", "agent", "lawyer", "authority"])),
                                name="privacy_accessrequest_asked_by_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("proof__in", ["document", "notary", "answers", "order"])),
                                name="privacy_accessrequest_proof_known",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("answered_on", None)),
                                fields=("member",),
                                name="privacy_accessrequest_one_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("due_on__gt", models.F("received_on"))),
                                name="privacy_accessrequest_due_later",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("answer", ""), ("answered_by", None), ("answered_on", None), ("outcome", "")
                                    ),
                                    models.Q(
                                        ("answered_by__isnull", False),
                                        ("answered_on__isnull", False),
                                        ("outcome__in", ["sent", "declined"]),
                                        models.Q(("answer", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="privacy_accessrequest_answered_whole",
                                violation_error_message="An answer has a day, a person, an outcome and a text.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccessDownload",
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
                        ("downloaded_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "archive",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="downloads_by_law",
                                to="exports.archive",
                            ),
                        ),
                        (
                            "downloaded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="access_downloads",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "access_request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="downloads",
                                to="privacy.accessrequest",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                    },
                ),
                migrations.CreateModel(
                    name="ErasureRequest",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "law",
                            models.CharField(
                                choices=[("ccpa", "CCPA (California)"), ("gdpr", "GDPR (European Union)")], max_length=4
                            ),
                        ),
                        ("received_on", models.DateField(verbose_name="received on")),
                        (
                            "due_on",
                            models.DateField(
                                help_text="By the law; it counts from the day of receipt.",
                                verbose_name="to be answered by",
                            ),
                        ),
                        (
                            "asked_by",
                            models.CharField(
                                choices=[
                                    ("member", "The person"),
                                    ("agent", "An authorized agent"),
                                    ("lawyer", "A lawyer with power of attorney"),
                                    ("authority", "A court or an authority"),
                                ],
                                max_length=10,
                                verbose_name="who asked",
                            ),
                        ),
                        (
                            "proof",
                            models.CharField(
                                choices=[
                                    ("document", "An official document with a picture"),
                                    ("notary", "A signature that a notary certified"),
                                    ("answers", "Answers that only the person can give"),
                                    ("order", "A court order"),
                                ],
                                max_length=10,
                                verbose_name="proof of identity",
                            ),
                        ),
                        (
                            "note",
                            models.CharField(
                                blank=True,
                                help_text="Staff read it. An erasure blanks it.",
                                max_length=300,
                                verbose_name="note",
                            ),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waits for a second person"),
                                    ("done", "Done"),
                                    ("declined", "Declined"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        ("answer", models.CharField(blank=True, max_length=300, verbose_name="why it was declined")),
                        (
                            "amt_ids",
                            models.JSONField(
                                default=list,
                                help_text="Of the person, at the time of the erasure.",
                                verbose_name="AMT IDs",
                            ),
                        ),
                        (
                            "went",
                            models.JSONField(
                                default=list, help_text="For each table how many rows went, were blanked or stayed."
                            ),
                        ),
                        (
                            "lines",
                            models.JSONField(
                                default=dict, help_text="For each table how many lines of history were blanked."
                            ),
                        ),
                        (
                            "files",
                            models.PositiveIntegerField(
                                default=0, help_text="How many files were deleted, or removed from entries."
                            ),
                        ),
                        (
                            "repeats",
                            models.CharField(
                                blank=True,
                                help_text="The number in the minutes, if it was done again after a restore.",
                                max_length=40,
                            ),
                        ),
                        (
                            "gap",
                            models.CharField(
                                blank=True,
                                help_text="The name of the gap in the seals.",
                                max_length=40,
                                verbose_name="gap",
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="erasure_requests",
                                to="members.member",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "settled_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="erasures_settled",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "request for erasure",
                        "verbose_name_plural": "requests for erasure",
                        "ordering": ["-pk"],
                        "permissions": [
                            ("ask_for_erasure", "Can ask for an erasure by law"),
                            ("confirm_erasure", "Can confirm an erasure by law, as the second person"),
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "waiting")), fields=["-id"], name="privacy_erasure_waiting"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("law__in", ["ccpa", "gdpr"])),
                                name="privacy_erasurerequest_law_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("asked_by__in", ["member", "agent", "lawyer", "authority"])),
                                name="privacy_erasurerequest_asked_by_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("proof__in", ["document", "notary", "answers", "order"])),
                                name="privacy_erasurerequest_proof_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["waiting", "done", "declined"])),
                                name="privacy_erasurerequest_state_known",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ["waiting", "done"])),
                                fields=("member",),
                                name="privacy_erasurerequest_one_stands",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("due_on__gt", models.F("received_on"))),
                                name="privacy_erasurerequest_due_later",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("settled_at", None), ("settled_by", None), ("state", "waiting")),
                                    models.Q(
                                        ("settled_at__isnull", False),
                                        ("settled_by__isnull", False),
                                        models.Q(("state", "waiting"), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="privacy_erasurerequest_settled_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "done"), _negated=True),
                                    models.Q(("settled_by", models.F("recorded_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="privacy_erasurerequest_by_two_people",
                                violation_error_message="An erasure takes two people.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "done"), models.Q(("gap", ""), _negated=True)),
                                    models.Q(models.Q(("state", "done"), _negated=True), ("gap", "")),
                                    _connector="OR",
                                ),
                                name="privacy_erasurerequest_done_has_gap",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "declined"), models.Q(("answer", ""), _negated=True)),
                                    models.Q(models.Q(("state", "declined"), _negated=True), ("answer", "")),
                                    _connector="OR",
                                ),
                                name="privacy_erasurerequest_declined_with_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalAccessRequest",
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
                            "law",
                            models.CharField(
                                choices=[("ccpa", "CCPA (California)"), ("gdpr", "GDPR (European Union)")], max_length=4
                            ),
                        ),
                        ("received_on", models.DateField(verbose_name="received on")),
                        (
                            "due_on",
                            models.DateField(
                                help_text="By the law; it counts from the day of receipt.",
                                verbose_name="to be answered by",
                            ),
                        ),
                        (
                            "asked_by",
                            models.CharField(
                                choices=[
                                    ("member", "The person"),
                                    ("agent", "An authorized agent"),
                                    ("lawyer", "A lawyer with power of attorney"),
                                    ("authority", "A court or an authority"),
                                ],
                                max_length=10,
                                verbose_name="who asked",
                            ),
                        ),
                        (
                            "proof",
                            models.CharField(
                                choices=[
                                    ("document", "An official document with a picture"),
                                    ("notary", "A signature that a notary certified"),
                                    ("answers", "Answers that only the person can give"),
                                    ("order", "A court order"),
                                ],
                                max_length=10,
                                verbose_name="proof of identity",
                            ),
                        ),
                        (
                            "note",
                            models.CharField(
                                blank=True,
                                help_text="Staff read it. An erasure blanks it.",
                                max_length=300,
                                verbose_name="note",
                            ),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("sent", "The archive was handed over"),
                                    ("declined", "Nothing was handed over"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("answer", models.CharField(blank=True, max_length=300, verbose_name="how it was answered")),
                        ("answered_on", models.DateField(blank=True, null=True, verbose_name="answered on")),
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
                            "archive",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="The latest that was made.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="exports.archive",
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
                        (
                            "recorded_by",
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
                        "verbose_name": "historical request for access",
                        "verbose_name_plural": "historical requests for access",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalErasureRequest",
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
                            "law",
                            models.CharField(
                                choices=[("ccpa", "CCPA (California)"), ("gdpr", "GDPR (European Union)")], max_length=4
                            ),
                        ),
                        ("received_on", models.DateField(verbose_name="received on")),
                        (
                            "due_on",
                            models.DateField(
                                help_text="By the law; it counts from the day of receipt.",
                                verbose_name="to be answered by",
                            ),
                        ),
                        (
                            "asked_by",
                            models.CharField(
                                choices=[
                                    ("member", "The person"),
                                    ("agent", "An authorized agent"),
                                    ("lawyer", "A lawyer with power of attorney"),
                                    ("authority", "A court or an authority"),
                                ],
                                max_length=10,
                                verbose_name="who asked",
                            ),
                        ),
                        (
                            "proof",
                            models.CharField(
                                choices=[
                                    ("document", "An official document with a picture"),
                                    ("notary", "A signature that a notary certified"),
                                    ("answers", "Answers that only the person can give"),
                                    ("order", "A court order"),
                                ],
                                max_length=10,
                                verbose_name="proof of identity",
                            ),
                        ),
                        (
                            "note",
                            models.CharField(
                                blank=True,
                                help_text="Staff read it. An erasure blanks it.",
                                max_length=300,
                                verbose_name="note",
                            ),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waits for a second person"),
                                    ("done", "Done"),
                                    ("declined", "Declined"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        ("answer", models.CharField(blank=True, max_length=300, verbose_name="why it was declined")),
                        (
                            "amt_ids",
                            models.JSONField(
                                default=list,
                                help_text="Of the person, at the time of the erasure.",
                                verbose_name="AMT IDs",
                            ),
                        ),
                        (
                            "went",
                            models.JSONField(
                                default=list, help_text="For each table how many rows went, were blanked or stayed."
                            ),
                        ),
                        (
                            "lines",
                            models.JSONField(
                                default=dict, help_text="For each table how many lines of history were blanked."
                            ),
                        ),
                        (
                            "files",
                            models.PositiveIntegerField(
                                default=0, help_text="How many files were deleted, or removed from entries."
                            ),
                        ),
                        (
                            "repeats",
                            models.CharField(
                                blank=True,
                                help_text="The number in the minutes, if it was done again after a restore.",
                                max_length=40,
                            ),
                        ),
                        (
                            "gap",
                            models.CharField(
                                blank=True,
                                help_text="The name of the gap in the seals.",
                                max_length=40,
                                verbose_name="gap",
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
                        (
                            "recorded_by",
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
                            "settled_by",
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
                        "verbose_name": "historical request for erasure",
                        "verbose_name_plural": "historical requests for erasure",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalLegalHold",
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
                        ("reason", models.CharField(help_text="Staff read it. The member does not.", max_length=300)),
                        ("set_at", models.DateTimeField()),
                        ("lifted_at", models.DateTimeField(blank=True, null=True)),
                        ("lift_reason", models.CharField(blank=True, max_length=300)),
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
                            "lifted_by",
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
                        (
                            "set_by",
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
                        "verbose_name": "historical legal hold",
                        "verbose_name_plural": "historical legal holds",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="LegalHold",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.CharField(help_text="Staff read it. The member does not.", max_length=300)),
                        ("set_at", models.DateTimeField()),
                        ("lifted_at", models.DateTimeField(blank=True, null=True)),
                        ("lift_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "lifted_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="holds_lifted",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="legal_holds",
                                to="members.member",
                            ),
                        ),
                        (
                            "set_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="holds_set",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "permissions": [("set_legal_hold", "Can set and lift a legal hold")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("lifted_at", None)),
                                fields=("member",),
                                name="privacy_legalhold_one_stands",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="privacy_legalhold_has_reason"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("lift_reason", ""), ("lifted_at", None), ("lifted_by", None)),
                                    models.Q(
                                        ("lifted_at__isnull", False),
                                        ("lifted_by__isnull", False),
                                        models.Q(("lift_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="privacy_legalhold_lifted_whole",
                            ),
                        ],
                    },
                ),
            ]
        )
    ]
