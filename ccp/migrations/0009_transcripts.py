"""Transcripts that were issued, and the files made of them."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ccp", "0008_quantity_has_unit"),
        ("certifications", "0004_status_changes_known"),
        ("members", "0002_search_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Transcript",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        help_text="Printed on it. Whoever has it can check it.", max_length=16, unique=True
                    ),
                ),
                (
                    "content_hash",
                    models.CharField(
                        help_text="SHA-256 of the record that it shows: the same record has one issue.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                ("snapshot", models.JSONField(help_text="What it said, for those who check it.")),
                ("issued_at", models.DateTimeField()),
                (
                    "cycle",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: the whole history of the member.",
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="transcripts",
                        to="certifications.cycle",
                    ),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="transcripts_issued",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="transcripts", to="members.member"),
                ),
            ],
            options={
                "ordering": ["-issued_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="TranscriptFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, unique=True, verbose_name="SHA-256")),
                ("made_at", models.DateTimeField()),
                (
                    "transcript",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="files", to="ccp.transcript"),
                ),
            ],
            options={
                "ordering": ["transcript", "made_at"],
            },
        ),
    ]
