"""What a line of history holds: who, when and why, and the request with the client's address.

The values of the request are defaults of their columns, so that they are set both when one row is saved
and when many rows are written in bulk. ``sign`` sets the others.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.db import connections, models, router, transaction
from django.utils import timezone
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
    """Writes lines in bulk that are as whole as single ones, in one statement for each chunk.

    The database copies the rows as they are stored: building a line in Python, value by value,
    costs several times as much as storing it. The library also leaves out the rows of many-to-many
    tables, such as the groups of an account.
    """

    def bulk_history_create(
        self,
        objs: Any,
        batch_size: int | None = None,
        update: bool = False,
        default_user: Any = None,
        default_change_reason: str | None = "",
        default_date: datetime | None = None,
        custom_historical_attrs: Any = None,
    ) -> None:
        """Write a line for each of these records, which are stored already.

        Lines that say the same of who, when and why are written together, in the order of the
        records' keys.
        """
        assert not custom_historical_attrs, "a line holds what its record holds"
        if not getattr(settings, "SIMPLE_HISTORY_ENABLED", True):
            return
        at = default_date or timezone.now()
        whoever_asked = default_user or self.model.get_default_history_user(None)
        together: dict[tuple[Any, datetime, str | None], list[int]] = {}
        for record in objs:
            user = getattr(record, "_history_user", whoever_asked)
            reason = getattr(record, "_change_reason", None) or default_change_reason
            occasion = (user and user.pk, getattr(record, "_history_date", at), reason)
            together.setdefault(occasion, []).append(record.pk)
        for (user, date, reason), keys in together.items():
            about = {
                "history_user": user,
                "history_date": date,
                "history_change_reason": reason,
                "history_type": "~" if update else "+",
                **_request(),
            }
            for chunk in chunks(sorted(keys)):
                _copy(self.model, chunk, about)


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
            # Migrations prepare thousands of models, none of which has a history of this kind.
            models.signals.class_prepared.disconnect(self.finalize)

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
    about = {"history_date": at, "history_type": "+", "history_user": by and by.pk, **_request()}
    for chunk in chunks(rows):
        model._base_manager.bulk_create(chunk)
        _copy(_lines_of(model), [row.pk for row in chunk], about)


def write_lines(
    model: type[models.Model], keys: Collection[int], *, deleted: bool = False, by: Any, at: datetime, reason: str
) -> None:
    """Write a line for each of these rows, which were changed in a set or are about to be deleted.

    ``by``: a user, or None for the portal itself.
    """
    about = {
        "history_date": at,
        "history_type": "-" if deleted else "~",
        "history_user": by and by.pk,
        "history_change_reason": reason[:LONGEST_REASON],
        **_request(),
    }
    for chunk in chunks(sorted(keys)):
        _copy(_lines_of(model), chunk, about)


def _request() -> dict[str, str | None]:
    return {"request_id": current_request_id(), "address": current_address()}


def _copy(lines: Any, keys: Sequence[int], about: Mapping[str, Any]) -> None:
    """Write a line for each row with one of these keys. The database copies the row's own columns.

    ``lines``: the model of the lines. ``about``: the values that are not the row's, by field.
    """
    connection = connections[router.db_for_write(lines)]
    values = [lines._meta.get_field(name).get_db_prep_save(value, connection) for name, value in about.items()]
    fields = lines._history_m2m_fields
    with connection.cursor() as cursor:
        cursor.execute(_copying(connection.alias, lines, tuple(about), len(keys)), [*values, *keys])
        copied = dict(cursor.fetchall()) if fields else {}
    for field in fields:
        keep_related(field, lines.instance_type.history_of.m2m_models[field], copied)


@cache
def _lines_of(model: type[models.Model]) -> Any:
    return model.history.model  # type: ignore[attr-defined]  # the library makes a class for each look at ``history``


@cache
def _copying(alias: str, lines: Any, about: tuple[str, ...], rows: int) -> str:
    """Return the statement that copies this many rows into their history.

    If a many-to-many field is kept, it returns the keys of the rows with those of their lines.
    """
    quote = connections[alias].ops.quote_name
    of_lines, of_rows = lines._meta, lines.instance_type._meta
    kept = [(quote(of_lines.get_field(field.name).column), quote(field.column)) for field in lines.tracked_fields]
    added = [quote(of_lines.get_field(name).column) for name in about]
    into = ", ".join([*added, *(column for column, _ in kept)])
    copied = ", ".join([*["%s"] * len(about), *(column for _, column in kept)])
    key = quote(of_rows.pk.column)
    statement = (
        f"INSERT INTO {quote(of_lines.db_table)} ({into}) SELECT {copied} FROM {quote(of_rows.db_table)} "  # noqa: S608
        f"WHERE {key} IN ({', '.join(['%s'] * rows)}) ORDER BY {key}"
    )
    if lines._history_m2m_fields:
        statement += f" RETURNING {quote(of_lines.get_field(of_rows.pk.name).column)}, {quote(of_lines.pk.column)}"
    return statement


def keep_related(field: Any, kept: Any, lines: Mapping[int, int]) -> None:
    """Keep the rows of a many-to-many field with the lines of the records that have them.

    ``kept``: the model in which they are kept. ``lines``: the key of a line for each record, by the
    record's key.
    """
    through, source = field.remote_field.through, field.m2m_field_name()
    names = [each.attname for each in through._meta.concrete_fields]
    rows = through._base_manager.filter(**{f"{source}__in": list(lines)}).order_by("pk").values(*names)
    kept.objects.bulk_create(kept(history_id=lines[row[f"{source}_id"]], **row) for row in rows)
