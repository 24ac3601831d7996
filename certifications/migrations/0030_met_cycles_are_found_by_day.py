from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certifications", "0022_awards_are_corrected_and_certifications_revoked")]

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
