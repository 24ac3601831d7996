import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

from amtportal.history.migrating import WithoutIndex

UNPROVED = "members_emailaddress_unproved"


def index_addresses(apps, schema_editor):
    """Index the addresses that nobody proved yet. The table is allauth's, whose model cannot name an index of ours."""
    schema_editor.execute(f"CREATE INDEX {UNPROVED} ON account_emailaddress (id) WHERE NOT verified")


def drop_index(apps, schema_editor):
    schema_editor.execute(f"DROP INDEX {UNPROVED}")


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("members", "0010_search_terms_of_members"),
    ]

    operations = [
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
        WithoutIndex(
            model_name="historicaluser",
            name="email",
            field=models.EmailField(max_length=254, verbose_name="e-mail address"),
        ),
        WithoutIndex(
            model_name="historicaluser",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicaluser",
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
            model_name="historicaluser_groups",
            name="group",
            field=models.ForeignKey(
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
        WithoutIndex(
            model_name="historicaluser_groups",
            name="user",
            field=models.ForeignKey(
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
        WithoutIndex(
            model_name="historicaluser_user_permissions",
            name="permission",
            field=models.ForeignKey(
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
        WithoutIndex(
            model_name="historicaluser_user_permissions",
            name="user",
            field=models.ForeignKey(
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
        WithoutIndex(
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
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    django.db.models.functions.comparison.NullIf("last_name", models.Value("")), "first_name"
                ),
                models.F("first_name"),
                models.F("id"),
                condition=models.Q(("user", None)),
                name="members_member_no_sign_in",
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
        migrations.RunPython(index_addresses, drop_index),
    ]
