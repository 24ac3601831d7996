"""Facts that are older than the figures with which the portal came.

- The fees of 1 March 2020: $95 where it was $90, $60 where it was $50.
- MT is MLS, Medical Laboratory Scientist, since early in 2023. PCT, Patient Care Technician, is new.

A fee or a name that staff have changed stays as it is, and so does every invoice. Where a portal has
an MLS of its own beside MT, or no MT, nothing is renamed.
"""

import json
from pathlib import Path
from typing import Any

from django.db import migrations
from django.utils import timezone

from amtportal.history.shipped import REASON as SHIPPED
from amtportal.history.shipped import write_lines

SHIPPED_FEES = {
    **dict.fromkeys(("MT", "MLT", "MDT", "CLC"), 9000),
    **dict.fromkeys(("RMA", "CMAS", "CMLA", "RDA", "RPT"), 5000),
}
NEW = ("PCT",)
REASON = "Came with a later release: see the source"


def load(apps: Any, schema_editor: Any) -> None:
    Credential = apps.get_model("certifications", "Credential")
    FormerName = apps.get_model("certifications", "FormerName")
    lines = apps.get_model("certifications", "HistoricalCredential")
    columns = [field.attname for field in Credential._meta.concrete_fields]
    rows = json.loads((Path(__file__).parent.parent / "credentials.json").read_text(encoding="utf-8"))
    at = timezone.now()

    def was_changed(credential: Any, *fields: str) -> bool:
        own = lines.objects.filter(id=credential.pk)
        return any(own.exclude(**{field: getattr(credential, field)}).exists() for field in fields)

    for row in rows:
        former = row.get("formerly", [])
        present = Credential.objects.filter(code=row["code"]).first()
        before = Credential.objects.filter(code__in=[name["code"] for name in former]).first()
        credential = present or before
        if credential is None:
            if row["code"] in NEW:
                Credential.objects.create(**{column: value for column, value in row.items() if column in columns})
            continue
        values: dict[str, Any] = {}
        if credential.annual_fee == SHIPPED_FEES.get(credential.code) and not was_changed(credential, "annual_fee"):
            values["annual_fee"] = row["annual_fee"]
        if before is None:
            is_renamed = credential.name == row["name"]  # it has the new name already
        else:
            is_shipped = (before.code, before.name) == (former[-1]["code"], former[-1]["name"])
            is_renamed = present is None and is_shipped and not was_changed(before, "code", "name")
        if former and is_renamed:
            values |= {"code": row["code"], "name": row["name"], "renamed_on": row["renamed_on"]}
            for name in former:
                FormerName.objects.get_or_create(credential=credential, until=name["until"], defaults=name)
        came_with_portal = lines.objects.filter(id=credential.pk, history_change_reason=SHIPPED).exists()
        fee = values.get("annual_fee", credential.annual_fee)
        if came_with_portal and not credential.source and fee == row["annual_fee"]:
            values["source"] = row["source"]
        if any(str(getattr(credential, column)) != str(value) for column, value in values.items()):
            own = Credential.objects.filter(pk=credential.pk)
            own.update(**values)
            lines.objects.create(
                history_date=at, history_type="~", history_change_reason=REASON, **own.values(*columns).get()
            )
    write_lines(apps, "certifications", "Credential", "FormerName")


class Migration(migrations.Migration):
    dependencies = [
        ("certifications", "0013_fees_of_before_and_former_names"),
    ]

    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
