"""The credentials that AMT awards, with the programme's figures. Staff edit the rows afterwards."""

import json
from decimal import Decimal
from pathlib import Path

from django.db import migrations


def load(apps, schema_editor):
    Credential = apps.get_model("certifications", "Credential")
    rows = json.loads((Path(__file__).parent.parent / "credentials.json").read_text(encoding="utf-8"))
    for row in rows:
        row["points_required"] = Decimal(row["points_required"])
        Credential.objects.get_or_create(code=row["code"], defaults=row)


class Migration(migrations.Migration):
    dependencies = [("certifications", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
