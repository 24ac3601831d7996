"""Having an archive made, and reading it.

- A member has one made at a time, and ``MOST_A_DAY`` in 24 hours. One that an error ended does not
  count.
- The worker makes it (``amtportal/jobs.py``) and writes to the member when it is ready.
- It can be downloaded for ``KEPT`` by the account that asked, and nobody else. Then the worker
  removes it; ``manage.py clean_evidence`` removes what the worker did not. A newer one takes the
  place of an older one.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.core.files.storage import Storage, storages
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tasks import task

from amtportal.formatting import format_moment
from amtportal.history.lines import sign
from amtportal.jobs import Progress, Work
from amtportal.members.models import Member, User
from amtportal.refusals import Problem, Refused, refuse_if
from ccp.exports import mailing, packing
from ccp.exports.models import Archive

KEPT = timedelta(hours=24)
MOST_A_DAY = 3
DAY = timedelta(hours=24)


class State(StrEnum):
    """What there is of a member's archive."""

    NONE = "none"
    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


def storage() -> Storage:
    return storages["archives"]


def latest(member: Member, *, by: User) -> Archive | None:
    """Return the archive that this account asked for last."""
    return Archive.objects.filter(member=member, asked_by=by, by_law=False).first()


def state(archive: Archive | None, *, at: datetime) -> State:
    if archive is None:
        return State.NONE
    if archive.finished_at is None:
        return State.MAKING if archive.total else State.WAITING
    if archive.has_stopped:
        return State.FAILED
    return State.READY if WORK.is_kept(archive, at=at) else State.EXPIRED


def until(archive: Archive) -> datetime | None:
    """Return until when it can be downloaded; None if it is not finished."""
    return archive.finished_at + KEPT if archive.finished_at else None


def problem_with_asking(member: Member, *, at: datetime) -> Problem | None:
    """Return why the member cannot have one made now."""
    if Archive.objects.filter(member=member, finished_at=None).exists():
        return Problem("", _("Your archive is being prepared already."))
    lately = Archive.objects.filter(member=member, by_law=False, asked_at__gt=at - DAY).order_by("-asked_at")
    counted = [archive for archive in lately if not archive.has_stopped]
    if len(counted) < MOST_A_DAY:
        return None
    words = ngettext(
        "You can have %(most)s archive prepared in 24 hours. You can ask for the next one from %(moment)s on.",
        "You can have %(most)s archives prepared in 24 hours. You can ask for the next one from %(moment)s on.",
        MOST_A_DAY,
    )
    return Problem("", words % {"most": MOST_A_DAY, "moment": format_moment(counted[MOST_A_DAY - 1].asked_at + DAY)})


def ask(*, member: Member, by: User, language: str, at: datetime) -> Archive:
    """Have an archive made by the worker. Raises ``Refused``."""
    refuse_if(problem_with_asking(member, at=at))
    return have_made(Archive(member=member, asked_by=by, asked_at=at, language=language))


def have_made(archive: Archive) -> Archive:
    """Put the archive on record and let the worker make it. Raises ``Refused`` if one is being made."""
    by, at = archive.asked_by, archive.asked_at
    sign(archive, by=by, at=at)
    try:
        with transaction.atomic():
            archive.save()
            make_archive.enqueue(archive.pk)
    except IntegrityError:  # asked for twice at once
        raise Refused(_("Your archive is being prepared already.")) from None
    return archive


def resume() -> None:
    """Have every archive that is not finished made. A worker calls this when it starts."""
    WORK.resume(make_archive)


@task()
def make_archive(key: int) -> None:
    """Make an archive, unless it is made or another worker makes it."""
    WORK.run(key, removal=remove_file)


@task()
def remove_file(key: int) -> None:
    """Remove the file of an archive."""
    WORK.remove(key)


def remove_overdue(*, at: datetime) -> int:
    """Remove the files that the worker should have removed, and return how many."""
    overdue = Archive.objects.filter(finished_at__lte=at - KEPT).exclude(stored_name="")
    keys = list(overdue.values_list("pk", flat=True))
    for key in keys:
        WORK.remove(key)
    return len(keys)


def _note(archive: Archive, progress: Progress, at: datetime) -> None:
    """Have the earlier files of the member removed, and tell the member unless staff asked because of the law."""
    earlier = Archive.objects.filter(member=archive.member_id, pk__lt=archive.pk).exclude(stored_name="")
    for key in earlier.values_list("pk", flat=True):
        remove_file.enqueue(key)
    if not archive.by_law:
        mailing.ready(archive, until=at + KEPT)


WORK = Work(
    model=Archive,
    storage=lambda: storage(),
    kept=KEPT,
    again="The member can ask for it again.",
    make=packing.make,
    note=_note,
)
