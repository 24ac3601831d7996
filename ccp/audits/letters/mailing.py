"""What members are told of audits by mail: their letters, reminders of a last day, and messages.

A letter is a mail of its own, in the words in which it was written. The notices of the day have the
reminders, while the case still asks for proof, and that AMT wrote a message.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from amtportal import links
from amtportal.dates import day_of
from amtportal.formatting import format_day, format_day_briefly
from amtportal.members.mail.layout import Button, Part
from ccp.audits.letters import text
from ccp.audits.models import AuditCase, CaseState, Letter, Message
from ccp.audits.signals import message_written
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
    message_written.connect(after_message, dispatch_uid="ccp.audits.letters.after_message")


def after_message(*, message: Message, **kwargs: Any) -> None:
    """Have the member told that AMT wrote. Messages of one day are told as one."""
    if not message.from_member:
        case = message.case
        subject = f"audit-{case.pk}-message-{message.pk}"
        telling.tell(member=case.member, kind=NoticeKind.AUDIT, subject=subject, anchor_on=message.written_on)


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
    written: dict[int, Said | Gone | Whole] = {}
    messaged: set[tuple[int | None, int]] = set()
    for notice in sorted(reminded, key=lambda notice: -notice.pk):
        case = cases[_case_of(notice)]
        if "-message-" not in notice.subject:
            written[notice.pk] = _reminder(case, on)
        elif (notice.mail_id, case.pk) in messaged:
            written[notice.pk] = Gone(telling.NEWER)
        else:
            messaged.add((notice.mail_id, case.pk))
            written[notice.pk] = _of_message(case)
    for notice in notices:
        if letter := letters.get(notice.mail_id):
            words = text.unpack(letter.subject, letter.text)
            written[notice.pk] = Whole(text.content(words), letter.language)
    return written


def _case_of(notice: Notice) -> int:
    return int(notice.subject.split("-")[1])


def _of_message(case: AuditCase) -> Said:
    values = {"reference": case.reference, "code": case.cycle.certification.credential.code}
    part = Part(
        [_("AMT wrote to you about audit %(reference)s. Read and answer it on the page of the audit.") % values],
        _("%(code)s: your audit") % values,
        button=_page_of(case),
    )
    return Said(_("A message about your audit"), part)


def _page_of(case: AuditCase) -> Button:
    return Button(_("Open the audit"), links.absolute(reverse("audit-detail", args=[case.pk])))


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
        _page_of(case),
    )
    subject = _("Send proof for your audit by %(day)s") % {"day": format_day_briefly(case.due_on)}
    return Said(subject, part)
