"""Printing many letters: the worker joins them into one PDF file for the person who asked.

- The file is for the printer. It holds the pages as they are; what makes a single letter readable
  for a screen reader is left out of it.
- That a letter was printed is noted once the file with it is complete. Until then it is among those
  not yet printed, also if a worker is killed: another one begins the run again.
- A letter that cannot be laid out stops only itself, and is named.
- Letters are laid out one after the other, and joined in groups that wait on the disk: memory does
  not grow with their number.
- The file can be downloaded by the person who asked, and is removed after ``KEPT``
  (``amtportal/jobs.py``).
"""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django_tasks import task

from amtportal.chunks import CHUNK
from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.history.lines import sign
from amtportal.jobs import Progress, Work
from amtportal.members.models import BouncingAddress, User
from amtportal.refusals import Refused
from ccp.audits.letters import sheets
from ccp.audits.models import Draw, Letter, LetterPrint, PrintRun
from ccp.notices.models import NoticeMail

MOST = 2000
"""More would make a file that no printer takes."""
KEPT = timedelta(days=7)
GROUP = 100
"""So many letters are held open at once while they are joined."""


def storage() -> Storage:
    return storages["letters"]


# Which letters


def of_draw(draw: Draw) -> QuerySet[Letter]:
    return Letter.objects.filter(case__draw_line__draw=draw)


def not_printed(letters: QuerySet[Letter]) -> QuerySet[Letter]:
    return letters.filter(~Exists(LetterPrint.objects.filter(letter=OuterRef("pk"))))


def unmailed() -> Q:
    """Return the condition that the member did not get the letter by mail.

    There was no address, the mail was given up, or mail to the address comes back.
    """
    bouncing = BouncingAddress.objects.filter(cleared_at=None, email=Lower(OuterRef("mail__address")))
    return Q(mail=None) | Q(mail__state=NoticeMail.State.UNDELIVERABLE) | Q(Exists(bouncing))


# The run


@transaction.atomic
def ask(*, letters: Sequence[int], by: User, at: datetime) -> PrintRun:
    """Have these letters, given by key, joined by the worker. Raises ``Refused``."""
    if not letters:
        raise Refused("There is no such letter to print.")
    if len(letters) > MOST:
        raise Refused(f"These are more than {MOST:,} letters. Choose fewer, by their kind or by a filter of the list.")
    run = PrintRun(asked_by=by, asked_at=at, letters=list(letters))
    sign(run, by=by, at=at)
    run.save()
    make_run.enqueue(run.pk)
    return run


def resume() -> None:
    """Have every run that is not finished made. A worker calls this when it starts."""
    WORK.resume(make_run)


@task()
def make_run(key: int) -> None:
    """Make the file of a run, unless it is made or another worker makes it."""
    WORK.run(key, removal=remove_file)


@task()
def remove_file(key: int) -> None:
    """Remove the file of a run."""
    WORK.remove(key)


def can_be_downloaded(run: PrintRun, *, by: User, at: datetime) -> bool:
    """Return whether this person can download the file now: the one who asked, for ``KEPT``."""
    return WORK.is_kept(run, at=at) and run.asked_by_id == by.pk


def _make(run: PrintRun, folder: Path, progress: Progress) -> Path | None:
    """Join the letters into one file."""
    groups: list[Path] = []
    for begin in range(0, run.total, GROUP):
        files: list[Path] = []
        for key in run.letters[begin : begin + GROUP]:
            path = folder / f"{key}.pdf"
            if problem := _write(key, path):
                progress.failures.append((key, problem))
            else:
                files.append(path)
                progress.made.append(key)
            progress.tell()
        if files:
            groups.append(_joined(files, folder / f"group-{begin}.pdf"))
    progress.tell(at_once=True)
    return _joined(groups, folder / "letters.pdf") if groups else None


def _note(run: PrintRun, progress: Progress, at: datetime) -> None:
    """Note which letters were printed: those in the file."""
    noted = [LetterPrint(letter_id=letter, run=run, printed_at=at) for letter in progress.made]
    LetterPrint.objects.bulk_create(noted, batch_size=CHUNK)


def _joined(files: Sequence[Path], path: Path) -> Path:
    """Write one file with the pages of these, and remove them."""
    import pikepdf  # by the worker only

    with ExitStack() as opened, pikepdf.new() as joined:
        for file in files:
            joined.pages.extend(opened.enter_context(pikepdf.open(file)).pages)
        for page in joined.pages:
            if "/StructParents" in page:
                del page["/StructParents"]  # which leads into the structure that is left out
        joined.save(path)
    for file in files:
        file.unlink()
    return path


def _write(key: int, path: Path) -> str:
    """Write the PDF of a letter, and return why it cannot be printed, if it cannot."""
    try:
        path.write_bytes(sheets.pdf(Letter.objects.select_related("case").get(pk=key)))
    except documents.TooLong:
        return "it would be too long"
    except fonts.Unprintable as reason:
        return f"no font has {reason}"
    return ""


WORK = Work(
    model=PrintRun, storage=lambda: storage(), kept=KEPT, again="Print the letters again.", make=_make, note=_note
)
