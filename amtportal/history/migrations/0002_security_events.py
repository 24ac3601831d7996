from django.db import migrations, models

KINDS = [
    ("signed-in", "Signed in"),
    ("signed-out", "Signed out"),
    ("refused", "Sign-in refused"),
    ("code-refused", "Code refused"),
    ("confirmed", "Confirmed that it is the same person"),
    ("limit", "Limit reached"),
    ("password-set", "Password set"),
    ("password-changed", "Password changed"),
    ("password-reset", "Password set by a mailed link, as in activation"),
    ("factor-added", "Second factor added"),
    ("factor-removed", "Second factor removed"),
    ("codes-renewed", "Recovery codes made anew"),
    ("code-used", "Recovery code used"),
    ("address-asked", "Change of the e-mail address asked for"),
    ("address-changed", "E-mail address changed"),
    ("sessions-ended", "Sessions ended"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="securityevent", name="history_securityevent_kind_known"),
        migrations.RemoveConstraint(model_name="securityevent", name="history_securityevent_somebody"),
        migrations.AddField(
            model_name="securityevent",
            name="detail",
            field=models.CharField(
                blank=True, default="", help_text="Which factors, limit, sessions or address.", max_length=100
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="securityevent", name="kind", field=models.CharField(choices=KINDS, max_length=20)
        ),
        migrations.AddConstraint(
            model_name="securityevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", [kind for kind, _ in KINDS])), name="history_securityevent_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="securityevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "refused"), ("user", None)),
                    models.Q(("kind", "limit"), ("user", None)),
                    models.Q(models.Q(("kind", "refused"), _negated=True), ("email", ""), ("user__isnull", False)),
                    _connector="OR",
                ),
                name="history_securityevent_somebody",
            ),
        ),
    ]
