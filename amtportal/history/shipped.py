"""Lines of history that a migration writes.

- The first line for rows that come with the portal: migrations write these rows without history.
  With a first line, the history of the first change by staff also shows the values before it.
- Lines that an earlier release left out, so that every row looks like the last line of its history.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from amtportal.chunks import CHUNK, chunks
from amtportal.history.lines import keep_related

# The terms that come with the portal are valid from this day.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
REASON = "Came with the portal"
LEFT_OUT = "As the row was when the portal began to compare rows with their histories"


def write_lines(apps: Any, app: str, *names: str) -> None:
    """Write a line for each row of these models that has none. ``apps`` comes from a migration."""
    for name in names:
        model, lines = apps.get_model(app, name), apps.get_model(app, f"Historical{name}")
        columns = [field.attname for field in model._meta.concrete_fields]
        lines.objects.bulk_create(
            lines(history_date=BEGINNING, history_type="+", history_change_reason=REASON, **values)
            for values in model.objects.exclude(pk__in=lines.objects.values("id")).order_by("pk").values(*columns)
        )


def write_missing_lines(
    model: Any, lines: Any, *, kept: dict[str, Any] | None = None, changed_too: bool = False
) -> None:
    """Write a line for each row whose history an earlier release left out.

    ``changed_too``: also for a row that looks different from its last line. ``kept``: the models in
    which the rows of many-to-many fields are kept, by field; a row that is related to others than
    its last line says gets a line as well.
    """
    names = {field.name for field in lines._meta.concrete_fields}
    columns = [field.attname for field in model._meta.concrete_fields if field.name in names]
    through = {field: (model._meta.get_field(field), related) for field, related in (kept or {}).items()}
    at = timezone.now()
    keys = model.objects.order_by("pk").values_list("pk", flat=True)
    for chunk in chunks(keys.iterator(chunk_size=CHUNK)):
        last = {line["id"]: line for line in lines.objects.filter(id__in=chunk).order_by("history_id").values()}
        related = {
            name: (_pairs(field, chunk), _kept_pairs(field, other, [line["history_id"] for line in last.values()]))
            for name, (field, other) in through.items()
        }
        made = []
        for row in model.objects.filter(pk__in=chunk).order_by("pk").values(*columns):
            key, line = row["id"], last.get(row["id"])
            differs = changed_too and line is not None and any(line[column] != row[column] for column in columns)
            differs |= any(stored.get(key) != told.get(key) for stored, told in related.values())
            if line is None or differs:
                made.append(
                    lines(history_date=at, history_type="~" if line else "+", history_change_reason=LEFT_OUT, **row)
                )
        of_row = {line.id: line.history_id for line in lines.objects.bulk_create(made)}
        for field, other in through.values():
            keep_related(field, other, of_row)


def _pairs(field: Any, keys: Sequence[int]) -> dict[int, set[int]]:
    """Return the keys to which these rows are related."""
    source, target = field.m2m_field_name(), field.m2m_reverse_field_name()
    return _grouped(field.remote_field.through.objects.filter(**{f"{source}__in": keys}).values_list(source, target))


def _kept_pairs(field: Any, kept: Any, lines: Sequence[int]) -> dict[int, set[int]]:
    """Return the keys to which the rows of these lines were related, of those that still exist."""
    source, target = field.m2m_field_name(), field.m2m_reverse_field_name()
    existing = field.related_model.objects.values("pk")
    return _grouped(kept.objects.filter(history__in=lines, **{f"{target}__in": existing}).values_list(source, target))


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for source, target in pairs:
        found.setdefault(source, set()).add(target)
    return found
