"""What a member was sent and when, what waits, and what was not sent and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal.dates import day_of
from amtportal.formatting import format_moment, translated
from amtportal.members.models import Member
from ccp.notices.models import MailState, Notice, NoticeKind, NoticeMail

NAMES: Mapping[str, Promise] = {
    NoticeKind.INVOICE_OPEN: gettext_lazy("Renewal invoice open"),
    NoticeKind.INVOICE_DUE: gettext_lazy("Renewal invoice due"),
    NoticeKind.INVOICE_OVERDUE: gettext_lazy("Renewal invoice overdue"),
    NoticeKind.CYCLE_ENDS: gettext_lazy("End of your CCP cycle"),
    NoticeKind.GRACE: gettext_lazy("Grace period"),
    NoticeKind.LAPSED: gettext_lazy("Certification lapsed"),
    NoticeKind.PAYMENT_RECEIVED: gettext_lazy("Payment received"),
    NoticeKind.PAYMENT_FAILED: gettext_lazy("Payment failed"),
    NoticeKind.PAYMENT_REFUNDED: gettext_lazy("Payment refunded"),
    NoticeKind.AMT_CREDIT: gettext_lazy("Credit from AMT recorded"),
    NoticeKind.POINTS_SET: gettext_lazy("Points set by AMT"),
    NoticeKind.ENTRY_VOIDED: gettext_lazy("Entry voided by AMT"),
    NoticeKind.ENTRY_RESTORED: gettext_lazy("Voided entry on record again"),
    NoticeKind.REVOKED: gettext_lazy("Certification revoked"),
    NoticeKind.AWARD_CORRECTED: gettext_lazy("Award date corrected"),
    NoticeKind.REPORT_ANSWERED: gettext_lazy("Answer to your error report"),
    NoticeKind.AUDIT: gettext_lazy("Audit"),
    NoticeKind.AMT_MESSAGE: gettext_lazy("Message from AMT"),
    NoticeKind.MONTHLY_SUMMARY: gettext_lazy("Monthly summary"),
    NoticeKind.NOTHING_RECORDED: gettext_lazy("Nothing recorded for 6 months"),
    NoticeKind.AMT_NEWS: gettext_lazy("News from AMT"),
}
"""What members call the kinds."""


@dataclass(frozen=True)
class Mailing:
    """A mail with its notices; or, with no mail, a notice that was dropped or waits for the next mail."""

    on: date
    mail: NoticeMail | None
    notices: Sequence[Notice]

    @property
    def heading(self) -> str:
        """Return the subject as it was sent, or else what it is about."""
        if self.mail and self.mail.subject:
            return self.mail.subject
        return ", ".join(dict.fromkeys(str(NAMES[notice.kind]) for notice in self.notices)) or _("Notice")

    @property
    def state(self) -> str:
        if self.mail:
            return self.mail.state
        return (MailState.DROPPED if self.reasons else MailState.WAITING).value

    @property
    def state_in_words(self) -> str:
        if self.state == MailState.WAITING:
            return _("Waits to be sent")
        if self.state == MailState.UNDELIVERABLE:
            return _("Not sent: your address does not take mail")
        if self.state == MailState.DROPPED:
            return _("Not sent")
        if self.mail and self.mail.sent_at and day_of(self.mail.sent_at) != self.on:
            return _("Sent %(time)s") % {"time": format_moment(self.mail.sent_at)}
        return _("Sent")

    @property
    def reasons(self) -> list[str]:
        """Return why something was left out, each reason once."""
        return list(dict.fromkeys(translated(notice.dropped) for notice in self.notices if notice.dropped))

    @property
    def text_of(self) -> int | None:
        """Return the key of the mail whose text can be read."""
        return self.mail.pk if self.mail and self.mail.state == MailState.SENT else None


def notices_of(member: Member) -> list[Notice]:
    """Return every notice to the member; one query. In ten years there are some hundred at most."""
    return list(Notice.objects.filter(member=member).order_by("pk"))


def newest_first(member: Member, notices: Iterable[Notice]) -> list[Mailing]:
    """Return the mails to the member, and those of these notices that came into none; one query."""
    by_mail: dict[int | None, list[Notice]] = defaultdict(list)
    for notice in notices:
        by_mail[notice.mail_id].append(notice)
    alone = [Mailing(notice.anchor_on, None, [notice]) for notice in by_mail[None]]
    mails = NoticeMail.objects.filter(member=member).defer("text").order_by("pk")
    found = [*alone, *(Mailing(mail.on, mail, by_mail[mail.pk]) for mail in mails)]
    return sorted(found, key=lambda mailing: (mailing.on, mailing.mail.pk if mailing.mail else 0), reverse=True)


def has_mail_of(day: date, mailings: Iterable[Mailing]) -> bool:
    """Return whether the mail of that day was made: what comes later goes into that of the next day."""
    return any(mailing.mail and mailing.on == day and not mailing.mail.at_once for mailing in mailings)
