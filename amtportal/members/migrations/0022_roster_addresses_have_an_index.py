from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0021_pairs_of_names_are_search_terms")]

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
