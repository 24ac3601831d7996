from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0024_members_may_have_died")]

    operations = [
        migrations.AddIndex(
            model_name="question",
            index=models.Index(fields=["email"], name="members_question_by_email"),
        ),
        migrations.AddIndex(
            model_name="question",
            index=models.Index(fields=["amt_id"], name="members_question_by_amt_id"),
        ),
    ]
