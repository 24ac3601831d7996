from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0019_what_was_decided_against_is_kept")]

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
