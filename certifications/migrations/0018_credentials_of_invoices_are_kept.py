"""The credential of each invoice and change of status: that of its certification, which does not change.

The column is not in the history of invoices, and earlier seals of changes do not cover it: it
follows from what is.
"""

import django.db.models.deletion
from django.db import migrations, models

OF_INVOICES = """
    UPDATE certifications_renewalinvoice SET listed_credential_id = (
        SELECT certification.credential_id
        FROM certifications_cycle cycle
        JOIN certifications_certification certification ON certification.id = cycle.certification_id
        WHERE cycle.id = certifications_renewalinvoice.cycle_id
    )
"""
OF_CHANGES = """
    UPDATE certifications_statuschange SET listed_credential_id = (
        SELECT certification.credential_id
        FROM certifications_certification certification
        WHERE certification.id = certifications_statuschange.certification_id
    )
"""


def keep(apps, schema_editor):
    schema_editor.execute(OF_INVOICES)
    schema_editor.execute(OF_CHANGES)


def allow(apps, schema_editor):
    """Let the column be filled: changes of status are append-only."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE certifications_statuschange DISABLE TRIGGER USER")
    else:  # it is created again after the migrations
        schema_editor.execute("DROP TRIGGER IF EXISTS certifications_statuschange_no_update")


def refuse(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE certifications_statuschange ENABLE TRIGGER USER")


def _kept():
    return models.ForeignKey(
        db_index=False,
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="certifications.credential",
    )


class Migration(migrations.Migration):
    dependencies = [("certifications", "0017_certificates_are_found_by_number")]

    operations = [
        migrations.AddField(model_name="renewalinvoice", name="listed_credential", field=_kept()),
        migrations.AddField(model_name="statuschange", name="listed_credential", field=_kept()),
        migrations.RunPython(allow, migrations.RunPython.noop),
        migrations.RunPython(keep, migrations.RunPython.noop),
        migrations.RunPython(refuse, migrations.RunPython.noop),
    ]
