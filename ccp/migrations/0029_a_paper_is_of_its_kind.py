from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ccp", "0028_papers_have_a_kind"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="transcript",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("certification", None),
                    ("kind", "transcript"),
                )
                | models.Q(("certification__isnull", False), ("cycle", None), ("kind__in", ["card", "letter"]))
                | models.Q(("certification__isnull", False), ("cycle__isnull", False), ("kind", "completion")),
                name="ccp_transcript_is_of_its_kind",
            ),
        ),
    ]
