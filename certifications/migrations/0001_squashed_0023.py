"""What migrations 1 to 23 made, in one, for databases that have none of them.

Databases that have some of those that this one replaces go on through them.
"""

import json
from decimal import Decimal
from pathlib import Path

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.lookups
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests
import certifications.models
import certifications.quarters
from amtportal.history.migrating import CreateModels
from amtportal.history.shipped import write_lines


def load(apps, schema_editor):
    """Load the credentials that AMT awards and their former names. Staff edit the rows afterwards."""
    rows = json.loads((Path(__file__).parent.parent / "credentials.json").read_text(encoding="utf-8"))
    credentials = apps.get_model("certifications", "Credential").objects
    former_names = apps.get_model("certifications", "FormerName").objects
    for row in rows:
        former = row.pop("formerly", [])
        credential = credentials.create(**row)
        for name in former:
            former_names.create(credential=credential, **name)
    write_lines(apps, "certifications", "Credential", "FormerName")


class Migration(migrations.Migration):
    replaces = [
        ("certifications", "0001_initial"),
        ("certifications", "0002_credentials"),
        ("certifications", "0003_life_and_corrections"),
        ("certifications", "0004_status_changes_known"),
        ("certifications", "0005_history_lines"),
        ("certifications", "0006_shipped_lines"),
        ("certifications", "0007_mandatory_at_close"),
        ("certifications", "0008_roster_rows_wait"),
        ("certifications", "0009_payments_come_online"),
        ("certifications", "0010_lists_have_indexes"),
        ("certifications", "0011_openings_are_kept"),
        ("certifications", "0012_openings_are_asked"),
        ("certifications", "0013_fees_of_before_and_former_names"),
        ("certifications", "0014_fees_of_2020_and_names_of_2023"),
        ("certifications", "0015_corrections_name_their_audit"),
        ("certifications", "0016_few_invoices_are_from_before"),
        ("certifications", "0017_certificates_are_found_by_number"),
        ("certifications", "0018_credentials_of_invoices_are_kept"),
        ("certifications", "0019_lists_by_credential_have_indexes"),
        ("certifications", "0020_met_cycles_are_found_by_day"),
        ("certifications", "0021_awards_are_corrected_and_certifications_revoked"),
        ("certifications", "0022_what_staff_may_do_has_its_name"),
        ("certifications", "0023_rows_of_erased_members_wait"),
    ]

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
                    name="Credential",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=10, unique=True)),
                        ("name", models.CharField(max_length=100)),
                        (
                            "points_required",
                            certifications.quarters.PointsField(
                                decimal_places=2,
                                help_text="Points for a 3-year cycle.",
                                max_digits=7,
                                validators=[django.core.validators.MinValueValidator(Decimal("0.25"))],
                                verbose_name="points a cycle",
                            ),
                        ),
                        ("annual_fee", models.PositiveIntegerField(help_text="In US cents: 9000 is $90.00.")),
                        (
                            "renamed_on",
                            models.DateField(
                                blank=True,
                                editable=False,
                                help_text="Since that day it has its code and name of today.",
                                null=True,
                            ),
                        ),
                        (
                            "source",
                            models.CharField(
                                blank=True,
                                default="",
                                help_text="Where the name, the points and the fee come from.",
                                max_length=300,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["code"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=django.db.models.lookups.Exact(
                                    django.db.models.functions.comparison.Cast(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("points_required"), "*", models.Value(4)
                                        ),
                                        models.IntegerField(),
                                    ),
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("points_required"), "*", models.Value(4)
                                    ),
                                ),
                                name="certifications_credential_points_required_in_quarters",
                                violation_error_message="Points come in quarter steps: 0.25, 0.5, 0.75, 1 and so on.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("points_required__gt", 0)),
                                name="certifications_credential_points_required_positive",
                                violation_error_message="A cycle needs more than 0 points.",
                            ),
                        ],
                        "permissions": [("rename_credential", "Can rename a credential from a day on")],
                    },
                ),
                migrations.CreateModel(
                    name="Certification",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("certificate_number", models.CharField(max_length=40)),
                        (
                            "awarded_on",
                            models.DateField(help_text="The first award: every cycle is counted from this day."),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("active", "Active"),
                                    ("reinstated", "Reinstated"),
                                    ("lapsed", "Lapsed"),
                                    ("retired", "Retired"),
                                    ("revoked", "Revoked"),
                                    ("ended", "Ended"),
                                ],
                                default="active",
                                max_length=10,
                            ),
                        ),
                        (
                            "ccp_mandatory",
                            models.BooleanField(
                                default=True,
                                help_text="Certified on or after 1/1/2006, or recertified after 4/1/2014. Otherwise CCP is voluntary.",
                                verbose_name="CCP mandatory",
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="certifications",
                                to="members.member",
                            ),
                        ),
                        (
                            "credential",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="certifications",
                                to="certifications.credential",
                            ),
                        ),
                        (
                            "recertified_on",
                            models.DateField(
                                blank=True, help_text="The last recertification, if there was one.", null=True
                            ),
                        ),
                        (
                            "fees_paid_through",
                            models.DateField(
                                blank=True,
                                help_text="From the roster: annual fees due up to this day were paid before the portal.",
                                null=True,
                            ),
                        ),
                        (
                            "award_corrected_on",
                            models.DateField(
                                blank=True,
                                editable=False,
                                help_text="When AMT last corrected the day of the award.",
                                null=True,
                            ),
                        ),
                        (
                            "probation_until",
                            models.DateField(
                                blank=True,
                                editable=False,
                                help_text="The last day of the last probation, unless staff ended it.",
                                null=True,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["member", "awarded_on", "pk"],
                        "indexes": [
                            models.Index(fields=["credential", "-id"], name="certification_by_credential"),
                            models.Index(fields=["status", "-id"], name="certification_by_status"),
                            models.Index(
                                condition=models.Q(("ccp_mandatory", False)),
                                fields=["-id"],
                                name="certification_voluntary",
                            ),
                            models.Index(
                                certifications.models.PlainNumber("certificate_number"),
                                name="certification_by_number",
                            ),
                            models.Index(
                                condition=models.Q(("probation_until__isnull", False)),
                                fields=["probation_until", "-id"],
                                name="certification_on_probation",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("member", "credential"),
                                name="certifications_certification_once_a_member",
                                violation_error_message="This member already holds this credential.",
                            ),
                            models.UniqueConstraint(
                                fields=("credential", "certificate_number"),
                                name="certifications_certification_number_unique",
                                violation_error_message="Another certification has this certificate number.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["active", "reinstated", "lapsed", "retired", "revoked", "ended"])
                                ),
                                name="certifications_certification_status_known",
                            ),
                        ],
                        "permissions": [
                            ("import_roster", "Can import a roster, which also changes addresses of accounts"),
                            ("change_status", "Can change the status of a certification"),
                            ("correct_award_date", "Can correct the day of an award"),
                            ("revoke_certification", "Can revoke a certification"),
                            ("undo_revocation", "Can undo a revocation of the same day by somebody else"),
                            ("put_on_probation", "Can put a certification on probation, extend it and end it"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Cycle",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "number",
                            models.PositiveSmallIntegerField(help_text="1 for the cycle that began with the award."),
                        ),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(help_text="The last day of the cycle.")),
                        ("points_required", certifications.quarters.PointsField(decimal_places=2, max_digits=7)),
                        ("requirement_met_on", models.DateField(blank=True, null=True)),
                        ("closed_on", models.DateField(blank=True, null=True)),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[("compliant", "Compliant"), ("non-compliant", "Non-compliant")],
                                default="",
                                max_length=15,
                            ),
                        ),
                        (
                            "points_at_close",
                            certifications.quarters.PointsField(blank=True, decimal_places=2, max_digits=7, null=True),
                        ),
                        (
                            "certification",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="cycles",
                                to="certifications.certification",
                            ),
                        ),
                        (
                            "grace_extended_to",
                            models.DateField(
                                blank=True,
                                help_text="The last day of the grace period, where staff extended it.",
                                null=True,
                            ),
                        ),
                        ("grace_extension_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "mandatory_at_close",
                            models.BooleanField(
                                blank=True, help_text="Whether CCP was mandatory when the cycle was closed.", null=True
                            ),
                        ),
                        (
                            "listed_credential",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="certifications.credential",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["certification", "number"],
                        "indexes": [
                            models.Index(fields=["-ends_on", "id"], name="cycle_by_end"),
                            models.Index(
                                condition=models.Q(("closed_on", None)),
                                fields=["-ends_on", "id"],
                                name="cycle_unclosed_by_end",
                            ),
                            models.Index(
                                condition=models.Q(("closed_on__isnull", False)),
                                fields=["-closed_on", "-id"],
                                name="cycle_closed",
                            ),
                            models.Index(
                                condition=models.Q(("requirement_met_on__isnull", False)),
                                fields=["-id"],
                                name="cycle_met",
                            ),
                            models.Index(
                                condition=models.Q(("grace_extended_to__isnull", False)),
                                fields=["grace_extended_to"],
                                name="cycle_extended",
                            ),
                            models.Index(fields=["listed_credential", "-id"], name="cycle_by_credential"),
                            models.Index(
                                condition=models.Q(("requirement_met_on__isnull", False)),
                                fields=["requirement_met_on"],
                                name="cycle_met_by_day",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("certification", "number"),
                                name="certifications_cycle_number_unique",
                                violation_error_message="This certification already has a cycle of this number.",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("closed_on", None)),
                                fields=("certification",),
                                name="certifications_cycle_one_unclosed",
                                violation_error_message="This certification already has an open cycle.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("number__gte", 1)), name="certifications_cycle_number_from_1"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("starts_on__lt", models.F("ends_on"))),
                                name="certifications_cycle_starts_before_end",
                                violation_error_message="A cycle ends after it starts.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("points_required__gt", 0)),
                                name="certifications_cycle_points_required_positive",
                            ),
                            models.CheckConstraint(
                                condition=django.db.models.lookups.Exact(
                                    django.db.models.functions.comparison.Cast(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("points_required"), "*", models.Value(4)
                                        ),
                                        models.IntegerField(),
                                    ),
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("points_required"), "*", models.Value(4)
                                    ),
                                ),
                                name="certifications_cycle_points_required_in_quarters",
                                violation_error_message="Points come in quarter steps: 0.25, 0.5, 0.75, 1 and so on.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("requirement_met_on", None),
                                    ("requirement_met_on__gte", models.F("starts_on")),
                                    _connector="OR",
                                ),
                                name="certifications_cycle_met_after_start",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("grace_extended_to", None), ("grace_extension_reason", "")),
                                    models.Q(
                                        ("grace_extended_to__gt", models.F("ends_on")),
                                        ("grace_extended_to__isnull", False),
                                        models.Q(("grace_extension_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="certifications_cycle_grace_extension_whole",
                                violation_error_message="An extension of the grace period ends after the cycle and has a reason.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("closed_on", None),
                                        ("mandatory_at_close", None),
                                        ("outcome", ""),
                                        ("points_at_close", None),
                                    ),
                                    models.Q(
                                        ("closed_on__gt", models.F("ends_on")),
                                        ("closed_on__isnull", False),
                                        ("outcome__in", ["compliant", "non-compliant"]),
                                        ("points_at_close__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="certifications_cycle_closed_whole",
                                violation_error_message="A closed cycle has a day, an outcome and its points; an open one has none.",
                            ),
                        ],
                        "permissions": [("extend_cycle", "Can extend the grace period of a cycle")],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalCertification",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("certificate_number", models.CharField(max_length=40)),
                        (
                            "awarded_on",
                            models.DateField(help_text="The first award: every cycle is counted from this day."),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("active", "Active"),
                                    ("reinstated", "Reinstated"),
                                    ("lapsed", "Lapsed"),
                                    ("retired", "Retired"),
                                    ("revoked", "Revoked"),
                                    ("ended", "Ended"),
                                ],
                                default="active",
                                max_length=10,
                            ),
                        ),
                        (
                            "ccp_mandatory",
                            models.BooleanField(
                                default=True,
                                help_text="Certified on or after 1/1/2006, or recertified after 4/1/2014. Otherwise CCP is voluntary.",
                                verbose_name="CCP mandatory",
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
                            "credential",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.credential",
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
                            "recertified_on",
                            models.DateField(
                                blank=True, help_text="The last recertification, if there was one.", null=True
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
                            "fees_paid_through",
                            models.DateField(
                                blank=True,
                                help_text="From the roster: annual fees due up to this day were paid before the portal.",
                                null=True,
                            ),
                        ),
                        (
                            "award_corrected_on",
                            models.DateField(
                                blank=True,
                                editable=False,
                                help_text="When AMT last corrected the day of the award.",
                                null=True,
                            ),
                        ),
                        (
                            "probation_until",
                            models.DateField(
                                blank=True,
                                editable=False,
                                help_text="The last day of the last probation, unless staff ended it.",
                                null=True,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical certification",
                        "verbose_name_plural": "historical certifications",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalCredential",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("code", models.CharField(max_length=10)),
                        ("name", models.CharField(max_length=100)),
                        (
                            "points_required",
                            certifications.quarters.PointsField(
                                decimal_places=2,
                                help_text="Points for a 3-year cycle.",
                                max_digits=7,
                                validators=[django.core.validators.MinValueValidator(Decimal("0.25"))],
                                verbose_name="points a cycle",
                            ),
                        ),
                        ("annual_fee", models.PositiveIntegerField(help_text="In US cents: 9000 is $90.00.")),
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
                        (
                            "renamed_on",
                            models.DateField(
                                blank=True,
                                editable=False,
                                help_text="Since that day it has its code and name of today.",
                                null=True,
                            ),
                        ),
                        (
                            "source",
                            models.CharField(
                                blank=True,
                                default="",
                                help_text="Where the name, the points and the fee come from.",
                                max_length=300,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical credential",
                        "verbose_name_plural": "historical credentials",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalCycle",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "number",
                            models.PositiveSmallIntegerField(help_text="1 for the cycle that began with the award."),
                        ),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(help_text="The last day of the cycle.")),
                        ("points_required", certifications.quarters.PointsField(decimal_places=2, max_digits=7)),
                        ("requirement_met_on", models.DateField(blank=True, null=True)),
                        ("closed_on", models.DateField(blank=True, null=True)),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[("compliant", "Compliant"), ("non-compliant", "Non-compliant")],
                                default="",
                                max_length=15,
                            ),
                        ),
                        (
                            "points_at_close",
                            certifications.quarters.PointsField(blank=True, decimal_places=2, max_digits=7, null=True),
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
                            "certification",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.certification",
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
                            "grace_extended_to",
                            models.DateField(
                                blank=True,
                                help_text="The last day of the grace period, where staff extended it.",
                                null=True,
                            ),
                        ),
                        ("grace_extension_reason", models.CharField(blank=True, max_length=300)),
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
                            "mandatory_at_close",
                            models.BooleanField(
                                blank=True, help_text="Whether CCP was mandatory when the cycle was closed.", null=True
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical cycle",
                        "verbose_name_plural": "historical cycles",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalRenewalInvoice",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("year", models.PositiveSmallIntegerField(help_text="Year of the cycle: 1, 2 or 3.")),
                        ("due_on", models.DateField()),
                        (
                            "amount",
                            models.PositiveIntegerField(
                                help_text="In US cents, as copied when the invoice was issued."
                            ),
                        ),
                        ("issued_on", models.DateField()),
                        (
                            "status",
                            models.CharField(
                                choices=[("issued", "Issued"), ("paid", "Paid"), ("void", "Void")],
                                default="issued",
                                max_length=10,
                            ),
                        ),
                        ("void_reason", models.CharField(blank=True, max_length=300)),
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
                        (
                            "before_portal",
                            models.DateField(
                                blank=True,
                                help_text="Where an import settled it: the day up to which fees were paid, or before which none is asked for.",
                                null=True,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical renewal invoice",
                        "verbose_name_plural": "historical renewal invoices",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="RenewalInvoice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("year", models.PositiveSmallIntegerField(help_text="Year of the cycle: 1, 2 or 3.")),
                        ("due_on", models.DateField()),
                        (
                            "amount",
                            models.PositiveIntegerField(
                                help_text="In US cents, as copied when the invoice was issued."
                            ),
                        ),
                        ("issued_on", models.DateField()),
                        (
                            "status",
                            models.CharField(
                                choices=[("issued", "Issued"), ("paid", "Paid"), ("void", "Void")],
                                default="issued",
                                max_length=10,
                            ),
                        ),
                        ("void_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "cycle",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoices",
                                to="certifications.cycle",
                            ),
                        ),
                        (
                            "opens_on",
                            models.DateField(
                                blank=True, editable=False, help_text="Empty while the invoice is locked.", null=True
                            ),
                        ),
                        (
                            "before_portal",
                            models.DateField(
                                blank=True,
                                help_text="Where an import settled it: the day up to which fees were paid, or before which none is asked for.",
                                null=True,
                            ),
                        ),
                        (
                            "listed_credential",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="certifications.credential",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-due_on", "pk"],
                        "indexes": [
                            models.Index(fields=["-due_on", "id"], name="invoice_by_due_date"),
                            models.Index(
                                condition=models.Q(("status", "issued")),
                                fields=["-due_on", "id"],
                                name="invoice_unpaid_by_due_date",
                            ),
                            models.Index(fields=["status", "-id"], name="invoice_by_status"),
                            models.Index(
                                condition=models.Q(("status", "issued")),
                                fields=["-opens_on", "-id"],
                                name="invoice_unpaid_by_opening",
                            ),
                            models.Index(
                                condition=models.Q(("opens_on", None), ("status", "issued")),
                                fields=["-id"],
                                name="invoice_locked",
                            ),
                            models.Index(
                                condition=models.Q(("before_portal__isnull", False)),
                                fields=["status", "-due_on", "id"],
                                name="invoice_before_portal",
                            ),
                            models.Index(fields=["listed_credential", "-id"], name="invoice_by_credential"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("status", "void"), _negated=True),
                                fields=("cycle", "year"),
                                name="certifications_renewalinvoice_one_a_year",
                                violation_error_message="This year of the cycle already has an invoice. Void that one first.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("year__gte", 1), ("year__lte", 3)),
                                name="certifications_renewalinvoice_year_1_to_3",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["issued", "paid", "void"])),
                                name="certifications_renewalinvoice_status_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "void"), models.Q(("void_reason", ""), _negated=True)),
                                    models.Q(models.Q(("status", "void"), _negated=True), ("void_reason", "")),
                                    _connector="OR",
                                ),
                                name="certifications_renewalinvoice_void_has_reason",
                                violation_error_message="Say why the invoice is void; only a void invoice has a reason.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("before_portal", None),
                                    models.Q(
                                        ("before_portal__isnull", False),
                                        ("due_on__lte", models.F("before_portal")),
                                        ("status__in", ["paid", "void"]),
                                    ),
                                    _connector="OR",
                                ),
                                name="certifications_renewalinvoice_before_portal_settled",
                                violation_error_message="Only an invoice that was due by that day is settled from before the portal.",
                            ),
                        ],
                        "permissions": [
                            ("void_invoice", "Can void an invoice"),
                            ("issue_invoice_again", "Can issue a voided invoice again"),
                            ("ask_for_payment", "Can ask for a payment that the roster called paid"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Payment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("amount", models.PositiveIntegerField(help_text="In US cents.")),
                        (
                            "method",
                            models.CharField(
                                choices=[
                                    ("check", "Check"),
                                    ("money-order", "Money order"),
                                    ("card-by-phone", "Card by phone"),
                                    ("card-online", "Card online"),
                                    ("bank-online", "Bank debit online"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "reference",
                            models.CharField(
                                blank=True,
                                help_text="Check or money order number, or the card processor's reference.",
                                max_length=60,
                            ),
                        ),
                        ("received_on", models.DateField()),
                        ("recorded_at", models.DateTimeField()),
                        ("reversed_at", models.DateTimeField(blank=True, null=True)),
                        ("reversal_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                blank=True,
                                help_text="Nobody: the provider took it online, or the command imported a file.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payments_recorded",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reversed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payments_reversed",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "invoice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payments",
                                to="certifications.renewalinvoice",
                            ),
                        ),
                        (
                            "charge_id",
                            models.CharField(blank=True, editable=False, max_length=255, null=True, unique=True),
                        ),
                        (
                            "last4",
                            models.CharField(blank=True, editable=False, max_length=4, verbose_name="last four digits"),
                        ),
                        (
                            "file_name",
                            models.CharField(
                                blank=True,
                                default="",
                                help_text="The file of payments that brought it.",
                                max_length=255,
                                verbose_name="file",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "pk"],
                        "indexes": [
                            models.Index(fields=["-received_on", "-id"], name="payment_by_day"),
                            models.Index(fields=["method", "-id"], name="payment_by_method"),
                            models.Index(
                                condition=models.Q(("reversed_at__isnull", False)),
                                fields=["-id"],
                                name="payment_reversed",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("reversed_at", None)),
                                fields=("invoice",),
                                name="certifications_payment_one_standing",
                                violation_error_message="This invoice is already paid.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "method__in",
                                        ["check", "money-order", "card-by-phone", "card-online", "bank-online"],
                                    )
                                ),
                                name="certifications_payment_method_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("reversal_reason", ""), ("reversed_at", None), ("reversed_by", None)),
                                    models.Q(
                                        ("reversed_at__isnull", False),
                                        models.Q(("reversal_reason", ""), _negated=True),
                                        models.Q(
                                            ("reversed_by__isnull", False),
                                            ("method__in", ["card-online", "bank-online"]),
                                            _connector="OR",
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="certifications_payment_reversal_whole",
                                violation_error_message="A reversal has a time, a person and a reason.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("charge_id__isnull", False),
                                        ("file_name", ""),
                                        ("method__in", ["card-online", "bank-online"]),
                                        ("recorded_by", None),
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("recorded_by__isnull", False),
                                            models.Q(("file_name", ""), _negated=True),
                                            _connector="OR",
                                        ),
                                        models.Q(("method__in", ["card-online", "bank-online"]), _negated=True),
                                        ("charge_id", None),
                                        ("last4", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="certifications_payment_recorded_by_somebody",
                            ),
                        ],
                        "permissions": [
                            ("record_payment", "Can record a payment"),
                            ("import_payments", "Can import payments"),
                            ("reverse_payment", "Can reverse a payment that was recorded by mistake"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalPayment",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("amount", models.PositiveIntegerField(help_text="In US cents.")),
                        (
                            "method",
                            models.CharField(
                                choices=[
                                    ("check", "Check"),
                                    ("money-order", "Money order"),
                                    ("card-by-phone", "Card by phone"),
                                    ("card-online", "Card online"),
                                    ("bank-online", "Bank debit online"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "reference",
                            models.CharField(
                                blank=True,
                                help_text="Check or money order number, or the card processor's reference.",
                                max_length=60,
                            ),
                        ),
                        ("received_on", models.DateField()),
                        ("recorded_at", models.DateTimeField()),
                        ("reversed_at", models.DateTimeField(blank=True, null=True)),
                        ("reversal_reason", models.CharField(blank=True, max_length=300)),
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
                            "recorded_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                help_text="Nobody: the provider took it online, or the command imported a file.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reversed_by",
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
                            "invoice",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.renewalinvoice",
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
                        ("charge_id", models.CharField(blank=True, editable=False, max_length=255, null=True)),
                        (
                            "last4",
                            models.CharField(blank=True, editable=False, max_length=4, verbose_name="last four digits"),
                        ),
                        (
                            "file_name",
                            models.CharField(
                                blank=True,
                                default="",
                                help_text="The file of payments that brought it.",
                                max_length=255,
                                verbose_name="file",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical payment",
                        "verbose_name_plural": "historical payments",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="CycleCorrection",
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
                                decimal_places=2, help_text="The points of the cycle, as corrected.", max_digits=7
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                choices=[("compliant", "Compliant"), ("non-compliant", "Non-compliant")],
                                help_text="The outcome, as corrected.",
                                max_length=15,
                            ),
                        ),
                        (
                            "statement",
                            models.TextField(help_text="What was wrong and what is right. The member reads it."),
                        ),
                        ("signed_at", models.DateTimeField()),
                        (
                            "cycle",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="corrections",
                                to="certifications.cycle",
                            ),
                        ),
                        (
                            "signed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="cycle_corrections_signed",
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
                        (
                            "audit",
                            models.CharField(
                                blank=True,
                                default="",
                                help_text="The audit that it follows from, such as A-000012.",
                                max_length=20,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["cycle", "signed_at", "pk"],
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
                                    ("points__gte", 0),
                                ),
                                name="certifications_cyclecorrection_points_in_quarters",
                                violation_error_message="Points are 0 or more, in quarter steps.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("outcome__in", ["compliant", "non-compliant"])),
                                name="certifications_cyclecorrection_outcome_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("statement", ""), _negated=True),
                                name="certifications_cyclecorrection_has_statement",
                                violation_error_message="Say what was wrong and what is right.",
                            ),
                        ],
                        "permissions": [("correct_closed_cycle", "Can sign a correction of a closed cycle")],
                    },
                ),
                migrations.CreateModel(
                    name="StatusChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "before",
                            models.CharField(
                                choices=[
                                    ("active", "Active"),
                                    ("reinstated", "Reinstated"),
                                    ("lapsed", "Lapsed"),
                                    ("retired", "Retired"),
                                    ("revoked", "Revoked"),
                                    ("ended", "Ended"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "after",
                            models.CharField(
                                choices=[
                                    ("active", "Active"),
                                    ("reinstated", "Reinstated"),
                                    ("lapsed", "Lapsed"),
                                    ("retired", "Retired"),
                                    ("revoked", "Revoked"),
                                    ("ended", "Ended"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("changed_on", models.DateField()),
                        ("changed_at", models.DateTimeField()),
                        ("reason", models.CharField(max_length=300)),
                        (
                            "certification",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="status_changes",
                                to="certifications.certification",
                            ),
                        ),
                        (
                            "changed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="status_changes",
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
                        (
                            "listed_credential",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="certifications.credential",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["certification", "changed_at", "pk"],
                        "indexes": [
                            models.Index(fields=["-changed_on", "-id"], name="status_change_by_day"),
                            models.Index(fields=["after", "-id"], name="status_change_by_status"),
                            models.Index(fields=["listed_credential", "-id"], name="status_change_by_credential"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("before", models.F("after")), _negated=True),
                                name="certifications_statuschange_changes_something",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True),
                                name="certifications_statuschange_has_reason",
                                violation_error_message="Give the reason for the change.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("after__in", ["active", "reinstated", "lapsed", "retired", "revoked", "ended"]),
                                    ("before__in", ["active", "reinstated", "lapsed", "retired", "revoked", "ended"]),
                                ),
                                name="certifications_statuschange_statuses_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalWaitingRow",
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
                        ("amt_id", models.CharField(max_length=20, verbose_name="AMT ID")),
                        ("credential", models.CharField(help_text="The code in the file.", max_length=10)),
                        ("certificate_number", models.CharField(max_length=40)),
                        ("name", models.CharField(max_length=301)),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                        (
                            "cause",
                            models.CharField(
                                choices=[
                                    ("re-keyed", "A certificate on record has another AMT ID"),
                                    ("former", "The AMT ID is a former one"),
                                    ("address", "Another account has the e-mail address"),
                                    ("erased", "The member was erased by law"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("column_name", models.CharField(max_length=20)),
                        ("what", models.CharField(max_length=600, verbose_name="what is wrong")),
                        ("remedy", models.CharField(max_length=600, verbose_name="what to do")),
                        ("file_name", models.CharField(blank=True, max_length=255, verbose_name="file")),
                        ("line", models.PositiveIntegerField()),
                        ("since", models.DateTimeField()),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
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
                            "imported_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                help_text="Nobody: by the command.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical row of the roster that waits",
                        "verbose_name_plural": "historical rows of the roster that wait",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="WaitingRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("amt_id", models.CharField(max_length=20, verbose_name="AMT ID")),
                        ("credential", models.CharField(help_text="The code in the file.", max_length=10)),
                        ("certificate_number", models.CharField(max_length=40)),
                        ("name", models.CharField(max_length=301)),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                        (
                            "cause",
                            models.CharField(
                                choices=[
                                    ("re-keyed", "A certificate on record has another AMT ID"),
                                    ("former", "The AMT ID is a former one"),
                                    ("address", "Another account has the e-mail address"),
                                    ("erased", "The member was erased by law"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("column_name", models.CharField(max_length=20)),
                        ("what", models.CharField(max_length=600, verbose_name="what is wrong")),
                        ("remedy", models.CharField(max_length=600, verbose_name="what to do")),
                        ("file_name", models.CharField(blank=True, max_length=255, verbose_name="file")),
                        ("line", models.PositiveIntegerField()),
                        ("since", models.DateTimeField()),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "imported_by",
                            models.ForeignKey(
                                blank=True,
                                help_text="Nobody: by the command.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rows_that_wait",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "row of the roster that waits",
                        "verbose_name_plural": "rows of the roster that wait",
                        "ordering": ["-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("settled_at", None)),
                                fields=("amt_id", "credential"),
                                name="certifications_waitingrow_once_while_it_waits",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("cause__in", ["re-keyed", "former", "address", "erased"])),
                                name="certifications_waitingrow_cause_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FormerName",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=10)),
                        ("name", models.CharField(max_length=100)),
                        ("until", models.DateField(help_text="The first day of the name that followed.")),
                        (
                            "source",
                            models.CharField(
                                blank=True, default="", help_text="Who said so, and where.", max_length=300
                            ),
                        ),
                        (
                            "credential",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="former_names",
                                to="certifications.credential",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["credential", "until"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("credential", "until"),
                                name="certifications_formername_one_a_day",
                                violation_error_message="This credential was renamed on that day already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalFormerName",
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
                        ("code", models.CharField(max_length=10)),
                        ("name", models.CharField(max_length=100)),
                        ("until", models.DateField(help_text="The first day of the name that followed.")),
                        (
                            "source",
                            models.CharField(
                                blank=True, default="", help_text="Who said so, and where.", max_length=300
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
                            "credential",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.credential",
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
                        "verbose_name": "historical former name",
                        "verbose_name_plural": "historical former names",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="AwardCorrection",
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
                        ("before", models.DateField(help_text="The day of the award that was on record.")),
                        ("after", models.DateField(help_text="The day of the award, as corrected.")),
                        ("corrected_at", models.DateTimeField()),
                        ("reason", models.CharField(help_text="The member reads it.", max_length=300)),
                        (
                            "certification",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="award_corrections",
                                to="certifications.certification",
                            ),
                        ),
                        (
                            "corrected_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="award_corrections",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["certification", "corrected_at", "pk"],
                        "indexes": [models.Index(fields=["-corrected_at", "-id"], name="award_correction_by_time")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("before", models.F("after")), _negated=True),
                                name="certifications_awardcorrection_changes_something",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True),
                                name="certifications_awardcorrection_has_reason",
                                violation_error_message="Give the reason for the correction.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalProbation",
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
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(help_text="The last day.")),
                        (
                            "order",
                            models.TextField(
                                help_text="What the member has to do. The member reads it.",
                                verbose_name="compliance order",
                            ),
                        ),
                        (
                            "points",
                            certifications.quarters.PointsField(
                                blank=True,
                                decimal_places=2,
                                help_text="The points that the order asks for, besides CCP.",
                                max_digits=7,
                                null=True,
                            ),
                        ),
                        (
                            "due_on",
                            models.DateField(blank=True, help_text="By when the order is to be met.", null=True),
                        ),
                        ("imposed_at", models.DateTimeField()),
                        ("extension_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "ended_at",
                            models.DateTimeField(
                                blank=True, help_text="When staff ended it before its last day.", null=True
                            ),
                        ),
                        ("end_reason", models.CharField(blank=True, max_length=300)),
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
                            "certification",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.certification",
                            ),
                        ),
                        (
                            "ended_by",
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
                            "imposed_by",
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
                        "verbose_name": "historical probation",
                        "verbose_name_plural": "historical probations",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Probation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(help_text="The last day.")),
                        (
                            "order",
                            models.TextField(
                                help_text="What the member has to do. The member reads it.",
                                verbose_name="compliance order",
                            ),
                        ),
                        (
                            "points",
                            certifications.quarters.PointsField(
                                blank=True,
                                decimal_places=2,
                                help_text="The points that the order asks for, besides CCP.",
                                max_digits=7,
                                null=True,
                            ),
                        ),
                        (
                            "due_on",
                            models.DateField(blank=True, help_text="By when the order is to be met.", null=True),
                        ),
                        ("imposed_at", models.DateTimeField()),
                        ("extension_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "ended_at",
                            models.DateTimeField(
                                blank=True, help_text="When staff ended it before its last day.", null=True
                            ),
                        ),
                        ("end_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "certification",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="probations",
                                to="certifications.certification",
                            ),
                        ),
                        (
                            "ended_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="probations_ended",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "imposed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="probations_imposed",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["certification", "starts_on", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("starts_on__lt", models.F("ends_on"))),
                                name="certifications_probation_starts_before_end",
                                violation_error_message="A probation ends after it starts.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("order", ""), _negated=True),
                                name="certifications_probation_has_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("points__isnull", False), ("due_on__isnull", False), _connector="OR"
                                ),
                                name="certifications_probation_asks_for_something",
                                violation_error_message="An order asks for points, has a last day, or both.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("points", None),
                                    models.Q(
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
                                    ),
                                    _connector="OR",
                                ),
                                name="certifications_probation_points_in_quarters",
                                violation_error_message="Points are above 0, in quarter steps.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("end_reason", ""), ("ended_at", None), ("ended_by", None)),
                                    models.Q(
                                        ("ended_at__isnull", False),
                                        ("ended_by__isnull", False),
                                        models.Q(("end_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="certifications_probation_ended_whole",
                                violation_error_message="An end before the last day has a time, a person and a reason.",
                            ),
                        ],
                    },
                ),
            ]
        ),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
