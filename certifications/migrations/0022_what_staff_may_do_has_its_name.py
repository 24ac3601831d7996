from django.db import migrations

from amtportal.history.granting import DEPENDENCIES, given_also


class Migration(migrations.Migration):
    dependencies = [
        *DEPENDENCIES,
        ("certifications", "0021_awards_are_corrected_and_certifications_revoked"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="certification",
            options={
                "ordering": ["member", "awarded_on", "pk"],
                "permissions": [
                    ("import_roster", "Can import a roster, which also changes addresses of accounts"),
                    ("change_status", "Can change the status of a certification"),
                    ("correct_award_date", "Can correct the day of an award"),
                    ("revoke_certification", "Can revoke a certification"),
                    ("undo_revocation", "Can undo a revocation of the same day by somebody else"),
                    ("put_on_probation", "Can put a certification on probation, extend it and end it"),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="cycle",
            options={
                "ordering": ["certification", "number"],
                "permissions": [("extend_cycle", "Can extend the grace period of a cycle")],
            },
        ),
        migrations.AlterModelOptions(
            name="cyclecorrection",
            options={
                "ordering": ["cycle", "signed_at", "pk"],
                "permissions": [("correct_closed_cycle", "Can sign a correction of a closed cycle")],
            },
        ),
        migrations.AlterModelOptions(
            name="payment",
            options={
                "ordering": ["-recorded_at", "pk"],
                "permissions": [
                    ("record_payment", "Can record a payment"),
                    ("import_payments", "Can import payments"),
                    ("reverse_payment", "Can reverse a payment that was recorded by mistake"),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="renewalinvoice",
            options={
                "ordering": ["-due_on", "pk"],
                "permissions": [
                    ("void_invoice", "Can void an invoice"),
                    ("issue_invoice_again", "Can issue a voided invoice again"),
                    ("ask_for_payment", "Can ask for a payment that the roster called paid"),
                ],
            },
        ),
        given_also(
            "certifications",
            (
                [
                    "certifications.add_certification",
                    "certifications.change_certification",
                    "members.add_member",
                    "members.change_member",
                    "members.add_user",
                    "members.change_user",
                ],
                "certification",
                [("import_roster", "Can import a roster, which also changes addresses of accounts")],
            ),
            (
                ["certifications.change_certification"],
                "certification",
                [("change_status", "Can change the status of a certification")],
            ),
            (["certifications.change_cycle"], "cycle", [("extend_cycle", "Can extend the grace period of a cycle")]),
            (
                ["certifications.add_cyclecorrection"],
                "cyclecorrection",
                [("correct_closed_cycle", "Can sign a correction of a closed cycle")],
            ),
            (
                ["certifications.add_payment"],
                "payment",
                [("record_payment", "Can record a payment"), ("import_payments", "Can import payments")],
            ),
            (
                ["certifications.change_payment"],
                "payment",
                [("reverse_payment", "Can reverse a payment that was recorded by mistake")],
            ),
            (
                ["certifications.change_renewalinvoice"],
                "renewalinvoice",
                [
                    ("void_invoice", "Can void an invoice"),
                    ("issue_invoice_again", "Can issue a voided invoice again"),
                    ("ask_for_payment", "Can ask for a payment that the roster called paid"),
                ],
            ),
        ),
    ]
