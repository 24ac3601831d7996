"""What other parts of the portal use to tell a member something in a mail of its own.

    alone.tell(member=member, kind=NoticeKind.AUDIT, subject="audit-12-2", at=now)

The mail waits in the outbox until 8:00 in Chicago and is written when it is sent, by the writer of its
kind (``ccp.notices.telling``), who answers with the ``Whole`` of it. Without an address that takes
mail, it is undeliverable, as that of the day is.
"""

from datetime import datetime

from django.db import transaction

from amtportal.dates import day_of
from amtportal.members.mail import bounces, outbox
from amtportal.members.models import MailPriority, Member
from ccp.notices import sending
from ccp.notices.models import Notice, NoticeKind, NoticeMail


@transaction.atomic
def tell(*, member: Member, kind: NoticeKind, subject: str, at: datetime) -> NoticeMail:
    """Have the member told once, and return the mail. A second time returns the same one."""
    on = day_of(at)
    told = Notice.objects.filter(member=member, kind=kind, subject=subject, anchor_on=on, mail__isnull=False).first()
    if told and told.mail:
        return told.mail
    address = sending.address_now(member)
    can_be_reached = bool(address) and not bounces.is_marked([address])
    state = NoticeMail.State.WAITING if can_be_reached else NoticeMail.State.UNDELIVERABLE
    mail = NoticeMail.objects.create(member=member, on=on, at_once=True, made_at=at, address=address, state=state)
    Notice.objects.create(member=member, kind=kind, subject=subject, anchor_on=on, mail=mail, made_at=at)
    if can_be_reached:
        outbox.write_at_sending(
            writer=sending.WRITER,
            addresses=[(mail.pk, address)],
            priority=MailPriority.NOTICE,
            not_before=sending.starts_at(on),
        )
    return mail
