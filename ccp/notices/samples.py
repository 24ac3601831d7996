"""The mails with notices, with made-up data, for staff to look at.

The figures are those of one certification: its cycle ends on 1/8/2027, and 2 points are missing.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from django.utils import translation

from amtportal.members.mail.layout import Content
from amtportal.members.mail.samples import Sample
from amtportal.members.models import Member
from amtportal.middleware.language import or_english
from ccp.models import Activity, ActivityType, ErrorReport
from ccp.notices import writing
from ccp.notices.models import Notice, NoticeMail
from ccp.notices.models import NoticeKind as Kind
from ccp.notices.telling import Gone, Said
from ccp.rollover import closing
from ccp.standing.standing import Standing
from certifications.invoice_standing import invoice_standing
from certifications.models import (
    AwardCorrection,
    Certification,
    Credential,
    Cycle,
    Payment,
    RenewalInvoice,
    StatusChange,
)

ENDS_ON = date(2027, 1, 8)
REQUIRED, COUNTED = Decimal(24), Decimal(22)
FEE = 5000
DAY = timedelta(days=1)


def standing_of(on: date, *, counted: Decimal = COUNTED, met_on: date | None = None) -> Standing:
    certification = Certification(
        member=Member(first_name="Ada", last_name="Lane", amt_id="2100042"),
        credential=Credential(code="RMA", name="Registered Medical Assistant"),
        certificate_number="2100042",
        awarded_on=date(2024, 1, 9),
        ccp_mandatory=True,
    )
    cycle = Cycle(
        pk=42,
        certification=certification,
        number=1,
        starts_on=date(2024, 1, 9),
        ends_on=ENDS_ON,
        points_required=REQUIRED,
        requirement_met_on=met_on,
    )
    invoice = RenewalInvoice(
        pk=42, cycle=cycle, year=3, due_on=ENDS_ON + DAY, amount=FEE, status=RenewalInvoice.Status.ISSUED
    )
    owed = invoice_standing(invoice, on, counted=counted)
    return Standing(certification, cycle, on, counted, [], [], [owed], owed)


def _cycle_ends(notice: Notice) -> Said | Gone:
    on = ENDS_ON - 30 * DAY
    return writing.say_cycle_ends(standing_of(on), notice, on)


def _grace(notice: Notice) -> Said | Gone:
    on = ENDS_ON + DAY
    return writing.say_grace(standing_of(on), notice, on)


def _invoice(notice: Notice, *, days: int) -> Said | Gone:
    """Say what is to be said of the invoice that many days before it is due."""
    on = ENDS_ON + DAY - days * DAY
    standing = standing_of(on, counted=REQUIRED, met_on=ENDS_ON - 46 * DAY)
    return writing.say_invoice(standing, standing.invoices[0], notice, on)


def _lapsed(notice: Notice) -> Said | Gone:
    certification = standing_of(ENDS_ON).certification
    return writing.say_lapsed(
        StatusChange(certification=certification, changed_on=ENDS_ON + 91 * DAY, reason=closing.LAPSED)
    )


def _revoked(notice: Notice) -> Said | Gone:
    certification = standing_of(ENDS_ON).certification
    return writing.say_revoked(
        StatusChange(certification=certification, changed_on=ENDS_ON, reason="The certificate was altered.")
    )


def _award_corrected(notice: Notice) -> Said | Gone:
    standing = standing_of(ENDS_ON)
    correction = AwardCorrection(
        certification=standing.certification,
        before=date(2024, 1, 19),
        after=date(2024, 1, 9),
        reason="The day was typed wrong.",
    )
    return writing.say_award_corrected(correction, standing.cycle)


def _payment() -> Payment:
    invoice = standing_of(ENDS_ON).invoices[0].invoice
    return Payment(invoice=invoice, amount=FEE, method=Payment.Method.CHECK, received_on=ENDS_ON - 7 * DAY)


def _entry() -> Activity:
    day = ENDS_ON - 40 * DAY
    return Activity(
        pk=42,
        activity_type=ActivityType(name="Course"),
        title="Infection Control Update",
        starts_on=day,
        ends_on=day,
        points=Decimal(2),
        void_reason="The provider took the certificate back.",
    )


def _nothing_recorded(notice: Notice) -> Said | Gone:
    return writing.say_nothing_recorded(standing_of(notice.anchor_on), notice, notice.anchor_on - 182 * DAY)


def _summary(notice: Notice) -> Said | Gone:
    return writing.say_summary(notice.anchor_on, [standing_of(notice.anchor_on)], 2)


SAYINGS: dict[str, tuple[str, Kind, Callable[[Notice], Said | Gone]]] = {
    "lapsed": ("Certification lapsed", Kind.LAPSED, _lapsed),
    "revoked": ("Certification revoked", Kind.REVOKED, _revoked),
    "award-corrected": ("Award date corrected", Kind.AWARD_CORRECTED, _award_corrected),
    "grace": ("Grace period begins", Kind.GRACE, _grace),
    "cycle-ends": ("Cycle ends, points are missing", Kind.CYCLE_ENDS, _cycle_ends),
    "invoice-overdue": ("Renewal invoice overdue", Kind.INVOICE_OVERDUE, partial(_invoice, days=-14)),
    "invoice-due": ("Renewal invoice due", Kind.INVOICE_DUE, partial(_invoice, days=7)),
    "invoice-open": ("Renewal invoice open", Kind.INVOICE_OPEN, partial(_invoice, days=46)),
    "payment-reversed": (
        "Payment reversed",
        Kind.PAYMENT_FAILED,
        lambda notice: writing.say_payment_failed(_payment()),
    ),
    "points-set": (
        "Points set by AMT",
        Kind.POINTS_SET,
        lambda notice: writing.say_points_set(_entry(), [standing_of(ENDS_ON - 40 * DAY)]),
    ),
    "entry-voided": ("Entry voided", Kind.ENTRY_VOIDED, lambda notice: writing.say_voided(_entry())),
    "entry-restored": (
        "Voided entry on record again",
        Kind.ENTRY_RESTORED,
        lambda notice: writing.say_restored(_entry()),
    ),
    "report-answered": (
        "Error report answered",
        Kind.REPORT_ANSWERED,
        lambda notice: writing.say_answer(ErrorReport(activity=_entry(), answer="You are right: it is 2 points now.")),
    ),
    "payment-received": (
        "Payment recorded by AMT",
        Kind.PAYMENT_RECEIVED,
        lambda notice: writing.say_payment_received(_payment()),
    ),
    "amt-credit": (
        "Credit from AMT",
        Kind.AMT_CREDIT,
        lambda notice: writing.say_credit(_entry(), of_mail=[_entry()]),
    ),
    "nothing-recorded": ("Nothing recorded for 6 months", Kind.NOTHING_RECORDED, _nothing_recorded),
    "monthly-summary": ("Monthly summary", Kind.MONTHLY_SUMMARY, _summary),
}


def _content(*keys: str) -> Content:
    """Return one mail with these notices, in the active language."""
    member = Member(first_name="Ada", last_name="Lane")
    kept = []
    for pk, key in enumerate(keys):
        _title, kind, say = SAYINGS[key]
        notice = Notice(pk=pk, kind=kind, subject=f"{key}-42", anchor_on=date(2026, 4, 1))
        said = say(notice)
        assert isinstance(said, Said)
        kept.append((notice, said))
    return writing.content_of(NoticeMail(member=member, language=or_english(translation.get_language())), kept)


SAMPLES = (
    *(Sample(f"notice-{key}", f"Notice: {title}", partial(_content, key)) for key, (title, *_) in SAYINGS.items()),
    Sample("notices", "Several notices of one day", partial(_content, "cycle-ends", "amt-credit")),
)
