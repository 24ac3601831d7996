"""Evidence: copies of the documents that prove an entry.

Members may attach them; AMT asks for proof only in an audit.

- An entry that the member recorded can have at most ``MOST_FILES`` files. An entry that AMT
  credited needs no files, because AMT knows about the activity.
- The same file attached twice to one entry is stored as one file.
- Files can be added and removed while the entry stands, even after its cycle has closed, because
  the audit comes later. Files of an entry that was withdrawn or voided stay as they are, and so do
  those that an audit looks at (``ccp.audits.frozen`` answers the signals).
- A removed file is no longer shown to anyone. Its row stays and says who removed it, and when.
  ``manage.py clean_evidence`` deletes the file itself a day later: a backup copies the files after
  the database, and in that copy of the database the file may still be attached.
- The row says which bytes were kept. ``manage.py clean_evidence`` compares each file with its row,
  and tells of one that was swapped, cut off or lost.
- Documents should be kept until the audit is over. The audit is drawn in the January after the year
  in which the member moved into the next cycle, and takes that whole year.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.dispatch import Signal
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Problem, refuse_if
from amtportal.uploads import kept
from ccp.evidence.files import CleanFile
from ccp.evidence.signals import adding_asked, removal_asked
from ccp.models import Activity, Evidence
from certifications.models import Cycle

MOST_FILES = 10
DELETED_AFTER = timedelta(days=1)


def keep_until(*, ends_on: date, closed_on: date | None, on: date) -> date:
    """Return the day until which the documents of a cycle should be kept.

    This is the end of the year in which the cycle may be audited. The member moves into the next
    cycle on the day after this one ends, or later: on the day on which it is closed.
    """
    moved_on = closed_on or max(ends_on + timedelta(days=1), on)
    return date(max(moved_on, ends_on + timedelta(days=1)).year + 1, 12, 31)


def keep_all_until(cycles: Iterable[Cycle], on: date) -> date | None:
    """Return the latest of these days for an entry that counts in several cycles.

    None if the entry counts in no cycle.
    """
    days = [keep_until(ends_on=cycle.ends_on, closed_on=cycle.closed_on, on=on) for cycle in cycles]
    return max(days, default=None)


def is_needed(activity: Activity) -> bool:
    """Return whether its member keeps documents that prove it; AMT knows what it credited itself."""
    return activity.source != Activity.Source.AMT


def problem_with_adding(activity: Activity, attached: int) -> Problem | None:
    """Return why no more files can be attached to the entry.

    ``attached``: the number of files that the entry already has.
    """
    if not is_needed(activity):
        return Problem("file", _("AMT credited this entry itself, so it needs no evidence."))
    if not activity.is_standing:
        sentence = _("This entry is withdrawn or void, so nothing can be attached to it. What is attached stays.")
        return Problem("file", sentence)
    if attached >= MOST_FILES:
        sentence = ngettext(
            "This entry has %(most)s file, and cannot have more. Remove one first.",
            "This entry has %(most)s files, and cannot have more. Remove one first.",
            MOST_FILES,
        )
        return Problem("file", sentence % {"most": MOST_FILES})
    return _answered(adding_asked, activity)


def problem_with_removing(activity: Activity) -> Problem | None:
    """Return why no file of the entry can be removed."""
    if not activity.is_standing:
        return Problem("", _("This entry is withdrawn or void. What is attached to it stays."))
    return _answered(removal_asked, activity)


def _answered(asked: Signal, activity: Activity) -> Problem | None:
    """Return the first problem that a receiver of the signal answers."""
    answers: list[tuple[Any, Any]] = asked.send(sender=Activity, activity=activity)
    return next((problem for _receiver, problem in answers if problem), None)


def may_be_read(activity: Activity, *, by: User) -> bool:
    """Return whether this user may read the files: the owner, and staff who may view evidence."""
    return activity.member.user_id == by.pk or (by.is_staff and by.has_perm("ccp.view_evidence"))


def of_activity(activity: Activity) -> list[Evidence]:
    """Return every file that is or was attached, in the order in which they were added.

    The people who added and removed them are read if there are files: few entries have any. An
    entry that was read with ``has_files``, and has none, takes no query.
    """
    if not getattr(activity, "has_files", True):
        return []
    files = list(activity.evidence.all())
    prefetch_related_objects(files, "added_by", "removed_by")
    return files


def add(*, activity: Activity, file: CleanFile, by: User, at: datetime) -> tuple[Evidence, bool]:
    """Attach the file, and return its row and whether it is new.

    If the same file is already attached, its row is returned.
    """
    if attached := _attached(activity, file.sha256):
        return attached, False
    with kept.keep(file) as stored:
        evidence, stored.is_needed = add_stored(
            activity,
            original_name=file.name,
            kind=file.kind,
            size=file.size,
            sha256=file.sha256,
            stored_sha256=stored.sha256,
            stored_name=stored.name,
            by=by,
            at=at,
        )
    return evidence, stored.is_needed


@transaction.atomic
def add_stored(activity: Activity, *, sha256: str, by: User, at: datetime, **values: Any) -> tuple[Evidence, bool]:
    """Attach a file that is in the storage already, and return its row and whether it is new.

    ``values``: the other fields of ``Evidence``.
    """
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if attached := _attached(activity, sha256):
        return attached, False
    refuse_if(problem_with_adding(activity, Evidence.objects.attached().filter(activity=activity).count()))
    return Evidence.objects.create(activity=activity, sha256=sha256, added_at=at, added_by=by, **values), True


def _attached(activity: Activity, sha256: str) -> Evidence | None:
    return Evidence.objects.attached().filter(activity=activity, sha256=sha256).first()


@transaction.atomic
def remove(*, evidence: Evidence, by: User, at: datetime) -> Evidence:
    """Remove a file. A file that is already removed stays as it is.

    Raises ``Refused`` if the entry no longer stands, or an audit looks at it.
    """
    activity = Activity.objects.select_for_update().get(pk=evidence.activity_id)
    evidence = Evidence.objects.get(pk=evidence.pk)
    if not evidence.is_attached:
        return evidence
    refuse_if(problem_with_removing(activity))
    evidence.removed_at, evidence.removed_by = at, by
    evidence.save(update_fields=["removed_at", "removed_by"])
    return evidence


@transaction.atomic
def note_digest(*, evidence: Evidence, stored_sha256: str) -> None:
    """Keep the digest of a file that was attached before the portal kept digests."""
    evidence = Evidence.objects.select_for_update().get(pk=evidence.pk)
    evidence.stored_sha256 = stored_sha256
    sign(evidence, by=None, reason="Digest of the file as it was found")
    evidence.save(update_fields=["stored_sha256"])
