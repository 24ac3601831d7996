from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certifications", "0011_openings_are_kept")]

    operations = [
        migrations.AddIndex(
            model_name="renewalinvoice",
            index=models.Index(
                condition=models.Q(("status", "issued")), fields=["-opens_on", "-id"], name="invoice_unpaid_by_opening"
            ),
        ),
        migrations.AddIndex(
            model_name="renewalinvoice",
            index=models.Index(
                condition=models.Q(("opens_on", None), ("status", "issued")), fields=["-id"], name="invoice_locked"
            ),
        ),
        migrations.AddConstraint(
            model_name="renewalinvoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("year", 3), ("opens_on__isnull", False), _connector="OR"),
                name="certifications_renewalinvoice_only_year_3_is_locked",
            ),
        ),
    ]
