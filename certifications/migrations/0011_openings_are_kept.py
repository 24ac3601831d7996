"""The day on which each invoice opens, as ``certifications.invoices.opening`` says it.

The column is not in the history: it follows from what is.
"""

from django.db import migrations

DAYS_LATER = {"postgresql": "({day} + {days})", "sqlite": "date({day}, '{days:+} days')"}
LATER_OF = {"postgresql": "GREATEST", "sqlite": "MAX"}


def keep(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    noticed = DAYS_LATER[vendor].format(day="due_on", days=-60)
    after_met = DAYS_LATER[vendor].format(day="cycle.requirement_met_on", days=1)
    schema_editor.execute(f"UPDATE certifications_renewalinvoice SET opens_on = {noticed}")  # noqa: S608
    schema_editor.execute(
        f"""
        UPDATE certifications_renewalinvoice SET opens_on = (
            SELECT {LATER_OF[vendor]}({noticed}, {after_met})
            FROM certifications_cycle cycle WHERE cycle.id = cycle_id AND cycle.requirement_met_on IS NOT NULL
        )
        WHERE year = 3 AND cycle_id IN (
            SELECT cycle.id FROM certifications_cycle cycle
            JOIN certifications_certification certification ON certification.id = cycle.certification_id
            WHERE COALESCE(cycle.mandatory_at_close, certification.ccp_mandatory)
        )
        """  # noqa: S608
    )


class Migration(migrations.Migration):
    dependencies = [("certifications", "0010_lists_have_indexes")]

    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
