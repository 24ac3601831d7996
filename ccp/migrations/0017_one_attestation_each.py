from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ccp", "0016_a_statement_stands_once")]

    operations = [
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("statement", None), models.Q(("attestation_text", ""), _negated=True)),
                    models.Q(("attestation_text", ""), ("statement__isnull", False)),
                    _connector="OR",
                ),
                name="ccp_activity_has_one_attestation",
            ),
        ),
    ]
