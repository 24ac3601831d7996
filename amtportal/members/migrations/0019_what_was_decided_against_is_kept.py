from django.db import migrations, models

FIELD = {
    "blank": True,
    "default": list,
    "help_text": "What the roster said before, and somebody decided against.",
}


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0018_questions_are_kept"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalrosterdifference",
            name="decided_against",
            field=models.JSONField(**FIELD),
        ),
        migrations.AddField(
            model_name="rosterdifference",
            name="decided_against",
            field=models.JSONField(**FIELD),
        ),
    ]
