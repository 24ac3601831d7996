"""What members are told of audits by mail: their letters, and reminders of a last day.

A letter is a mail of its own, in the words in which it was written. Reminders come with the notices
of the day, while the case still asks for proof.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from amtportal import links
from amtportal.dates import day_of
from amtportal.formatting import format_day, format_day_briefly
from amtportal.members.mail.layout import Button, Part
from ccp.audits.letters import text
from ccp.audits.models import AuditCase, CaseState, Letter
from ccp.notices import due, telling
from ccp.notices.kinds import KINDS
from ccp.notices.models import Notice, NoticeKind
from ccp.notices.telling import Gone, Said, Whole

BEFORE = KINDS[NoticeKind.AUDIT].before
REMINDED = (CaseState.NOTIFIED, CaseState.OVERDUE, CaseState.MORE_WANTED)
"""The states in which it is the member's move to send proof."""
MOVED_ON = gettext_noop("The audit did not ask for proof by that day any more.")


def register() -> None:
    telling.register(NoticeKind.AUDIT, write, source=reminders)


def reminders(on: date) -> Iterator[due.Due]:
    """Yield the reminders that are due on that day: of each case the newest, counted to its last day."""
    near = AuditCase.objects.filter(
        state__in=REMINDED, due_on__gte=on, due_on__lte=on + timedelta(days=max(BEFORE))
    ).order_by("due_on", "pk")
    rows = near.values_list("pk", "cycle__certification__member", "due_on", "state_since")
    for pk, member, due_on, state_since in rows:
        assert due_on is not None  # it was chosen by it
        anchor = due.newest(due_on, BEFORE, on)
        if anchor and anchor > day_of(state_since):
            yield due.Due(member, NoticeKind.AUDIT, f"audit-{pk}", anchor)


def write(notices: Sequence[Notice], on: date) -> Mapping[int, Said | Gone | Whole]:
    """Write notices of audits: letters as they are, and reminders with the days that are left."""
    letters = {letter.mail_id: letter for letter in Letter.objects.filter(mail__notices__in=notices)}
    reminded = [notice for notice in notices if notice.mail_id not in letters]
    cases = AuditCase.objects.select_related("cycle__certification__credential").in_bulk(map(_case_of, reminded))
    written: dict[int, Said | Gone | Whole] = {notice.pk: _reminder(cases[_case_of(notice)], on) for notice in reminded}
    for notice in notices:
        if letter := letters.get(notice.mail_id):
            words = text.unpack(letter.subject, letter.text)
            written[notice.pk] = Whole(text.content(words), letter.language)
    return written


def _case_of(notice: Notice) -> int:
    return int(notice.subject.split("-")[1])


def _reminder(case: AuditCase, on: date) -> Said | Gone:
    if case.state not in REMINDED or case.due_on is None or case.due_on < on:
        return Gone(MOVED_ON)
    days = (case.due_on - on).days
    values = {
        "reference": case.reference,
        "code": case.cycle.certification.credential.code,
        "day": format_day(case.due_on),
        "days": days,
    }
    left = ngettext(
        "You have %(days)s day to send proof for audit %(reference)s.",
        "You have %(days)s days to send proof for audit %(reference)s.",
        days,
    )
    part = Part(
        [
            left % values if days else _("Today is the last day to send proof for audit %(reference)s.") % values,
            _("Attach what is missing, or say why you do not have it, and submit."),
        ],
        _("%(code)s: your audit") % values,
        [(_("Last day"), format_day(case.due_on))],
        Button(_("Open the audit"), links.absolute(reverse("audit-detail", args=[case.pk]))),
    )
    subject = _("Send proof for your audit by %(day)s") % {"day": format_day_briefly(case.due_on)}
    return Said(subject, part)
