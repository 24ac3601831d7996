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
    ]
