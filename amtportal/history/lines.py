"""What a line of history holds: who, when and why, and the request with the client's address.

The values of the request are defaults of their columns, so that they are set both when one row is saved
and when many rows are written in bulk. ``sign`` sets the others.
"""

from datetime import datetime
from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

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


class History(HistoricalRecords):
    """The history of a model: ``history = History()``. Exclude secrets with ``excluded_fields``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(bases=(Traced,), **options)

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
