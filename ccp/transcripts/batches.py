"""Transcripts that staff ask for at once: the worker makes them, into one ZIP file for that person.

- Each is issued as its page issues it (``bulk``). A worker that is killed is followed by another,
  which begins again: what was issued is not issued a second time, and comes from the cache.
- Only one worker works on a batch. It says so for ``LEASE``, again and again.
- The file can be downloaded by the person who asked, and is removed after ``KEPT``. One that was cut
  off is removed before the next is made.
"""

import logging
import secrets
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.models import TranscriptBatch
from ccp.transcripts import bulk

MOST = 5000
"""More would make a file that nobody can download."""
KEPT = timedelta(days=7)
LEASE = timedelta(minutes=2)
TOLD_EVERY = timedelta(seconds=1)

logger = logging.getLogger(__name__)


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
    """Have every batch that was begun or not begun made. A worker calls this when it starts.

    It waits until a lease is over: a worker that was killed cannot end it.
    """
    now = timezone.now()
    for batch in TranscriptBatch.objects.filter(finished_at=None).order_by("pk"):
        is_leased = batch.leased_until is not None and batch.leased_until > now
        make_batch.using(run_after=batch.leased_until if is_leased else None).enqueue(batch.pk)


@task()
def make_batch(key: int) -> None:
    """Make the file of a batch, unless it is made or another worker makes it."""
    now = timezone.now()
    batches = TranscriptBatch.objects.filter(pk=key)
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    if not batches.filter(free, finished_at=None).update(leased_until=now + LEASE):
        return
    batch = batches.select_related("asked_by").get()
    failures: list[tuple[int, str]] = []
    stored_name = ""
    try:
        stored_name = _make(batch, failures)
    except Exception as error:
        logger.exception("Transcript batch %s was not finished.", key)
        failures.append((0, f"The work has stopped ({error}). Ask for the transcripts again."))
    finished_at = timezone.now()
    with transaction.atomic():  # no file stays because its removal was not asked for
        batches.update(failures=failures, finished_at=finished_at, leased_until=None, stored_name=stored_name)
        if stored_name:
            remove_file.using(run_after=finished_at + KEPT).enqueue(key)


@task()
def remove_file(key: int) -> None:
    """Remove the file of a batch."""
    batch = TranscriptBatch.objects.get(pk=key)
    if batch.stored_name:
        storage().delete(batch.stored_name)
        TranscriptBatch.objects.filter(pk=key).update(stored_name="")


def can_be_downloaded(batch: TranscriptBatch, *, by: User, at: datetime) -> bool:
    """Return whether this person can download the file now: the one who asked, for ``KEPT``."""
    is_kept = batch.finished_at is not None and at < batch.finished_at + KEPT
    return is_kept and batch.stored_name != "" and batch.asked_by_id == by.pk


def _make(batch: TranscriptBatch, failures: list[tuple[int, str]]) -> str:
    """Make the transcripts, add what fails to the failures, and return the name of the file.

    The name is on record before the file is: the next worker removes what a killed one has stored.
    """
    batches = TranscriptBatch.objects.filter(pk=batch.pk)
    if batch.stored_name:
        storage().delete(batch.stored_name)
    told_at = timezone.now()
    with tempfile.TemporaryDirectory() as folder:
        made_files = []
        for done, made in enumerate(
            bulk.write(batch.cycles, Path(folder), by=batch.asked_by, at=timezone.now()), start=1
        ):
            if made.problem:
                failures.append((made.cycle, made.problem))
            else:
                made_files.append(made.file)
            now = timezone.now()
            if now - told_at >= TOLD_EVERY or done == batch.total:
                batches.update(done=done, failures=failures, leased_until=now + LEASE)
                told_at = now
        if not made_files:
            return ""
        path = Path(folder, "transcripts.zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:  # a PDF is compressed already
            for name in sorted(made_files):
                packed.write(Path(folder, name), name)
        name = f"{batch.pk}-{secrets.token_hex(16)}.zip"
        batches.update(stored_name=name)
        try:
            with path.open("rb") as content:
                return storage().save(name, File(content))
        except Exception:
            storage().delete(name)  # what there is of it, such as on a full disk
            raise
