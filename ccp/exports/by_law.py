"""Access by law: the archive for a person who cannot sign in, or for whom somebody else asks.

- Staff put on record who asked, on which day, under which law, and how it was proven who that is.
- The worker makes the same archive as for the member, with the notes of staff (decision 69). Staff read it
  before it goes out; it is kept as long as the member's own, and each download is on record.
- The request is answered with the day and how: it then has its minutes.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from amtportal.dates import day_of
from amtportal.history.lines import sign
from amtportal.members.models import Member, User
from amtportal.refusals import Problem, Refused, refuse_if
from ccp.exports import archives
from ccp.exports.models import Archive
from ccp.privacy import deadlines
from ccp.privacy.models import AccessDownload, AccessRequest

MAY = "privacy.answer_access"


def waiting(member: Member) -> AccessRequest | None:
    """Return the request that is not answered; None if there is none."""
    return AccessRequest.objects.filter(member=member, answered_on=None).first()


def problem_with(member: Member, *, by: User) -> Problem | None:
    """Return why this person cannot answer for this member."""
    if member.user_id == by.pk:
        return Problem("", "This is your own record. Use “Everything about me”, or let somebody else answer.")
    if member.merged_into_id:
        return Problem("", f"{member} was merged into another member. Open that one: its archive has both.")
    return None


@transaction.atomic
def record(*, member: Member, by: User, at: datetime, **typed: Any) -> AccessRequest:
    """Put a request on record. Raises ``Refused``; while one waits, to repeat it changes nothing.

    ``typed``: ``law``, ``received_on``, ``asked_by``, ``proof``, ``note``.
    """
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if known := waiting(member):
        return known
    refuse_if(problem_with(member, by=by))
    refuse_if(deadlines.problem_with_receipt(typed["received_on"], day_of(at)))
    due = deadlines.due_on(typed["law"], typed["received_on"])
    request = AccessRequest(member=member, due_on=due, recorded_at=at, recorded_by=by, **typed)
    sign(request, by=by, at=at)
    request.save()
    return request


@transaction.atomic
def make(*, request: AccessRequest, language: str, by: User, at: datetime) -> Archive:
    """Have the archive made. Raises ``Refused`` if the request is answered, or one is being made."""
    request = AccessRequest.objects.select_for_update().get(pk=request.pk)
    refuse_if(problem_with(request.member, by=by))
    if request.answered_on:
        raise Refused("This request is answered. Record another one if the person asks again.")
    archive = Archive(member=request.member, asked_by=by, asked_at=at, language=language, by_law=True)
    request.archive = archives.have_made(archive)
    sign(request, by=by, at=at)
    request.save()
    return archive


def state(request: AccessRequest, *, at: datetime) -> archives.State:
    """Return what there is of the archive of the request."""
    return archives.state(request.archive, at=at)


def note_download(*, request: AccessRequest, by: User, at: datetime) -> AccessDownload:
    """Put on record that somebody downloads the archive. Raises ``Refused`` if there is none to download."""
    refuse_if(problem_with(request.member, by=by))
    if request.archive is None or state(request, at=at) != archives.State.READY:
        raise Refused("There is no archive to download. Have one made.")
    return AccessDownload.objects.create(
        access_request=request, archive=request.archive, downloaded_by=by, downloaded_at=at
    )


@transaction.atomic
def answer(*, request: AccessRequest, by: User, at: datetime, **typed: Any) -> AccessRequest | None:
    """Put on record how the request was answered. Returns None if it is answered already. Raises ``Refused``.

    ``typed``: ``outcome``, ``answered_on``, ``answer``.
    """
    request = AccessRequest.objects.select_for_update().get(pk=request.pk)
    if request.answered_on:
        return None
    refuse_if(problem_with(request.member, by=by))
    if typed["answered_on"] > day_of(at):
        raise Refused("That day is still to come. Enter the day on which it was answered.", "answered_on")
    if typed["answered_on"] < request.received_on:
        raise Refused("That is before the request was received. Correct the day.", "answered_on")
    if typed["outcome"] == AccessRequest.Outcome.SENT and not request.downloads.exists():
        raise Refused(
            "Nobody has downloaded an archive for this request yet. Have it made and read it first.", "outcome"
        )
    if not typed["answer"].strip():
        raise Refused("Say how it was answered: it stays on record.", "answer")
    for name, value in typed.items():
        setattr(request, name, value.strip() if name == "answer" else value)
    request.answered_by = by
    sign(request, by=by, at=at)
    request.save()
    return request
