from django.db import migrations

from amtportal.history.granting import DEPENDENCIES, given_also


class Migration(migrations.Migration):
    dependencies = [
        *DEPENDENCIES,
        ("ccp", "0032_held_credits_have_a_name_and_provider"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="activity",
            options={
                "ordering": ["-starts_on", "-pk"],
                "permissions": [
                    ("void_entry", "Can void an entry"),
                    ("import_entries", "Can import entries from AMTrax"),
                    ("set_points", "Can set the points of an activity"),
                    ("take_back_void", "Can put an entry back on record that was voided"),
                ],
                "verbose_name_plural": "activities",
            },
        ),
        migrations.AlterModelOptions(
            name="activitytype",
            options={
                "ordering": ["category__order", "order", "name"],
                "permissions": [("set_type_terms", "Can set the terms of an activity type from a day on")],
            },
        ),
        migrations.AlterModelOptions(
            name="category",
            options={
                "ordering": ["order", "name"],
                "permissions": [("set_category_terms", "Can set the terms of a category from a day on")],
                "verbose_name_plural": "categories",
            },
        ),
        migrations.AlterModelOptions(
            name="errorreport",
            options={
                "ordering": ["-reported_at", "-pk"],
                "permissions": [("answer_error_report", "Can answer a report of an error")],
            },
        ),
        migrations.AlterModelOptions(
            name="heldcredit",
            options={
                "ordering": ["received_at", "pk"],
                "permissions": [
                    ("import_credits", "Can import credits from AMT"),
                    ("match_held_credits", "Can match held credits with certifications"),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="transcriptbatch",
            options={
                "ordering": ["-pk"],
                "permissions": [("issue_transcripts", "Can issue the transcripts of many cycles")],
                "verbose_name_plural": "transcript batches",
            },
        ),
        given_also(
            "ccp",
            (["ccp.change_activity"], "activity", [("void_entry", "Can void an entry")]),
            (["ccp.add_activity"], "activity", [("import_entries", "Can import entries from AMTrax")]),
            (
                ["ccp.change_activitytype"],
                "activitytype",
                [("set_type_terms", "Can set the terms of an activity type from a day on")],
            ),
            (
                ["ccp.change_category"],
                "category",
                [("set_category_terms", "Can set the terms of a category from a day on")],
            ),
            (["ccp.change_errorreport"], "errorreport", [("answer_error_report", "Can answer a report of an error")]),
            (
                ["ccp.add_heldcredit"],
                "heldcredit",
                [
                    ("import_credits", "Can import credits from AMT"),
                    ("match_held_credits", "Can match held credits with certifications"),
                ],
            ),
            (
                ["ccp.add_transcriptbatch"],
                "transcriptbatch",
                [("issue_transcripts", "Can issue the transcripts of many cycles")],
            ),
        ),
    ]
