from typing import Any

from django.db import migrations

from amtportal.history.shipped import write_lines


def load(apps: Any, schema_editor: Any) -> None:
    write_lines(apps, "ccp", "Category", "ActivityType", "CategoryTerms", "TypeTerms")


class Migration(migrations.Migration):
    dependencies = [
        ("ccp", "0012_transcripts_say_whence"),
    ]

    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
