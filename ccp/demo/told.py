"""What the cast of the demo was told by mail before the day of loading: of payments, credits and audits.

The mails are on record as sent, and went nowhere. What is due now is left to ``send_notices``.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta

from amtportal.dates import CHICAGO
from amtportal.members.models import Member, OutgoingMail
from ccp.notices import facts, sending, writing
from ccp.notices.models import Notice, NoticeKind, NoticeMail

TOLD = (NoticeKind.PAYMENT_RECEIVED, NoticeKind.AMT_CREDIT)
FIRST = date(2000, 1, 1)


def tell(emails: Collection[str], *, on: date) -> None:
    """Put on record what these members, by address, were told on the mornings before that day."""
    readers = Member.objects.filter(user__email__in=emails).select_related("user").in_bulk()
    mails: dict[tuple[date, int], NoticeMail] = {}
    for event in facts.events(on, FIRST):
        morning = event.on + timedelta(days=1)
        member = readers.get(event.member)
        if member is None or member.user is None or event.kind not in TOLD or morning >= on:
            continue
        at = datetime.combine(morning, sending.FROM, CHICAGO)
        mail = mails.get((morning, member.pk))
        if mail is None:
            address = member.user.email
            mail = NoticeMail.objects.create(member=member, on=morning, made_at=at, address=address)
            mails[morning, member.pk] = mail
        Notice.objects.create(
            member=member, kind=event.kind, subject=event.subject, anchor_on=event.on, mail=mail, made_at=at
        )
    writing.write([mail.pk for mail in mails.values()])
    mornings: dict[datetime, list[int]] = defaultdict(list)
    for mail in mails.values():
        mornings[mail.made_at].append(mail.pk)
    for at, keys in mornings.items():
        sending.ended(keys, "", at)


def letters(*, now: datetime) -> None:
    """Put on record that the letters of audits from before now went out by mail when they were written."""
    mails = NoticeMail.objects.filter(letter__isnull=False, state=NoticeMail.State.WAITING, made_at__lt=now)
    waiting = list(mails.order_by("pk").values_list("pk", "made_at"))
    keys = [key for key, _at in waiting]
    OutgoingMail.objects.filter(writer=sending.WRITER, writer_key__in=keys).delete()
    writing.write(keys)
    for key, at in waiting:
        sending.ended([key], "", at)
