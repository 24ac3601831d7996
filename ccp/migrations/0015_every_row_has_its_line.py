"""``verify_records`` compares every row with the last line of its history.

Earlier releases left some lines out: of rows that are older than their history, of e-mail addresses
that a roster added or changed, of the groups of an account whose address a roster changed, and of
the credentials for which an activity type counts.
"""

from typing import Any

from django.conf import settings
from django.db import migrations

from amtportal.history.shipped import write_missing_lines


def load(apps: Any, schema_editor: Any) -> None:
    model = apps.get_model
    write_missing_lines(model("account", "EmailAddress"), model("history", "HistoricalEmailAddress"), changed_too=True)
    write_missing_lines(model("mfa", "Authenticator"), model("history", "HistoricalAuthenticator"))
    write_missing_lines(
        model("auth", "Group"),
        model("history", "HistoricalGroup"),
        kept={"permissions": model("history", "HistoricalGroup_permissions")},
    )
    write_missing_lines(
        model("members", "User"),
        model("members", "HistoricalUser"),
        kept={
            "groups": model("members", "HistoricalUser_groups"),
            "user_permissions": model("members", "HistoricalUser_user_permissions"),
        },
    )
    write_missing_lines(
        model("ccp", "ActivityType"),
        model("ccp", "HistoricalActivityType"),
        kept={"credentials": model("ccp", "HistoricalActivityType_credentials")},
    )
    for name in ("CalendarFeed", "ErrorReport", "HeldCredit"):
        write_missing_lines(model("ccp", name), model("ccp", f"Historical{name}"))


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("history", "0003_histories_of_packages"),
        ("members", "0006_own_address_and_language"),
        ("ccp", "0014_what_is_kept_is_known"),
    ]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
