from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0018_questions_are_kept")]

    operations = [
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                condition=models.Q(("roster_email", ""), _negated=True),
                fields=["roster_email"],
                name="members_member_roster_email",
                opclasses=["text_pattern_ops"],
            ),
        ),
    ]
