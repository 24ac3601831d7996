"""An entry keeps the unit in which it was recorded."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ccp", "0007_window_cut"),
        ("members", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="unit",
            field=models.CharField(
                blank=True,
                choices=[
                    ("hour", "contact hour"),
                    ("semester-hour", "semester hour"),
                    ("quarter-hour", "quarter hour"),
                    ("ceu", "CEU"),
                    ("year", "year"),
                    ("work", "work"),
                ],
                help_text="As it was when recorded.",
                max_length=15,
            ),
        ),
        migrations.AddField(
            model_name="historicalactivity",
            name="unit",
            field=models.CharField(
                blank=True,
                choices=[
                    ("hour", "contact hour"),
                    ("semester-hour", "semester hour"),
                    ("quarter-hour", "quarter hour"),
                    ("ceu", "CEU"),
                    ("year", "year"),
                    ("work", "work"),
                ],
                help_text="As it was when recorded.",
                max_length=15,
            ),
        ),
        # The source itself has its own constraint, which alone is to refuse an unknown one.
        migrations.RemoveConstraint(model_name="activity", name="ccp_activity_reference_of_amt_only"),
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source", "amt"), models.Q(("provider_reference", ""), _negated=True)),
                    models.Q(models.Q(("source", "amt"), _negated=True), ("provider_reference", "")),
                    _connector="OR",
                ),
                name="ccp_activity_reference_of_amt_only",
            ),
        ),
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("quantity", None), ("unit", "")),
                    models.Q(
                        ("quantity__isnull", False),
                        ("unit__in", ["hour", "semester-hour", "quarter-hour", "ceu", "year", "work"]),
                    ),
                    _connector="OR",
                ),
                name="ccp_activity_quantity_has_unit",
            ),
        ),
    ]
