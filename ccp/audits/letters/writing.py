"""Writing letters: which step of a case writes which, to whom, and the mail with the same words.

A letter is written in the transaction of its step, in the language that the member chose for mail.
Its mail goes out from 8:00 in Chicago; if no address takes it, the letter is there to be posted.
What is written never changes.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import translation

from amtportal import links
from amtportal.chunks import CHUNK
from amtportal.dates import day_of
from amtportal.members.models import Member
from ccp.audits import items
from ccp.audits.letters import saying, text
from ccp.audits.models import (
    Appeal,
    AuditCase,
    CaseState,
    CaseStep,
    Extension,
    ItemReview,
    Letter,
    LetterKind,
    Verb,
    Who,
)
from ccp.audits.signals import stepped_together
from ccp.notices import alone, preferences
from ccp.notices.models import NoticeKind, Preference
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
    stepped_together.connect(after_steps, dispatch_uid="ccp.audits.letters")


def kind_of(step: CaseStep) -> LetterKind | None:
    """Return which letter this step writes, if any."""
    if step.verb == Verb.CALL_OFF and step.before != CaseState.DRAWN:
        return LetterKind.CALLED_OFF
    return KINDS.get((step.before, step.verb, step.after))


def after_steps(*, steps: Sequence[tuple[AuditCase, CaseStep]], **kwargs: Any) -> None:
    to_write = [Due(case, step, kind) for case, step in steps if (kind := kind_of(step))]
    if to_write:
        write(to_write)


@dataclass(frozen=True)
class Due:
    """A letter that is to be written: of which kind, and after which step of which case."""

    case: AuditCase
    step: CaseStep
    kind: LetterKind

    @property
    def has_verdicts(self) -> bool:
        return self.kind == LetterKind.DECISION or self.step.verb == Verb.DECIDE_APPEAL

    @property
    def has_entries(self) -> bool:
        return self.has_verdicts or self.kind in (LetterKind.NOTICE, LetterKind.LAST_NOTICE)


def write(letters: Sequence[Due]) -> list[Letter]:
    """Write letters, and hand their mails to the queue, in a number of queries that does not grow with them.

    The caller is in the transaction of the steps.
    """
    keys = {due.case.member.pk for due in letters}
    members = Member.objects.select_related("user", "notice_preference").in_bulk(keys)
    record = _Record.of(letters)
    mails = alone.tell(
        [(members[due.case.member.pk], NoticeKind.AUDIT, f"audit-{due.case.pk}-{due.step.number}") for due in letters],
        at=letters[0].step.at,
    )
    written = []
    for due, mail in zip(letters, mails, strict=True):
        member = members[due.case.member.pk]
        language = preferences.language_of(getattr(member, "notice_preference", None) or Preference(member=member))
        with translation.override(language):
            words = saying.words(due.kind, record.facts(due, member))
        letter = Letter(
            case=due.case,
            step=due.step,
            kind=due.kind,
            language=language,
            recipient="\n".join(recipient(member)),
            subject=words.subject,
            text=text.pack(words),
            written_at=due.step.at,
            mail=mail,
        )
        written.append(letter)
    return Letter.objects.bulk_create(written, batch_size=CHUNK)


def recipient(member: Member) -> Sequence[str]:
    """Return the lines of the member's address as the US Postal Service wants them; without one, the name alone."""
    place = " ".join(filter(None, (member.state, member.postal_code)))
    country = "" if member.country.upper() in AT_HOME else member.country.upper()
    city = ", ".join(filter(None, (member.city, place)))
    return [line for line in (member.name, member.address_line1, member.address_line2, city, country) if line]


def has_postal_address(letter: Letter) -> bool:
    return "\n" in letter.recipient


@dataclass(frozen=True)
class _Record:
    """What letters ask of the record, by the key of the case (of entries: of the cycle)."""

    years: Mapping[int, int | None]
    entries: Mapping[int, Sequence[items.Item]]
    reviews: Mapping[int, Sequence[ItemReview]]
    extensions: Mapping[int, Extension]
    appeals: Mapping[int, Appeal]
    reasons: Mapping[int, str]

    @classmethod
    def of(cls, letters: Sequence[Due]) -> "_Record":
        def keys(is_wanted: Callable[[Due], bool]) -> list[int]:
            return [due.case.pk for due in letters if is_wanted(due)]

        drawn = AuditCase.objects.filter(pk__in=keys(lambda due: due.kind == LetterKind.NOTICE)).order_by()
        announced = keys(lambda due: due.step.verb == Verb.ANNOUNCE)
        decided = CaseStep.objects.filter(case__in=announced, verb__in=DECIDING).order_by("number")
        reviews: dict[int, list[ItemReview]] = defaultdict(list)
        for review in ItemReview.objects.filter(case__in=keys(lambda due: due.has_verdicts)).order_by("pk"):
            reviews[review.case_id].append(review)
        extensions = Extension.objects.filter(case__in=keys(lambda due: due.kind == LetterKind.EXTENSION))
        appeals = Appeal.objects.filter(case__in=keys(lambda due: due.kind == LetterKind.APPEAL))
        return cls(
            years=dict(drawn.values_list("pk", "draw_line__draw__year")),
            entries=items.claimed([due.case.cycle_id for due in letters if due.has_entries]),
            reviews=reviews,
            extensions={extension.case_id: extension for extension in extensions},
            appeals={appeal.case_id: appeal for appeal in appeals},
            reasons=dict(decided.values_list("case", "reason")),
        )

    def facts(self, due: Due, member: Member) -> saying.Facts:
        case, step, cycle = due.case, due.step, due.case.cycle
        extension, appeal = self.extensions.get(case.pk), self.appeals.get(case.pk)
        return saying.Facts(
            reference=case.reference,
            name=member.name,
            amt_id=member.amt_id,
            code=cycle.certification.credential.code,
            starts_on=cycle.starts_on,
            ends_on=cycle.ends_on,
            written_on=day_of(step.at),
            address=links.absolute(reverse("audit-detail", args=[case.pk])),
            due_on=step.due_on,
            drawn_from=self.years.get(case.pk),
            cause=case.cause,
            entries=[_entry(item) for item in self._items(due)],
            reason=self.reasons.get(case.pk, "") if step.verb == Verb.ANNOUNCE else step.reason,
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

    def _items(self, due: Due) -> Sequence[items.Item]:
        """Return the entries, each with the verdict that holds."""
        if not due.has_entries:
            return ()
        found = self.entries[due.case.cycle_id]
        holding = items.holding(due.case, self.reviews.get(due.case.pk, ()))
        for item in found:
            item.review = holding.get(item.activity.pk)
        return found


def _entry(item: items.Item) -> saying.Entry:
    return saying.Entry(
        reference=item.activity.reference,
        heading=item.activity.heading,
        ends_on=item.activity.ends_on,
        points=item.activity.claimed,
        is_proven=item.is_proven,
        proven=item.proven,
        verdict=str(item.review.get_verdict_display()) if item.review else "",
        why=item.why,
    )
