"""The first line of rows that come with the portal, so that the first change by staff says from what, too.

Migrations write such rows, and no history with them.
"""

from datetime import UTC, datetime
from typing import Any

# The day from which the terms hold that come with the portal.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
REASON = "Came with the portal"


def write_lines(apps: Any, app: str, *names: str) -> None:
    """A line for each row of these models that has none. ``apps``: as a migration is given it."""
    for name in names:
        model, lines = apps.get_model(app, name), apps.get_model(app, f"Historical{name}")
        columns = [field.attname for field in model._meta.concrete_fields]
        lines.objects.bulk_create(
            lines(history_date=BEGINNING, history_type="+", history_change_reason=REASON, **values)
            for values in model.objects.exclude(pk__in=lines.objects.values("id")).order_by("pk").values(*columns)
        )
