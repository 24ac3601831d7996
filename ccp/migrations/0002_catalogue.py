"""The six categories with their activity types, as shipped. Staff edit the rows afterwards."""

import json
from decimal import Decimal
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
            points = kind.pop("points_per_unit", None)
            ActivityType.objects.get_or_create(
                code=kind["code"],
                defaults={
                    **kind,
                    "category": category,
                    "order": place,
                    "points_per_unit": Decimal(points) if points else None,
                },
            )


class Migration(migrations.Migration):
    dependencies = [("ccp", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
