"""What other parts of the portal do, and what follows from it for the record of notices."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_noop

from amtportal.dates import day_of
from amtportal.history.lines import sign
from amtportal.members.mail.layout import Mail
from amtportal.members.models import Member
from ccp.notices import telling, writing
from ccp.notices.models import Notice, NoticeKind, NoticeMail, Preference
from certifications.models import AwardCorrection, StatusChange
from certifications.roster.occasion import Occasion

DIED = gettext_noop("The member has died.")
AT_ONCE = {
    "received": NoticeKind.PAYMENT_RECEIVED,
    "failed": NoticeKind.PAYMENT_FAILED,
    "refunded": NoticeKind.PAYMENT_REFUNDED,
}


def told_at_once(*, member: Member, kind: str, about: str, mail: Mail, language: str, **kwargs: object) -> None:
    """Put on record what a member is told at once about a payment online, such as the receipt.

    It is written in the transaction that puts the mail into the outbox.
    """
    now = timezone.now()
    sent = NoticeMail.objects.create(
        member=member,
        on=day_of(now),
        at_once=True,
        state=NoticeMail.State.SENT,
        made_at=now,
        sent_at=now,
        address=mail.to[0],
        language=language,
        subject=str(mail.subject),
        text=str(mail.body),
        message_id=mail.message_id,
    )
    Notice.objects.create(
        member=member, kind=AT_ONCE[kind], subject=about, anchor_on=day_of(now), mail=sent, made_at=now
    )


def move(*, kept: Member, emptied: Member, occasion: Occasion, **kwargs: object) -> None:
    """Let what a member was told belong to the member into whom it is merged.

    Where both had a mail of one day, that of the emptied member counts as sent at once. A notice that
    both had, such as the summary of a month, stays with each.
    """
    of_kept = NoticeMail.objects.filter(member=kept, on=OuterRef("on"), at_once=False)
    mails = NoticeMail.objects.filter(member=emptied)
    mails.filter(Exists(of_kept)).update(at_once=True)
    mails.update(member=kept)
    same = Notice.objects.filter(
        member=kept, kind=OuterRef("kind"), subject=OuterRef("subject"), anchor_on=OuterRef("anchor_on")
    )
    Notice.objects.filter(~Exists(same), member=emptied).update(member=kept)
    choice = Preference.objects.filter(member=emptied).first()
    if choice and not Preference.objects.filter(member=kept).exists():
        choice.member = kept
        sign(choice, by=occasion.by, at=occasion.at, reason=occasion.reason)
        choice.save(update_fields=["member"])


def silence(*, member: Member, why: str = DIED, **kwargs: object) -> None:
    """Drop what a member who has died, or was erased, was to be told and was not yet."""
    waiting = NoticeMail.objects.filter(member=member, state=NoticeMail.State.WAITING)
    Notice.objects.filter(mail__in=waiting, dropped="").update(dropped=why)
    waiting.update(state=NoticeMail.State.DROPPED)
    Notice.objects.filter(member=member, mail=None, dropped="").update(dropped=why)


def speak_again(*, member: Member, **kwargs: object) -> None:
    """Let the next mail tell what was dropped by mistake, as far as it is still true then."""
    Notice.objects.filter(member=member, dropped=DIED).update(dropped="", mail=None)


def award_corrected(*, correction: AwardCorrection, **kwargs: object) -> None:
    telling.tell(
        member=correction.certification.member,
        kind=NoticeKind.AWARD_CORRECTED,
        subject=f"award-{correction.pk}",
        anchor_on=day_of(correction.corrected_at),
    )


def revoked(*, change: StatusChange, **kwargs: object) -> None:
    """Tell it on the next day: until then, somebody else can undo it."""
    telling.tell(
        member=change.certification.member,
        kind=NoticeKind.REVOKED,
        subject=f"status-{change.pk}",
        anchor_on=day_of(change.changed_at) + timedelta(days=1),
    )


def revocation_undone(*, change: StatusChange, **kwargs: object) -> None:
    telling.take_back(kind=NoticeKind.REVOKED, subject=f"status-{change.pk}", reason=writing.UNDONE)
