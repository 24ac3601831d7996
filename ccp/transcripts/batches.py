"""Transcripts that staff ask for at once: the worker makes them, into one ZIP file for that person.

- Each is issued as its page issues it (``bulk``). A worker that is killed is followed by another,
  which begins again: what was issued is not issued a second time, and comes from the cache.
- The file can be downloaded by the person who asked, and is removed after ``KEPT``
  (``amtportal/jobs.py``).
"""

import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.storage import Storage, storages
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from amtportal.jobs import LEASE as LEASE
from amtportal.jobs import Progress, Work
from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.models import TranscriptBatch
from ccp.transcripts import bulk

MOST = 5000
"""More would make a file that nobody can download."""
KEPT = timedelta(days=7)


def storage() -> Storage:
    return storages["transcripts"]


@transaction.atomic
def ask(*, cycles: Sequence[int], by: User, at: datetime) -> TranscriptBatch:
    """Have the transcripts of these cycles, given by key, made by the worker. Raises ``Refused``."""
    if len(cycles) > MOST:
        raise Refused(f"These are more than {MOST:,} cycles. Choose fewer, by a filter of the list.")
    batch = TranscriptBatch(asked_by=by, asked_at=at, cycles=sorted(cycles))
    batch.save()
    make_batch.enqueue(batch.pk)
    return batch


def resume() -> None:
    """Have every batch that was begun or not begun made. A worker calls this when it starts."""
    WORK.resume(make_batch)


@task()
def make_batch(key: int) -> None:
    """Make the file of a batch, unless it is made or another worker makes it."""
    WORK.run(key, removal=remove_file)


@task()
def remove_file(key: int) -> None:
    """Remove the file of a batch."""
    WORK.remove(key)


def can_be_downloaded(batch: TranscriptBatch, *, by: User, at: datetime) -> bool:
    """Return whether this person can download the file now: the one who asked, for ``KEPT``."""
    return WORK.is_kept(batch, at=at) and batch.asked_by_id == by.pk


def _make(batch: TranscriptBatch, folder: Path, progress: Progress) -> Path | None:
    """Make the transcripts, and pack them into one file."""
    made_files = []
    for made in bulk.write(batch.cycles, folder, by=batch.asked_by, at=timezone.now()):
        if made.problem:
            progress.failures.append((made.cycle, made.problem))
        else:
            progress.made.append(made.cycle)
            made_files.append(made.file)
        progress.tell()
    progress.tell(at_once=True)
    if not made_files:
        return None
    path = folder / "transcripts.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:  # a PDF is compressed already
        for name in sorted(made_files):
            packed.write(folder / name, name)
    return path


WORK = Work(
    model=TranscriptBatch,
    storage=lambda: storage(),
    kept=KEPT,
    again="Ask for the transcripts again.",
    make=_make,
)
