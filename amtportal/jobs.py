"""Work that the worker does because one person asked for it: it makes a file for that person.

- A job is a row. A worker takes it for ``LEASE`` and says so again and again, so that only one works
  on it. A worker that is killed lets the time pass, and the next one begins the job again.
- The name of the file is on record before the file is: what a killed worker has stored is removed
  before the next file is made.
- The file can be downloaded by the person who asked, and is removed after ``kept``.

Each kind of job has a ``Work`` and two tasks, which call ``run`` and ``remove``.
"""

import logging
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.core.files import File
from django.core.files.storage import Storage
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

LEASE = timedelta(minutes=2)
TOLD_EVERY = timedelta(seconds=1)
WHOLE = 0
"""Stands for the whole job among the keys of what failed."""

logger = logging.getLogger(__name__)


class Job(models.Model):
    """What a worker has to make, how far it is, and the file.

    ``failures`` has the key of each part that could not be made, and why.
    """

    # How far the work is changes without anybody's decision: the history excludes it.
    PROGRESS = ("done", "failures", "leased_until", "finished_at", "stored_name")

    done = models.PositiveIntegerField(default=0)
    failures = models.JSONField(default=list)
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then a worker works on it; one that was killed lets the time pass."
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    stored_name = models.CharField(max_length=100, blank=True, help_text="The file, until it is removed.")

    class Meta:
        abstract = True

    @property
    def has_stopped(self) -> bool:
        """Return whether an error ended the whole work."""
        return any(key == WHOLE for key, _ in self.failures)


J = TypeVar("J", bound=Job)


@dataclass
class Progress:
    """What was made so far, by key, and what failed. ``tell`` puts it on record and keeps the lease."""

    rows: QuerySet[Any]
    made: list[int] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)
    told_at: datetime = field(default_factory=timezone.now)

    def tell(self, *, at_once: bool = False) -> None:
        now = timezone.now()
        if at_once or now - self.told_at >= TOLD_EVERY:
            done = len(self.made) + len(self.failures)
            self.rows.update(done=done, failures=self.failures, leased_until=now + LEASE)
            self.told_at = now


def _nothing(job: Any, progress: Progress, at: datetime) -> None:
    """Note nothing more."""


@dataclass(frozen=True, kw_only=True)
class Work(Generic[J]):
    """One kind of job.

    ``make`` writes the file into the folder and returns its path, or None if nothing could be made.
    ``note`` writes what goes with the complete file, in the transaction that ends the job.
    ``again``: what the person is asked to do after an error.
    """

    model: type[J]
    storage: Callable[[], Storage]
    kept: timedelta
    again: str
    make: Callable[[J, Path, Progress], Path | None]
    note: Callable[[J, Progress, datetime], None] = _nothing

    def resume(self, task: Any) -> None:
        """Have every job that is not finished made. A worker calls this when it starts.

        It waits until a lease is over: a worker that was killed cannot end it.
        """
        now = timezone.now()
        for job in self._rows().filter(finished_at=None).order_by("pk"):
            is_leased = job.leased_until is not None and job.leased_until > now
            task.using(run_after=job.leased_until if is_leased else None).enqueue(job.pk)

    def run(self, key: int, *, removal: Any) -> None:
        """Make the file of a job, unless it is made or another worker makes it. ``removal``: the task for later."""
        now = timezone.now()
        rows = self._rows().filter(pk=key)
        free = Q(leased_until=None) | Q(leased_until__lte=now)
        if not rows.filter(free, finished_at=None).update(leased_until=now + LEASE):
            return
        job = rows.get()
        progress = Progress(rows)
        stored_name = ""
        try:
            stored_name = self._store(job, progress)
        except Exception as error:
            logger.exception("%s %s was not finished.", self.model._meta.verbose_name, key)
            progress.failures.append((WHOLE, f"The work has stopped ({error}). {self.again}"))
        finished_at = timezone.now()
        with transaction.atomic():  # no file stays because its removal was not asked for
            rows.update(failures=progress.failures, finished_at=finished_at, leased_until=None, stored_name=stored_name)
            if stored_name:
                self.note(job, progress, finished_at)
                removal.using(run_after=finished_at + self.kept).enqueue(key)

    def remove(self, key: int) -> None:
        """Remove the file of a job."""
        job = self._rows().get(pk=key)
        if job.stored_name:
            self.storage().delete(job.stored_name)
            self._rows().filter(pk=key).update(stored_name="")

    def is_kept(self, job: J, *, at: datetime) -> bool:
        """Return whether the file can be downloaded now, by the person who asked."""
        return job.stored_name != "" and job.finished_at is not None and at < job.finished_at + self.kept

    def _rows(self) -> QuerySet[J]:
        return self.model._default_manager.all()

    def _store(self, job: J, progress: Progress) -> str:
        """Make the file and return the name under which it is stored; empty if there is none."""
        if job.stored_name:
            self.storage().delete(job.stored_name)
        with tempfile.TemporaryDirectory() as folder:
            path = self.make(job, Path(folder), progress)
            if path is None:
                return ""
            name = f"{job.pk}-{secrets.token_hex(16)}{path.suffix}"
            self._rows().filter(pk=job.pk).update(stored_name=name)
            try:
                with path.open("rb") as content:
                    return self.storage().save(name, File(content))
            except Exception:
                self.storage().delete(name)  # what there is of it, such as on a full disk
                raise
