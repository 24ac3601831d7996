from django.db import migrations, models

ROSTER_EMAIL = {
    "blank": True,
    "editable": False,
    "max_length": 254,
    "help_text": "The roster's address, which the member has replaced by another one.",
}


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0005_outgoing_mail"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(blank=True, default="", editable=False, max_length=5),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="member",
            name="roster_email",
            field=models.EmailField(default="", **ROSTER_EMAIL),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="roster_email",
            field=models.EmailField(default="", **ROSTER_EMAIL),
            preserve_default=False,
        ),
    ]
