"""Printing many letters: the worker joins them into one PDF file for the person who asked.

- The file is for the printer. It holds the pages as they are; what makes a single letter readable
  for a screen reader is left out of it.
- That a letter was printed is noted once the file with it is complete. Until then it is among those
  not yet printed, also if a worker is killed: another one begins the run again.
- A letter that cannot be laid out stops only itself, and is named.
- Letters are laid out one after the other, and joined in groups that wait on the disk: memory does
  not grow with their number.
- The file can be downloaded by the person who asked, and is removed after ``KEPT``.
"""

import logging
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django_tasks import task

from amtportal.chunks import CHUNK
from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.history.lines import sign
from amtportal.members.models import BouncingAddress, User
from amtportal.refusals import Refused
from ccp.audits.letters import sheets
from ccp.audits.models import Draw, Letter, LetterPrint, PrintRun
from ccp.notices.models import NoticeMail

MOST = 2000
"""More would make a file that no printer takes."""
KEPT = timedelta(days=7)
LEASE = timedelta(minutes=2)
TOLD_EVERY = timedelta(seconds=1)
GROUP = 100
"""So many letters are held open at once while they are joined."""

logger = logging.getLogger(__name__)


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
    now = timezone.now()
    for run in PrintRun.objects.filter(finished_at=None).order_by("pk"):
        is_leased = run.leased_until is not None and run.leased_until > now
        make_run.using(run_after=run.leased_until if is_leased else None).enqueue(run.pk)


@task()
def make_run(key: int) -> None:
    """Make the file of a run, unless it is made or another worker makes it."""
    now = timezone.now()
    runs = PrintRun.objects.filter(pk=key)
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    if not runs.filter(free, finished_at=None).update(leased_until=now + LEASE):
        return
    run = runs.get()
    printed: list[int] = []
    failures: list[tuple[int, str]] = []
    stored_name = ""
    try:
        stored_name = _make(run, printed, failures)
    except Exception as error:
        logger.exception("Print run %s was not finished.", key)
        failures.append((0, f"The work has stopped ({error}). Print the letters again."))
    finished_at = timezone.now()
    with transaction.atomic():
        if stored_name:
            noted = [LetterPrint(letter_id=letter, run=run, printed_at=finished_at) for letter in printed]
            LetterPrint.objects.bulk_create(noted, batch_size=CHUNK)
            remove_file.using(run_after=finished_at + KEPT).enqueue(key)
        runs.update(failures=failures, finished_at=finished_at, leased_until=None, stored_name=stored_name)


@task()
def remove_file(key: int) -> None:
    """Remove the file of a run."""
    run = PrintRun.objects.get(pk=key)
    if run.stored_name:
        storage().delete(run.stored_name)
        PrintRun.objects.filter(pk=key).update(stored_name="")


def can_be_downloaded(run: PrintRun, *, by: User, at: datetime) -> bool:
    """Return whether this person can download the file now: the one who asked, for ``KEPT``."""
    is_kept = run.finished_at is not None and at < run.finished_at + KEPT
    return is_kept and run.stored_name != "" and run.asked_by_id == by.pk


def _make(run: PrintRun, printed: list[int], failures: list[tuple[int, str]]) -> str:
    """Join the letters, add to the lists which are in the file and which failed, and return its name.

    The name is on record before the file is: the next worker removes what a killed one has stored.
    """
    runs = PrintRun.objects.filter(pk=run.pk)
    if run.stored_name:
        storage().delete(run.stored_name)
    told_at = timezone.now()
    with tempfile.TemporaryDirectory() as folder:
        groups: list[Path] = []
        for begin in range(0, run.total, GROUP):
            files: list[Path] = []
            for key in run.letters[begin : begin + GROUP]:
                path = Path(folder, f"{key}.pdf")
                if problem := _write(key, path):
                    failures.append((key, problem))
                else:
                    files.append(path)
                    printed.append(key)
                now = timezone.now()
                if now - told_at >= TOLD_EVERY:
                    runs.update(done=len(printed) + len(failures), leased_until=now + LEASE)
                    told_at = now
            if files:
                groups.append(_joined(files, Path(folder, f"group-{begin}.pdf")))
        runs.update(done=run.total, leased_until=timezone.now() + LEASE)
        if not groups:
            return ""
        whole = _joined(groups, Path(folder, "letters.pdf"))
        name = f"{run.pk}-{secrets.token_hex(16)}.pdf"
        runs.update(stored_name=name)
        try:
            with whole.open("rb") as content:
                return storage().save(name, File(content))
        except Exception:
            storage().delete(name)  # what there is of it, such as on a full disk
            raise


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
