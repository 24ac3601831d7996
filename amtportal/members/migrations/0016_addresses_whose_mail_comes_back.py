import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0015_mail_waits_or_is_settled"),
    ]

    operations = [
        migrations.CreateModel(
            name="BouncingAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail address")),
                ("marked_at", models.DateTimeField()),
                ("reason", models.CharField(help_text="What the mail server said.", max_length=500)),
                ("cleared_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "bouncing addresses",
                "permissions": [("clear_bouncingaddress", "Can let mail go to an address again whose mail came back")],
            },
        ),
        migrations.CreateModel(
            name="HistoricalBouncingAddress",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "request_id",
                    models.CharField(
                        blank=True, default=amtportal.history.requests.current_request_id, editable=False, max_length=64
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
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
        migrations.AddField(
            model_name="maildelivery",
            name="returned_at",
            field=models.DateTimeField(
                blank=True, help_text="When a report came that it was not delivered.", null=True
            ),
        ),
        migrations.AddField(
            model_name="maildelivery",
            name="returned_for_good",
            field=models.BooleanField(default=False, verbose_name="returned for good"),
        ),
        migrations.AddField(
            model_name="maildelivery",
            name="returned_reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="user",
            name="bouncing_email",
            field=models.CharField(blank=True, editable=False, max_length=254),
        ),
        migrations.AddIndex(
            model_name="maildelivery",
            index=models.Index(
                condition=models.Q(("returned_at__isnull", False)), fields=["-id"], name="members_maildelivery_returned"
            ),
        ),
        migrations.AddField(
            model_name="bouncingaddress",
            name="cleared_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bouncing_addresses_cleared",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalbouncingaddress",
            name="cleared_by",
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
        migrations.AddField(
            model_name="historicalbouncingaddress",
            name="history_user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="bouncingaddress",
            index=models.Index(
                condition=models.Q(("cleared_at", None)), fields=["-id"], name="members_bouncing_marked"
            ),
        ),
        migrations.AddConstraint(
            model_name="bouncingaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cleared_at", None), ("cleared_by", None)),
                    models.Q(("cleared_at__isnull", False), ("cleared_by__isnull", False)),
                    _connector="OR",
                ),
                name="members_bouncingaddress_cleared_by_somebody",
            ),
        ),
    ]
