"""What other parts of the portal use to tell members something in the mail of the day.

    telling.register(NoticeKind.AUDIT, write)                       # once, when the app is ready
    telling.tell(member=member, kind=…, subject="audit-12", anchor_on=day)   # in the caller's transaction

``tell`` puts the notice on record; it goes out with the member's mail of the next run of
``send_notices``, from 8:00 in Chicago, and is merged with whatever else is due that day. To repeat it
changes nothing: a notice is told once for its member, kind, subject and anchor. What it says is
written when it is sent, by the writer of its kind, with the figures of that moment.

A kind may have a *source* too: it is asked on each run what is due by a day of the record, such as
the reminders of a last day. ``ccp.notices.alone`` tells something in a mail of its own.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_noop

from amtportal.members.mail.layout import Content, Part
from amtportal.members.models import Member
from ccp.notices.due import Due
from ccp.notices.models import Notice, NoticeKind

NEWER = gettext_noop("A newer notice says it.")


@dataclass(frozen=True)
class Said:
    """What a notice says, in the language that is active when it is written.

    ``subject``: that of the mail, if no other notice in it is more pressing. ``about``: what the part
    says of the same mail's other subjects, such as ``invoice-7``; their own notices add no part.
    """

    subject: str
    part: Part
    about: Collection[str] = ()


@dataclass(frozen=True)
class Gone:
    """Why a notice is not sent, in English: staff read it."""

    reason: str


@dataclass(frozen=True)
class Whole:
    """What a mail of its own says, in the language in which it is."""

    content: Content
    language: str


Writer = Callable[[Sequence[Notice], date], Mapping[int, Said | Gone | Whole]]
"""Writes notices of one kind, of any members, on that day; the answer is by their keys.

Their members are loaded. It asks the record in a fixed number of queries.
"""
_writers: dict[str, Writer] = {}
Source = Callable[[date], Iterable[Due]]
"""Returns what is due on that day. What is on record already may be among it."""
_sources: dict[str, Source] = {}


def register(kind: NoticeKind, writer: Writer, *, source: Source | None = None) -> None:
    """Let this writer write the notices of that kind, and ask this source what is due."""
    _writers[kind] = writer
    if source:
        _sources[kind] = source


def sources() -> Iterable[Source]:
    return _sources.values()


def writer_of(kind: str) -> Writer:
    return _writers[kind]


def tell(*, member: Member, kind: NoticeKind, subject: str, anchor_on: date) -> Notice:
    """Have the member told in the mail of the day, once."""
    notice, _created = Notice.objects.get_or_create(member=member, kind=kind, subject=subject, anchor_on=anchor_on)
    return notice


def take_back(*, kind: NoticeKind, subject: str, reason: str) -> None:
    """Drop what was told about that subject and has not been given to a mail yet, with the reason."""
    Notice.objects.filter(kind=kind, subject=subject, mail=None, dropped="").update(dropped=reason)
