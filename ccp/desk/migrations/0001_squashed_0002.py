"""What migrations 1 to 2 made, in one, for databases that have none of them.

Databases that have some of those that this one replaces go on through them.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests
from amtportal.history.migrating import CreateModels


class Migration(migrations.Migration):
    replaces = [("desk", "0001_what_staff_note_is_kept"), ("desk", "0002_notes_are_written_by_permission")]

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
                    name="NightlyRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("command", models.CharField(max_length=60)),
                        ("began_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(db_index=True)),
                        ("failure", models.CharField(blank=True, help_text="Empty: it did its work.", max_length=300)),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("ended_at__gte", models.F("began_at"))),
                                name="desk_nightlyrun_ends_after_it_begins",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("command", ""), _negated=True), name="desk_nightlyrun_names_command"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Note",
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
                        ("text", models.TextField()),
                        ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "member",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="staff_notes",
                                to="members.member",
                            ),
                        ),
                        (
                            "written_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="notes_written",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "indexes": [models.Index(fields=["member", "-id"], name="desk_note_of_member")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("text", ""), _negated=True),
                                name="desk_note_has_text",
                                violation_error_message="Write the note.",
                            )
                        ],
                        "permissions": [("write_note", "Can write a note about a member")],
                    },
                ),
                migrations.CreateModel(
                    name="Viewing",
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
                        ("reason", models.CharField(max_length=300)),
                        ("began_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "member",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="viewings",
                                to="members.member",
                            ),
                        ),
                        (
                            "viewed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="viewings_begun",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "permissions": [("view_as_member", "Can view the portal as a member sees it")],
                        "indexes": [models.Index(fields=["member", "-id"], name="desk_viewing_of_member")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True),
                                name="desk_viewing_has_reason",
                                violation_error_message="Say why.",
                            )
                        ],
                    },
                ),
            ]
        )
    ]
