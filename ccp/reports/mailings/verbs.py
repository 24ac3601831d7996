"""Sending a mail to the members of a list, once, and stopping it.

- It is confirmed with the number that the page showed. If the list has changed since, nothing is
  sent and the page shows the new number.
- The page has a number of its own (``submission_id``): pressing the button twice sends once.
- The worker gives the mails to the notices' queue, ``CHUNK`` members in one transaction; who has a
  notice of this mailing is passed over. So nobody gets it twice, also if a worker is killed.
- Stopped, no more are given to the queue, and what waits there is dropped when its turn comes.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Count, Q
from django.http import QueryDict
from django.utils import timezone
from django_tasks import task

from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.history.lines import sign
from amtportal.jobs import Progress, Work
from amtportal.members.models import MailPriority, Member, User
from amtportal.refusals import Refused
from ccp.notices import alone
from ccp.notices.models import MailState, Notice
from ccp.reports.lists import base, openings
from ccp.reports.lists.base import Counted
from ccp.reports.lists.registry import LISTS
from ccp.reports.mailings import audience, words
from ccp.reports.mailings.words import Words
from ccp.reports.mailings.writing import KIND, subject_of
from ccp.reports.models import Deed, ListName, Mailing

MOST = 200_000
"""So many members can be mailed at once."""


class Changed(Refused):
    """The list is not the one that the page showed."""


@transaction.atomic
def confirm(
    *,
    name: ListName,
    query: str,
    sort: str,
    english: Words,
    spanish: Words,
    submission_id: UUID,
    shown: int,
    by: User,
    at: datetime,
) -> Mailing:
    """Have the mail sent to the members of the list, or return what the same page confirmed. Raises ``Refused``."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if confirmed := Mailing.objects.filter(submission_id=submission_id).first():
        return confirmed
    check(english, spanish)
    found = audience.of(name, query, sort, day_of(at))
    if not found.members:
        raise Refused("Nobody on this list can be reached by mail.")
    if len(found.members) > MOST:
        raise Refused(f"These are more than {MOST:,} members. Choose fewer by a filter.")
    if len(found.members) != shown:
        raise Changed(f"The list has changed: {len(found.members):,} members can be reached now. Confirm again.")
    work_list = LISTS[name]
    filtered = base.in_words(work_list.filtered(QueryDict(query), day_of(at)))
    mailing = Mailing(
        list_name=name,
        query=query,
        filtered=filtered[: openings.LONGEST],
        submission_id=submission_id,
        sort=sort,
        subject_en=english.subject,
        text_en=english.text,
        subject_es=spanish.subject,
        text_es=spanish.text,
        members=found.members,
        asked_by=by,
        asked_at=at,
    )
    sign(mailing, by=by, at=at)
    mailing.save()
    openings.note(
        by=by, at=at, deed=Deed.MAILED, subject=f"{work_list.title}, mail {mailing.pk}", filtered=filtered,
        counted=Counted(len(found.members), more=False),
    )  # fmt: skip
    send.enqueue(mailing.pk)
    return mailing


def check(english: Words, spanish: Words) -> None:
    """Raise ``Refused`` with what is wrong with the words, at its field."""
    for field, text in (
        ("subject_en", english.subject),
        ("text_en", english.text),
        ("subject_es", spanish.subject),
        ("text_es", spanish.text),
    ):
        if problem := words.problem_with(text):
            raise Refused(problem, field)
    if not spanish.is_empty and not (spanish.subject and spanish.text):
        field = "text_es" if spanish.subject else "subject_es"
        raise Refused("Write both the subject and the text in Spanish, or neither.", field)


@transaction.atomic
def stop(*, mailing: Mailing, by: User, at: datetime) -> bool:
    """Stop a mailing. Return whether it went on until now."""
    locked = Mailing.objects.select_for_update().get(pk=mailing.pk)
    if locked.stopped_at:
        return False
    locked.stopped_at, locked.stopped_by = at, by
    sign(locked, by=by, at=at)
    locked.save(update_fields=["stopped_at", "stopped_by"])
    return True


@transaction.atomic
def go_on(*, mailing: Mailing, by: User, at: datetime) -> bool:
    """Go on with a mailing that an error ended. Return whether there was something to go on with."""
    locked = Mailing.objects.select_for_update().get(pk=mailing.pk)
    if not locked.has_stopped or locked.stopped_at:
        return False
    locked.finished_at, locked.failures = None, []
    sign(locked, by=by, at=at, reason="Gone on with after an error.")
    locked.save()
    send.enqueue(locked.pk)
    return True


def states(mailing: Mailing) -> Mapping[str, int]:
    """Return how many mails of the mailing are in which state, by ``MailState``; one query."""
    notices = Notice.objects.filter(kind=KIND[mailing.sort], subject=subject_of(mailing.pk)).order_by()
    return dict(notices.values_list("mail__state").annotate(number=Count("pk")))


def can_be_stopped(mailing: Mailing) -> bool:
    """Return whether there is something left that is not sent."""
    if mailing.stopped_at:
        return False
    return mailing.finished_at is None or states(mailing).get(MailState.WAITING, 0) > 0


def resume() -> None:
    """Go on with every mailing that is not finished. A worker calls this when it starts."""
    WORK.resume(send)


@task()
def send(key: int) -> None:
    """Give the mails of a mailing to the queue, unless another worker does."""
    WORK.run(key, removal=None)


def _make(mailing: Mailing, folder: Path, progress: Progress) -> None:
    for keys in chunks(mailing.members):
        if not _give(mailing, keys):
            break
        progress.made.extend(keys)
        progress.tell()
    progress.tell(at_once=True)


@transaction.atomic
def _give(mailing: Mailing, keys: list[int]) -> bool:
    """Give the mails to these members to the queue. Return whether the mailing was not stopped."""
    locked = Mailing.objects.select_for_update().get(pk=mailing.pk)
    if locked.stopped_at:
        return False
    kind, subject = KIND[mailing.sort], subject_of(mailing.pk)
    told = Notice.objects.filter(member__in=keys, kind=kind, subject=subject).values("member")
    active = Q(user__is_active=True)
    members = Member.objects.filter(active, pk__in=keys, merged_into=None, died_on=None, erased_on=None).exclude(
        pk__in=told
    )
    found = list(members.select_related("user").order_by("pk"))
    if found:
        alone.tell([(member, kind, subject) for member in found], at=timezone.now(), priority=MailPriority.SUMMARY)
    return True


WORK = Work(
    model=Mailing,
    storage=lambda: storages["lists"],
    kept=timedelta(0),
    again="Go on with it on its page: nobody gets it twice.",
    make=_make,
)
