"""What other parts of the portal use to tell members something in a mail of its own.

    alone.tell([(member, NoticeKind.AUDIT, "audit-12-2")], at=now)      # in the caller's transaction

The mail waits in the outbox until 8:00 in Chicago and is written when it is sent, by the writer of its
kind (``ccp.notices.telling``), who answers with the ``Whole`` of it. Without an address that takes
mail, it is undeliverable, as that of the day is.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from amtportal.chunks import CHUNK
from amtportal.dates import day_of
from amtportal.members.mail import bounces, outbox
from amtportal.members.models import MailPriority, Member
from ccp.notices import sending
from ccp.notices.models import Notice, NoticeKind, NoticeMail

Told = tuple[Member, NoticeKind, str]
"""A member, loaded with the account, and the kind and the subject of what the member is told."""


@transaction.atomic
def tell(told: Sequence[Told], *, at: datetime, priority: MailPriority = MailPriority.NOTICE) -> list[NoticeMail]:
    """Have each of these told, and return the mails in their order. What is on record already is refused.

    The database refuses it (``IntegrityError``), so that nobody is told twice.
    """
    on = day_of(at)
    addresses = [sending.address_now(member) for member, _kind, _subject in told]
    marked = bounces.is_marked(list(filter(None, addresses)))
    mails = []
    for (member, _kind, _subject), address in zip(told, addresses, strict=True):
        takes_mail = bool(address) and address.lower() not in marked
        state = NoticeMail.State.WAITING if takes_mail else NoticeMail.State.UNDELIVERABLE
        mails.append(NoticeMail(member=member, on=on, at_once=True, made_at=at, address=address, state=state))
    NoticeMail.objects.bulk_create(mails, batch_size=CHUNK)
    notices = [
        Notice(member=member, kind=kind, subject=subject, anchor_on=on, mail=mail, made_at=at)
        for (member, kind, subject), mail in zip(told, mails, strict=True)
    ]
    Notice.objects.bulk_create(notices, batch_size=CHUNK)
    waiting = [(mail.pk, mail.address) for mail in mails if mail.state == NoticeMail.State.WAITING]
    if waiting:
        outbox.write_at_sending(
            writer=sending.WRITER,
            addresses=waiting,
            priority=priority,
            not_before=sending.starts_at(on),
        )
    return mails
