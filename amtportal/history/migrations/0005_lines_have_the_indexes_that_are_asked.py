import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from amtportal.history.migrating import WithoutIndex


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("history", "0004_refused_webhooks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        WithoutIndex(
            model_name="historicalauthenticator",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicalauthenticator",
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
            model_name="historicalauthenticator",
            name="user",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        WithoutIndex(
            model_name="historicalemailaddress",
            name="email",
            field=models.EmailField(max_length=254, verbose_name="email address"),
        ),
        WithoutIndex(
            model_name="historicalemailaddress",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicalemailaddress",
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
            model_name="historicalemailaddress",
            name="user",
            field=models.ForeignKey(
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
        WithoutIndex(
            model_name="historicalgroup",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicalgroup",
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
            model_name="historicalgroup",
            name="name",
            field=models.CharField(max_length=150, verbose_name="name"),
        ),
        WithoutIndex(
            model_name="historicalgroup_permissions",
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
            model_name="historicalgroup_permissions",
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
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(fields=["kind", "-id"], name="history_securityevent_kind"),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(
                condition=models.Q(("email", ""), _negated=True),
                fields=["email"],
                name="history_securityevent_typed",
                opclasses=["text_pattern_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(fields=["request_id"], name="history_securityevent_request"),
        ),
    ]
