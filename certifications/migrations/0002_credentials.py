"""The credentials that AMT awards, with the programme's figures. Staff edit the rows afterwards."""

import json
from decimal import Decimal
from pathlib import Path

from django.db import migrations


def load(apps, schema_editor):
    Credential = apps.get_model("certifications", "Credential")
    rows = json.loads((Path(__file__).parent.parent / "credentials.json").read_text(encoding="utf-8"))
    known = {field.name for field in Credential._meta.fields}
    for row in rows:
        values = {column: value for column, value in row.items() if column in known}
        values["points_required"] = Decimal(row["points_required"])
        Credential.objects.get_or_create(code=row["code"], defaults=values)


class Migration(migrations.Migration):
    dependencies = [("certifications", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
