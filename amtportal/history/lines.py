"""What a line of history consists of: who, when and why, and the request with the client's address.

The values of the request are defaults of the columns: they are the same whether one row is saved
or many are written in bulk.
"""

from datetime import datetime
from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from amtportal.history.requests import LONGEST, current_address, current_request_id

LONGEST_REASON = 100  # the column that simple-history makes
WHOEVER_ASKED = object()


class Traced(models.Model):
    """A row that says in which request, and from which address, it was written."""

    request_id = models.CharField(max_length=LONGEST, blank=True, default=current_request_id, editable=False)
    address = models.GenericIPAddressField(
        "client address", null=True, blank=True, default=current_address, editable=False
    )

    class Meta:
        abstract = True


class AppendOnly(models.Model):
    """A row that the database lets nobody change or remove. Tables of history lines are so without saying it."""

    class Meta:
        abstract = True


class History(HistoricalRecords):
    """The history of a model: ``history = History()``. Leave out secrets with ``excluded_fields``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(bases=(Traced,), **options)

    def finalize(self, sender: type[models.Model], **told: Any) -> None:
        super().finalize(sender, **told)
        if sender is self.cls:
            sender.history_of = self  # type: ignore[attr-defined]

    def post_save(self, instance: Any, created: bool, using: str | None = None, **kwargs: Any) -> None:
        """Nothing is written where only columns changed that the history leaves out, such as the last sign-in."""
        if not set(kwargs.get("update_fields") or [""]) <= set(self.excluded_fields):
            super().post_save(instance, created, using, **kwargs)


def sign(instance: Any, *, by: Any = WHOEVER_ASKED, at: datetime | None = None, reason: str = "") -> None:
    """Say who, when and why in the next line of history of this record.

    ``by``: a user, None for the portal itself; left out, it is whoever made the request. ``at``: left out, it is
    the moment of writing. A ``reason`` is cut to the length of its column.
    """
    if by is not WHOEVER_ASKED:
        instance._history_user = by
    if at is not None:
        instance._history_date = at
    if reason:
        instance._change_reason = reason[:LONGEST_REASON]


def write_line(instance: Any, *, created: bool) -> None:
    """One line for a record that was saved in several steps, all of them with ``skip_history_when_saving``."""
    instance.history_of.create_historical_record(instance, "+" if created else "~")
