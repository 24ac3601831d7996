"""What a line of history holds: who, when and why, and the request with the client's address.

The values of the request are defaults of their columns, so that they are set both when one row is saved
and when many rows are written in bulk. ``sign`` sets the others.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models, transaction
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from amtportal.chunks import chunks
from amtportal.history.requests import LONGEST, current_address, current_request_id

LONGEST_REASON = 100  # the column that simple-history makes
WHOEVER_ASKED = object()
Row = TypeVar("Row", bound=models.Model)


class Traced(models.Model):
    """A row that records in which request, and from which address, it was written."""

    request_id = models.CharField(max_length=LONGEST, blank=True, default=current_request_id, editable=False)
    address = models.GenericIPAddressField(
        "client address", null=True, blank=True, default=current_address, editable=False
    )

    class Meta:
        abstract = True


class AppendOnly(models.Model):
    """A row that the database lets nobody change or remove.

    Tables of history lines are append-only even though they do not inherit from this class.
    """

    class Meta:
        abstract = True


class WholeLines(HistoryManager):
    """Writes lines in bulk that are as whole as single ones.

    The library leaves out the rows of many-to-many tables, such as the groups of an account.
    """

    def bulk_history_create(self, objs: Any, batch_size: int | None = None, **options: Any) -> Any:
        lines = super().bulk_history_create(objs, batch_size=batch_size, **options)
        tracked: Any = self.model.instance_type
        for field in self.model._history_m2m_fields:
            for chunk in chunks(lines or []):
                keep_related(field, tracked.history_of.m2m_models[field], {line.id: line for line in chunk})
        return lines


class History(HistoricalRecords):
    """The history of a model: ``history = History()``. Exclude secrets with ``excluded_fields``.

    The lines of a record are found by its key, and by the records that ``found_by`` names: those
    that the record belongs to. Nothing else has an index, because every line would write it.
    """

    def __init__(self, *, found_by: Sequence[str] = (), **options: Any) -> None:
        super().__init__(bases=(Traced,), history_manager=WholeLines, **options)
        self.found_by = found_by

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        fields: dict[str, Any] = super().copy_fields(model)
        for field in fields.values():
            field.db_index = field.name in (model._meta.pk.name, *self.found_by)
        return fields

    def _get_history_user_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super()._get_history_user_fields()
        fields["history_user"].db_index = False
        return fields

    def finalize(self, sender: type[models.Model], **kwargs: Any) -> None:
        super().finalize(sender, **kwargs)
        if sender is self.cls:
            sender.history_of = self  # type: ignore[attr-defined]

    def post_save(self, instance: Any, created: bool, using: str | None = None, **kwargs: Any) -> None:
        """Write no line if the history excludes every changed column, such as the last sign-in."""
        if not set(kwargs.get("update_fields") or [""]) <= set(self.excluded_fields):
            super().post_save(instance, created, using, **kwargs)


def sign(instance: Any, *, by: Any = WHOEVER_ASKED, at: datetime | None = None, reason: str = "") -> None:
    """Set who, when and why for the next line of history of this record.

    ``by``: a user, or None for the portal itself; if it is left out, whoever made the request. ``at``: if it is
    left out, the moment of writing. A ``reason`` is cut to the length of its column.
    """
    if by is not WHOEVER_ASKED:
        instance._history_user = by
    if at is not None:
        instance._history_date = at
    if reason:
        instance._change_reason = reason[:LONGEST_REASON]


def write_line(instance: Any, *, created: bool) -> None:
    """Write one line for a record that was saved in several steps.

    Each of these steps must set ``skip_history_when_saving``.
    """
    instance.history_of.create_historical_record(instance, "+" if created else "~")


@transaction.atomic(savepoint=False)
def create_with_lines(model: type[Row], rows: Collection[Row], *, by: Any, at: datetime) -> None:
    """Insert these rows, and the first line of history of each.

    ``by``: a user, or None for the portal itself. Two statements for each chunk of rows. No signals are sent.
    """
    for chunk in chunks(rows):
        model._base_manager.bulk_create(chunk)
        copy_lines(model, [row.pk for row in chunk], "+", by=by, at=at)


def copy_lines(model: type[models.Model], keys: Iterable[int], kind: str, *, by: Any, at: datetime) -> None:
    """Write a line of history for each of these rows, as the database has them.

    ``kind``: ``+`` for new rows, ``~`` for changed ones. The database copies the columns, so a line is always as its
    row. Many-to-many fields are not kept; a model that has any is refused.
    """
    lines = _lines_of(model)
    assert not lines._history_m2m_fields, f"{model.__name__} has many-to-many fields to keep"
    told = {
        "history_date": at,
        "history_type": kind,
        "history_user": by,
        "request_id": current_request_id(),
        "address": current_address(),
    }
    fields = [lines._meta.get_field(name) for name in told]
    values = [
        field.get_db_prep_save(getattr(value, "pk", value), connection)
        for field, value in zip(fields, told.values(), strict=True)
    ]
    for chunk in chunks(keys):
        statement = _copying(model, tuple(field.column for field in fields), len(chunk))
        with connection.cursor() as cursor:
            cursor.execute(statement, [*values, *chunk])


@cache
def _lines_of(model: type[models.Model]) -> Any:
    return model.history.model  # type: ignore[attr-defined]  # the library makes a class for each look at ``history``


@cache
def _copying(model: type[models.Model], told: tuple[str, ...], rows: int) -> str:
    """Return the statement that copies this many rows into their history.

    ``told``: the columns of a line that its row does not have.
    """
    name, lines = connection.ops.quote_name, _lines_of(model)
    kept = [(name(lines._meta.get_field(field.name).column), name(field.column)) for field in lines.tracked_fields]
    into = ", ".join([*map(name, told), *(column for column, _ in kept)])
    copied = ", ".join([*["%s"] * len(told), *(column for _, column in kept)])
    key = name(model._meta.pk.column)
    return (
        f"INSERT INTO {name(lines._meta.db_table)} ({into}) SELECT {copied} FROM {name(model._meta.db_table)} "  # noqa: S608
        f"WHERE {key} IN ({', '.join(['%s'] * rows)}) ORDER BY {key}"
    )


def keep_related(field: Any, kept: Any, lines: dict[int, Any]) -> None:
    """Keep the rows of a many-to-many field with the lines of the records that have them.

    ``kept``: the model in which they are kept. ``lines``: a line for each record, by its key.
    """
    through, source = field.remote_field.through, field.m2m_field_name()
    names = [each.attname for each in through._meta.concrete_fields]
    rows = through._base_manager.filter(**{f"{source}__in": list(lines)}).order_by("pk").values(*names)
    kept.objects.bulk_create(kept(history=lines[row[f"{source}_id"]], **row) for row in rows)
