"""Indexes for the searches of staff: the start of a name, an AMT ID or an address, in capitals, as ``istartswith`` asks.

PostgreSQL only: it needs an operator class for LIKE. SQLite scans, which is quick enough for what SQLite holds.
"""

from django.db import migrations

INDEXES = {
    "members_member_amt_id_start": ("members_member", "amt_id"),
    "members_member_first_start": ("members_member", "first_name"),
    "members_member_last_start": ("members_member", "last_name"),
    "members_user_email_start": ("members_user", "email"),
}


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, (table, column) in INDEXES.items():
            schema_editor.execute(f"CREATE INDEX {name} ON {table} (UPPER({column}) text_pattern_ops)")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
