"""The mail of the day: find what is due, and store one mail for each member it is due for.

- Members are taken in chunks, each in one transaction with its members locked: a run that is killed
  and started again, and two at once, tell nobody anything twice.
- A mail is stored without its text and goes to the outbox. It is written when it is sent
  (``ccp.notices.writing``), because a member may pay in the meantime.
- A member who has a mail of that day gets what comes later in the next day's mail.
- Without an address that takes mail, the mail is *undeliverable*: the member finds it in the portal,
  and staff in a list.
- Merged members, members who have died and accounts that are switched off are told nothing. Kinds that
  can be switched off go only to members who have opened their account.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import Q, QuerySet

from amtportal.chunks import CHUNK, chunks
from amtportal.dates import CHICAGO
from amtportal.members.mail import bounces, outbox
from amtportal.members.models import MailPriority, Member
from ccp.notices import due, facts, preferences, telling
from ccp.notices.due import Due
from ccp.notices.kinds import is_optional
from ccp.notices.models import Notice, NoticeKind, NoticeMail, Preference

FROM = time(8)
"""From this time in Chicago on, notices are sent."""
WRITER = "notices"

Key = tuple[int, str, str]
"""The member, kind and subject of a series."""


@dataclass
class Tally:
    """How many notices a run made, of each kind, and in how many mails."""

    kinds: Counter[str] = field(default_factory=Counter)
    mails: int = 0
    undeliverable: int = 0

    def __str__(self) -> str:
        notices = self.kinds.total()
        return (
            f"{notices:,} {'notice' if notices == 1 else 'notices'} for "
            f"{self.mails:,} {'member' if self.mails == 1 else 'members'}, {self.undeliverable:,} of them without an "
            "address that takes mail."
        )

    def by_kind(self) -> list[tuple[str, int]]:
        return [(kind.label, self.kinds[kind]) for kind in NoticeKind if self.kinds[kind]]


@dataclass(frozen=True)
class Reader:
    """A member as far as mail goes. ``comes_back``: mail to the address does."""

    address: str
    comes_back: bool
    takes_optional: bool
    unwanted: frozenset[str]

    @property
    def can_be_reached(self) -> bool:
        return bool(self.address) and not self.comes_back

    def takes(self, kind: str) -> bool:
        return not is_optional(kind) or (self.takes_optional and kind not in self.unwanted)


def is_early(on: date, now: datetime) -> bool:
    """Return whether it is before 8:00 in Chicago on that day."""
    return now < starts_at(on)


def starts_at(on: date) -> datetime:
    """Return from when on that day's mail is sent."""
    return datetime.combine(on, FROM, CHICAGO)


def send_due(
    *, on: date, now: datetime, dry_run: bool = False, progress: Callable[[int], object] = lambda done: None
) -> Tally:
    """Store the mails with what is due on that day. ``progress``: called with the members of each chunk.

    The caller sees to it that it is not too early (``is_early``).
    """
    tally = Tally()
    told_since = due.since(on, facts.began_on(on))
    cycles = facts.candidates(on, told_since)
    happened: dict[int, list[Due]] = defaultdict(list)
    for event in facts.events(on, told_since):
        happened[event.member] += due.of_event(event, on, told_since)
    for source in telling.sources():
        for one in source(on):
            happened[one.member].append(one)
    told = set(_told().order_by().values_list("member", flat=True).distinct())
    for members in chunks(sorted(cycles.keys() | happened.keys() | told)):
        may_be = [each for member in members for each in cycles.get(member, ())]
        dues = _of_cycles(may_be, on, told_since)
        dues += [one for member in members for one in happened.get(member, ())]
        if dues or not told.isdisjoint(members):
            _store(members, dues, on, now, tally, dry_run=dry_run)
        progress(len(members))
    return tally


def _of_cycles(may_be: Collection[due.CycleFacts], on: date, told_since: date) -> list[Due]:
    """Return what is due of these cycles.

    Where they stand is asked only of those of which something may be due that is not on record.
    """
    possible = {each.cycle: list(due.of_cycle(each, on, told_since)) for each in may_be}
    new = set(_not_told([one for dues in possible.values() for one in dues]))
    asked = [key for key, dues in possible.items() if not new.isdisjoint(dues)]
    cycles = facts.of_standings(facts.standings(asked, on))
    return [one for cycle in cycles for one in due.of_cycle(cycle, on, told_since)]


def _told() -> QuerySet[Notice]:
    """Return what is on record to be told with the next mail (``ccp.notices.telling``)."""
    return Notice.objects.filter(mail=None, dropped="")


@transaction.atomic
def _store(
    members: Collection[int], dues: Iterable[Due], on: date, now: datetime, tally: Tally, *, dry_run: bool
) -> None:
    """Store the mails of these members, with what is due and was not told before."""
    if not dry_run:
        lock = Member.objects.select_for_update(no_key=True).filter(pk__in=members).order_by("pk")
        list(lock.values_list("pk", flat=True))
    readers = _readers(members, on)
    waiting: dict[int, list[Notice]] = defaultdict(list)
    for notice in _told().filter(member__in=list(readers), anchor_on__lte=on):
        waiting[notice.member_id].append(notice)
    new: dict[int, list[Due]] = defaultdict(list)
    for one in _not_told([one for one in dues if one.member in readers and readers[one.member].takes(one.kind)]):
        new[one.member].append(one)
    mails: dict[int, NoticeMail] = {}
    priority: dict[int, MailPriority] = {}
    for member, reader in readers.items():
        kinds = [one.kind for one in new.get(member, ())] + [notice.kind for notice in waiting.get(member, ())]
        if not kinds:
            continue
        tally.kinds.update(kinds)
        tally.mails += 1
        tally.undeliverable += not reader.can_be_reached
        state = NoticeMail.State.WAITING if reader.can_be_reached else NoticeMail.State.UNDELIVERABLE
        mails[member] = NoticeMail(member_id=member, on=on, made_at=now, address=reader.address, state=state)
        priority[member] = MailPriority.SUMMARY if all(map(is_optional, kinds)) else MailPriority.NOTICE
    if dry_run or not mails:
        return
    NoticeMail.objects.bulk_create(mails.values(), batch_size=CHUNK)
    Notice.objects.bulk_create(
        [
            Notice(
                member_id=member,
                kind=one.kind,
                subject=one.subject,
                anchor_on=one.anchor_on,
                mail=mails[member],
                made_at=now,
            )
            for member, dues in new.items()
            for one in dues
        ],
        batch_size=CHUNK,
    )
    for member, notices in waiting.items():
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(mail=mails[member])
    for urgency in MailPriority:
        addressed = [
            (mail.pk, mail.address)
            for member, mail in mails.items()
            if readers[member].can_be_reached and priority[member] == urgency
        ]
        if addressed:
            outbox.write_at_sending(writer=WRITER, addresses=addressed, priority=urgency)


def _readers(members: Collection[int], on: date) -> dict[int, Reader]:
    """Return those of these members, given by key, who can be told something and have no mail of that day."""
    reachable = Member.objects.filter(pk__in=list(members), merged_into=None, died_on=None, erased_on=None)
    reachable = reachable.filter(Q(user=None) | Q(user__is_active=True))
    reachable = reachable.exclude(notice_mails__in=NoticeMail.objects.filter(on=on, at_once=False))
    choices = {choice.member_id: choice for choice in Preference.objects.filter(member__in=list(members))}
    rows = list(reachable.order_by("pk").values_list("pk", "user__email", "user__password"))
    marked = bounces.is_marked([email for _, email, _ in rows if email])
    return {
        key: Reader(
            address=address_of(email),
            comes_back=bool(email) and email.lower() in marked,
            takes_optional=bool(password) and not password.startswith(UNUSABLE_PASSWORD_PREFIX),
            unwanted=preferences.unwanted(choices.get(key)),
        )
        for key, email, password in rows
    }


def address_of(email: str | None) -> str:
    """Return the address to which mail for a member can go; empty if there is none."""
    return "" if not email or email.endswith(f"@{outbox.NOBODY}") else email


def address_now(member: Member) -> str:
    """Return the address to which mail for the member goes now; empty if there is none."""
    return address_of(member.user.email) if member.user and member.user.is_active else ""


def _not_told(dues: Collection[Due]) -> list[Due]:
    """Return which of these are not on record, and are not older than what is.

    A run for a day of the past does not remind of what a later one has reminded of.
    """
    if not dues:
        return []
    last: dict[Key, date] = {}
    for members in chunks({one.member for one in dues}):
        rows = Notice.objects.filter(member__in=members, anchor_on__gte=min(one.anchor_on for one in dues)).order_by()
        for member, kind, subject, anchor_on in rows.values_list("member", "kind", "subject", "anchor_on"):
            key = (member, kind, subject)
            last[key] = max(last.get(key, anchor_on), anchor_on)
    return [one for one in dues if last.get((one.member, one.kind, one.subject), date.min) < one.anchor_on]


def ended(keys: Iterable[int], reason: str, at: datetime) -> None:
    """Note that the mail server took these mails, given by key; or why a mail was given up."""
    mails = NoticeMail.objects.filter(pk__in=list(keys), state=NoticeMail.State.WAITING)
    if reason:
        mails.update(state=NoticeMail.State.UNDELIVERABLE)
    else:
        mails.exclude(message_id="").update(state=NoticeMail.State.SENT, sent_at=at)
