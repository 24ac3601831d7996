"""Another name on record: a member asks with a document that proves it, and staff answer.

- A member has one request at a time that waits. It can be withdrawn while it waits.
- Accepting changes the name in the same transaction. Transcripts and other papers that were issued
  before stay as they are, and can still be checked. The roster does not set the name back
  (``details``).
- Of two of the staff who answer at once, the first answer holds.
- The document shows more of a person than a name. It is kept for ``KEPT_AFTER_ANSWER`` after an
  answer, in case somebody objects to it, and not after a withdrawal. From then on nobody can open
  it, and ``manage.py clean_evidence`` deletes the file a day later.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from amtportal.history.lines import sign
from amtportal.members import details, rights
from amtportal.members.mail import account_mails
from amtportal.members.models import Member, NameRequest, User
from amtportal.members.models import NameRequestState as State
from amtportal.refusals import Problem, Refused, refuse_if
from amtportal.uploads import kept

KEPT_AFTER_ANSWER = timedelta(days=90)
MAY_ANSWER = "members.answer_namerequest"


def problem_with_name(member: Member, *, first_name: str, last_name: str) -> Problem | None:
    """Return why this cannot be asked for."""
    if not (first_name or last_name):
        return Problem("first_name", _("Enter your name. If you have one name, enter it in either field."))
    if (first_name, last_name) == (member.first_name, member.last_name):
        return Problem("first_name", _("This is the name on record already. Enter the name as it should be."))
    return None


def document_until(request: NameRequest) -> datetime | None:
    """Return until when the document can be opened; None while the request waits."""
    if request.answered_at is None:
        return None
    is_over = request.state == State.WITHDRAWN or request.member.erased_on is not None
    return request.answered_at if is_over else request.answered_at + KEPT_AFTER_ANSWER


def has_document(request: NameRequest, *, at: datetime) -> bool:
    until = document_until(request)
    return until is None or at < until


def with_document(*, at: datetime) -> Q:
    """Return the condition of the requests whose document is kept."""
    return Q(state=State.WAITING) | Q(
        state__in=[State.ACCEPTED, State.DECLINED], answered_at__gt=at - KEPT_AFTER_ANSWER, member__erased_on=None
    )


def latest(member: Member) -> NameRequest | None:
    """Return the request that waits, else the last one."""
    return NameRequest.objects.filter(member=member).order_by("-pk").first()


def ask(
    *, member: Member, first_name: str, last_name: str, reason: str, note: str, file: kept.Sent, by: User, at: datetime
) -> NameRequest:
    """Ask for another name. The same request, sent again, is returned as it is.

    Raises ``Refused`` if another one waits.
    """
    with transaction.atomic():
        present = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        waiting = NameRequest.objects.filter(member=present, state=State.WAITING).first()
        if waiting:
            asked = (waiting.first_name, waiting.last_name, waiting.document_sha256)
            if asked == (first_name, last_name, file.sha256):
                return waiting
            raise Refused(_("You have asked for another name already. Withdraw that request to ask again."))
        refuse_if(problem_with_name(present, first_name=first_name, last_name=last_name))
        with kept.keep(file) as stored:
            return NameRequest.objects.create(
                member=present,
                first_name=first_name,
                last_name=last_name,
                before=present.name,
                reason=reason,
                note=note,
                document_name=file.name,
                document_kind=file.kind,
                document_size=file.size,
                document_sha256=file.sha256,
                stored_sha256=stored.sha256,
                stored_name=stored.name,
                asked_at=at,
                asked_by=by,
            )


def problem_with_joining(kept: Member, emptied: Member) -> Problem | None:
    """Return why the requests of a member who is merged into another cannot become those of that one."""
    waiting = NameRequest.objects.filter(member__in=[kept, emptied], state=State.WAITING)
    if waiting.count() < 2:
        return None
    return Problem(
        "amt_id",
        "Both have asked for another name, and a person has one request at a time. Answer one of the two first, in the "
        "list Requests for another name.",
    )


def follow(*, kept: Member, emptied: Member, by: User, at: datetime, reason: str) -> None:
    """Let the requests of a member who is merged into another be those of that one."""
    for request in NameRequest.objects.filter(member=emptied).order_by("pk"):
        request.member = kept
        sign(request, by=by, at=at, reason=reason)
        request.save(update_fields=["member"])


@transaction.atomic
def withdraw(*, request: NameRequest, by: User, at: datetime) -> bool:
    """Withdraw a request. Return False if it was withdrawn already. Raises ``Refused`` if it was answered."""
    present = NameRequest.objects.select_for_update().get(pk=request.pk)
    if present.state == State.WITHDRAWN:
        return False
    if present.state != State.WAITING:
        raise Refused(_("AMT has answered this request already."))
    _settle(present, State.WITHDRAWN, "", by=by, at=at)
    return True


@transaction.atomic
def accept(*, request: NameRequest, answer: str = "", by: User, at: datetime) -> NameRequest:
    """Change the name as the member asked, and tell the member. Raises ``Refused`` if it was answered."""
    member, present = _waiting(request)
    _refuse_own_and_higher(member, by)
    if member.merged_into_id:
        raise Refused("This member was merged into another one. Decline the request, and change the name there.")
    reason = f"Asked for by the member, request {present.pk}"
    details.write(
        member, {"first_name": present.first_name, "last_name": present.last_name}, by=by, at=at, reason=reason
    )
    return _answer(present, State.ACCEPTED, answer, account_mails.name_accepted, by=by, at=at)


@transaction.atomic
def decline(*, request: NameRequest, answer: str, by: User, at: datetime) -> NameRequest:
    """Leave the name as it is, and tell the member why. Raises ``Refused`` if it was answered."""
    if not answer.strip():
        raise Refused("Say why: the member reads it.", "answer")
    member, present = _waiting(request)
    _refuse_own_and_higher(member, by)
    return _answer(present, State.DECLINED, answer, account_mails.name_declined, by=by, at=at)


def _refuse_own_and_higher(member: Member, by: User) -> None:
    if problem := rights.why_not(person=member.user, by=by):
        raise Refused(problem)


def _waiting(request: NameRequest) -> tuple[Member, NameRequest]:
    """Return the member and the request as they are now, both locked."""
    member = Member.objects.select_for_update(no_key=True).select_related(None).get(pk=request.member_id)
    present = NameRequest.objects.select_for_update().get(pk=request.pk)
    if present.state != State.WAITING:
        who = f" by {present.answered_by}" if present.answered_by else ""
        raise Refused(f"This request was {present.get_state_display().lower()}{who} in the meantime.")
    return member, present


def _answer(
    request: NameRequest,
    state: State,
    answer: str,
    mail: Callable[[Any], Any],
    *,
    by: User,
    at: datetime,
) -> NameRequest:
    _settle(request, state, answer, by=by, at=at)
    account = request.member.user
    if account is not None:
        account_mails.tell(account, mail, {"asked": request.name, "before": request.before, "answer": request.answer})
    return request


def _settle(request: NameRequest, state: State, answer: str, *, by: User, at: datetime) -> None:
    request.state, request.answer, request.answered_at, request.answered_by = state, answer.strip(), at, by
    sign(request, by=by, at=at)
    request.save(update_fields=["state", "answer", "answered_at", "answered_by"])
