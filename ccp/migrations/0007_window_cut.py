"""An entry can be cut because its days lie outside those in which its type can be claimed."""

from django.db import migrations, models

CUTS = [
    ("", "Not cut"),
    ("type-cap", "Over the cap of the activity type"),
    ("category-cap", "Over the cap of the category"),
    ("window", "Outside the days in which the type can be claimed"),
    ("not-standing", "Withdrawn or void"),
    ("unclaimed", "No longer claimed for this certification"),
]


class Migration(migrations.Migration):
    dependencies = [("ccp", "0006_credits_and_reports")]

    operations = [
        migrations.RemoveConstraint("credit", "ccp_credit_cut_known"),
        migrations.RemoveConstraint("credit", "ccp_credit_nothing_counts_unclaimed"),
        *(
            migrations.AlterField(model, "cut", models.CharField(blank=True, choices=CUTS, default="", max_length=15))
            for model in ("credit", "historicalcredit")
        ),
        migrations.AddConstraint(
            "credit",
            models.CheckConstraint(
                condition=models.Q(
                    ("cut__in", ["", "type-cap", "category-cap", "window", "not-standing", "unclaimed"])
                ),
                name="ccp_credit_cut_known",
            ),
        ),
        migrations.AddConstraint(
            "credit",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cut__in", ["window", "not-standing", "unclaimed"]), _negated=True),
                    ("points", 0),
                    _connector="OR",
                ),
                name="ccp_credit_nothing_counts_unclaimed",
            ),
        ),
    ]
