"""The mails about audits with made-up data, for staff to look at."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext as _

from amtportal.members.mail.layout import Content
from amtportal.members.mail.samples import NAME, Sample
from ccp.audits.letters import saying, text
from ccp.audits.models import CaseOutcome, ItemVerdict, LetterKind

_FACTS = saying.Facts(
    reference="A-000042",
    name=NAME,
    amt_id="2100042",
    code="RMA",
    starts_on=date(2023, 5, 1),
    ends_on=date(2026, 4, 30),
    written_on=date(2027, 1, 15),
    address="https://portal.amt.example/audits/42/",
    due_on=date(2027, 2, 16),
    drawn_from=2026,
    entries=[
        saying.Entry("CE-0000101", "Molecular methods", date(2025, 3, 14), Decimal(18)),
        saying.Entry("CE-0000102", "State society spring meeting", date(2026, 2, 2), Decimal(12)),
    ],
    points_required=Decimal(30),
    points_at_close=Decimal(30),
    wanted_on=date(2027, 3, 1),
)


def _decided() -> saying.Facts:
    count, reject = str(ItemVerdict.COUNT.label), str(ItemVerdict.REJECT.label)
    first, second = _FACTS.entries
    return replace(
        _FACTS,
        outcome=CaseOutcome.FAILED,
        points=Decimal(18),
        entries=[
            replace(first, proven=Decimal(18), verdict=count),
            replace(second, verdict=reject, why=_("Your name is not on the file.")),
        ],
    )


def _content(kind: LetterKind, **facts: object) -> Content:
    told = _decided() if kind == LetterKind.DECISION else _FACTS
    return text.content(saying.words(kind, replace(told, **facts)))  # type: ignore[arg-type]


SAMPLES = (
    Sample("audit-notice", "Audit: proof asked for", partial(_content, LetterKind.NOTICE)),
    Sample("audit-last-notice", "Audit: last notice", partial(_content, LetterKind.LAST_NOTICE)),
    Sample("audit-more-time", "Audit: more time granted", partial(_content, LetterKind.EXTENSION, is_granted=True)),
    Sample(
        "audit-no-more-time",
        "Audit: more time refused",
        partial(_content, LetterKind.EXTENSION, reason="The audit has to be finished in April."),
    ),
    Sample(
        "audit-more-wanted",
        "Audit: more proof asked for",
        partial(_content, LetterKind.MORE_WANTED, reason="The certificate of the meeting does not show its date."),
    ),
    Sample("audit-decision", "Audit: decision", partial(_content, LetterKind.DECISION)),
    Sample(
        "audit-appeal",
        "Audit: appeal received",
        partial(_content, LetterKind.APPEAL, appealed_for="The second page shows my name."),
    ),
    Sample(
        "audit-called-off",
        "Audit: called off",
        partial(_content, LetterKind.CALLED_OFF, reason="It was opened in error."),
    ),
)
