"""The terms as shipped, dated from the first day, with what staff had set in the catalogue carried over."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.db import migrations

FIRST_DAY = date(2000, 1, 1)


def load(apps, schema_editor):
    """Once the old columns are gone there is nothing to carry over: the shipped figures alone are loaded."""
    Category = apps.get_model("ccp", "Category")
    CategoryTerms = apps.get_model("ccp", "CategoryTerms")
    ActivityType = apps.get_model("ccp", "ActivityType")
    TypeTerms = apps.get_model("ccp", "TypeTerms")
    rows = json.loads((Path(__file__).parent.parent / "catalogue.json").read_text(encoding="utf-8"))
    for row in rows:
        category = Category.objects.get(code=row["code"])
        for place, kind in enumerate(row["activity_types"], start=1):
            ActivityType.objects.get_or_create(
                code=kind["code"],
                defaults={
                    "category": category,
                    "order": place,
                    **{name: kind[name] for name in ("name", "guidance", "documents")},
                },
            )
    shipped = {kind["code"]: kind["terms"] for row in rows for kind in row["activity_types"]}
    for category in Category.objects.all():
        CategoryTerms.objects.get_or_create(
            category=category,
            effective_from=FIRST_DAY,
            defaults={"cap": getattr(category, "cap", None), "provenance": "assumed"},
        )
    for kind in ActivityType.objects.all():
        terms = shipped.get(kind.code, {"provenance": "staff"})
        points = terms.get("points_per_unit")
        TypeTerms.objects.get_or_create(
            activity_type=kind,
            effective_from=FIRST_DAY,
            defaults={
                "unit": terms.get("unit", ""),
                "points_per_unit": Decimal(points) if points else None,
                "cap": getattr(kind, "cap", None),
                "claimable_from": getattr(kind, "claimable_from", None),
                "claimable_until": getattr(kind, "claimable_until", None) or terms.get("claimable_until"),
                "provenance": terms["provenance"],
            },
        )


class Migration(migrations.Migration):
    dependencies = [("ccp", "0003_dated_terms")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
