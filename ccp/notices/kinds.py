"""The kinds of notices: which can be switched off, which is the most pressing, and why members get them.

The order of ``KINDS`` is that of a mail: the most pressing first. A series reminds of one day several
times; ``before`` are the days from a reminder to the day of the series, negative after it. Of a series
only the newest reminder is sent: what a late run missed is passed over, and is not put on record.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ccp.notices.models import OPTIONAL, NoticeKind

DUTY_WHY = _(
    "You get this notice because it is about your certification at AMT. Notices of this kind cannot be switched off."
)
SUMMARY_WHY = _("You get this summary because something changed last month. You can switch it off.")
NEWS_WHY = _("You get this mail because AMT writes to its members about news. You can switch it off.")
QUIET_WHY = _("You get this reminder because nothing was recorded for 6 months. You can switch it off.")


@dataclass(frozen=True)
class Kind:
    """A kind of notice.

    ``anchor``: what its day is counted from. ``holds``: what must be true on the day and again at
    sending. ``before``: the days of a series; empty for what happens once.
    """

    anchor: str
    holds: str
    before: tuple[int, ...] = ()
    why: Promise = DUTY_WHY


KINDS: Mapping[NoticeKind, Kind] = {
    NoticeKind.REVOKED: Kind("the day after AMT recorded the revocation", "it is revoked"),
    NoticeKind.LAPSED: Kind("the day on which the certification lapsed", "it is lapsed"),
    NoticeKind.GRACE: Kind(
        "the last day of the grace period (its first reminder: the day after the cycle’s end)",
        "the cycle is in grace",
        (30, 7),
    ),
    NoticeKind.AUDIT: Kind(
        "the last day to send proof (a letter: the day of its step)",
        "the case asks for proof by that day (a letter: always)",
        (7, 1),
    ),
    NoticeKind.CYCLE_ENDS: Kind(
        "the last day of the cycle",
        "the cycle is running, and points are missing or an invoice is to be paid",
        (120, 90, 60, 30, 14, 7, 1),
    ),
    NoticeKind.INVOICE_OVERDUE: Kind("the last day to pay", "the invoice is to be paid", (-14,)),
    NoticeKind.INVOICE_DUE: Kind(
        "the last day to pay (30 and 7 days of year 3: the last day of the cycle)",
        "the invoice is to be paid",
        (30, 7, 0),
    ),
    NoticeKind.INVOICE_OPEN: Kind("the day on which the invoice opens", "the invoice is to be paid"),
    NoticeKind.PAYMENT_FAILED: Kind("the day on which it failed or was reversed", "the invoice is to be paid"),
    NoticeKind.PAYMENT_REFUNDED: Kind("the day of the refund", "always: it is sent at once"),
    NoticeKind.AWARD_CORRECTED: Kind("the day on which AMT corrected it", "it is the last correction"),
    NoticeKind.ENTRY_VOIDED: Kind("the day on which AMT voided the entry", "the entry is void"),
    NoticeKind.ENTRY_RESTORED: Kind("the day on which AMT put the entry back on record", "the entry stands"),
    NoticeKind.REPORT_ANSWERED: Kind("the day of the answer", "always"),
    NoticeKind.PAYMENT_RECEIVED: Kind("the day on which it was recorded", "the payment was not reversed"),
    NoticeKind.AMT_CREDIT: Kind("the day on which the credit was recorded", "the entry was not withdrawn"),
    NoticeKind.POINTS_SET: Kind("the day on which AMT set the points", "the entry was not withdrawn"),
    NoticeKind.AMT_MESSAGE: Kind("the day on which staff sent it to a list", "staff did not stop it"),
    NoticeKind.NOTHING_RECORDED: Kind(
        "6 months after the last entry, or after the cycle’s first day",
        "points are missing, and more than 120 days are left",
        why=QUIET_WHY,
    ),
    NoticeKind.MONTHLY_SUMMARY: Kind(
        "the first day of the month", "something changed in the month before", why=SUMMARY_WHY
    ),
    NoticeKind.AMT_NEWS: Kind("the day on which staff sent it to a list", "staff did not stop it", why=NEWS_WHY),
}
ORDER: Mapping[str, int] = {kind: place for place, kind in enumerate(KINDS)}


def is_optional(kind: str) -> bool:
    return kind in OPTIONAL
