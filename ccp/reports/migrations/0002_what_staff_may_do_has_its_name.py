from django.db import migrations

from amtportal.history.granting import DEPENDENCIES, given_also


class Migration(migrations.Migration):
    dependencies = [
        *DEPENDENCIES,
        ("reports", "0001_lists_and_reports"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="savedfilter",
            options={
                "ordering": ["name", "pk"],
                "permissions": [("keep_filters", "Can keep filters of lists, and delete one's own")],
            },
        ),
        migrations.AlterModelOptions(
            name="reportcount",
            options={
                "ordering": ["-pk"],
                "permissions": [("count_reports", "Can have a report counted before the night")],
            },
        ),
        given_also(
            "reports",
            (
                ["reports.view_lists"],
                "savedfilter",
                [("keep_filters", "Can keep filters of lists, and delete one's own")],
            ),
            (
                ["reports.view_reports"],
                "reportcount",
                [("count_reports", "Can have a report counted before the night")],
            ),
        ),
    ]
