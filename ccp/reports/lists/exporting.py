"""A list as a file for the person who asked: the worker makes it, as it is then.

- The file has every row under the filter, in the order of the page, of the day on which it is made.
- The person who asked can download it; it is removed after ``KEPT`` (``amtportal/jobs.py``).
- Asking and each download are on record (``openings``).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.storage import Storage, storages
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django_tasks import task

from amtportal.chunks import CHUNK
from amtportal.dates import day_of
from amtportal.history.lines import sign
from amtportal.jobs import Progress, Work
from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.reports.lists import base, openings
from ccp.reports.lists.base import Cell, Counted
from ccp.reports.lists.files import MOST_ROWS, WRITERS
from ccp.reports.lists.registry import LISTS
from ccp.reports.models import Deed, FileFormat, ListExport, ListName

KEPT = timedelta(days=7)
UNDER_WAY = timedelta(minutes=10)
"""The same file is not made twice for one person who presses the button again."""


def storage() -> Storage:
    return storages["lists"]


@transaction.atomic
def ask(*, name: ListName, query: str, file_format: FileFormat, by: User, at: datetime) -> ListExport:
    """Have the list made into a file. The same one that is being made is returned. Raises ``Refused``."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    same = ListExport.objects.filter(
        asked_by=by, list_name=name, query=query, file_format=file_format, finished_at=None, asked_at__gt=at - UNDER_WAY
    ).first()
    if same:
        return same
    work_list, data = LISTS[name], QueryDict(query)
    chosen = work_list.filtered(data, day_of(at))
    if not chosen.is_valid():
        raise Refused("The filter has a value that is not among its choices. Choose again.")
    rows = work_list.rows(chosen)
    total = rows.order_by().count()
    if total > MOST_ROWS:
        raise Refused(f"A file holds {MOST_ROWS:,} rows, and these are {total:,}. Choose fewer by a filter.")
    filtered = base.in_words(chosen)
    export = ListExport(
        list_name=name, query=query, filtered=filtered[: openings.LONGEST], file_format=file_format,
        asked_by=by, asked_at=at, total=total,
    )  # fmt: skip
    sign(export, by=by, at=at)
    export.save()
    openings.note(
        by=by, at=at, deed=Deed.ASKED, subject=str(export), filtered=filtered, counted=Counted(total, more=False)
    )
    make_file.enqueue(export.pk)
    return export


def resume() -> None:
    """Have every file that is not finished made. A worker calls this when it starts."""
    WORK.resume(make_file)


@task()
def make_file(key: int) -> None:
    """Make the file, unless it is made or another worker makes it."""
    WORK.run(key, removal=remove_file)


@task()
def remove_file(key: int) -> None:
    """Remove the file."""
    WORK.remove(key)


def remove_overdue(*, at: datetime) -> int:
    """Remove the files that the worker should have removed, and return how many."""
    overdue = ListExport.objects.filter(finished_at__lte=at - KEPT).exclude(stored_name="")
    keys = list(overdue.values_list("pk", flat=True))
    for key in keys:
        WORK.remove(key)
    return len(keys)


def can_be_downloaded(export: ListExport, *, by: User, at: datetime) -> bool:
    """Return whether this person can download the file now: the one who asked, for ``KEPT``."""
    return WORK.is_kept(export, at=at) and export.asked_by_id == by.pk


def note_download(export: ListExport, *, by: User, at: datetime) -> None:
    counted = Counted(export.done, more=False)
    openings.note(by=by, at=at, deed=Deed.DOWNLOADED, subject=str(export), filtered=export.filtered, counted=counted)


def file_name(export: ListExport) -> str:
    on = day_of(export.finished_at or export.asked_at)
    return f"{export.list_name}-{on.isoformat()}-{export.pk}.{export.file_format}"


def _make(export: ListExport, folder: Path, progress: Progress) -> Path:
    work_list = LISTS[ListName(export.list_name)]
    path = folder / f"list.{export.file_format}"
    WRITERS[export.file_format](path, work_list.columns, _cells(export, progress))
    progress.tell(at_once=True)
    return path


def _cells(export: ListExport, progress: Progress) -> Iterator[Sequence[Cell]]:
    on = day_of(timezone.now())
    work_list, data = LISTS[ListName(export.list_name)], QueryDict(export.query)
    rows = work_list.read(work_list.rows(work_list.filtered(data, on)), data.get(base.ORDER) or "")
    for number, row in enumerate(rows.iterator(CHUNK), start=1):
        yield work_list.cells(row, on)
        progress.made.append(number)
        progress.tell()


WORK = Work(model=ListExport, storage=lambda: storage(), kept=KEPT, again="Ask for the file again.", make=_make)
