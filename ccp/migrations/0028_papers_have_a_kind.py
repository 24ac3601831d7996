import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ccp", "0027_course_link_has_come"),
        ("certifications", "0017_certificates_are_found_by_number"),
    ]

    operations = [
        migrations.AddField(
            model_name="transcript",
            name="kind",
            field=models.CharField(
                choices=[
                    ("transcript", "CE transcript"),
                    ("card", "Digital card"),
                    ("letter", "Letter of good standing"),
                    ("completion", "Certificate of completion"),
                ],
                default="transcript",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="transcript",
            name="certification",
            field=models.ForeignKey(
                blank=True,
                help_text="Of a card, a letter and a certificate of completion.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="papers",
                to="certifications.certification",
            ),
        ),
        migrations.AlterField(
            model_name="transcript",
            name="cycle",
            field=models.ForeignKey(
                blank=True,
                help_text="Of a transcript: empty for the whole history of the member.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transcripts",
                to="certifications.cycle",
            ),
        ),
    ]
