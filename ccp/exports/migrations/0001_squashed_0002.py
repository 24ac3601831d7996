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
    replaces = [("exports", "0001_archives_are_made"), ("exports", "0002_archives_may_be_by_law")]

    initial = True

    dependencies = [
        ("members", "0017_details_are_kept_beside_the_roster"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="HistoricalArchive",
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
                        ("asked_at", models.DateTimeField()),
                        ("language", models.CharField(help_text="Of the text that says what is in it.", max_length=5)),
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
                            "by_law",
                            models.BooleanField(
                                default=False,
                                help_text="Staff asked for it, because somebody asked by law. Notes of staff are in it.",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical archive",
                        "verbose_name_plural": "historical archives",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Archive",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("done", models.PositiveIntegerField(default=0)),
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
                        ("asked_at", models.DateTimeField()),
                        ("language", models.CharField(help_text="Of the text that says what is in it.", max_length=5)),
                        (
                            "total",
                            models.PositiveIntegerField(
                                default=0, help_text="The parts that go into it. 0: not known yet."
                            ),
                        ),
                        (
                            "failures",
                            models.JSONField(
                                default=list, help_text="The number of each part that is missing, and why."
                            ),
                        ),
                        (
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="archives",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="archives",
                                to="members.member",
                            ),
                        ),
                        (
                            "by_law",
                            models.BooleanField(
                                default=False,
                                help_text="Staff asked for it, because somebody asked by law. Notes of staff are in it.",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("finished_at", None)),
                                fields=("member",),
                                name="exports_archive_one_at_a_time",
                                violation_error_message="An archive of this member is being made already.",
                            )
                        ],
                    },
                ),
            ]
        )
    ]
