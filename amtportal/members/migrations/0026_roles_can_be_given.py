from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("members", "0025_questions_are_found")]
    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [("give_roles", "Can give roles to staff and take them away, within one's own rights")]
            },
        ),
    ]
