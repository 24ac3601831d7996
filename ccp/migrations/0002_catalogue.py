"""The six categories with their activity types, as shipped. Staff edit the rows afterwards."""

import json
from pathlib import Path

from django.db import migrations


def load(apps, schema_editor):
    Category = apps.get_model("ccp", "Category")
    ActivityType = apps.get_model("ccp", "ActivityType")
    rows = json.loads((Path(__file__).parent.parent / "catalogue.json").read_text(encoding="utf-8"))
    for order, row in enumerate(rows, start=1):
        category, _ = Category.objects.get_or_create(
            code=row["code"], defaults={"name": row["name"], "guidance": row["guidance"], "order": order}
        )
        for place, kind in enumerate(row["activity_types"], start=1):
            ActivityType.objects.get_or_create(
                code=kind["code"],
                defaults={
                    "category": category,
                    "order": place,
                    **{name: kind[name] for name in ("name", "guidance", "documents")},
                },
            )


class Migration(migrations.Migration):
    dependencies = [("ccp", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
