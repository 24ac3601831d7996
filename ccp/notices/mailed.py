"""What a member was sent and when, what waits, and what was not sent and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Value
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    NoticeKind.ENTRY_VOIDED: gettext_lazy("Entry voided"),
    NoticeKind.REPORT_ANSWERED: gettext_lazy("Your error report is answered"),
    NoticeKind.AUDIT: gettext_lazy("Audit"),
    NoticeKind.MONTHLY_SUMMARY: gettext_lazy("Monthly summary"),
    NoticeKind.NOTHING_RECORDED: gettext_lazy("Nothing recorded for 6 months"),
}
"""What members call the kinds."""


@dataclass(frozen=True, order=True)
class Key:
    """A mail, or a notice that came into no mail."""

    on: date
    is_mail: bool
    pk: int


@dataclass(frozen=True)
class Line:
    """One line of the list. ``text_of``: the key of the mail whose text can be read, if it has one."""

    on: date
    heading: str
    state: str
    state_in_words: str
    reasons: Sequence[str] = ()
    text_of: int | None = None


def keys_of(member: Member) -> list[Key]:
    """Return the keys of all that is to be listed, the newest first; one query.

    There are a few hundred in ten years at most.
    """
    mails = NoticeMail.objects.filter(member=member).order_by().values_list("on", Value(1), "pk")
    alone = Notice.objects.filter(member=member, mail=None).order_by().values_list("anchor_on", Value(0), "pk")
    return sorted((Key(on, bool(is_mail), pk) for on, is_mail, pk in mails.union(alone, all=True)), reverse=True)


def lines(keys: Iterable[Key]) -> list[Line]:
    """Return the lines of these keys, in their order; two queries, which do not read the texts."""
    keys = list(keys)
    mail_keys = [key.pk for key in keys if key.is_mail]
    mails = NoticeMail.objects.filter(pk__in=mail_keys).order_by().defer("text").in_bulk() if mail_keys else {}
    of_mail: dict[int, list[Notice]] = defaultdict(list)
    alone: dict[int, Notice] = {}
    in_question = Q(mail__in=mail_keys) | Q(pk__in=[key.pk for key in keys if not key.is_mail])
    for notice in Notice.objects.filter(in_question).order_by("pk") if keys else []:
        if notice.mail_id:
            of_mail[notice.mail_id].append(notice)
        else:
            alone[notice.pk] = notice
    return [line_of(mails[key.pk], of_mail[key.pk]) if key.is_mail else _line_alone(alone[key.pk]) for key in keys]


def line_of(mail: NoticeMail, notices: Sequence[Notice]) -> Line:
    """Return the line of a mail with its notices."""
    return Line(
        on=mail.on,
        heading=mail.subject or _names(notices),
        state=mail.state,
        state_in_words=_state(mail),
        reasons=_reasons(notices),
        text_of=mail.pk if mail.state == MailState.SENT else None,
    )


def _line_alone(notice: Notice) -> Line:
    """Return the line of a notice without a mail: it was dropped, or waits for the next mail."""
    state = MailState.DROPPED if notice.dropped else MailState.WAITING
    return Line(notice.anchor_on, _names([notice]), state.value, _in_words(state), _reasons([notice]))


def _names(notices: Iterable[Notice]) -> str:
    return ", ".join(dict.fromkeys(str(NAMES[notice.kind]) for notice in notices)) or _("Notice")


def _reasons(notices: Iterable[Notice]) -> list[str]:
    """Return why something was left out, each reason once."""
    return list(dict.fromkeys(translated(notice.dropped) for notice in notices if notice.dropped))


def _state(mail: NoticeMail) -> str:
    if mail.state == MailState.SENT and mail.sent_at:
        return _("Sent %(time)s") % {"time": format_moment(mail.sent_at)}
    return _in_words(mail.state)


def _in_words(state: str) -> str:
    if state == MailState.WAITING:
        return _("Waits to be sent")
    if state == MailState.UNDELIVERABLE:
        return _("Not sent: your address does not take mail")
    return _("Not sent")
