"""What follows for course systems, and for what members allow them, from what happens elsewhere."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from amtportal.history.lines import sign
from amtportal.members import vault
from amtportal.members.models import Member
from ccp.api import webhooks
from ccp.api.models import Consent, CourseSystem, EventKind
from ccp.models import Activity, HeldCredit
from certifications.roster.occasion import Occasion


def _is_of_a_system(reference: str) -> bool:
    """Return whether a reference on record may be that of a course system: its code stands before it."""
    return ":" in reference


def credits_matched(*, held: Sequence[HeldCredit], at: datetime, **signal: Any) -> None:
    references = [one.provider_reference for one in held if _is_of_a_system(one.provider_reference)]
    if references:
        webhooks.note(EventKind.MATCHED, references, at=at)


def credits_counted(*, activities: set[int], at: datetime, **signal: Any) -> None:
    """Tell that entries count for something else. Of those that are void, it was told that they are."""
    standing = Activity.objects.filter(pk__in=activities, withdrawn_at=None, provider_reference__contains=":")
    references = list(standing.order_by("pk").values_list("provider_reference", flat=True))
    if references:
        webhooks.note(EventKind.COUNTED, references, at=at)


def entry_saved(*, instance: Activity, created: bool, update_fields: Any = None, **signal: Any) -> None:
    """Tell that an entry was withdrawn, voided or restored."""
    is_about_it = update_fields is None or "withdrawn_at" in update_fields
    if created or not is_about_it or not _is_of_a_system(instance.provider_reference):
        return
    if instance.source != Activity.Source.AMT:
        return
    kind = EventKind.RESTORED if instance.is_standing else EventKind.WITHDRAWN
    if instance.is_void:
        kind = EventKind.VOIDED
    webhooks.note(kind, [instance.provider_reference], at=timezone.now())


def held_deleted(*, instance: HeldCredit, **signal: Any) -> None:
    """Tell that AMT refused a credit that was held: staff deleted it."""
    if _is_of_a_system(instance.provider_reference):
        webhooks.note(EventKind.REFUSED, [instance.provider_reference], at=timezone.now())


def renew_secrets(*, renewed: list[bool], **signal: Any) -> None:
    """Encrypt the secrets of messages again, with the first key, and note whether each could be read."""
    for system in CourseSystem.objects.select_for_update().exclude(webhook_secret=""):
        for column in ("webhook_secret", "earlier_secret"):
            if secret := getattr(system, column):
                renewed.append(vault.opens(secret))
                if renewed[-1]:
                    setattr(system, column, vault.renewed(secret))
        system.save(update_fields=["webhook_secret", "earlier_secret"])


def move(*, kept: Member, emptied: Member, occasion: Occasion, **signal: Any) -> None:
    """Let what the emptied member allowed hold for the kept one, unless that one has decided itself."""
    decided = set(Consent.objects.filter(member=kept).values_list("system", flat=True))
    for consent in Consent.objects.filter(member=emptied).exclude(system__in=decided).order_by("pk"):
        consent.member = kept
        sign(consent, by=occasion.by, at=occasion.at, reason=occasion.reason)
        consent.save(update_fields=["member"])
