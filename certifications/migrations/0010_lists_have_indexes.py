import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from amtportal.history.migrating import WithoutIndex


class Migration(migrations.Migration):
    dependencies = [
        ("certifications", "0009_payments_come_online"),
        ("members", "0011_lists_have_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="renewalinvoice",
            name="opens_on",
            field=models.DateField(
                blank=True, editable=False, help_text="Empty while the invoice is locked.", null=True
            ),
        ),
        WithoutIndex(
            model_name="certification",
            name="credential",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="certifications",
                to="certifications.credential",
            ),
        ),
        WithoutIndex(
            model_name="certification",
            name="member",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="certifications",
                to="members.member",
            ),
        ),
        WithoutIndex(
            model_name="cycle",
            name="certification",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cycles",
                to="certifications.certification",
            ),
        ),
        WithoutIndex(
            model_name="cycle",
            name="ends_on",
            field=models.DateField(help_text="The last day of the cycle."),
        ),
        WithoutIndex(
            model_name="historicalcertification",
            name="credential",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="certifications.credential",
            ),
        ),
        WithoutIndex(
            model_name="historicalcertification",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicalcertification",
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
            model_name="historicalcredential",
            name="code",
            field=models.CharField(max_length=10),
        ),
        WithoutIndex(
            model_name="historicalcredential",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicalcredential",
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
            model_name="historicalcycle",
            name="ends_on",
            field=models.DateField(help_text="The last day of the cycle."),
        ),
        WithoutIndex(
            model_name="historicalcycle",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicalcycle",
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
            model_name="historicalpayment",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicalpayment",
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
            model_name="historicalpayment",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                help_text="Nobody: the provider took it online.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        WithoutIndex(
            model_name="historicalpayment",
            name="charge_id",
            field=models.CharField(blank=True, editable=False, max_length=255, null=True),
        ),
        WithoutIndex(
            model_name="historicalpayment",
            name="reversed_by",
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
            model_name="historicalrenewalinvoice",
            name="due_on",
            field=models.DateField(),
        ),
        WithoutIndex(
            model_name="historicalrenewalinvoice",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicalrenewalinvoice",
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
            model_name="historicalwaitingrow",
            name="history_date",
            field=models.DateTimeField(),
        ),
        WithoutIndex(
            model_name="historicalwaitingrow",
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
            model_name="historicalwaitingrow",
            name="imported_by",
            field=models.ForeignKey(
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
        WithoutIndex(
            model_name="renewalinvoice",
            name="due_on",
            field=models.DateField(),
        ),
        migrations.AddIndex(
            model_name="certification",
            index=models.Index(fields=["credential", "-id"], name="certification_by_credential"),
        ),
        migrations.AddIndex(
            model_name="certification",
            index=models.Index(fields=["status", "-id"], name="certification_by_status"),
        ),
        migrations.AddIndex(
            model_name="certification",
            index=models.Index(
                condition=models.Q(("ccp_mandatory", False)), fields=["-id"], name="certification_voluntary"
            ),
        ),
        migrations.AddIndex(
            model_name="cycle",
            index=models.Index(fields=["-ends_on", "id"], name="cycle_by_end"),
        ),
        migrations.AddIndex(
            model_name="cycle",
            index=models.Index(
                condition=models.Q(("closed_on", None)), fields=["-ends_on", "id"], name="cycle_unclosed_by_end"
            ),
        ),
        migrations.AddIndex(
            model_name="cycle",
            index=models.Index(
                condition=models.Q(("closed_on__isnull", False)), fields=["-closed_on", "-id"], name="cycle_closed"
            ),
        ),
        migrations.AddIndex(
            model_name="cycle",
            index=models.Index(
                condition=models.Q(("requirement_met_on__isnull", False)), fields=["-id"], name="cycle_met"
            ),
        ),
        migrations.AddIndex(
            model_name="cycle",
            index=models.Index(
                condition=models.Q(("grace_extended_to__isnull", False)),
                fields=["grace_extended_to"],
                name="cycle_extended",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["-received_on", "-id"], name="payment_by_day"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["method", "-id"], name="payment_by_method"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("reversed_at__isnull", False)), fields=["-id"], name="payment_reversed"
            ),
        ),
        migrations.AddIndex(
            model_name="renewalinvoice",
            index=models.Index(fields=["-due_on", "id"], name="invoice_by_due_date"),
        ),
        migrations.AddIndex(
            model_name="renewalinvoice",
            index=models.Index(
                condition=models.Q(("status", "issued")), fields=["-due_on", "id"], name="invoice_unpaid_by_due_date"
            ),
        ),
        migrations.AddIndex(
            model_name="renewalinvoice",
            index=models.Index(fields=["status", "-id"], name="invoice_by_status"),
        ),
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(fields=["-changed_on", "-id"], name="status_change_by_day"),
        ),
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(fields=["after", "-id"], name="status_change_by_status"),
        ),
    ]
