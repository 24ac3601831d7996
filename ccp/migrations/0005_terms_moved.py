"""What an activity type is worth now stands in its dated terms."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ccp", "0004_shipped_terms")]

    operations = [
        migrations.RemoveConstraint(
            model_name="activitytype",
            name="ccp_activitytype_cap_in_quarters",
        ),
        migrations.RemoveConstraint(
            model_name="activitytype",
            name="ccp_activitytype_points_per_unit_in_quarters",
        ),
        migrations.RemoveConstraint(
            model_name="activitytype",
            name="ccp_activitytype_window_in_order",
        ),
        migrations.RemoveConstraint(
            model_name="category",
            name="ccp_category_cap_in_quarters",
        ),
        migrations.RemoveField(
            model_name="activitytype",
            name="cap",
        ),
        migrations.RemoveField(
            model_name="activitytype",
            name="claimable_from",
        ),
        migrations.RemoveField(
            model_name="activitytype",
            name="claimable_until",
        ),
        migrations.RemoveField(
            model_name="activitytype",
            name="points_per_unit",
        ),
        migrations.RemoveField(
            model_name="activitytype",
            name="unit",
        ),
        migrations.RemoveField(
            model_name="category",
            name="cap",
        ),
        migrations.RemoveField(
            model_name="historicalactivitytype",
            name="cap",
        ),
        migrations.RemoveField(
            model_name="historicalactivitytype",
            name="claimable_from",
        ),
        migrations.RemoveField(
            model_name="historicalactivitytype",
            name="claimable_until",
        ),
        migrations.RemoveField(
            model_name="historicalactivitytype",
            name="points_per_unit",
        ),
        migrations.RemoveField(
            model_name="historicalactivitytype",
            name="unit",
        ),
        migrations.RemoveField(
            model_name="historicalcategory",
            name="cap",
        ),
    ]
