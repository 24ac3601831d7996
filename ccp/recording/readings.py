"""Readings: the worker reads a file that waits for its form, so that the form can be filled in.

- A file is read once. The task is stored with the row, and comes before longer work.
- A worker that is killed is followed by another, which begins again after ``LEASE``.
- Whatever happens, the file stays attached to the form: a reading that fails, or that no worker
  begins, leaves the fields to the member.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from amtportal.uploads import kept
from amtportal.uploads.kept import FileKind
from ccp.models import PendingFile, Reading, ReadingState
from ccp.reading import reading as engine

LATE_AFTER = timedelta(seconds=12)
"""A reading that no worker has begun by then is told as late."""
GIVEN_UP_AFTER = timedelta(minutes=2)
"""Nobody waits longer on a page. The reading may still be finished."""
LEASE = timedelta(seconds=engine.WAIT_SECONDS + 10)
"""A reading that is still going on is not begun a second time."""
FIRST = 50
"""Somebody looks at the page and waits: these tasks come before those without a priority."""
logger = logging.getLogger(__name__)


class Standing(Enum):
    """What a page says about a reading."""

    WAITING = "waiting"
    LATE = "late"
    DONE = "done"
    FAILED = "failed"
    GIVEN_UP = "given-up"

    @property
    def is_open(self) -> bool:
        """Return whether it is worth asking again soon."""
        return self in (Standing.WAITING, Standing.LATE)


def standing(reading: Reading, at: datetime) -> Standing:
    """Return what a page says about the reading now."""
    if reading.state != ReadingState.WAITING:
        return Standing.DONE if reading.state == ReadingState.DONE else Standing.FAILED
    waits = at - reading.asked_at
    if waits >= GIVEN_UP_AFTER:
        return Standing.GIVEN_UP
    return Standing.LATE if reading.begun_at is None and waits >= LATE_AFTER else Standing.WAITING


@transaction.atomic
def ask(*, file: PendingFile, at: datetime, may_be_read: bool = True) -> Reading | None:
    """Have the file read by the worker. A file that was read, or is being read, is not read again.

    If it may not be read, because the member has had too many read, the reading has failed at once.
    None if the file waits no more, because its form was submitted in the meantime.
    """
    if not PendingFile.objects.select_for_update().filter(pk=file.pk):
        return None
    state = ReadingState.WAITING if may_be_read else ReadingState.FAILED
    reading, is_new = Reading.objects.get_or_create(file=file, defaults={"asked_at": at, "state": state})
    if is_new and may_be_read:
        read_file.enqueue(reading.pk)
    return reading


def of_files(files: Iterable[PendingFile]) -> list[Reading]:
    """Return the readings of these files, in the order in which they were asked for."""
    return list(Reading.objects.filter(file__in=[file.pk for file in files]).select_related("file"))


def resume() -> None:
    """Have every reading that is not finished begun again. A worker calls this when it starts."""
    now = timezone.now()
    for reading in Reading.objects.filter(state=ReadingState.WAITING).order_by("pk"):
        free_at = reading.begun_at + LEASE if reading.begun_at else now
        read_file.using(run_after=free_at if free_at > now else None).enqueue(reading.pk)


@task(priority=FIRST)
def read_file(key: int) -> None:
    """Read the file of a reading, unless it was read, is being read, or waits no more."""
    now = timezone.now()
    readings = Reading.objects.filter(pk=key, state=ReadingState.WAITING)
    if not readings.filter(Q(begun_at=None) | Q(begun_at__lte=now - LEASE)).update(begun_at=now):
        return
    file = PendingFile.objects.filter(reading=key).first()
    found = _read(file) if file else None
    state = ReadingState.FAILED if found is None else ReadingState.DONE
    readings.update(state=state, found=found, finished_at=timezone.now())


def _read(file: PendingFile) -> Any:
    """Return what is found in the file, as JSON; None if it cannot be read."""
    try:
        with kept.storage().open(file.stored_name) as content:
            return engine.read(content, FileKind(file.kind)).to_json()
    except engine.Unreadable as unreadable:
        logger.info("File %s that waits was not read: %s.", file.pk, unreadable)
    except Exception:
        logger.exception("File %s that waits could not be read.", file.pk)
    return None
