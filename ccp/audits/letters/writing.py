"""Writing letters: which step of a case writes which, to whom, and the mail with the same words.

A letter is written in the transaction of its step, in the language that the member chose for mail.
Its mail goes out from 8:00 in Chicago; if no address takes it, the letter is there to be posted.
What is written never changes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import translation

from amtportal import links
from amtportal.dates import day_of
from amtportal.members.models import Member
from ccp.audits import items
from ccp.audits.letters import saying, text
from ccp.audits.models import Appeal, AuditCase, CaseState, CaseStep, Extension, Letter, LetterKind, Verb, Who
from ccp.audits.signals import stepped
from ccp.notices import alone, preferences
from ccp.notices.models import NoticeKind
from certifications.quarters import ZERO

DECIDING = (Verb.DECIDE, Verb.DECIDE_AGAIN)
AT_HOME = ("", "US", "USA", "U.S.", "U.S.A.", "UNITED STATES", "UNITED STATES OF AMERICA")
"""How a country is written to which AMT’s letters go without naming it."""

KINDS: Mapping[tuple[str, str, str], LetterKind] = {
    (CaseState.DRAWN, Verb.NOTIFY, CaseState.NOTIFIED): LetterKind.NOTICE,
    (CaseState.NOTIFIED, Verb.PASS_DEADLINE, CaseState.OVERDUE): LetterKind.LAST_NOTICE,
    (CaseState.EXTENSION_ASKED, Verb.GRANT_EXTENSION, CaseState.NOTIFIED): LetterKind.EXTENSION,
    (CaseState.EXTENSION_ASKED, Verb.REFUSE_EXTENSION, CaseState.NOTIFIED): LetterKind.EXTENSION,
    (CaseState.EXTENSION_ASKED, Verb.PASS_DEADLINE, CaseState.NOTIFIED): LetterKind.EXTENSION,
    (CaseState.SUBMITTED, Verb.WANT_MORE, CaseState.MORE_WANTED): LetterKind.MORE_WANTED,
    (CaseState.DECIDED, Verb.ANNOUNCE, CaseState.ANNOUNCED): LetterKind.DECISION,
    (CaseState.SECOND_REVIEW, Verb.DECIDE_AGAIN, CaseState.ANNOUNCED): LetterKind.DECISION,
    (CaseState.ANNOUNCED, Verb.APPEAL, CaseState.APPEALED): LetterKind.APPEAL,
    (CaseState.APPEALED, Verb.DECIDE_APPEAL, CaseState.CLOSED): LetterKind.APPEAL,
}
"""Which step writes which letter: from a state, by a verb, to a state.

An audit that is called off before the member was asked for proof writes none: whoever was drawn by
mistake, or has died, is not written to.
"""


def connect() -> None:
    stepped.connect(after_step, dispatch_uid="ccp.audits.letters")


def kind_of(step: CaseStep) -> LetterKind | None:
    """Return which letter this step writes, if any."""
    if step.verb == Verb.CALL_OFF and step.before != CaseState.DRAWN:
        return LetterKind.CALLED_OFF
    return KINDS.get((step.before, step.verb, step.after))


def after_step(*, case: AuditCase, step: CaseStep, **kwargs: Any) -> None:
    if kind := kind_of(step):
        write(case=case, step=step, kind=kind)


def write(*, case: AuditCase, step: CaseStep, kind: LetterKind) -> Letter:
    """Write a letter, and hand its mail to the queue. The caller is in the transaction of the step."""
    member = case.member
    language = preferences.language_of(preferences.of_member(member))
    with translation.override(language):
        words = saying.words(kind, _facts(case, step, kind))
    mail = alone.tell(member=member, kind=NoticeKind.AUDIT, subject=f"audit-{case.pk}-{step.number}", at=step.at)
    return Letter.objects.create(
        case=case,
        step=step,
        kind=kind,
        language=language,
        recipient="\n".join(recipient(member)),
        subject=words.subject,
        text=text.pack(words),
        written_at=step.at,
        mail=mail,
    )


def recipient(member: Member) -> Sequence[str]:
    """Return the lines of the member's address as the US Postal Service wants them; without one, the name alone."""
    place = " ".join(filter(None, (member.state, member.postal_code)))
    country = "" if member.country.upper() in AT_HOME else member.country.upper()
    city = ", ".join(filter(None, (member.city, place)))
    return [line for line in (member.name, member.address_line1, member.address_line2, city, country) if line]


def has_postal_address(letter: Letter) -> bool:
    return "\n" in letter.recipient


def _facts(case: AuditCase, step: CaseStep, kind: LetterKind) -> saying.Facts:
    cycle = case.cycle
    extension = Extension.objects.filter(case=case).first() if kind == LetterKind.EXTENSION else None
    appeal = Appeal.objects.filter(case=case).first() if kind == LetterKind.APPEAL else None
    is_decided = kind == LetterKind.DECISION or step.verb == Verb.DECIDE_APPEAL
    has_entries = is_decided or kind in (LetterKind.NOTICE, LetterKind.LAST_NOTICE)
    return saying.Facts(
        reference=case.reference,
        name=case.member.name,
        amt_id=case.member.amt_id,
        code=cycle.certification.credential.code,
        starts_on=cycle.starts_on,
        ends_on=cycle.ends_on,
        written_on=day_of(step.at),
        address=links.absolute(reverse("audit-detail", args=[case.pk])),
        due_on=step.due_on,
        drawn_from=case.draw_line.draw.year if case.draw_line else None,
        cause=case.cause,
        entries=[_entry(item) for item in items.of_case(case)] if has_entries else (),
        reason=_reason(case, step),
        is_granted=extension is not None and extension.state == Extension.State.GRANTED,
        is_by_portal=step.who == Who.PORTAL,
        wanted_on=extension.wanted_on if extension else None,
        outcome=case.outcome,
        no_proof=case.no_proof,
        points=case.points,
        points_required=cycle.points_required,
        points_at_close=cycle.points_at_close or ZERO,
        appealed_for=appeal.reason if appeal else "",
        appeal_result=str(appeal.get_result_display()) if appeal and appeal.result else "",
    )


def _reason(case: AuditCase, step: CaseStep) -> str:
    """Return the reason of this step; of a decision that the portal announces, that of whoever decided."""
    if step.verb != Verb.ANNOUNCE:
        return step.reason
    decided = case.steps.filter(verb__in=DECIDING).order_by("-number").first()
    return decided.reason if decided else ""


def _entry(item: items.Item) -> saying.Entry:
    return saying.Entry(
        reference=item.activity.reference,
        heading=item.activity.heading,
        ends_on=item.activity.ends_on,
        points=item.activity.points,
        is_proven=item.is_proven,
        proven=item.proven,
        verdict=str(item.review.get_verdict_display()) if item.review else "",
        why=item.why,
    )
