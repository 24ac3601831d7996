"""Withdrawing mail that waits: it is given up, and its deliveries say why.

A mail that a sender has in hand at that moment may still go out.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from amtportal.members.mail import outbox, settling
from amtportal.members.models import MailDelivery, OutgoingMail, User


def waiting_for(account: User) -> QuerySet[OutgoingMail]:
    """Return the mail that waits for the address of this account and that no sender has in hand."""
    domain = outbox.domain_of(account.email)
    return OutgoingMail.objects.filter(domain=domain, recipients=[account.email], claimed_by="")


@transaction.atomic
def withdraw(account: User, *, reason: str, at: datetime) -> int:
    """Give up every mail that waits for the address of this account, and return how many there were."""
    rows = list(waiting_for(account).order_by("pk").select_for_update(skip_locked=True))
    MailDelivery.objects.bulk_create(
        delivery
        for row in rows
        for delivery in settling.outcome(
            row, row.recipients, message_id=row.message_id, accounts={account.email: account.pk}, at=at, given_up=reason
        )
    )
    OutgoingMail.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for writer in {row.writer for row in rows if row.writer}:
        keys = [row.writer_key for row in rows if row.writer == writer and row.writer_key is not None]
        outbox.tell_ended(writer, keys, reason, at)
    return len(rows)
