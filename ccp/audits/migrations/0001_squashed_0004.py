"""What migrations 1 to 4 made, in one, for databases that have none of them.

Databases that have some of those that this one replaces go on through them.
"""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.lookups
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests
import certifications.quarters
from amtportal.history.migrating import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("audits", "0001_initial"),
        ("audits", "0002_cases_are_kept"),
        ("audits", "0003_outcomes_are_proposed"),
        ("audits", "0004_letters_are_printed"),
    ]

    initial = True

    dependencies = [
        ("ccp", "0020_entries_from_amtrax"),
        ("certifications", "0014_fees_of_2020_and_names_of_2023"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("notices", "0002_lists_have_indexes"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="Draw",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "year",
                            models.PositiveSmallIntegerField(help_text="The calendar year in which the cycles closed."),
                        ),
                        (
                            "share",
                            models.PositiveSmallIntegerField(
                                help_text="How many of 1,000 are drawn, in each credential."
                            ),
                        ),
                        (
                            "at_least",
                            models.PositiveSmallIntegerField(
                                help_text="How many are drawn in each credential, at least."
                            ),
                        ),
                        (
                            "spared_cycles",
                            models.PositiveSmallIntegerField(
                                help_text="For how many cycles after an audit a certification cannot be drawn again.",
                                verbose_name="cycles spared",
                            ),
                        ),
                        ("frozen_at", models.DateTimeField()),
                        ("population", models.PositiveIntegerField(help_text="The number of lines that can be drawn.")),
                        (
                            "sha256",
                            models.CharField(help_text="Of the frozen file.", max_length=64, verbose_name="SHA-256"),
                        ),
                        (
                            "secret",
                            models.CharField(
                                help_text="The salts of the tags follow from it. Nobody is shown it.", max_length=64
                            ),
                        ),
                        (
                            "seed_kind",
                            models.CharField(
                                choices=[
                                    ("dice", "Dice, thrown before two witnesses"),
                                    ("number", "A public number that was named beforehand"),
                                ],
                                max_length=10,
                                verbose_name="seed from",
                            ),
                        ),
                        (
                            "seed_named",
                            models.CharField(
                                help_text="Where the seed comes from, as it was named at the freeze.",
                                max_length=300,
                                verbose_name="seed, as named",
                            ),
                        ),
                        ("seed", models.CharField(blank=True, max_length=200)),
                        (
                            "seed_source",
                            models.CharField(
                                blank=True, help_text="Where and when the seed was thrown or read.", max_length=300
                            ),
                        ),
                        ("first_witness", models.CharField(blank=True, max_length=120)),
                        ("second_witness", models.CharField(blank=True, max_length=120)),
                        ("drawn_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "abandoned_reason",
                            models.CharField(blank=True, help_text="Why nobody is drawn from it.", max_length=300),
                        ),
                        (
                            "drawn_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="draws_drawn",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "frozen_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="draws_frozen",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-year", "-pk"],
                        "permissions": [
                            ("freeze_draw", "Can freeze the population of a draw"),
                            ("seed_draw", "Can enter the seed of a draw"),
                            ("abandon_draw", "Can abandon a draw before its seed"),
                            ("replace_drawn", "Can replace somebody who was drawn by the next substitute"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("abandoned_reason", "")),
                                fields=("year",),
                                name="audits_draw_one_a_year",
                                violation_error_message="This year has a draw already. Abandon that one first, with the reason.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("share__gte", 0), ("share__lte", 1000)),
                                name="audits_draw_share_of_1000",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("seed_kind__in", ["dice", "number"])),
                                name="audits_draw_seed_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("seed_named", ""), _negated=True),
                                name="audits_draw_seed_named_first",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("drawn_at", None),
                                        ("drawn_by", None),
                                        ("first_witness", ""),
                                        ("second_witness", ""),
                                        ("seed", ""),
                                        ("seed_source", ""),
                                    ),
                                    models.Q(
                                        ("drawn_at__isnull", False),
                                        ("drawn_by__isnull", False),
                                        models.Q(("seed", ""), _negated=True),
                                        models.Q(("seed_source", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="audits_draw_seeded_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("drawn_at", None),
                                    models.Q(("drawn_at__gte", models.F("frozen_at")), ("drawn_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="audits_draw_drawn_after_frozen",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("seed_kind", "dice"), _negated=True),
                                    ("drawn_at", None),
                                    models.Q(
                                        models.Q(("first_witness", ""), _negated=True),
                                        models.Q(("second_witness", ""), _negated=True),
                                        models.Q(("first_witness", models.F("second_witness")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="audits_draw_dice_have_two_witnesses",
                                violation_error_message="Dice are thrown before two witnesses, who are two people.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("abandoned_reason", ""), ("drawn_at", None), _connector="OR"),
                                name="audits_draw_abandoned_before_drawn",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DrawLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("amt_id", models.CharField(help_text="At the freeze.", max_length=20, verbose_name="AMT ID")),
                        (
                            "stratum",
                            models.CharField(help_text="The code of the credential, at the freeze.", max_length=10),
                        ),
                        (
                            "line",
                            models.CharField(
                                help_text="Credential/tag of the AMT ID/cycle, as in the frozen file.", max_length=120
                            ),
                        ),
                        ("excluded", models.CharField(blank=True, help_text="Why it cannot be drawn.", max_length=60)),
                        (
                            "cycle",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="draw_lines",
                                to="certifications.cycle",
                            ),
                        ),
                        (
                            "draw",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="audits.draw",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["draw", "line"],
                        "constraints": [
                            models.UniqueConstraint(fields=("draw", "cycle"), name="audits_drawline_cycle_once"),
                            models.UniqueConstraint(fields=("draw", "line"), name="audits_drawline_line_once"),
                            models.CheckConstraint(
                                condition=models.Q(("line", ""), _negated=True), name="audits_drawline_not_empty"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DrawTicket",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "ticket",
                            models.CharField(help_text="SHA-256 of the seed, a colon and the line.", max_length=64),
                        ),
                        (
                            "place",
                            models.PositiveIntegerField(
                                help_text="Among the tickets of the credential, the smallest first."
                            ),
                        ),
                        (
                            "is_drawn",
                            models.BooleanField(
                                help_text="Whether its place is among the first that are drawn.", verbose_name="drawn"
                            ),
                        ),
                        (
                            "line",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT, related_name="ticket", to="audits.drawline"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["line__draw", "line__stratum", "place"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("place__gte", 1)), name="audits_drawticket_place_from_1"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalDraw",
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
                            "year",
                            models.PositiveSmallIntegerField(help_text="The calendar year in which the cycles closed."),
                        ),
                        (
                            "share",
                            models.PositiveSmallIntegerField(
                                help_text="How many of 1,000 are drawn, in each credential."
                            ),
                        ),
                        (
                            "at_least",
                            models.PositiveSmallIntegerField(
                                help_text="How many are drawn in each credential, at least."
                            ),
                        ),
                        (
                            "spared_cycles",
                            models.PositiveSmallIntegerField(
                                help_text="For how many cycles after an audit a certification cannot be drawn again.",
                                verbose_name="cycles spared",
                            ),
                        ),
                        ("frozen_at", models.DateTimeField()),
                        ("population", models.PositiveIntegerField(help_text="The number of lines that can be drawn.")),
                        (
                            "sha256",
                            models.CharField(help_text="Of the frozen file.", max_length=64, verbose_name="SHA-256"),
                        ),
                        (
                            "seed_kind",
                            models.CharField(
                                choices=[
                                    ("dice", "Dice, thrown before two witnesses"),
                                    ("number", "A public number that was named beforehand"),
                                ],
                                max_length=10,
                                verbose_name="seed from",
                            ),
                        ),
                        (
                            "seed_named",
                            models.CharField(
                                help_text="Where the seed comes from, as it was named at the freeze.",
                                max_length=300,
                                verbose_name="seed, as named",
                            ),
                        ),
                        ("seed", models.CharField(blank=True, max_length=200)),
                        (
                            "seed_source",
                            models.CharField(
                                blank=True, help_text="Where and when the seed was thrown or read.", max_length=300
                            ),
                        ),
                        ("first_witness", models.CharField(blank=True, max_length=120)),
                        ("second_witness", models.CharField(blank=True, max_length=120)),
                        ("drawn_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "abandoned_reason",
                            models.CharField(blank=True, help_text="Why nobody is drawn from it.", max_length=300),
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
                            "drawn_by",
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
                            "frozen_by",
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
                        "verbose_name": "historical draw",
                        "verbose_name_plural": "historical draws",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Replacement",
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
                        ("replaced_at", models.DateTimeField()),
                        (
                            "replaced",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="replacement",
                                to="audits.drawticket",
                            ),
                        ),
                        (
                            "replaced_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="draw_replacements",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "substitute",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="called_for",
                                to="audits.drawticket",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="audits_replacement_has_reason"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("substitute", None),
                                    models.Q(
                                        ("substitute__isnull", False),
                                        models.Q(("substitute", models.F("replaced")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="audits_replacement_by_somebody_else",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AuditCase",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "cause",
                            models.CharField(
                                blank=True, help_text="Why it is audited, if it was not drawn.", max_length=300
                            ),
                        ),
                        (
                            "ticket",
                            models.CharField(
                                help_text="SHA-256. It settles which passing results are reviewed again.", max_length=64
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("drawn", "Drawn"),
                                    ("notified", "Proof asked for"),
                                    ("extension-asked", "More time asked for"),
                                    ("overdue", "Overdue"),
                                    ("submitted", "Submitted"),
                                    ("more-wanted", "More proof asked for"),
                                    ("decided", "Decided"),
                                    ("second-review", "Second review"),
                                    ("announced", "Decision announced"),
                                    ("appealed", "Appealed"),
                                    ("closed", "Closed"),
                                ],
                                default="drawn",
                                max_length=20,
                            ),
                        ),
                        ("state_since", models.DateTimeField()),
                        ("due_on", models.DateField(blank=True, null=True, verbose_name="last day")),
                        (
                            "frozen_at",
                            models.DateTimeField(
                                blank=True, help_text="Since then no file of its entries can be removed.", null=True
                            ),
                        ),
                        (
                            "asked_for_more",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="How often more proof was asked for."
                            ),
                        ),
                        (
                            "no_proof",
                            models.BooleanField(
                                default=False, help_text="The last day passed, and nothing was submitted."
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[("passed", "Passed"), ("failed", "Not passed"), ("called-off", "Called off")],
                                max_length=15,
                            ),
                        ),
                        (
                            "points",
                            certifications.quarters.PointsField(
                                blank=True, decimal_places=2, max_digits=7, null=True, verbose_name="points after audit"
                            ),
                        ),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "cycle",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audit_cases",
                                to="certifications.cycle",
                            ),
                        ),
                        (
                            "draw_line",
                            models.OneToOneField(
                                blank=True,
                                help_text="Empty for an audit for cause.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="case",
                                to="audits.drawline",
                            ),
                        ),
                        (
                            "first_of_board",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "first_reviewer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audits_reviewed",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audits_opened",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "second_of_board",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "second_reviewer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audits_reviewed_again",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["due_on", "pk"],
                        "permissions": [
                            ("coordinate_audits", "Can coordinate audits"),
                            ("review_audits", "Can review audits"),
                            ("decide_appeals", "Can decide appeals in audits"),
                        ],
                        "indexes": [
                            models.Index(fields=["state", "due_on", "id"], name="audits_case_by_state"),
                            models.Index(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=["due_on", "id"],
                                name="audits_case_open",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=("cycle",),
                                name="audits_auditcase_one_open_a_cycle",
                                violation_error_message="This cycle is being audited already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        [
                                            "drawn",
                                            "notified",
                                            "extension-asked",
                                            "overdue",
                                            "submitted",
                                            "more-wanted",
                                            "decided",
                                            "second-review",
                                            "announced",
                                            "appealed",
                                            "closed",
                                        ],
                                    )
                                ),
                                name="audits_auditcase_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("outcome__in", ["", "passed", "failed", "called-off"])),
                                name="audits_auditcase_outcome_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("cause", ""), ("draw_line__isnull", False)),
                                    models.Q(("draw_line", None), models.Q(("cause", ""), _negated=True)),
                                    _connector="OR",
                                ),
                                name="audits_auditcase_drawn_or_for_cause",
                                violation_error_message="A case was drawn, or says why it is audited.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("asked_for_more__lte", 2)),
                                name="audits_auditcase_more_at_most_twice",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("first_reviewer", models.F("second_reviewer")), _negated=True),
                                name="audits_auditcase_reviewed_by_two",
                                violation_error_message="The second reviewer is another person than the first.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("first_of_board", models.F("second_of_board")), _negated=True),
                                name="audits_auditcase_board_of_two",
                                violation_error_message="The appeal board consists of two people.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("first_of_board", models.F("first_reviewer")), _negated=True),
                                    models.Q(("first_of_board", models.F("second_reviewer")), _negated=True),
                                    models.Q(("second_of_board", models.F("first_reviewer")), _negated=True),
                                    models.Q(("second_of_board", models.F("second_reviewer")), _negated=True),
                                ),
                                name="audits_auditcase_board_did_not_review",
                                violation_error_message="Nobody decides the appeal who reviewed the case.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["drawn", "notified", "extension-asked", "overdue", "closed"]),
                                    ("frozen_at__isnull", False),
                                    _connector="OR",
                                ),
                                name="audits_auditcase_frozen_from_submission",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome__in", ["", "called-off"]), ("points", None)),
                                    models.Q(
                                        ("outcome__in", ["passed", "failed"]),
                                        ("points__gte", 0),
                                        ("points__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="audits_auditcase_decided_whole",
                                violation_error_message="A decision has an outcome and points.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state__in", ["decided", "second-review", "announced", "appealed"]),
                                        _negated=True,
                                    ),
                                    ("outcome__in", ["passed", "failed"]),
                                    _connector="OR",
                                ),
                                name="audits_auditcase_announced_is_decided",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        models.Q(("state", "closed"), _negated=True),
                                        ("closed_at", None),
                                        models.Q(("outcome", "called-off"), _negated=True),
                                    ),
                                    models.Q(
                                        ("closed_at__isnull", False),
                                        ("due_on", None),
                                        ("state", "closed"),
                                        models.Q(("outcome", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="audits_auditcase_closed_whole",
                                violation_error_message="A closed case has an outcome and a time, and no last day.",
                            ),
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
                                    ("points", None),
                                    _connector="OR",
                                ),
                                name="audits_auditcase_points_in_quarters",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Appeal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.TextField()),
                        ("appealed_at", models.DateTimeField()),
                        (
                            "result",
                            models.CharField(
                                blank=True,
                                choices=[("upheld", "The decision stays"), ("changed", "The decision is changed")],
                                max_length=10,
                            ),
                        ),
                        (
                            "answer",
                            models.TextField(blank=True, help_text="The board's reasons. The member reads them."),
                        ),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "appealed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "case",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="appeal",
                                to="audits.auditcase",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="audits_appeal_has_reason"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("answer", ""), ("decided_at", None), ("result", "")),
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("result__in", ["upheld", "changed"]),
                                        models.Q(("answer", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="audits_appeal_decided_whole",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CaseStep",
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
                        ("number", models.PositiveSmallIntegerField(help_text="In the case, from 1.")),
                        (
                            "verb",
                            models.CharField(
                                choices=[
                                    ("open", "Case opened"),
                                    ("notify", "Proof asked for"),
                                    ("call-off", "Audit called off"),
                                    ("ask-extension", "More time asked for"),
                                    ("grant-extension", "More time granted"),
                                    ("refuse-extension", "More time refused"),
                                    ("submit", "Proof submitted"),
                                    ("declare-conflict", "Question of conflict answered"),
                                    ("take", "Taken for review"),
                                    ("release", "Given back to the queue"),
                                    ("want-more", "More proof asked for"),
                                    ("decide", "Decided"),
                                    ("send-to-second-review", "Sent to second review"),
                                    ("decide-again", "Decided in second review"),
                                    ("announce", "Decision announced"),
                                    ("appeal", "Appealed"),
                                    ("decide-appeal", "Decided by the appeal board"),
                                    ("pass-deadline", "Last day passed"),
                                    ("close", "Closed"),
                                ],
                                max_length=30,
                            ),
                        ),
                        (
                            "who",
                            models.CharField(
                                choices=[
                                    ("portal", "The portal"),
                                    ("coordinator", "Audit coordinator"),
                                    ("member", "Member"),
                                    ("reviewer", "Reviewer"),
                                    ("board", "Appeal board"),
                                ],
                                max_length=15,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "before",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("drawn", "Drawn"),
                                    ("notified", "Proof asked for"),
                                    ("extension-asked", "More time asked for"),
                                    ("overdue", "Overdue"),
                                    ("submitted", "Submitted"),
                                    ("more-wanted", "More proof asked for"),
                                    ("decided", "Decided"),
                                    ("second-review", "Second review"),
                                    ("announced", "Decision announced"),
                                    ("appealed", "Appealed"),
                                    ("closed", "Closed"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "after",
                            models.CharField(
                                choices=[
                                    ("drawn", "Drawn"),
                                    ("notified", "Proof asked for"),
                                    ("extension-asked", "More time asked for"),
                                    ("overdue", "Overdue"),
                                    ("submitted", "Submitted"),
                                    ("more-wanted", "More proof asked for"),
                                    ("decided", "Decided"),
                                    ("second-review", "Second review"),
                                    ("announced", "Decision announced"),
                                    ("appealed", "Appealed"),
                                    ("closed", "Closed"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "due_on",
                            models.DateField(
                                blank=True, help_text="Of the move that follows.", null=True, verbose_name="last day"
                            ),
                        ),
                        ("reason", models.TextField(blank=True)),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                help_text="Nobody, if the portal did it by itself.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audit_steps",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="steps",
                                to="audits.auditcase",
                            ),
                        ),
                        (
                            "statement",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                help_text="What the member attested to, as it was shown.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="ccp.attestationstatement",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["case", "number"],
                        "constraints": [
                            models.UniqueConstraint(fields=("case", "number"), name="audits_casestep_number_once"),
                            models.CheckConstraint(
                                condition=models.Q(("number__gte", 1)), name="audits_casestep_number_from_1"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "after__in",
                                        [
                                            "drawn",
                                            "notified",
                                            "extension-asked",
                                            "overdue",
                                            "submitted",
                                            "more-wanted",
                                            "decided",
                                            "second-review",
                                            "announced",
                                            "appealed",
                                            "closed",
                                        ],
                                    ),
                                    (
                                        "before__in",
                                        [
                                            "",
                                            "drawn",
                                            "notified",
                                            "extension-asked",
                                            "overdue",
                                            "submitted",
                                            "more-wanted",
                                            "decided",
                                            "second-review",
                                            "announced",
                                            "appealed",
                                            "closed",
                                        ],
                                    ),
                                ),
                                name="audits_casestep_states_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "verb__in",
                                        [
                                            "open",
                                            "notify",
                                            "call-off",
                                            "ask-extension",
                                            "grant-extension",
                                            "refuse-extension",
                                            "submit",
                                            "declare-conflict",
                                            "take",
                                            "release",
                                            "want-more",
                                            "decide",
                                            "send-to-second-review",
                                            "decide-again",
                                            "announce",
                                            "appeal",
                                            "decide-appeal",
                                            "pass-deadline",
                                            "close",
                                        ],
                                    )
                                ),
                                name="audits_casestep_verb_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("by", None), ("who", "portal")),
                                    models.Q(
                                        ("by__isnull", False),
                                        ("who__in", ["coordinator", "member", "reviewer", "board"]),
                                    ),
                                    _connector="OR",
                                ),
                                name="audits_casestep_has_somebody",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Conflict",
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
                        ("has_conflict", models.BooleanField()),
                        ("what", models.TextField(blank=True, help_text="What the conflict is.")),
                        ("answered_at", models.DateTimeField()),
                        (
                            "case",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="conflicts",
                                to="audits.auditcase",
                            ),
                        ),
                        (
                            "reviewer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audit_conflicts",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["case", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("case", "reviewer"),
                                name="audits_conflict_answered_once",
                                violation_error_message="This question is answered already.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("has_conflict", False), models.Q(("what", ""), _negated=True), _connector="OR"
                                ),
                                name="audits_conflict_says_what",
                                violation_error_message="Say what the conflict is.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Extension",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("wanted_on", models.DateField(verbose_name="day wanted")),
                        ("reason", models.TextField()),
                        ("was_due_on", models.DateField(help_text="The last day when it was asked for.")),
                        ("asked_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("asked", "Asked for"),
                                    ("granted", "Granted"),
                                    ("refused", "Refused"),
                                    ("not-needed", "Not needed anymore"),
                                ],
                                default="asked",
                                max_length=15,
                            ),
                        ),
                        ("granted_to", models.DateField(blank=True, null=True)),
                        ("answer", models.TextField(blank=True, help_text="AMT's reason. The member reads it.")),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                blank=True,
                                help_text="Nobody, if AMT did not answer in time, and if it was not needed anymore.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "case",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="extension",
                                to="audits.auditcase",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["asked", "granted", "refused", "not-needed"])),
                                name="audits_extension_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="audits_extension_has_reason"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("wanted_on__gt", models.F("was_due_on"))),
                                name="audits_extension_later_than_due",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("answer", ""),
                                        ("answered_at", None),
                                        ("answered_by", None),
                                        ("granted_to", None),
                                        ("state", "asked"),
                                    ),
                                    models.Q(
                                        ("answered_at__isnull", False),
                                        ("granted_to__isnull", False),
                                        ("state", "granted"),
                                    ),
                                    models.Q(
                                        ("answered_at__isnull", False),
                                        ("answered_by__isnull", False),
                                        ("granted_to", None),
                                        ("state", "refused"),
                                        models.Q(("answer", ""), _negated=True),
                                    ),
                                    models.Q(
                                        ("answered_at__isnull", False),
                                        ("answered_by", None),
                                        ("granted_to", None),
                                        ("state", "not-needed"),
                                    ),
                                    _connector="OR",
                                ),
                                name="audits_extension_answered_whole",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalAppeal",
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
                        ("reason", models.TextField()),
                        ("appealed_at", models.DateTimeField()),
                        (
                            "result",
                            models.CharField(
                                blank=True,
                                choices=[("upheld", "The decision stays"), ("changed", "The decision is changed")],
                                max_length=10,
                            ),
                        ),
                        (
                            "answer",
                            models.TextField(blank=True, help_text="The board's reasons. The member reads them."),
                        ),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
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
                            "appealed_by",
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
                            "case",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="audits.auditcase",
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
                        "verbose_name": "historical appeal",
                        "verbose_name_plural": "historical appeals",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalAuditCase",
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
                            "cause",
                            models.CharField(
                                blank=True, help_text="Why it is audited, if it was not drawn.", max_length=300
                            ),
                        ),
                        (
                            "ticket",
                            models.CharField(
                                help_text="SHA-256. It settles which passing results are reviewed again.", max_length=64
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("drawn", "Drawn"),
                                    ("notified", "Proof asked for"),
                                    ("extension-asked", "More time asked for"),
                                    ("overdue", "Overdue"),
                                    ("submitted", "Submitted"),
                                    ("more-wanted", "More proof asked for"),
                                    ("decided", "Decided"),
                                    ("second-review", "Second review"),
                                    ("announced", "Decision announced"),
                                    ("appealed", "Appealed"),
                                    ("closed", "Closed"),
                                ],
                                default="drawn",
                                max_length=20,
                            ),
                        ),
                        ("state_since", models.DateTimeField()),
                        ("due_on", models.DateField(blank=True, null=True, verbose_name="last day")),
                        (
                            "frozen_at",
                            models.DateTimeField(
                                blank=True, help_text="Since then no file of its entries can be removed.", null=True
                            ),
                        ),
                        (
                            "asked_for_more",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="How often more proof was asked for."
                            ),
                        ),
                        (
                            "no_proof",
                            models.BooleanField(
                                default=False, help_text="The last day passed, and nothing was submitted."
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[("passed", "Passed"), ("failed", "Not passed"), ("called-off", "Called off")],
                                max_length=15,
                            ),
                        ),
                        (
                            "points",
                            certifications.quarters.PointsField(
                                blank=True, decimal_places=2, max_digits=7, null=True, verbose_name="points after audit"
                            ),
                        ),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
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
                            "draw_line",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                help_text="Empty for an audit for cause.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="audits.drawline",
                            ),
                        ),
                        (
                            "first_of_board",
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
                            "first_reviewer",
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
                            "opened_by",
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
                            "second_of_board",
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
                            "second_reviewer",
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
                        "verbose_name": "historical audit case",
                        "verbose_name_plural": "historical audit cases",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalExtension",
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
                        ("wanted_on", models.DateField(verbose_name="day wanted")),
                        ("reason", models.TextField()),
                        ("was_due_on", models.DateField(help_text="The last day when it was asked for.")),
                        ("asked_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("asked", "Asked for"),
                                    ("granted", "Granted"),
                                    ("refused", "Refused"),
                                    ("not-needed", "Not needed anymore"),
                                ],
                                default="asked",
                                max_length=15,
                            ),
                        ),
                        ("granted_to", models.DateField(blank=True, null=True)),
                        ("answer", models.TextField(blank=True, help_text="AMT's reason. The member reads it.")),
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
                            "answered_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                help_text="Nobody, if AMT did not answer in time, and if it was not needed anymore.",
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
                            "case",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="audits.auditcase",
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
                        "verbose_name": "historical extension",
                        "verbose_name_plural": "historical extensions",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="ItemReview",
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
                            "round",
                            models.CharField(
                                choices=[
                                    ("first", "First review"),
                                    ("second", "Second review"),
                                    ("board", "Appeal board"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("reviewed_at", models.DateTimeField()),
                        (
                            "verdict",
                            models.CharField(
                                choices=[("count", "Counts"), ("reduce", "Counts less"), ("reject", "Does not count")],
                                max_length=10,
                            ),
                        ),
                        ("points", certifications.quarters.PointsField(decimal_places=2, max_digits=7)),
                        ("checklist", models.JSONField(default=dict)),
                        (
                            "reason_code",
                            models.CharField(blank=True, help_text="From the list of reasons.", max_length=40),
                        ),
                        (
                            "reason",
                            models.TextField(blank=True, help_text="In the reviewer's own words. The member reads it."),
                        ),
                        (
                            "activity",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audit_reviews",
                                to="ccp.activity",
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="item_reviews",
                                to="audits.auditcase",
                            ),
                        ),
                        (
                            "reviewer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audit_items_reviewed",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["case", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("round__in", ["first", "second", "board"])),
                                name="audits_itemreview_round_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("verdict__in", ["count", "reduce", "reject"])),
                                name="audits_itemreview_verdict_known",
                            ),
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
                                name="audits_itemreview_points_from_0_in_quarters",
                                violation_error_message="Points are 0 or more, in quarter steps.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("verdict", "reject"), _negated=True), ("points", 0), _connector="OR"
                                ),
                                name="audits_itemreview_rejected_is_0",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("verdict", "count"),
                                    models.Q(("reason", ""), ("reason_code", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="audits_itemreview_says_why",
                                violation_error_message="Say why it counts less, or not at all: the member reads it.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Letter",
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
                                    ("notice", "Notice"),
                                    ("last-notice", "Last notice"),
                                    ("extension", "Extension"),
                                    ("more-wanted", "More proof asked for"),
                                    ("decision", "Decision"),
                                    ("appeal", "Appeal"),
                                    ("called-off", "Called off"),
                                ],
                                max_length=15,
                            ),
                        ),
                        ("language", models.CharField(max_length=5)),
                        ("recipient", models.TextField(help_text="The lines of the address.")),
                        ("subject", models.CharField(max_length=300)),
                        ("text", models.TextField()),
                        ("written_at", models.DateTimeField()),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="letters",
                                to="audits.auditcase",
                            ),
                        ),
                        (
                            "step",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="letters",
                                to="audits.casestep",
                            ),
                        ),
                        (
                            "mail",
                            models.OneToOneField(
                                blank=True,
                                help_text="The same words by mail.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="letter",
                                to="notices.noticemail",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["case", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("step", "kind"), name="audits_letter_exactly_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("recipient", ""), _negated=True),
                                    models.Q(("subject", ""), _negated=True),
                                    models.Q(("text", ""), _negated=True),
                                ),
                                name="audits_letter_not_empty",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "notice",
                                            "last-notice",
                                            "extension",
                                            "more-wanted",
                                            "decision",
                                            "appeal",
                                            "called-off",
                                        ],
                                    )
                                ),
                                name="audits_letter_kind_known",
                            ),
                        ],
                        "permissions": [("print_letters", "Can print letters of audits")],
                    },
                ),
                migrations.CreateModel(
                    name="Message",
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
                        ("from_member", models.BooleanField()),
                        ("text", models.TextField()),
                        ("written_at", models.DateTimeField()),
                        (
                            "activity",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="ccp.activity",
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="messages",
                                to="audits.auditcase",
                            ),
                        ),
                        (
                            "written_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audit_messages",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["case", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("text", ""), _negated=True), name="audits_message_has_text"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalStatusProposal",
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
                            "status",
                            models.CharField(
                                choices=[
                                    ("active", "Active"),
                                    ("reinstated", "Reinstated"),
                                    ("lapsed", "Lapsed"),
                                    ("retired", "Retired"),
                                    ("revoked", "Revoked"),
                                ],
                                default="lapsed",
                                help_text="The status that is proposed.",
                                max_length=10,
                            ),
                        ),
                        ("proposed_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Waits for confirmation"),
                                    ("confirmed", "Confirmed"),
                                    ("declined", "Declined"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("answer", models.CharField(blank=True, help_text="Why it was declined.", max_length=300)),
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
                            "case",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="audits.auditcase",
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
                        "verbose_name": "historical status proposal",
                        "verbose_name_plural": "historical status proposals",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="StatusProposal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
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
                                ],
                                default="lapsed",
                                help_text="The status that is proposed.",
                                max_length=10,
                            ),
                        ),
                        ("proposed_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Waits for confirmation"),
                                    ("confirmed", "Confirmed"),
                                    ("declined", "Declined"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("answer", models.CharField(blank=True, help_text="Why it was declined.", max_length=300)),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "case",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="proposal",
                                to="audits.auditcase",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-proposed_at", "-pk"],
                        "permissions": [("confirm_audit_outcome", "Can confirm the status that follows from an audit")],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "open")), fields=["id"], name="audits_proposal_open"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["active", "reinstated", "lapsed", "retired", "revoked"])
                                ),
                                name="audits_statusproposal_status_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("answer", ""), ("answered_at", None), ("answered_by", None), ("state", "open")
                                    ),
                                    models.Q(
                                        ("answer", ""),
                                        ("answered_at__isnull", False),
                                        ("answered_by__isnull", False),
                                        ("state", "confirmed"),
                                    ),
                                    models.Q(
                                        ("answered_at__isnull", False),
                                        ("answered_by__isnull", False),
                                        ("state", "declined"),
                                        models.Q(("answer", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="audits_statusproposal_answered_whole",
                                violation_error_message="An answer has a person and a time; who declines says why.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalPrintRun",
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
                        ("letters", models.JSONField(help_text="The keys of the letters.")),
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
                        "verbose_name": "historical print run",
                        "verbose_name_plural": "historical print runs",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="LetterPrint",
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
                        ("printed_at", models.DateTimeField()),
                        (
                            "letter",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="prints",
                                to="audits.letter",
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="prints", to="audits.printrun"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["letter", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("letter", "run"), name="audits_letterprint_once_a_run")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PrintRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("letters", models.JSONField(help_text="The keys of the letters.")),
                        ("done", models.PositiveIntegerField(default=0)),
                        (
                            "failures",
                            models.JSONField(
                                default=list, help_text="The key of each letter that was not printed, and why."
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
                                related_name="letter_print_runs",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                    },
                ),
            ]
        )
    ]
