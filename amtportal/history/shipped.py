"""The first line of history for rows that come with the portal.

Migrations write these rows without history. With a first line, the history of the first change by
staff also shows the values before it.
"""

from datetime import UTC, datetime
from typing import Any

# The terms that come with the portal are valid from this day.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
REASON = "Came with the portal"


def write_lines(apps: Any, app: str, *names: str) -> None:
    """Write a line for each row of these models that has none. ``apps`` comes from a migration."""
    for name in names:
        model, lines = apps.get_model(app, name), apps.get_model(app, f"Historical{name}")
        columns = [field.attname for field in model._meta.concrete_fields]
        lines.objects.bulk_create(
            lines(history_date=BEGINNING, history_type="+", history_change_reason=REASON, **values)
            for values in model.objects.exclude(pk__in=lines.objects.values("id")).order_by("pk").values(*columns)
        )
