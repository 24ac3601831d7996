"""Mails with notices, as ``send_notices`` and the queue leave them."""

from datetime import date
from typing import Any

from amtportal.members.models import Member
from ccp.notices.models import MailState, Notice, NoticeKind, NoticeMail
from tests.support.builders import TODAY, noon


def make_mail(
    member: Member, *kinds: NoticeKind, on: date = TODAY, state: MailState = MailState.SENT, **fields: Any
) -> NoticeMail:
    """Return the mail of a day with notices of these kinds, by default one about an open invoice."""
    written = {
        "sent_at": noon(on),
        "address": member.user.email if member.user else "",
        "language": "en",
        "subject": "Your renewal invoice is open: $50.00 due May 1, 2026",
        "text": "Hello Ada,\n\nyour renewal invoice is open.\n",
        "message_id": f"<{member.pk}.{on}@localhost>",
    }
    sent = written if state == MailState.SENT else {}
    mail = NoticeMail.objects.create(
        **{"member": member, "on": on, "state": state, "made_at": noon(on), **sent, **fields}
    )
    for kind in kinds or [NoticeKind.INVOICE_OPEN]:
        make_notice(member, kind, on=on, mail=mail)
    return mail


def make_notice(member: Member, kind: NoticeKind, *, on: date = TODAY, **fields: Any) -> Notice:
    values = {"member": member, "kind": kind, "subject": "cycle-0", "anchor_on": on, "made_at": noon(on)}
    return Notice.objects.create(**{**values, **fields})
