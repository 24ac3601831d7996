"""What migrations 2 to 29 made, in one, for databases that have none of them.

The first migration stays as it is: allauth's account tables stand between it and this one. Databases
that have some of those that this one replaces go on through them.
"""

import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests
from amtportal.history.migrating import CreateModels, WithoutIndex

UNPROVED = "members_emailaddress_unproved"
EMAIL = "members_user_email_start"


def index_addresses(apps, schema_editor):
    """Index the addresses of accounts that nobody proved yet, and the starts of all in capitals.

    The first table is allauth's, whose model cannot name an index of ours. The second index is for
    PostgreSQL only, because it needs an operator class for LIKE.
    """
    schema_editor.execute(f"CREATE INDEX {UNPROVED} ON account_emailaddress (id) WHERE NOT verified")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE INDEX {EMAIL} ON members_user (UPPER(email) text_pattern_ops)")


def drop_indexes(apps, schema_editor):
    schema_editor.execute(f"DROP INDEX {UNPROVED}")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX {EMAIL}")


class Migration(migrations.Migration):
    replaces = [
        ("members", "0002_search_indexes"),
        ("members", "0003_history_lines"),
        ("members", "0004_short_password"),
        ("members", "0005_outgoing_mail"),
        ("members", "0006_own_address_and_language"),
        ("members", "0007_tallies_are_counted"),
        ("members", "0008_members_without_a_sign_in"),
        ("members", "0009_members_have_search_terms"),
        ("members", "0010_search_terms_of_members"),
        ("members", "0011_lists_have_indexes"),
        ("members", "0012_mail_has_priorities"),
        ("members", "0013_what_becomes_of_mail_is_kept"),
        ("members", "0014_given_up_mail_is_among_the_deliveries"),
        ("members", "0015_mail_waits_or_is_settled"),
        ("members", "0016_addresses_whose_mail_comes_back"),
        ("members", "0017_details_are_kept_beside_the_roster"),
        ("members", "0018_questions_are_kept"),
        ("members", "0019_what_was_decided_against_is_kept"),
        ("members", "0020_unopened_accounts_are_listed"),
        ("members", "0021_pairs_of_names_are_search_terms"),
        ("members", "0022_roster_addresses_have_an_index"),
        ("members", "0023_members_are_found_by_sound_and_former_name"),
        ("members", "0024_members_may_have_died"),
        ("members", "0025_questions_are_found"),
        ("members", "0026_members_without_a_sign_in_are_listed"),
        ("members", "0027_roles_can_be_given"),
        ("members", "0028_former_and_present_names_are_paired"),
        ("members", "0029_members_may_be_erased"),
    ]

    initial = True

    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("members", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalmember",
            name="address",
            field=models.GenericIPAddressField(
                blank=True,
                default=amtportal.history.requests.current_address,
                editable=False,
                null=True,
                verbose_name="client address",
            ),
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="request_id",
            field=models.CharField(
                blank=True, default=amtportal.history.requests.current_request_id, editable=False, max_length=64
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="short_password",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(blank=True, default="", editable=False, max_length=5),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="member",
            name="roster_email",
            field=models.EmailField(
                blank=True,
                default="",
                editable=False,
                help_text="The roster's address, if the member does not sign in with it.",
                max_length=254,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="roster_email",
            field=models.EmailField(
                blank=True,
                default="",
                editable=False,
                help_text="The roster's address, if the member does not sign in with it.",
                max_length=254,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                help_text="The member who is the same person and holds the record now.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="members.member",
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="The member who is the same person and holds the record now.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="members.member",
            ),
        ),
        migrations.AlterField(
            model_name="historicalmember",
            name="first_name",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AlterField(
            model_name="historicalmember",
            name="last_name",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AlterField(
            model_name="member",
            name="first_name",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AlterField(
            model_name="member",
            name="last_name",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AlterField(
            model_name="member",
            name="user",
            field=models.OneToOneField(
                blank=True,
                help_text="Empty: the member has no way to sign in.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="member",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_name", ""), ("last_name", ""), _negated=True),
                name="members_member_name_given",
                violation_error_message="Enter the name. A person with one name has it in either field.",
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into", None), models.Q(("merged_into", models.F("pk")), _negated=True), _connector="OR"
                ),
                name="members_member_not_merged_into_itself",
            ),
        ),
        migrations.RemoveIndex(
            model_name="member",
            name="members_member_name",
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    django.db.models.functions.comparison.NullIf("last_name", models.Value("")), "first_name"
                ),
                models.F("first_name"),
                models.F("id"),
                name="members_member_sorted",
            ),
        ),
        WithoutIndex(
            model_name="historicalmember",
            name="amt_id",
            field=models.CharField(max_length=20, verbose_name="AMT ID"),
        ),
        WithoutIndex(
            model_name="historicalmember",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicalmember",
            name="history_user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        WithoutIndex(
            model_name="historicalmember",
            name="user",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                help_text="Empty: the member has no way to sign in.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="members_member_merged"
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(condition=models.Q(("is_staff", True)), fields=["-id"], name="members_user_staff"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(condition=models.Q(("is_active", False)), fields=["-id"], name="members_user_inactive"),
        ),
        migrations.AddField(
            model_name="user",
            name="bouncing_email",
            field=models.CharField(blank=True, editable=False, max_length=254),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("password__startswith", "!")), fields=["-id"], name="members_user_unopened"
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                condition=models.Q(("roster_email", ""), _negated=True),
                fields=["roster_email"],
                name="members_member_roster_email",
                opclasses=["text_pattern_ops"],
            ),
        ),
        migrations.AlterModelOptions(
            name="member",
            options={
                "ordering": [
                    django.db.models.functions.comparison.Coalesce(
                        django.db.models.functions.comparison.NullIf("last_name", models.Value("")), "first_name"
                    ),
                    "first_name",
                    "pk",
                ],
                "permissions": [
                    ("change_amt_id", "Can give a member another AMT ID"),
                    ("merge_members", "Can merge two members who are one person"),
                    ("give_sign_in", "Can give a member a way to sign in"),
                    ("record_death", "Can record that a member has died, and take it back"),
                ],
            },
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="died_on",
            field=models.DateField(
                blank=True,
                editable=False,
                help_text="The member has died; the report says who said so.",
                null=True,
                verbose_name="died on",
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="died_on",
            field=models.DateField(
                blank=True,
                editable=False,
                help_text="The member has died; the report says who said so.",
                null=True,
                verbose_name="died on",
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    django.db.models.functions.comparison.NullIf("last_name", models.Value("")), "first_name"
                ),
                models.F("first_name"),
                models.F("id"),
                condition=models.Q(("died_on__isnull", False)),
                name="members_member_died",
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    django.db.models.functions.comparison.NullIf("last_name", models.Value("")), "first_name"
                ),
                models.F("first_name"),
                models.F("id"),
                condition=models.Q(("died_on", None), ("merged_into", None), ("user", None)),
                name="members_member_no_sign_in",
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    django.db.models.functions.comparison.NullIf("last_name", models.Value("")), "first_name"
                ),
                models.F("first_name"),
                models.F("id"),
                condition=models.Q(("died_on", None), ("merged_into", None), ("user", None), ("roster_email", "")),
                name="members_member_no_address",
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    django.db.models.functions.comparison.NullIf("last_name", models.Value("")), "first_name"
                ),
                models.F("first_name"),
                models.F("id"),
                condition=models.Q(
                    ("died_on", None),
                    ("merged_into", None),
                    ("user", None),
                    models.Q(("roster_email", ""), _negated=True),
                ),
                name="members_member_shared_address",
            ),
        ),
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [("give_roles", "Can give roles to staff and take them away, within one's own rights")]
            },
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="erased_on",
            field=models.DateField(
                blank=True,
                editable=False,
                help_text="Erased by law: only what the record of the certification needs is left.",
                null=True,
                verbose_name="erased on",
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="erased_on",
            field=models.DateField(
                blank=True,
                editable=False,
                help_text="Erased by law: only what the record of the certification needs is left.",
                null=True,
                verbose_name="erased on",
            ),
        ),
        CreateModels(
            [
                migrations.CreateModel(
                    name="HistoricalUser",
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
                            "is_superuser",
                            models.BooleanField(
                                default=False,
                                help_text="Designates that this user has all permissions without explicitly assigning them.",
                                verbose_name="superuser status",
                            ),
                        ),
                        ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                        (
                            "is_staff",
                            models.BooleanField(
                                default=False, help_text="May open the admin pages.", verbose_name="staff"
                            ),
                        ),
                        (
                            "is_active",
                            models.BooleanField(
                                default=True,
                                help_text="Untick this instead of deleting the account.",
                                verbose_name="active",
                            ),
                        ),
                        ("date_joined", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                        "verbose_name": "historical user",
                        "verbose_name_plural": "historical users",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalUser_groups",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
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
                                to="members.historicaluser",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                db_tablespace="",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "HistoricalUser_groups",
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalUser_user_permissions",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                        (
                            "history",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="members.historicaluser",
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
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                db_tablespace="",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "HistoricalUser_user_permissions",
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="OutgoingMail",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sender", models.CharField(max_length=320)),
                        (
                            "recipients",
                            models.JSONField(help_text="One: a mail to several people is stored once for each."),
                        ),
                        (
                            "content",
                            models.TextField(
                                blank=True, help_text="Encrypted: it may hold a link that opens an account."
                            ),
                        ),
                        ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("tries", models.PositiveIntegerField(default=0)),
                        ("next_try_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                        (
                            "priority",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (1, "A link or code that somebody is waiting for"),
                                    (2, "About the safety of an account"),
                                    (3, "Receipts and refunds"),
                                    (5, "Notices"),
                                    (8, "Summaries"),
                                ],
                                default=2,
                            ),
                        ),
                        (
                            "writer",
                            models.CharField(
                                blank=True, help_text="What writes it at sending, if it is not written.", max_length=40
                            ),
                        ),
                        (
                            "writer_key",
                            models.BigIntegerField(
                                blank=True, help_text="The key of what is to be written about.", null=True
                            ),
                        ),
                        (
                            "claimed_by",
                            models.CharField(blank=True, help_text="Which sender has it in hand.", max_length=100),
                        ),
                        (
                            "domain",
                            models.CharField(
                                editable=False, help_text="The domain of the recipient, in lower case.", max_length=255
                            ),
                        ),
                        (
                            "message_id",
                            models.CharField(
                                blank=True,
                                db_index=True,
                                help_text="Empty until it is written.",
                                max_length=255,
                                verbose_name="Message-ID",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "outgoing mail",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("sender", ""), _negated=True),
                                name="members_outgoingmail_sender_given",
                                violation_error_message="A mail needs a sender.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("priority", 1),
                                    ("priority", 2),
                                    ("priority", 3),
                                    ("priority", 5),
                                    ("priority", 8),
                                    _connector="OR",
                                ),
                                name="members_outgoingmail_priority_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        models.Q(("content", ""), _negated=True), ("writer", ""), ("writer_key", None)
                                    ),
                                    models.Q(
                                        ("content", ""),
                                        ("writer_key__isnull", False),
                                        models.Q(("writer", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="members_outgoingmail_written_or_to_be",
                                violation_error_message="A mail is written, or something writes it at sending.",
                            ),
                        ],
                        "indexes": [
                            models.Index(fields=["priority", "id"], name="members_outgoingmail_in_order"),
                            models.Index(
                                condition=models.Q(("claimed_by", ""), _negated=True),
                                fields=["claimed_by"],
                                name="members_outgoingmail_claimed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Tally",
                    fields=[
                        (
                            "key",
                            models.CharField(
                                help_text="The SHA-256 of what is counted.",
                                max_length=64,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("until", models.FloatField(db_index=True, help_text="Seconds since 1970.")),
                    ],
                    options={
                        "verbose_name_plural": "tallies",
                    },
                ),
                migrations.CreateModel(
                    name="FormerAmtId",
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
                        ("amt_id", models.CharField(db_index=True, max_length=20, verbose_name="AMT ID")),
                        ("changed_at", models.DateTimeField()),
                        ("reason", models.CharField(max_length=300)),
                        (
                            "changed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="amt_ids_changed",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="former_amt_ids",
                                to="members.member",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "former AMT ID",
                        "verbose_name_plural": "former AMT IDs",
                        "ordering": ["member", "-changed_at", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("amt_id", ""), _negated=True), models.Q(("reason", ""), _negated=True)
                                ),
                                name="members_formeramtid_given_with_reason",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SearchTerm",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("term", models.CharField(max_length=60)),
                        (
                            "member",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="search_terms",
                                to="members.member",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["term", "member"],
                                name="members_searchterm_start",
                                opclasses=["text_pattern_ops", "int8_ops"],
                            ),
                            models.Index(
                                fields=["member", "term"],
                                name="members_searchterm_member",
                                opclasses=["int8_ops", "text_pattern_ops"],
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MailDelivery",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("message_id", models.CharField(db_index=True, max_length=255, verbose_name="Message-ID")),
                        ("recipient", models.CharField(db_index=True, max_length=320)),
                        (
                            "priority",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (1, "A link or code that somebody is waiting for"),
                                    (2, "About the safety of an account"),
                                    (3, "Receipts and refunds"),
                                    (5, "Notices"),
                                    (8, "Summaries"),
                                ]
                            ),
                        ),
                        ("queued_at", models.DateTimeField(db_index=True)),
                        (
                            "sent_at",
                            models.DateTimeField(blank=True, help_text="When the mail server took it.", null=True),
                        ),
                        ("refused_at", models.DateTimeField(blank=True, help_text="When it was given up.", null=True)),
                        ("reason", models.CharField(blank=True, help_text="Why it was given up.", max_length=500)),
                        (
                            "account",
                            models.ForeignKey(
                                blank=True,
                                help_text="Who signed in with this address when the mail was sent.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mail_deliveries",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "returned_at",
                            models.DateTimeField(
                                blank=True, help_text="When a report came that it was not delivered.", null=True
                            ),
                        ),
                        ("returned_for_good", models.BooleanField(default=False, verbose_name="returned for good")),
                        ("returned_reason", models.CharField(blank=True, max_length=500)),
                    ],
                    options={
                        "verbose_name_plural": "mail deliveries",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("refused_at__isnull", False)),
                                fields=["-id"],
                                name="members_maildelivery_refused",
                            ),
                            models.Index(
                                condition=models.Q(("returned_at__isnull", False)),
                                fields=["-id"],
                                name="members_maildelivery_returned",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("priority", 1),
                                    ("priority", 2),
                                    ("priority", 3),
                                    ("priority", 5),
                                    ("priority", 8),
                                    _connector="OR",
                                ),
                                name="members_maildelivery_priority_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("reason", ""), ("refused_at", None), ("sent_at__isnull", False)),
                                    models.Q(
                                        ("refused_at__isnull", False),
                                        ("sent_at", None),
                                        models.Q(("reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="members_maildelivery_sent_or_refused",
                                violation_error_message="A mail was taken, or given up for a reason.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MailPause",
                    fields=[
                        ("domain", models.CharField(max_length=255, primary_key=True, serialize=False)),
                        ("until", models.DateTimeField()),
                        ("times", models.PositiveIntegerField(default=1, help_text="How often in a row.")),
                        ("reason", models.CharField(max_length=500)),
                    ],
                ),
                migrations.CreateModel(
                    name="BouncingAddress",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail address")),
                        ("marked_at", models.DateTimeField()),
                        ("reason", models.CharField(help_text="What the mail server said.", max_length=500)),
                        ("cleared_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "cleared_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="bouncing_addresses_cleared",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "bouncing addresses",
                        "permissions": [
                            ("clear_bouncingaddress", "Can let mail go to an address again whose mail came back")
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("cleared_at", None)), fields=["-id"], name="members_bouncing_marked"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("cleared_at", None), ("cleared_by", None)),
                                    models.Q(("cleared_at__isnull", False), ("cleared_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="members_bouncingaddress_cleared_by_somebody",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalBouncingAddress",
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
                        ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                        ("marked_at", models.DateTimeField()),
                        ("reason", models.CharField(help_text="What the mail server said.", max_length=500)),
                        ("cleared_at", models.DateTimeField(blank=True, null=True)),
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
                            "cleared_by",
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
                        "verbose_name": "historical bouncing address",
                        "verbose_name_plural": "historical bouncing addresses",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalNameRequest",
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
                            models.CharField(
                                help_text="Of the file as it was sent.", max_length=64, verbose_name="SHA-256"
                            ),
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
                            "detail",
                            models.CharField(
                                choices=[("name", "Name"), ("phone", "Phone"), ("address", "Postal address")],
                                max_length=10,
                            ),
                        ),
                        (
                            "roster_says",
                            models.JSONField(help_text="The text of each column, as the roster brought it last."),
                        ),
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
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
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
                        (
                            "decided_against",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text="What the roster said before, and somebody decided against.",
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
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                            models.CharField(
                                help_text="Of the file as it was sent.", max_length=64, verbose_name="SHA-256"
                            ),
                        ),
                        ("stored_sha256", models.CharField(max_length=64, verbose_name="SHA-256 as kept")),
                        (
                            "stored_name",
                            models.CharField(help_text="In the storage of evidence.", max_length=100, unique=True),
                        ),
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="name_requests",
                                to="members.member",
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
                                condition=models.Q(("state", "waiting")),
                                fields=["-id"],
                                name="members_namerequest_waiting",
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
                                condition=models.Q(
                                    ("reason__in", ["marriage", "divorce", "court", "correction", "other"])
                                ),
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
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "detail",
                            models.CharField(
                                choices=[("name", "Name"), ("phone", "Phone"), ("address", "Postal address")],
                                max_length=10,
                            ),
                        ),
                        (
                            "roster_says",
                            models.JSONField(help_text="The text of each column, as the roster brought it last."),
                        ),
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
                        (
                            "decided_against",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text="What the roster said before, and somebody decided against.",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "difference from the roster",
                        "verbose_name_plural": "differences from the roster",
                        "permissions": [
                            ("decide_rosterdifference", "Can decide whether the record or the roster is right")
                        ],
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
                migrations.CreateModel(
                    name="HistoricalQuestion",
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
                            "email",
                            models.EmailField(
                                help_text="Where the answer goes. Signed out, it is as typed.",
                                max_length=254,
                                verbose_name="e-mail address",
                            ),
                        ),
                        (
                            "amt_id",
                            models.CharField(
                                blank=True,
                                help_text="Of the member who was signed in.",
                                max_length=20,
                                verbose_name="AMT ID",
                            ),
                        ),
                        ("page", models.CharField(blank=True, help_text="From where it was asked.", max_length=200)),
                        ("text", models.TextField(verbose_name="question")),
                        ("language", models.CharField(help_text="In which the page was shown.", max_length=5)),
                        ("asked_at", models.DateTimeField()),
                        (
                            "answer",
                            models.TextField(
                                blank=True, help_text="As it was mailed; empty if it was answered elsewhere."
                            ),
                        ),
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
                                help_text="Who was signed in; nobody if it was asked signed out.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical question",
                        "verbose_name_plural": "historical questions",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Question",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "email",
                            models.EmailField(
                                help_text="Where the answer goes. Signed out, it is as typed.",
                                max_length=254,
                                verbose_name="e-mail address",
                            ),
                        ),
                        (
                            "amt_id",
                            models.CharField(
                                blank=True,
                                help_text="Of the member who was signed in.",
                                max_length=20,
                                verbose_name="AMT ID",
                            ),
                        ),
                        ("page", models.CharField(blank=True, help_text="From where it was asked.", max_length=200)),
                        ("text", models.TextField(verbose_name="question")),
                        ("language", models.CharField(help_text="In which the page was shown.", max_length=5)),
                        ("asked_at", models.DateTimeField()),
                        (
                            "answer",
                            models.TextField(
                                blank=True, help_text="As it was mailed; empty if it was answered elsewhere."
                            ),
                        ),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="questions_answered",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                help_text="Who was signed in; nobody if it was asked signed out.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="questions",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "permissions": [("answer_question", "Can answer questions")],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("answered_at", None)),
                                fields=["-id"],
                                name="members_question_waiting",
                            ),
                            models.Index(fields=["email"], name="members_question_by_email"),
                            models.Index(fields=["amt_id"], name="members_question_by_amt_id"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("text", ""), _negated=True), name="members_question_has_text"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("answer", ""), ("answered_at", None), ("answered_by", None)),
                                    models.Q(("answered_at__isnull", False), ("answered_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="members_question_answer_whole",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DeathReport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("died_on", models.DateField(verbose_name="died on")),
                        (
                            "reported_by",
                            models.CharField(
                                help_text="Who reported it, and how. Staff and auditors read it.", max_length=300
                            ),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "closed_account",
                            models.BooleanField(
                                default=False, help_text="The sign-in was open and was closed with it."
                            ),
                        ),
                        ("taken_back_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "taken_back_reason",
                            models.CharField(blank=True, help_text="How the mistake came about.", max_length=300),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="death_reports",
                                to="members.member",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deaths_recorded",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "taken_back_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deaths_taken_back",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("taken_back_at", None)),
                                fields=("member",),
                                name="members_deathreport_one_stands",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reported_by", ""), _negated=True),
                                name="members_deathreport_has_source",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("taken_back_at", None), ("taken_back_by", None), ("taken_back_reason", "")
                                    ),
                                    models.Q(
                                        ("taken_back_at__isnull", False),
                                        ("taken_back_by__isnull", False),
                                        models.Q(("taken_back_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="members_deathreport_taken_back_whole",
                                violation_error_message="A report that is taken back has a time, a person and a reason.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalDeathReport",
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
                        ("died_on", models.DateField(verbose_name="died on")),
                        (
                            "reported_by",
                            models.CharField(
                                help_text="Who reported it, and how. Staff and auditors read it.", max_length=300
                            ),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "closed_account",
                            models.BooleanField(
                                default=False, help_text="The sign-in was open and was closed with it."
                            ),
                        ),
                        ("taken_back_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "taken_back_reason",
                            models.CharField(blank=True, help_text="How the mistake came about.", max_length=300),
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
                            "taken_back_by",
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
                        "verbose_name": "historical death report",
                        "verbose_name_plural": "historical death reports",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
            ]
        ),
        migrations.RunPython(index_addresses, drop_indexes),
    ]
