import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0012_mail_has_priorities"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("sent_at", models.DateTimeField(blank=True, help_text="When the mail server took it.", null=True)),
                ("refused_at", models.DateTimeField(blank=True, help_text="When it was given up.", null=True)),
                ("reason", models.CharField(blank=True, help_text="Why it was given up.", max_length=500)),
            ],
            options={
                "verbose_name_plural": "mail deliveries",
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
        migrations.AddField(
            model_name="outgoingmail",
            name="claimed_by",
            field=models.CharField(blank=True, help_text="Which sender has it in hand.", max_length=100),
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="domain",
            field=models.CharField(
                default="", editable=False, help_text="The domain of the recipient, in lower case.", max_length=255
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="message_id",
            field=models.CharField(
                blank=True,
                db_index=True,
                help_text="Empty until it is written.",
                max_length=255,
                verbose_name="Message-ID",
            ),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="recipients",
            field=models.JSONField(help_text="One: a mail to several people is stored once for each."),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(fields=["priority", "id"], name="members_outgoingmail_in_order"),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(
                condition=models.Q(("claimed_by", ""), _negated=True),
                fields=["claimed_by"],
                name="members_outgoingmail_claimed",
            ),
        ),
        migrations.AddField(
            model_name="maildelivery",
            name="account",
            field=models.ForeignKey(
                blank=True,
                help_text="Who signed in with this address when the mail was sent.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="mail_deliveries",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="maildelivery",
            index=models.Index(
                condition=models.Q(("refused_at__isnull", False)), fields=["-id"], name="members_maildelivery_refused"
            ),
        ),
        migrations.AddConstraint(
            model_name="maildelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("priority", 1), ("priority", 2), ("priority", 3), ("priority", 5), ("priority", 8), _connector="OR"
                ),
                name="members_maildelivery_priority_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="maildelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), ("refused_at", None), ("sent_at__isnull", False)),
                    models.Q(("refused_at__isnull", False), ("sent_at", None), models.Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="members_maildelivery_sent_or_refused",
                violation_error_message="A mail was taken, or given up for a reason.",
            ),
        ),
    ]
