"""Commands that an operator runs by a schedule: whoever wants to know how they ended is told.

A command of the night inherits ``NightlyCommand``. The signal ``ended`` is sent after each run that
writes: not after ``--dry-run``, which only says what would be done.
"""

import logging
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.dispatch import Signal
from django.utils import timezone

logger = logging.getLogger(__name__)

ended = Signal()
"""Sent with ``command`` (its name), ``began_at`` and ``failure``: why it failed, empty if it did its work."""


class NightlyCommand(BaseCommand):
    def execute(self, *args: Any, **options: Any) -> Any:
        began_at = timezone.now()
        try:
            said = super().execute(*args, **options)
        except SystemExit as stop:
            self._tell(began_at, options, f"It ended with status {stop.code}." if stop.code else "")
            raise
        except BaseException as error:
            self._tell(began_at, options, f"{type(error).__name__}: {error}".rstrip(": "))
            raise
        self._tell(began_at, options, "")
        return said

    def _tell(self, began_at: datetime, options: dict[str, Any], failure: str) -> None:
        if options.get("dry_run"):
            return
        command = type(self).__module__.rpartition(".")[2]
        for receiver, answer in ended.send_robust(type(self), command=command, began_at=began_at, failure=failure):
            if isinstance(answer, Exception):
                logger.error("%s could not note how %s ended: %s", receiver, command, answer)
