"""What migrations 1 to 34 made, in one, for databases that have none of them.

Databases that have some of those that this one replaces go on through them.
"""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.db.models.lookups
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests
import certifications.quarters
from amtportal.history.migrating import CreateModels
from amtportal.history.shipped import write_lines

FIRST_DAY = date(2000, 1, 1)
# For PostgreSQL only, because they need an operator class for LIKE.
HELD = {"ccp_heldcredit_amt_id_start": "amt_id", "ccp_heldcredit_reference_start": "provider_reference"}


def index_held(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, column in HELD.items():
            schema_editor.execute(f"CREATE INDEX {name} ON ccp_heldcredit (UPPER({column}) text_pattern_ops)")


def drop_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in HELD:
            schema_editor.execute(f"DROP INDEX {name}")


def load(apps, schema_editor):
    """Load the six categories with their activity types and terms, and AMT's own site. Staff edit the rows afterwards."""

    def objects(name):
        return apps.get_model("ccp", name).objects

    rows = json.loads((Path(__file__).parent.parent / "catalogue.json").read_text(encoding="utf-8"))
    for order, row in enumerate(rows, start=1):
        category = objects("Category").create(code=row["code"], name=row["name"], guidance=row["guidance"], order=order)
        objects("CategoryTerms").create(category=category, effective_from=FIRST_DAY, provenance="assumed")
        for place, kind in enumerate(row["activity_types"], start=1):
            terms = kind["terms"]
            activity_type = objects("ActivityType").create(
                category=category,
                order=place,
                **{name: kind[name] for name in ("code", "name", "guidance", "documents")},
            )
            objects("TypeTerms").create(
                activity_type=activity_type,
                effective_from=FIRST_DAY,
                unit=terms.get("unit", ""),
                points_per_unit=terms.get("points_per_unit"),
                claimable_until=terms.get("claimable_until"),
                provenance=terms["provenance"],
            )
    objects("CourseLink").create(
        title="AMT courses", title_in_spanish="Cursos de AMT", url="https://www.americanmedtech.org/"
    )
    write_lines(apps, "ccp", "Category", "ActivityType", "CategoryTerms", "TypeTerms", "CourseLink")


class Migration(migrations.Migration):
    replaces = [
        ("ccp", "0001_initial"),
        ("ccp", "0002_catalogue"),
        ("ccp", "0003_dated_terms"),
        ("ccp", "0004_shipped_terms"),
        ("ccp", "0005_terms_moved"),
        ("ccp", "0006_credits_and_reports"),
        ("ccp", "0007_window_cut"),
        ("ccp", "0008_quantity_has_unit"),
        ("ccp", "0009_transcripts"),
        ("ccp", "0010_history_lines"),
        ("ccp", "0011_evidence"),
        ("ccp", "0012_transcripts_say_whence"),
        ("ccp", "0013_shipped_lines"),
        ("ccp", "0014_what_is_kept_is_known"),
        ("ccp", "0015_every_row_has_its_line"),
        ("ccp", "0016_a_statement_stands_once"),
        ("ccp", "0017_one_attestation_each"),
        ("ccp", "0018_lists_have_indexes"),
        ("ccp", "0019_transcripts_are_asked_for_at_once"),
        ("ccp", "0020_entries_from_amtrax"),
        ("ccp", "0021_feeds_in_the_open_are_revoked"),
        ("ccp", "0022_few_entries_are_not_of_members"),
        ("ccp", "0023_files_wait_for_their_form"),
        ("ccp", "0024_points_may_be_left_to_amt"),
        ("ccp", "0025_types_say_that_amt_sets_points"),
        ("ccp", "0026_home_links_to_courses"),
        ("ccp", "0027_course_link_has_come"),
        ("ccp", "0028_papers_have_a_kind"),
        ("ccp", "0029_a_paper_is_of_its_kind"),
        ("ccp", "0030_totals_are_read_from_an_index"),
        ("ccp", "0031_entries_may_lie_outside_their_cycle"),
        ("ccp", "0032_held_credits_have_a_name_and_provider"),
        ("ccp", "0033_what_staff_may_do_has_its_name"),
        ("ccp", "0034_held_credits_are_put_right"),
    ]

    initial = True

    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("certifications", "0017_certificates_are_found_by_number"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("history", "0005_lines_have_the_indexes_that_are_asked"),
        ("members", "0024_members_may_have_died"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="ActivityType",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.SlugField(max_length=40, unique=True)),
                        ("name", models.CharField(max_length=100)),
                        (
                            "order",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Place within the category, smallest first."
                            ),
                        ),
                        (
                            "guidance",
                            models.TextField(blank=True, help_text="What is accepted and how points are counted."),
                        ),
                        ("documents", models.TextField(blank=True, verbose_name="documents to keep")),
                        (
                            "category",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="activity_types",
                                to="ccp.category",
                            ),
                        ),
                        (
                            "credentials",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Counts for these only. Empty: for all.",
                                related_name="activity_types",
                                to="certifications.credential",
                            ),
                        ),
                        (
                            "retired_on",
                            models.DateField(
                                blank=True,
                                help_text="From this day on it cannot be chosen. Entries that have it stay.",
                                null=True,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["category__order", "order", "name"],
                        "permissions": [("set_type_terms", "Can set the terms of an activity type from a day on")],
                    },
                ),
                migrations.CreateModel(
                    name="Activity",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("title", models.CharField(blank=True, max_length=200)),
                        ("provider", models.CharField(blank=True, max_length=200)),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField()),
                        (
                            "points",
                            certifications.quarters.PointsField(
                                blank=True,
                                decimal_places=2,
                                help_text="Points claimed. Empty: to be set by AMT.",
                                max_digits=7,
                                null=True,
                            ),
                        ),
                        (
                            "attestation_text",
                            models.TextField(
                                blank=True,
                                db_column="attestation",
                                help_text="The statement of an early entry.",
                                verbose_name="attestation",
                            ),
                        ),
                        ("attested_at", models.DateTimeField()),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("member", "Recorded by the member"),
                                    ("amt", "Credited by AMT"),
                                    ("amtrax", "Recorded in AMTrax before the portal"),
                                ],
                                default="member",
                                max_length=10,
                            ),
                        ),
                        (
                            "submission_id",
                            models.UUIDField(
                                help_text="The form that recorded it: a repeat records nothing.", unique=True
                            ),
                        ),
                        (
                            "submission_digest",
                            models.CharField(help_text="SHA-256 of the values as first submitted.", max_length=64),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "revision",
                            models.PositiveIntegerField(
                                default=1, help_text="Grows with each change, so that none is overwritten."
                            ),
                        ),
                        ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "void_reason",
                            models.CharField(blank=True, help_text="Given when AMT voids the entry.", max_length=300),
                        ),
                        (
                            "attested_by",
                            models.ForeignKey(
                                blank=True,
                                help_text="Nobody, where a file of AMT's brought it.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="activities_attested",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="activities",
                                to="members.member",
                            ),
                        ),
                        (
                            "withdrawn_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="activities_withdrawn",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "activity_type",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="activities",
                                to="ccp.activitytype",
                            ),
                        ),
                        (
                            "difference",
                            models.TextField(
                                blank=True, help_text="How it differs from a similar entry, in the member's words."
                            ),
                        ),
                        (
                            "provider_reference",
                            models.CharField(blank=True, help_text="AMT's own number of the entry.", max_length=60),
                        ),
                        (
                            "quantity",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                help_text="In the unit of the type, where one was given.",
                                max_digits=6,
                                null=True,
                            ),
                        ),
                        (
                            "unit",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("hour", "contact hour"),
                                    ("semester-hour", "semester hour"),
                                    ("quarter-hour", "quarter hour"),
                                    ("ceu", "CEU"),
                                    ("year", "year"),
                                    ("work", "work"),
                                ],
                                help_text="As it was when recorded.",
                                max_length=15,
                            ),
                        ),
                        (
                            "statement",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                help_text="What was attested to, as it was shown.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="ccp.attestationstatement",
                            ),
                        ),
                        (
                            "recorded_in_amtrax_on",
                            models.DateField(
                                blank=True,
                                help_text="Where the file of AMTrax says so: since that day the entry has counted.",
                                null=True,
                                verbose_name="recorded in AMTrax on",
                            ),
                        ),
                        (
                            "points_set_at",
                            models.DateTimeField(blank=True, help_text="When staff set the points.", null=True),
                        ),
                        (
                            "points_set_by",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "activities",
                        "ordering": ["-starts_on", "-pk"],
                        "indexes": [
                            models.Index(fields=["member", "-starts_on", "-id"], name="ccp_activity_newest_first"),
                            models.Index(fields=["activity_type", "-id"], name="ccp_activity_by_type"),
                            models.Index(fields=["-starts_on", "-id"], name="ccp_activity_by_day"),
                            models.Index(
                                condition=models.Q(("withdrawn_at__isnull", False)),
                                fields=["-id"],
                                name="ccp_activity_withdrawn",
                            ),
                            models.Index(
                                condition=models.Q(("void_reason", ""), _negated=True),
                                fields=["-id"],
                                name="ccp_activity_void",
                            ),
                            models.Index(
                                condition=models.Q(("source", "member"), _negated=True),
                                fields=["source", "-id"],
                                name="ccp_activity_not_of_member",
                            ),
                            models.Index(
                                condition=models.Q(("points", None)), fields=["-id"], name="ccp_activity_points_to_set"
                            ),
                            models.Index(
                                condition=models.Q(("points_set_at__isnull", False)),
                                fields=["-id"],
                                name="ccp_activity_points_set",
                            ),
                            models.Index(
                                condition=models.Q(("points_set_at__isnull", False)),
                                fields=["points_set_at"],
                                name="ccp_activity_points_set_on",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("starts_on__lte", models.F("ends_on"))),
                                name="ccp_activity_starts_before_end",
                                violation_error_message="An activity cannot end before it starts.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("void_reason", ""), ("withdrawn_at", None), ("withdrawn_by", None)),
                                    models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="ccp_activity_withdrawn_whole",
                                violation_error_message="A withdrawal has a time and a person; a reason goes with a void entry only.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity", None), ("quantity__gt", 0), _connector="OR"),
                                name="ccp_activity_quantity_positive",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("quantity", None), ("unit", "")),
                                    models.Q(
                                        ("quantity__isnull", False),
                                        ("unit__in", ["hour", "semester-hour", "quarter-hour", "ceu", "year", "work"]),
                                    ),
                                    _connector="OR",
                                ),
                                name="ccp_activity_quantity_has_unit",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("statement", None), models.Q(("attestation_text", ""), _negated=True)),
                                    models.Q(("attestation_text", ""), ("statement__isnull", False)),
                                    _connector="OR",
                                ),
                                name="ccp_activity_has_one_attestation",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("source__in", ["member", "amt", "amtrax"])),
                                name="ccp_activity_source_known",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("provider_reference", ""), _negated=True),
                                fields=("provider_reference", "source"),
                                name="ccp_activity_provider_reference_unique",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("source__in", ["amt", "amtrax"]),
                                        models.Q(("provider_reference", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("source__in", ["amt", "amtrax"]), _negated=True),
                                        ("provider_reference", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="ccp_activity_reference_of_amt_only",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("source__in", ["amt", "amtrax"]), ("attested_by__isnull", False), _connector="OR"
                                ),
                                name="ccp_activity_attested_by_its_member",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("recorded_in_amtrax_on", None),
                                    models.Q(
                                        ("recorded_in_amtrax_on__gte", models.F("ends_on")),
                                        ("recorded_in_amtrax_on__isnull", False),
                                        ("source", "amtrax"),
                                    ),
                                    _connector="OR",
                                ),
                                name="ccp_activity_day_of_amtrax_only",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("points", None), models.Q(("points__gt", 0), ("points__lte", 99)), _connector="OR"
                                ),
                                name="ccp_activity_points_above_0_to_99",
                                violation_error_message="Points are more than 0 and at most 99.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("points", None),
                                    django.db.models.lookups.Exact(
                                        django.db.models.functions.comparison.Cast(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("points"), "*", models.Value(4)
                                            ),
                                            models.IntegerField(),
                                        ),
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("points"), "*", models.Value(4)
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="ccp_activity_points_in_quarters",
                                violation_error_message="Points come in quarter steps: 0.25, 0.5, 0.75, 1 and so on.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("points__isnull", False),
                                    models.Q(("quantity", None), ("source", "member")),
                                    _connector="OR",
                                ),
                                name="ccp_activity_only_members_wait",
                                violation_error_message="Points are to be set only where a member entered neither points nor units.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("points_set_at", None), ("points_set_by", None)),
                                    models.Q(
                                        ("points__isnull", False),
                                        ("points_set_at__isnull", False),
                                        ("points_set_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="ccp_activity_points_set_whole",
                                violation_error_message="Points that staff set have a time and a person.",
                            ),
                        ],
                        "permissions": [
                            ("void_entry", "Can void an entry"),
                            ("import_entries", "Can import entries from AMTrax"),
                            ("set_points", "Can set the points of an activity"),
                            ("take_back_void", "Can put an entry back on record that was voided"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Category",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.SlugField(max_length=40, unique=True)),
                        ("name", models.CharField(max_length=100)),
                        (
                            "order",
                            models.PositiveSmallIntegerField(default=0, help_text="Place in lists, smallest first."),
                        ),
                        ("guidance", models.TextField(blank=True, help_text="What is accepted, as members read it.")),
                    ],
                    options={
                        "verbose_name_plural": "categories",
                        "ordering": ["order", "name"],
                        "permissions": [("set_category_terms", "Can set the terms of a category from a day on")],
                    },
                ),
                migrations.CreateModel(
                    name="Credit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "points",
                            certifications.quarters.PointsField(
                                decimal_places=2, help_text="Points counted.", max_digits=7
                            ),
                        ),
                        (
                            "cut",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "Not cut"),
                                    ("type-cap", "Over the cap of the activity type"),
                                    ("category-cap", "Over the cap of the category"),
                                    ("window", "Outside the days in which the type can be claimed"),
                                    ("not-standing", "Withdrawn or void"),
                                    ("unclaimed", "No longer claimed for this certification"),
                                    ("outside", "Outside the cycle since the award date was corrected"),
                                ],
                                default="",
                                max_length=15,
                            ),
                        ),
                        (
                            "activity",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credits",
                                to="ccp.activity",
                            ),
                        ),
                        (
                            "cycle",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credits",
                                to="certifications.cycle",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["activity", "cycle"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("cut", ""), _negated=True),
                                fields=["cut", "-id"],
                                name="ccp_credit_cut",
                            ),
                            models.Index(fields=["cycle", "points"], name="ccp_credit_of_cycle"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("activity", "cycle"), name="ccp_credit_once_a_cycle"),
                            models.CheckConstraint(
                                condition=models.Q(("points__gte", 0)), name="ccp_credit_points_from_0"
                            ),
                            models.CheckConstraint(
                                condition=django.db.models.lookups.Exact(
                                    django.db.models.functions.comparison.Cast(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("points"), "*", models.Value(4)
                                        ),
                                        models.IntegerField(),
                                    ),
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("points"), "*", models.Value(4)
                                    ),
                                ),
                                name="ccp_credit_points_in_quarters",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "cut__in",
                                        [
                                            "",
                                            "type-cap",
                                            "category-cap",
                                            "window",
                                            "not-standing",
                                            "unclaimed",
                                            "outside",
                                        ],
                                    )
                                ),
                                name="ccp_credit_cut_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("cut__in", ["window", "not-standing", "unclaimed", "outside"]), _negated=True
                                    ),
                                    ("points", 0),
                                    _connector="OR",
                                ),
                                name="ccp_credit_nothing_counts_unclaimed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalActivity",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("title", models.CharField(blank=True, max_length=200)),
                        ("provider", models.CharField(blank=True, max_length=200)),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField()),
                        (
                            "points",
                            certifications.quarters.PointsField(
                                blank=True,
                                decimal_places=2,
                                help_text="Points claimed. Empty: to be set by AMT.",
                                max_digits=7,
                                null=True,
                            ),
                        ),
                        (
                            "attestation_text",
                            models.TextField(
                                blank=True,
                                db_column="attestation",
                                help_text="The statement of an early entry.",
                                verbose_name="attestation",
                            ),
                        ),
                        ("attested_at", models.DateTimeField()),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("member", "Recorded by the member"),
                                    ("amt", "Credited by AMT"),
                                    ("amtrax", "Recorded in AMTrax before the portal"),
                                ],
                                default="member",
                                max_length=10,
                            ),
                        ),
                        (
                            "submission_id",
                            models.UUIDField(help_text="The form that recorded it: a repeat records nothing."),
                        ),
                        (
                            "submission_digest",
                            models.CharField(help_text="SHA-256 of the values as first submitted.", max_length=64),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "revision",
                            models.PositiveIntegerField(
                                default=1, help_text="Grows with each change, so that none is overwritten."
                            ),
                        ),
                        ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "void_reason",
                            models.CharField(blank=True, help_text="Given when AMT voids the entry.", max_length=300),
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
                            "activity_type",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.activitytype",
                            ),
                        ),
                        (
                            "attested_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                help_text="Nobody, where a file of AMT's brought it.",
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
                            "withdrawn_by",
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
                            "difference",
                            models.TextField(
                                blank=True, help_text="How it differs from a similar entry, in the member's words."
                            ),
                        ),
                        (
                            "provider_reference",
                            models.CharField(blank=True, help_text="AMT's own number of the entry.", max_length=60),
                        ),
                        (
                            "quantity",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                help_text="In the unit of the type, where one was given.",
                                max_digits=6,
                                null=True,
                            ),
                        ),
                        (
                            "unit",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("hour", "contact hour"),
                                    ("semester-hour", "semester hour"),
                                    ("quarter-hour", "quarter hour"),
                                    ("ceu", "CEU"),
                                    ("year", "year"),
                                    ("work", "work"),
                                ],
                                help_text="As it was when recorded.",
                                max_length=15,
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
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                        (
                            "statement",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                help_text="What was attested to, as it was shown.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.attestationstatement",
                            ),
                        ),
                        (
                            "recorded_in_amtrax_on",
                            models.DateField(
                                blank=True,
                                help_text="Where the file of AMTrax says so: since that day the entry has counted.",
                                null=True,
                                verbose_name="recorded in AMTrax on",
                            ),
                        ),
                        (
                            "points_set_at",
                            models.DateTimeField(blank=True, help_text="When staff set the points.", null=True),
                        ),
                        (
                            "points_set_by",
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
                        "verbose_name": "historical activity",
                        "verbose_name_plural": "historical activities",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalActivityType",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("code", models.SlugField(db_index=False, max_length=40)),
                        ("name", models.CharField(max_length=100)),
                        (
                            "order",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Place within the category, smallest first."
                            ),
                        ),
                        (
                            "guidance",
                            models.TextField(blank=True, help_text="What is accepted and how points are counted."),
                        ),
                        ("documents", models.TextField(blank=True, verbose_name="documents to keep")),
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
                            "category",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.category",
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
                            "retired_on",
                            models.DateField(
                                blank=True,
                                help_text="From this day on it cannot be chosen. Entries that have it stay.",
                                null=True,
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
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical activity type",
                        "verbose_name_plural": "historical activity types",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalCategory",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("code", models.SlugField(db_index=False, max_length=40)),
                        ("name", models.CharField(max_length=100)),
                        (
                            "order",
                            models.PositiveSmallIntegerField(default=0, help_text="Place in lists, smallest first."),
                        ),
                        ("guidance", models.TextField(blank=True, help_text="What is accepted, as members read it.")),
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
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical category",
                        "verbose_name_plural": "historical categories",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalCredit",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "points",
                            certifications.quarters.PointsField(
                                decimal_places=2, help_text="Points counted.", max_digits=7
                            ),
                        ),
                        (
                            "cut",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "Not cut"),
                                    ("type-cap", "Over the cap of the activity type"),
                                    ("category-cap", "Over the cap of the category"),
                                    ("window", "Outside the days in which the type can be claimed"),
                                    ("not-standing", "Withdrawn or void"),
                                    ("unclaimed", "No longer claimed for this certification"),
                                    ("outside", "Outside the cycle since the award date was corrected"),
                                ],
                                default="",
                                max_length=15,
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
                            "activity",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.activity",
                            ),
                        ),
                        (
                            "cycle",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.cycle",
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
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical credit",
                        "verbose_name_plural": "historical credits",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="CalendarFeed",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("token", models.CharField(max_length=64, unique=True)),
                        ("created_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="calendar_feeds",
                                to="members.member",
                            ),
                        ),
                        (
                            "was_in_the_open",
                            models.BooleanField(
                                default=False,
                                help_text="A program asked for it without encryption, so others could read it on the way.",
                                verbose_name="revoked by the portal",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["member", "-created_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("revoked_at", None)),
                                fields=("member",),
                                name="ccp_calendarfeed_one_standing",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("was_in_the_open", False), ("revoked_at__isnull", False), _connector="OR"
                                ),
                                name="ccp_calendarfeed_in_the_open_is_revoked",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CategoryTerms",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("effective_from", models.DateField()),
                        (
                            "cap",
                            certifications.quarters.PointsField(
                                blank=True,
                                decimal_places=2,
                                help_text="Most points that count in one cycle. Empty: no cap.",
                                max_digits=7,
                                null=True,
                                verbose_name="cap a cycle",
                            ),
                        ),
                        (
                            "provenance",
                            models.CharField(
                                choices=[
                                    ("published", "Published by AMT"),
                                    ("assumed", "Assumed"),
                                    ("staff", "Set by AMT staff"),
                                ],
                                default="staff",
                                max_length=10,
                            ),
                        ),
                        (
                            "category",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="terms",
                                to="ccp.category",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "category terms",
                        "ordering": ["category", "effective_from"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("category", "effective_from"),
                                name="ccp_categoryterms_one_a_day",
                                violation_error_message="This category already has terms from this day on.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("cap", None),
                                    models.Q(
                                        django.db.models.lookups.Exact(
                                            django.db.models.functions.comparison.Cast(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("cap"), "*", models.Value(4)
                                                ),
                                                models.IntegerField(),
                                            ),
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("cap"), "*", models.Value(4)
                                            ),
                                        ),
                                        ("cap__gt", 0),
                                    ),
                                    _connector="OR",
                                ),
                                name="ccp_categoryterms_cap_in_quarters",
                                violation_error_message="A cap is more than 0, in quarter steps.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ErrorReport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("text", models.TextField()),
                        ("reported_at", models.DateTimeField()),
                        ("answer", models.TextField(blank=True)),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "activity",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="error_reports",
                                to="ccp.activity",
                            ),
                        ),
                        (
                            "answered_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="error_reports_answered",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reported_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="error_reports",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-reported_at", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("answer", ""), ("answered_at", None), ("answered_by", None)),
                                    models.Q(
                                        ("answered_at__isnull", False),
                                        ("answered_by__isnull", False),
                                        models.Q(("answer", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="ccp_errorreport_answer_whole",
                                violation_error_message="An answer has a text, a time and a person.",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("answered_at", None)),
                                fields=("activity",),
                                name="ccp_errorreport_one_open",
                                violation_error_message="This credit already has a report that waits for an answer.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("text", ""), _negated=True), name="ccp_errorreport_has_text"
                            ),
                        ],
                        "permissions": [("answer_error_report", "Can answer a report of an error")],
                    },
                ),
                migrations.CreateModel(
                    name="HeldCredit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("provider_reference", models.CharField(max_length=60, unique=True)),
                        ("amt_id", models.CharField(db_index=True, max_length=20, verbose_name="AMT ID")),
                        ("title", models.CharField(blank=True, max_length=200)),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField()),
                        ("points", certifications.quarters.PointsField(decimal_places=2, max_digits=7)),
                        ("reason", models.CharField(help_text="Why it could not be recorded.", max_length=300)),
                        ("received_at", models.DateTimeField()),
                        (
                            "activity",
                            models.OneToOneField(
                                blank=True,
                                help_text="Once recorded.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="held_credit",
                                to="ccp.activity",
                            ),
                        ),
                        (
                            "activity_type",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="held_credits",
                                to="ccp.activitytype",
                            ),
                        ),
                        (
                            "last_name",
                            models.CharField(
                                blank=True, help_text="As it was sent. Empty: the AMT ID alone decides.", max_length=150
                            ),
                        ),
                        ("provider", models.CharField(blank=True, help_text="Empty: AMT itself.", max_length=200)),
                        (
                            "name_confirmed",
                            models.BooleanField(
                                default=False,
                                help_text="Staff found that it is the member's all the same.",
                                verbose_name="recorded despite its name",
                            ),
                        ),
                        (
                            "sent_amt_id",
                            models.CharField(
                                blank=True,
                                default="",
                                help_text="If staff have corrected it since.",
                                max_length=20,
                                verbose_name="AMT ID as it was sent",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["received_at", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    django.db.models.lookups.Exact(
                                        django.db.models.functions.comparison.Cast(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("points"), "*", models.Value(4)
                                            ),
                                            models.IntegerField(),
                                        ),
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("points"), "*", models.Value(4)
                                        ),
                                    ),
                                    ("points__gt", 0),
                                    ("points__lte", 99),
                                ),
                                name="ccp_heldcredit_points_above_0_to_99",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("starts_on__lte", models.F("ends_on"))),
                                name="ccp_heldcredit_starts_before_end",
                            ),
                        ],
                        "permissions": [
                            ("import_credits", "Can import credits from AMT"),
                            ("match_held_credits", "Can match held credits with certifications"),
                            ("correct_held_credit", "Can correct the AMT ID of a held credit"),
                            ("record_despite_name", "Can record a held credit despite its last name"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalCategoryTerms",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("effective_from", models.DateField()),
                        (
                            "cap",
                            certifications.quarters.PointsField(
                                blank=True,
                                decimal_places=2,
                                help_text="Most points that count in one cycle. Empty: no cap.",
                                max_digits=7,
                                null=True,
                                verbose_name="cap a cycle",
                            ),
                        ),
                        (
                            "provenance",
                            models.CharField(
                                choices=[
                                    ("published", "Published by AMT"),
                                    ("assumed", "Assumed"),
                                    ("staff", "Set by AMT staff"),
                                ],
                                default="staff",
                                max_length=10,
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
                            "category",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.category",
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
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical category terms",
                        "verbose_name_plural": "historical category terms",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalTypeTerms",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("effective_from", models.DateField()),
                        (
                            "unit",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("hour", "contact hour"),
                                    ("semester-hour", "semester hour"),
                                    ("quarter-hour", "quarter hour"),
                                    ("ceu", "CEU"),
                                    ("year", "year"),
                                    ("work", "work"),
                                ],
                                help_text="Empty: points are given directly.",
                                max_length=15,
                            ),
                        ),
                        (
                            "points_per_unit",
                            certifications.quarters.PointsField(
                                blank=True,
                                decimal_places=2,
                                help_text="Empty: points are given directly.",
                                max_digits=7,
                                null=True,
                            ),
                        ),
                        (
                            "least",
                            certifications.quarters.PointsField(
                                decimal_places=2,
                                default=Decimal("0.25"),
                                help_text="Fewest points for one entry.",
                                max_digits=7,
                                verbose_name="smallest claim",
                            ),
                        ),
                        (
                            "most",
                            certifications.quarters.PointsField(
                                decimal_places=2,
                                default=Decimal("99"),
                                help_text="Most points for one entry.",
                                max_digits=7,
                                verbose_name="largest claim",
                            ),
                        ),
                        (
                            "cap",
                            certifications.quarters.PointsField(
                                blank=True,
                                decimal_places=2,
                                help_text="Most points that count in one cycle. Empty: no cap.",
                                max_digits=7,
                                null=True,
                                verbose_name="cap a cycle",
                            ),
                        ),
                        (
                            "claimable_from",
                            models.DateField(
                                blank=True, help_text="Work before this day cannot be claimed.", null=True
                            ),
                        ),
                        (
                            "claimable_until",
                            models.DateField(blank=True, help_text="Work after this day cannot be claimed.", null=True),
                        ),
                        (
                            "provenance",
                            models.CharField(
                                choices=[
                                    ("published", "Published by AMT"),
                                    ("assumed", "Assumed"),
                                    ("staff", "Set by AMT staff"),
                                ],
                                default="staff",
                                max_length=10,
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
                            "activity_type",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.activitytype",
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
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical type terms",
                        "verbose_name_plural": "historical type terms",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="TypeTerms",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("effective_from", models.DateField()),
                        (
                            "unit",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("hour", "contact hour"),
                                    ("semester-hour", "semester hour"),
                                    ("quarter-hour", "quarter hour"),
                                    ("ceu", "CEU"),
                                    ("year", "year"),
                                    ("work", "work"),
                                ],
                                help_text="Empty: points are given directly.",
                                max_length=15,
                            ),
                        ),
                        (
                            "points_per_unit",
                            certifications.quarters.PointsField(
                                blank=True,
                                decimal_places=2,
                                help_text="Empty: points are given directly.",
                                max_digits=7,
                                null=True,
                            ),
                        ),
                        (
                            "least",
                            certifications.quarters.PointsField(
                                decimal_places=2,
                                default=Decimal("0.25"),
                                help_text="Fewest points for one entry.",
                                max_digits=7,
                                verbose_name="smallest claim",
                            ),
                        ),
                        (
                            "most",
                            certifications.quarters.PointsField(
                                decimal_places=2,
                                default=Decimal("99"),
                                help_text="Most points for one entry.",
                                max_digits=7,
                                verbose_name="largest claim",
                            ),
                        ),
                        (
                            "cap",
                            certifications.quarters.PointsField(
                                blank=True,
                                decimal_places=2,
                                help_text="Most points that count in one cycle. Empty: no cap.",
                                max_digits=7,
                                null=True,
                                verbose_name="cap a cycle",
                            ),
                        ),
                        (
                            "claimable_from",
                            models.DateField(
                                blank=True, help_text="Work before this day cannot be claimed.", null=True
                            ),
                        ),
                        (
                            "claimable_until",
                            models.DateField(blank=True, help_text="Work after this day cannot be claimed.", null=True),
                        ),
                        (
                            "provenance",
                            models.CharField(
                                choices=[
                                    ("published", "Published by AMT"),
                                    ("assumed", "Assumed"),
                                    ("staff", "Set by AMT staff"),
                                ],
                                default="staff",
                                max_length=10,
                            ),
                        ),
                        (
                            "activity_type",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="terms",
                                to="ccp.activitytype",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "type terms",
                        "ordering": ["activity_type", "effective_from"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("activity_type", "effective_from"),
                                name="ccp_typeterms_one_a_day",
                                violation_error_message="This activity type already has terms from this day on.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("unit__in", ["", "hour", "semester-hour", "quarter-hour", "ceu", "year", "work"])
                                ),
                                name="ccp_typeterms_unit_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("points_per_unit", None),
                                    models.Q(
                                        django.db.models.lookups.Exact(
                                            django.db.models.functions.comparison.Cast(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("points_per_unit"), "*", models.Value(4)
                                                ),
                                                models.IntegerField(),
                                            ),
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("points_per_unit"), "*", models.Value(4)
                                            ),
                                        ),
                                        models.Q(("unit", ""), _negated=True),
                                        ("points_per_unit__gt", 0),
                                    ),
                                    _connector="OR",
                                ),
                                name="ccp_typeterms_points_per_unit_in_quarters",
                                violation_error_message="Points for a unit are more than 0, in quarter steps, and need a unit.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    django.db.models.lookups.Exact(
                                        django.db.models.functions.comparison.Cast(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("least"), "*", models.Value(4)
                                            ),
                                            models.IntegerField(),
                                        ),
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("least"), "*", models.Value(4)
                                        ),
                                    ),
                                    django.db.models.lookups.Exact(
                                        django.db.models.functions.comparison.Cast(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("most"), "*", models.Value(4)
                                            ),
                                            models.IntegerField(),
                                        ),
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("most"), "*", models.Value(4)
                                        ),
                                    ),
                                    ("least__gt", 0),
                                    ("least__lte", models.F("most")),
                                    ("most__lte", 99),
                                ),
                                name="ccp_typeterms_claim_limits_in_order",
                                violation_error_message="The smallest claim is above 0 and at most the largest, which is at most 99.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("cap", None),
                                    models.Q(
                                        django.db.models.lookups.Exact(
                                            django.db.models.functions.comparison.Cast(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("cap"), "*", models.Value(4)
                                                ),
                                                models.IntegerField(),
                                            ),
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("cap"), "*", models.Value(4)
                                            ),
                                        ),
                                        ("cap__gt", 0),
                                    ),
                                    _connector="OR",
                                ),
                                name="ccp_typeterms_cap_in_quarters",
                                violation_error_message="A cap is more than 0, in quarter steps.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("claimable_from", None),
                                    ("claimable_until", None),
                                    ("claimable_from__lte", models.F("claimable_until")),
                                    _connector="OR",
                                ),
                                name="ccp_typeterms_window_in_order",
                                violation_error_message="The window ends before it starts.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Transcript",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "code",
                            models.CharField(
                                help_text="Printed on it. Whoever has it can check it.", max_length=16, unique=True
                            ),
                        ),
                        (
                            "content_hash",
                            models.CharField(
                                help_text="SHA-256 of the record that it shows: the same record has one issue.",
                                max_length=64,
                                unique=True,
                            ),
                        ),
                        ("snapshot", models.JSONField(help_text="What it said, for those who check it.")),
                        ("issued_at", models.DateTimeField()),
                        (
                            "cycle",
                            models.ForeignKey(
                                blank=True,
                                help_text="Of a transcript: empty for the whole history of the member.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="transcripts",
                                to="certifications.cycle",
                            ),
                        ),
                        (
                            "issued_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="transcripts_issued",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="transcripts",
                                to="members.member",
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
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("transcript", "CE transcript"),
                                    ("card", "Digital card"),
                                    ("letter", "Letter of good standing"),
                                    ("completion", "Certificate of completion"),
                                ],
                                default="transcript",
                                max_length=10,
                            ),
                        ),
                        (
                            "certification",
                            models.ForeignKey(
                                blank=True,
                                help_text="Of a card, a letter and a certificate of completion.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="papers",
                                to="certifications.certification",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-issued_at", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("certification", None), ("kind", "transcript")),
                                    models.Q(
                                        ("certification__isnull", False),
                                        ("cycle", None),
                                        ("kind__in", ["card", "letter"]),
                                    ),
                                    models.Q(
                                        ("certification__isnull", False),
                                        ("cycle__isnull", False),
                                        ("kind", "completion"),
                                    ),
                                    _connector="OR",
                                ),
                                name="ccp_transcript_is_of_its_kind",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TranscriptFile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sha256", models.CharField(max_length=64, unique=True, verbose_name="SHA-256")),
                        ("made_at", models.DateTimeField()),
                        (
                            "transcript",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="files", to="ccp.transcript"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["transcript", "made_at"],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalCalendarFeed",
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
                        ("created_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
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
                            "was_in_the_open",
                            models.BooleanField(
                                default=False,
                                help_text="A program asked for it without encryption, so others could read it on the way.",
                                verbose_name="revoked by the portal",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical calendar feed",
                        "verbose_name_plural": "historical calendar feeds",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalErrorReport",
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
                        ("text", models.TextField()),
                        ("reported_at", models.DateTimeField()),
                        ("answer", models.TextField(blank=True)),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
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
                            "activity",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.activity",
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
                            "reported_by",
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
                        "verbose_name": "historical error report",
                        "verbose_name_plural": "historical error reports",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalHeldCredit",
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
                        ("provider_reference", models.CharField(max_length=60)),
                        ("amt_id", models.CharField(max_length=20, verbose_name="AMT ID")),
                        ("title", models.CharField(blank=True, max_length=200)),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField()),
                        ("points", certifications.quarters.PointsField(decimal_places=2, max_digits=7)),
                        ("reason", models.CharField(help_text="Why it could not be recorded.", max_length=300)),
                        ("received_at", models.DateTimeField()),
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
                            "activity",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="Once recorded.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.activity",
                            ),
                        ),
                        (
                            "activity_type",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.activitytype",
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
                            "last_name",
                            models.CharField(
                                blank=True, help_text="As it was sent. Empty: the AMT ID alone decides.", max_length=150
                            ),
                        ),
                        ("provider", models.CharField(blank=True, help_text="Empty: AMT itself.", max_length=200)),
                        (
                            "name_confirmed",
                            models.BooleanField(
                                default=False,
                                help_text="Staff found that it is the member's all the same.",
                                verbose_name="recorded despite its name",
                            ),
                        ),
                        (
                            "sent_amt_id",
                            models.CharField(
                                blank=True,
                                default="",
                                help_text="If staff have corrected it since.",
                                max_length=20,
                                verbose_name="AMT ID as it was sent",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical held credit",
                        "verbose_name_plural": "historical held credits",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalEvidence",
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
                            "original_name",
                            models.CharField(
                                help_text="As the member's file was called.", max_length=200, verbose_name="name"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(choices=[("pdf", "PDF"), ("jpeg", "JPEG"), ("png", "PNG")], max_length=10),
                        ),
                        ("size", models.PositiveIntegerField(help_text="Bytes, as it is kept.")),
                        (
                            "sha256",
                            models.CharField(
                                help_text="Of the file as it was sent.", max_length=64, verbose_name="SHA-256"
                            ),
                        ),
                        ("stored_name", models.CharField(help_text="In the storage of evidence.", max_length=100)),
                        ("added_at", models.DateTimeField()),
                        ("removed_at", models.DateTimeField(blank=True, null=True)),
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
                            "activity",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.activity",
                            ),
                        ),
                        (
                            "added_by",
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
                            "removed_by",
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
                            "stored_sha256",
                            models.CharField(
                                blank=True,
                                help_text="Of the file as it is kept: clean_evidence compares it.",
                                max_length=64,
                                verbose_name="SHA-256 as kept",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical evidence",
                        "verbose_name_plural": "historical evidence",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Evidence",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "original_name",
                            models.CharField(
                                help_text="As the member's file was called.", max_length=200, verbose_name="name"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(choices=[("pdf", "PDF"), ("jpeg", "JPEG"), ("png", "PNG")], max_length=10),
                        ),
                        ("size", models.PositiveIntegerField(help_text="Bytes, as it is kept.")),
                        (
                            "sha256",
                            models.CharField(
                                help_text="Of the file as it was sent.", max_length=64, verbose_name="SHA-256"
                            ),
                        ),
                        (
                            "stored_name",
                            models.CharField(help_text="In the storage of evidence.", max_length=100, unique=True),
                        ),
                        ("added_at", models.DateTimeField()),
                        ("removed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "activity",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="ccp.activity"
                            ),
                        ),
                        (
                            "added_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="evidence_added",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "removed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="evidence_removed",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "stored_sha256",
                            models.CharField(
                                blank=True,
                                help_text="Of the file as it is kept: clean_evidence compares it.",
                                max_length=64,
                                verbose_name="SHA-256 as kept",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "evidence",
                        "ordering": ["activity", "added_at", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("removed_at", None)),
                                fields=("activity", "sha256"),
                                name="ccp_evidence_file_once",
                                violation_error_message="This file is attached already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["pdf", "jpeg", "png"])), name="ccp_evidence_kind_known"
                            ),
                            models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="ccp_evidence_not_empty"),
                            models.CheckConstraint(
                                condition=models.Q(("original_name", ""), _negated=True), name="ccp_evidence_has_name"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("removed_at", None), ("removed_by", None)),
                                    models.Q(("removed_at__isnull", False), ("removed_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="ccp_evidence_removed_whole",
                                violation_error_message="What is removed has a time and a person.",
                            ),
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("removed_at__isnull", False)),
                                fields=["-id"],
                                name="ccp_evidence_removed",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalActivityType_credentials",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                        (
                            "activitytype",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                db_tablespace="",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ccp.activitytype",
                            ),
                        ),
                        (
                            "credential",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                db_tablespace="",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.credential",
                            ),
                        ),
                        (
                            "history",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="ccp.historicalactivitytype",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "HistoricalActivityType_credentials",
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="AttestationStatement",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("text", models.TextField(unique=True)),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("text", ""), _negated=True),
                                name="ccp_attestationstatement_has_text",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalTranscriptBatch",
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
                        ("cycles", models.JSONField(help_text="The keys of the cycles.")),
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
                        "verbose_name": "historical transcript batch",
                        "verbose_name_plural": "historical transcript batches",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="TranscriptBatch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("cycles", models.JSONField(help_text="The keys of the cycles.")),
                        ("done", models.PositiveIntegerField(default=0)),
                        (
                            "failures",
                            models.JSONField(
                                default=list, help_text="The key of each cycle without a transcript, and why."
                            ),
                        ),
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
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="transcript_batches",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "transcript batches",
                        "ordering": ["-pk"],
                        "permissions": [("issue_transcripts", "Can issue the transcripts of many cycles")],
                    },
                ),
                migrations.CreateModel(
                    name="PendingFile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "submission_id",
                            models.UUIDField(help_text="The number of the form for which the file waits."),
                        ),
                        (
                            "original_name",
                            models.CharField(
                                help_text="As the member's file was called.", max_length=200, verbose_name="name"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(choices=[("pdf", "PDF"), ("jpeg", "JPEG"), ("png", "PNG")], max_length=10),
                        ),
                        ("size", models.PositiveIntegerField(help_text="Bytes, as it is kept.")),
                        (
                            "sha256",
                            models.CharField(
                                help_text="Of the file as it was sent.", max_length=64, verbose_name="SHA-256"
                            ),
                        ),
                        ("stored_sha256", models.CharField(max_length=64, verbose_name="SHA-256 as kept")),
                        (
                            "stored_name",
                            models.CharField(help_text="In the storage of evidence.", max_length=100, unique=True),
                        ),
                        (
                            "left_out",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="What the cleaner left out of it: LeftOut."
                            ),
                        ),
                        ("added_at", models.DateTimeField()),
                        ("removed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="pending_files",
                                to="members.member",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["added_at", "pk"],
                        "indexes": [models.Index(fields=["added_at"], name="ccp_pendingfile_by_age")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("member", "submission_id", "sha256"),
                                name="ccp_pendingfile_file_once",
                                violation_error_message="This file waits for the form already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["pdf", "jpeg", "png"])),
                                name="ccp_pendingfile_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("size__gt", 0)), name="ccp_pendingfile_not_empty"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("original_name", ""), _negated=True),
                                name="ccp_pendingfile_has_name",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reading",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("waiting", "waiting"), ("done", "done"), ("failed", "failed")],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("found", models.JSONField(blank=True, null=True)),
                        ("asked_at", models.DateTimeField()),
                        ("begun_at", models.DateTimeField(blank=True, null=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "file",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="reading",
                                to="ccp.pendingfile",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["asked_at", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["waiting", "done", "failed"])),
                                name="ccp_reading_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("found__isnull", False), ("state", "done")),
                                    models.Q(models.Q(("state", "done"), _negated=True), ("found__isnull", True)),
                                    _connector="OR",
                                ),
                                name="ccp_reading_done_with_result",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CourseLink",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "title",
                            models.CharField(
                                help_text="What the link leads to, in a few words, such as: AMT courses.", max_length=60
                            ),
                        ),
                        (
                            "title_in_spanish",
                            models.CharField(
                                blank=True, help_text="Empty: Spanish pages show the English title.", max_length=60
                            ),
                        ),
                        (
                            "url",
                            models.CharField(
                                help_text="An address that begins with https://.",
                                max_length=300,
                                validators=[
                                    django.core.validators.URLValidator(
                                        message="Enter an address that begins with https://.", schemes=["https"]
                                    )
                                ],
                                verbose_name="address",
                            ),
                        ),
                        (
                            "order",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Place on Home, smallest first. Home shows three."
                            ),
                        ),
                        (
                            "is_shown",
                            models.BooleanField(
                                default=True, help_text="Whether members see it.", verbose_name="shown"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["order", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    django.db.models.lookups.Exact(
                                        django.db.models.functions.text.Substr("url", 1, 8, arg_joiner=","), "https://"
                                    )
                                ),
                                name="ccp_courselink_url_is_https",
                                violation_error_message="Enter an address that begins with https://.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("title", ""), _negated=True), name="ccp_courselink_has_title"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalCourseLink",
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
                            "title",
                            models.CharField(
                                help_text="What the link leads to, in a few words, such as: AMT courses.", max_length=60
                            ),
                        ),
                        (
                            "title_in_spanish",
                            models.CharField(
                                blank=True, help_text="Empty: Spanish pages show the English title.", max_length=60
                            ),
                        ),
                        (
                            "url",
                            models.CharField(
                                help_text="An address that begins with https://.",
                                max_length=300,
                                validators=[
                                    django.core.validators.URLValidator(
                                        message="Enter an address that begins with https://.", schemes=["https"]
                                    )
                                ],
                                verbose_name="address",
                            ),
                        ),
                        (
                            "order",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Place on Home, smallest first. Home shows three."
                            ),
                        ),
                        (
                            "is_shown",
                            models.BooleanField(
                                default=True, help_text="Whether members see it.", verbose_name="shown"
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
                        "verbose_name": "historical course link",
                        "verbose_name_plural": "historical course links",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
            ]
        ),
        migrations.RunPython(index_held, drop_indexes),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
