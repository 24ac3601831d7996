from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("members", "0026_members_without_a_sign_in_are_listed")]
    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [("give_roles", "Can give roles to staff and take them away, within one's own rights")]
            },
        ),
    ]
