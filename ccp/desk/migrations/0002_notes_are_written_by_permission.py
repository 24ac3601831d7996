from django.db import migrations

from amtportal.history.granting import DEPENDENCIES, given_also


class Migration(migrations.Migration):
    dependencies = [
        *DEPENDENCIES,
        ("desk", "0001_what_staff_note_is_kept"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="note",
            options={"ordering": ["-pk"], "permissions": [("write_note", "Can write a note about a member")]},
        ),
        given_also(
            "desk",
            (["desk.add_note"], "note", [("write_note", "Can write a note about a member")]),
        ),
    ]
