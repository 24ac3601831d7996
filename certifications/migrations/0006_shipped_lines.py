from typing import Any

from django.db import migrations

from amtportal.history.shipped import write_lines


def load(apps: Any, schema_editor: Any) -> None:
    write_lines(apps, "certifications", "Credential")


class Migration(migrations.Migration):
    dependencies = [
        ("certifications", "0005_history_lines"),
    ]

    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
