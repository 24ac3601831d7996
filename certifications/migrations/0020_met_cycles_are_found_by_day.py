from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certifications", "0019_lists_by_credential_have_indexes")]

    operations = [
        migrations.AddIndex(
            model_name="cycle",
            index=models.Index(
                condition=models.Q(("requirement_met_on__isnull", False)),
                fields=["requirement_met_on"],
                name="cycle_met_by_day",
            ),
        ),
    ]
