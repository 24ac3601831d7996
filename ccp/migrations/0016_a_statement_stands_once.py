import django.db.models.deletion
from django.db import migrations, models

STATEMENT = {
    "blank": True,
    "db_index": False,
    "help_text": "What was attested to, as it was shown.",
    "null": True,
    "related_name": "+",
    "to": "ccp.attestationstatement",
}


def text() -> "models.TextField[str, str]":
    """The column that an entry had before. Its name and its values stay."""
    return models.TextField(
        blank=True, db_column="attestation", help_text="The statement of an early entry.", verbose_name="attestation"
    )


class Migration(migrations.Migration):
    dependencies = [("ccp", "0015_every_row_has_its_line")]

    operations = [
        migrations.CreateModel(
            name="AttestationStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(unique=True)),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="ccp_attestationstatement_has_text"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="activity",
            name="statement",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, **STATEMENT),
        ),
        migrations.AddField(
            model_name="historicalactivity",
            name="statement",
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, **STATEMENT),
        ),
        *(migrations.AlterField(model, "attestation", text()) for model in ("activity", "historicalactivity")),
        *(
            migrations.RenameField(model, "attestation", "attestation_text")
            for model in ("activity", "historicalactivity")
        ),
    ]
