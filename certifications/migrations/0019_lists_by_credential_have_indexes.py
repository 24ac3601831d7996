from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certifications", "0018_credentials_of_invoices_are_kept")]

    operations = [
        migrations.AddIndex(
            model_name="renewalinvoice",
            index=models.Index(fields=["listed_credential", "-id"], name="invoice_by_credential"),
        ),
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(fields=["listed_credential", "-id"], name="status_change_by_credential"),
        ),
    ]
