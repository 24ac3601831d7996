"""What a line of history holds: who, when and why, and the request with the client's address.

The values of the request are defaults of their columns, so that they are set both when one row is saved
and when many rows are written in bulk. ``sign`` sets the others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections, models, router
from django.utils import timezone
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from amtportal.chunks import chunks
from amtportal.history.requests import LONGEST, current_address, current_request_id

LONGEST_REASON = 100  # the column that simple-history makes
WHOEVER_ASKED = object()


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
                "request_id": current_request_id(),
                "address": current_address(),
            }
            for chunk in chunks(sorted(keys)):
                self._copy(chunk, about)

    def _copy(self, keys: Sequence[int], about: dict[str, Any]) -> None:
        """Write a line for each row with one of these keys, with the other values of its columns."""
        connection = connections[router.db_for_write(self.model)]
        quote = connection.ops.quote_name
        tracked: Any = self.model.instance_type
        own = [(field, self.model._meta.get_field(field.name)) for field in self.model.tracked_fields]
        added = [self.model._meta.get_field(name) for name in about]
        columns = ", ".join(quote(field.column) for field in [*(line for _, line in own), *added])
        values = ", ".join([*(quote(field.column) for field, _ in own), *["%s"] * len(added)])
        key = quote(tracked._meta.pk.column)
        statement = (
            f"INSERT INTO {quote(self.model._meta.db_table)} ({columns}) "  # noqa: S608
            f"SELECT {values} FROM {quote(tracked._meta.db_table)} "
            f"WHERE {key} IN ({', '.join(map(str, map(int, keys)))}) ORDER BY {key}"
        )
        fields = self.model._history_m2m_fields
        if fields:
            statement += f" RETURNING {quote(self.model._meta.get_field(tracked._meta.pk.name).column)}, history_id"
        with connection.cursor() as cursor:
            cursor.execute(
                statement,
                [field.get_db_prep_save(value, connection) for field, value in zip(added, about.values(), strict=True)],
            )
            lines = dict(cursor.fetchall()) if fields else {}
        for field in fields:
            keep_related(field, tracked.history_of.m2m_models[field], lines)


class History(HistoricalRecords):
    """The history of a model: ``history = History()``. Exclude secrets with ``excluded_fields``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(bases=(Traced,), history_manager=WholeLines, **options)

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


def keep_related(field: Any, kept: Any, lines: Mapping[int, int]) -> None:
    """Keep the rows of a many-to-many field with the lines of the records that have them.

    ``kept``: the model in which they are kept. ``lines``: the key of a line for each record, by the
    record's key.
    """
    through, source = field.remote_field.through, field.m2m_field_name()
    names = [each.attname for each in through._meta.concrete_fields]
    rows = through._base_manager.filter(**{f"{source}__in": list(lines)}).order_by("pk").values(*names)
    kept.objects.bulk_create(kept(history_id=lines[row[f"{source}_id"]], **row) for row in rows)
