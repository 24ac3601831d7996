"""Files that a member chose in a Record CE form wait here until the form is submitted.

- They are cleaned when they arrive, as evidence is, and lie in the storage of evidence. When the
  form is recorded they become evidence of its entry, in the same transaction, without being cleaned
  a second time. A file that cannot be attached does not stop the entry.
- A form keeps its files by its number (``submission_id``) and its member, whatever else is wrong in
  it. The same file chosen twice waits once.
- How many files a member may have here is bounded, whether they wait or were removed: both fill the
  storage until they are deleted.
- ``manage.py clean_evidence`` deletes what was removed, and what waits for longer than ``KEPT``. A
  file is never deleted at once: a backup copies the files after the database.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.members.models import Member, User
from amtportal.refusals import Problem, Refused, refuse_if
from amtportal.uploads import kept
from ccp.evidence import attaching
from ccp.evidence.files import CleanFile
from ccp.models import Activity, Evidence, PendingFile

KEPT = timedelta(days=1)
MOST_WAITING = 40
"""So many files of one member wait or were removed, of all forms together: nobody may fill the storage."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attached:
    """What became of the files of a form that was recorded."""

    files: Sequence[Evidence] = ()
    problems: Sequence[str] = ()


def problem_with_adding(waiting: int, stored: int) -> Problem | None:
    """Return why no more files can wait for the form.

    ``waiting``: how many wait for it already. ``stored``: how many of the member are stored here, of
    all forms, with those that were removed.
    """
    if waiting >= attaching.MOST_FILES:
        sentence = ngettext(
            "A form takes %(most)s file. Remove one first.",
            "A form takes %(most)s files. Remove one first.",
            attaching.MOST_FILES,
        )
        return Problem("files", sentence % {"most": attaching.MOST_FILES})
    if stored >= MOST_WAITING:
        return Problem(
            "files",
            _(
                "Too many of your files wait for forms that were not submitted, or were removed from forms in the last "
                "24 hours. Submit this form without the file, and attach it to the entry then."
            ),
        )
    return None


def of_member(member: Member, at: datetime) -> QuerySet[PendingFile]:
    """Return the files that wait for forms of the member."""
    return PendingFile.objects.filter(member=member, removed_at=None, added_at__gt=at - KEPT)


def of_form(member: Member, number: UUID, at: datetime) -> QuerySet[PendingFile]:
    """Return the files that wait for the form with this number."""
    return of_member(member, at).filter(submission_id=number)


def keep(*, member: Member, number: UUID, file: CleanFile, at: datetime) -> tuple[PendingFile, bool]:
    """Let the file wait for the form, and return its row and whether it is new.

    Raises ``Refused`` if no more files can wait. A file that was removed takes a place again when it
    comes back.
    """
    same = PendingFile.objects.filter(member=member, submission_id=number, sha256=file.sha256).first()
    if same and same.removed_at is None and same.added_at > at - KEPT:
        return same, False
    others = _stored(member, at).exclude(submission_id=number, sha256=file.sha256)
    refuse_if(problem_with_adding(of_form(member, number, at).count(), others.count()))
    if waiting := _again(member, number, file.sha256, at):
        return waiting
    with kept.keep(file) as stored:
        try:
            with transaction.atomic():
                row = PendingFile.objects.create(
                    member=member,
                    submission_id=number,
                    original_name=file.name,
                    kind=file.kind,
                    size=file.size,
                    sha256=file.sha256,
                    stored_sha256=stored.sha256,
                    stored_name=stored.name,
                    left_out=int(file.left_out),
                    added_at=at,
                )
        except IntegrityError:  # the same form came twice at the same moment
            waiting = _again(member, number, file.sha256, at)
            if waiting is None:
                raise
            stored.is_needed = False
            return waiting
    return row, True


def _stored(member: Member, at: datetime) -> QuerySet[PendingFile]:
    """Return what waits for forms of the member, and what was removed and is not to be deleted yet."""
    began = at - KEPT
    return PendingFile.objects.filter(Q(removed_at=None, added_at__gt=began) | Q(removed_at__gt=began), member=member)


def _again(member: Member, number: UUID, sha256: str, at: datetime) -> tuple[PendingFile, bool] | None:
    """Return the row of a file that waits already, or was removed from the form before."""
    row = PendingFile.objects.filter(member=member, submission_id=number, sha256=sha256).first()
    if row is None:
        return None
    if row.removed_at is None and row.added_at > at - KEPT:
        return row, False
    if not PendingFile.objects.filter(pk=row.pk).update(added_at=at, removed_at=None):
        return None  # it was deleted a moment ago
    return row, True


def remove(*, member: Member, number: UUID, key: int, at: datetime) -> PendingFile | None:
    """Take a file out of the form, and return it; None if it does not wait for it."""
    file = of_form(member, number, at).filter(pk=key).first()
    if file:
        file.removed_at = at
        file.save(update_fields=["removed_at"])
    return file


def move(*, member: Member, number: UUID, to: UUID, at: datetime) -> None:
    """Let the files of a form wait for the form with another number, which has none yet."""
    of_form(member, number, at).update(submission_id=to)


def follow(*, kept: Member, emptied: Member) -> None:
    """Let the files of a member who is merged into another wait for the same forms of that one.

    What both have is the same file for the same form: that of the emptied member is deleted a day later.
    """
    of_kept = PendingFile.objects.filter(
        member=kept, submission_id=OuterRef("submission_id"), sha256=OuterRef("sha256")
    )
    PendingFile.objects.filter(~Exists(of_kept), member=emptied).update(member=kept)


def attach(*, activity: Activity, by: User, at: datetime) -> Attached:
    """Make the files of the form evidence of the entry that it recorded.

    Each of them for itself: what fails is told, and undoes nothing else. A file that was attached to
    the entry once, and removed since, is not attached again by a repeat of the form.
    """
    assert activity.submission_id is not None
    attached, problems = [], []
    waiting = of_form(activity.member, activity.submission_id, at).select_for_update().order_by("added_at", "pk")
    for file in waiting:
        try:
            with transaction.atomic():
                if evidence := _attach(activity, file, by=by, at=at):
                    attached.append(evidence)
        except Refused as refused:
            problems.append(f"{file.original_name}: {refused.sentence}")
        except Exception:
            logger.exception("The file %s could not be attached to %s.", file.pk, activity.reference)
            problems.append(_("%(name)s could not be attached. Attach it here.") % {"name": file.original_name})
    return Attached(attached, problems)


def _attach(activity: Activity, file: PendingFile, *, by: User, at: datetime) -> Evidence | None:
    if Evidence.objects.filter(activity=activity, sha256=file.sha256).exists():
        file.removed_at = at
        file.save(update_fields=["removed_at"])
        return None
    evidence, _is_new = attaching.add_stored(
        activity,
        original_name=file.original_name,
        kind=file.kind,
        size=file.size,
        sha256=file.sha256,
        stored_sha256=file.stored_sha256,
        stored_name=file.stored_name,
        by=by,
        at=at,
    )
    file.delete()
    return evidence


def is_over(file: PendingFile, at: datetime) -> bool:
    """Return whether nobody can attach the file any more, and no backup needs it."""
    return (file.removed_at or file.added_at) <= at - KEPT


def forget(*, at: datetime) -> int:
    """Delete what was removed and what nobody submitted, with its row; return how many files.

    The row goes first: a file that could not be deleted is found as one that no row needs.
    """
    gone = 0
    for key in PendingFile.objects.filter(added_at__lte=at - KEPT).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            file = PendingFile.objects.select_for_update().filter(pk=key).first()
            if file is None or not is_over(file, at):
                continue
            file.delete()
        gone += kept.delete(file.stored_name)
    return gone
