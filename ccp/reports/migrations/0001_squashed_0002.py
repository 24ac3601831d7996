"""What migrations 1 to 2 made, in one, for databases that have none of them.

Databases that have some of those that this one replaces go on through them.
"""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests
from amtportal.history.migrating import CreateModels


class Migration(migrations.Migration):
    replaces = [("reports", "0001_lists_and_reports"), ("reports", "0002_what_staff_may_do_has_its_name")]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("history", "0005_lines_have_the_indexes_that_are_asked"),
        ("members", "0024_members_may_have_died"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="HistoricalListExport",
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
                            "list_name",
                            models.CharField(
                                choices=[
                                    ("at-risk", "At risk"),
                                    ("in-grace", "In grace"),
                                    ("lapsed", "Lapsed by month"),
                                    ("overdue", "Overdue"),
                                    ("not-activated", "Not activated"),
                                ],
                                max_length=20,
                                verbose_name="list",
                            ),
                        ),
                        ("query", models.CharField(blank=True, max_length=500)),
                        ("filtered", models.CharField(blank=True, max_length=500, verbose_name="filter")),
                        (
                            "file_format",
                            models.CharField(
                                choices=[("csv", "CSV"), ("xlsx", "Excel (XLSX)")], max_length=4, verbose_name="format"
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
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
                    ],
                    options={
                        "verbose_name": "historical file of a list",
                        "verbose_name_plural": "historical files of lists",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalMailing",
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
                            "list_name",
                            models.CharField(
                                choices=[
                                    ("at-risk", "At risk"),
                                    ("in-grace", "In grace"),
                                    ("lapsed", "Lapsed by month"),
                                    ("overdue", "Overdue"),
                                    ("not-activated", "Not activated"),
                                ],
                                max_length=20,
                                verbose_name="list",
                            ),
                        ),
                        ("query", models.CharField(blank=True, max_length=500)),
                        ("filtered", models.CharField(blank=True, max_length=500, verbose_name="filter")),
                        (
                            "submission_id",
                            models.UUIDField(help_text="The page that confirmed it: a repeat sends nothing."),
                        ),
                        (
                            "sort",
                            models.CharField(
                                choices=[
                                    ("duty", "About the member’s certification: everybody gets it"),
                                    (
                                        "news",
                                        "News: not to members who switched news off, or have not opened their account",
                                    ),
                                ],
                                max_length=5,
                            ),
                        ),
                        ("subject_en", models.CharField(max_length=120, verbose_name="subject")),
                        ("text_en", models.TextField(verbose_name="text")),
                        ("subject_es", models.CharField(blank=True, max_length=120, verbose_name="subject in Spanish")),
                        ("text_es", models.TextField(blank=True, verbose_name="text in Spanish")),
                        ("asked_at", models.DateTimeField()),
                        ("stopped_at", models.DateTimeField(blank=True, null=True)),
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
                            "stopped_by",
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
                        "verbose_name": "historical mailing",
                        "verbose_name_plural": "historical mailings",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalSavedFilter",
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
                            "list_name",
                            models.CharField(
                                choices=[
                                    ("at-risk", "At risk"),
                                    ("in-grace", "In grace"),
                                    ("lapsed", "Lapsed by month"),
                                    ("overdue", "Overdue"),
                                    ("not-activated", "Not activated"),
                                ],
                                max_length=20,
                                verbose_name="list",
                            ),
                        ),
                        ("name", models.CharField(max_length=60)),
                        ("query", models.CharField(blank=True, max_length=500)),
                        ("is_shared", models.BooleanField(default=False, verbose_name="for all staff")),
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
                            "owner",
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
                        "verbose_name": "historical saved filter",
                        "verbose_name_plural": "historical saved filters",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="ReportCount",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("report", models.CharField(max_length=20)),
                        ("on", models.DateField(help_text="The day in Chicago.")),
                        (
                            "counted_at",
                            models.DateTimeField(help_text="When the count began: it has what was on record then."),
                        ),
                        ("seconds", models.FloatField()),
                        ("rows", models.JSONField()),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "indexes": [models.Index(fields=["report", "-id"], name="reports_reportcount_newest")],
                        "permissions": [("count_reports", "Can have a report counted before the night")],
                    },
                ),
                migrations.CreateModel(
                    name="ListExport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("done", models.PositiveIntegerField(default=0)),
                        ("failures", models.JSONField(default=list)),
                        (
                            "leased_until",
                            models.DateTimeField(
                                blank=True,
                                help_text="Until then a worker works on it; one that was killed lets the time pass.",
                                null=True,
                            ),
                        ),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "stored_name",
                            models.CharField(blank=True, help_text="The file, until it is removed.", max_length=100),
                        ),
                        (
                            "list_name",
                            models.CharField(
                                choices=[
                                    ("at-risk", "At risk"),
                                    ("in-grace", "In grace"),
                                    ("lapsed", "Lapsed by month"),
                                    ("overdue", "Overdue"),
                                    ("not-activated", "Not activated"),
                                ],
                                max_length=20,
                                verbose_name="list",
                            ),
                        ),
                        ("query", models.CharField(blank=True, max_length=500)),
                        ("filtered", models.CharField(blank=True, max_length=500, verbose_name="filter")),
                        (
                            "file_format",
                            models.CharField(
                                choices=[("csv", "CSV"), ("xlsx", "Excel (XLSX)")], max_length=4, verbose_name="format"
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("total", models.PositiveIntegerField(help_text="Rows.")),
                        (
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="list_exports",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "file of a list",
                        "verbose_name_plural": "files of lists",
                        "ordering": ["-pk"],
                        "permissions": [("export_lists", "Can export lists")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("list_name__in", ["at-risk", "in-grace", "lapsed", "overdue", "not-activated"])
                                ),
                                name="reports_listexport_list_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("file_format__in", ["csv", "xlsx"])),
                                name="reports_listexport_format_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ListOpening",
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
                        ("at", models.DateTimeField()),
                        (
                            "deed",
                            models.CharField(
                                choices=[
                                    ("opened", "Opened"),
                                    ("asked", "Asked for a file"),
                                    ("downloaded", "Downloaded"),
                                    ("mailed", "Mailed"),
                                ],
                                max_length=10,
                                verbose_name="what",
                            ),
                        ),
                        ("subject", models.CharField(max_length=60, verbose_name="list or report")),
                        ("filtered", models.CharField(blank=True, max_length=500, verbose_name="filter")),
                        ("rows", models.PositiveIntegerField(blank=True, help_text="Empty for a report.", null=True)),
                        (
                            "more",
                            models.BooleanField(
                                default=False, help_text="There were more: a page counts up to a bound."
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="list_openings",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "opening of a list",
                        "verbose_name_plural": "openings of lists",
                        "ordering": ["-pk"],
                        "permissions": [
                            ("view_lists", "Can view lists of members to act on"),
                            ("view_reports", "Can view reports"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("deed__in", ["opened", "asked", "downloaded", "mailed"])),
                                name="reports_listopening_deed_known",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Mailing",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("done", models.PositiveIntegerField(default=0)),
                        ("failures", models.JSONField(default=list)),
                        (
                            "leased_until",
                            models.DateTimeField(
                                blank=True,
                                help_text="Until then a worker works on it; one that was killed lets the time pass.",
                                null=True,
                            ),
                        ),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "stored_name",
                            models.CharField(blank=True, help_text="The file, until it is removed.", max_length=100),
                        ),
                        (
                            "list_name",
                            models.CharField(
                                choices=[
                                    ("at-risk", "At risk"),
                                    ("in-grace", "In grace"),
                                    ("lapsed", "Lapsed by month"),
                                    ("overdue", "Overdue"),
                                    ("not-activated", "Not activated"),
                                ],
                                max_length=20,
                                verbose_name="list",
                            ),
                        ),
                        ("query", models.CharField(blank=True, max_length=500)),
                        ("filtered", models.CharField(blank=True, max_length=500, verbose_name="filter")),
                        (
                            "submission_id",
                            models.UUIDField(
                                help_text="The page that confirmed it: a repeat sends nothing.", unique=True
                            ),
                        ),
                        (
                            "sort",
                            models.CharField(
                                choices=[
                                    ("duty", "About the member’s certification: everybody gets it"),
                                    (
                                        "news",
                                        "News: not to members who switched news off, or have not opened their account",
                                    ),
                                ],
                                max_length=5,
                            ),
                        ),
                        ("subject_en", models.CharField(max_length=120, verbose_name="subject")),
                        ("text_en", models.TextField(verbose_name="text")),
                        ("subject_es", models.CharField(blank=True, max_length=120, verbose_name="subject in Spanish")),
                        ("text_es", models.TextField(blank=True, verbose_name="text in Spanish")),
                        ("members", models.JSONField(default=list, help_text="The keys of the members.")),
                        ("asked_at", models.DateTimeField()),
                        ("stopped_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mailings",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "stopped_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mailings_stopped",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "permissions": [("mail_lists", "Can mail a list")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("list_name__in", ["at-risk", "in-grace", "lapsed", "overdue", "not-activated"])
                                ),
                                name="reports_mailing_list_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("sort__in", ["duty", "news"])), name="reports_mailing_sort_known"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("subject_en", ""), _negated=True),
                                    models.Q(("text_en", ""), _negated=True),
                                ),
                                name="reports_mailing_has_text",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("subject_es", ""), ("text_es", "")),
                                    models.Q(
                                        models.Q(("subject_es", ""), _negated=True),
                                        models.Q(("text_es", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="reports_mailing_spanish_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("stopped_at", None), ("stopped_by", None)),
                                    models.Q(("stopped_at__isnull", False), ("stopped_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="reports_mailing_stopped_whole",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SavedFilter",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "list_name",
                            models.CharField(
                                choices=[
                                    ("at-risk", "At risk"),
                                    ("in-grace", "In grace"),
                                    ("lapsed", "Lapsed by month"),
                                    ("overdue", "Overdue"),
                                    ("not-activated", "Not activated"),
                                ],
                                max_length=20,
                                verbose_name="list",
                            ),
                        ),
                        ("name", models.CharField(max_length=60)),
                        ("query", models.CharField(blank=True, max_length=500)),
                        ("is_shared", models.BooleanField(default=False, verbose_name="for all staff")),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="saved_filters",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("owner", "list_name", "name"),
                                name="reports_savedfilter_name_once",
                                violation_error_message="You have a filter of this name for this list already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("list_name__in", ["at-risk", "in-grace", "lapsed", "overdue", "not-activated"])
                                ),
                                name="reports_savedfilter_list_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("name", ""), _negated=True), name="reports_savedfilter_has_name"
                            ),
                        ],
                        "permissions": [("keep_filters", "Can keep filters of lists, and delete one's own")],
                    },
                ),
            ]
        )
    ]
