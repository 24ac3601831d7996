"""A member's standing for a course system: it asks, the member allows it or not, and reads who read it.

- A course system asks with the AMT ID and the last name. It gets the same answer whether or not
  there is such a member, and whatever the member decided before.
- The member sees on a page who asked, allows it or not, and can take that back at any time.
- What may be read are the certifications, their status, until when they are valid, and the points of
  the cycle that runs. Each reading is on record and shown to the member.
- Without a member, without permission, or with a closed account, the answer is one and the same.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from amtportal.dates import day_of
from amtportal.formatting import format_points
from amtportal.history.lines import sign
from amtportal.members.models import Member, User
from ccp.api.matching import is_active, member_called, member_with
from ccp.api.models import Consent, Key, StandingRead
from ccp.counting import requirement
from ccp.rollover import catching_up
from certifications.deadlines import ordered
from certifications.models import Certification
from certifications.validity import of_certifications


@transaction.atomic
def ask(*, key: Key, amt_id: str, last_name: str, at: datetime) -> None:
    """Put on record that the course system asks, if a member is called so and was not asked by it before."""
    member = member_called(amt_id, last_name)
    keys = [member.pk] if member else []
    Member.objects.select_for_update(no_key=True).filter(pk__in=keys).first()
    asked = Consent.objects.filter(member__in=keys, system=key.system_id).exists()
    if member and is_active(member) and not asked:
        consent = Consent(member=member, system=key.system, asked_at=at)
        sign(consent, by=None, at=at, reason=f"Asked by {key.system}")
        consent.save()


@transaction.atomic
def decide(*, member: Member, system: int, allows: bool, by: User, at: datetime) -> Consent | None:
    """Allow a course system that asked to read the standing, or not. Return None if it never asked."""
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    consent = Consent.objects.select_related("system").filter(member=member, system=system).first()
    if consent is None:
        return None
    if allows and not consent.is_given:
        consent.given_at, consent.ended_at = at, None
    elif not allows and consent.ended_at is None:
        consent.ended_at = at
    else:
        return consent
    sign(consent, by=by, at=at)
    consent.save(update_fields=["given_at", "ended_at"])
    return consent


def consents_of(member: Member) -> list[Consent]:
    """Return every course system that asked, those that wait for an answer first, with who read."""
    consents = Consent.objects.filter(member=member).select_related("system").prefetch_related("reads")
    return sorted(consents, key=lambda consent: not consent.waits)


def read(*, key: Key, amt_id: str, at: datetime) -> dict[str, Any] | None:
    """Return the standing of a member who allows it, and put the reading on record; else None."""
    member = member_with(amt_id)
    consent = Consent.objects.filter(member=member.pk if member else 0, system=key.system_id).first()
    if member is None or consent is None or not consent.is_given or not is_active(member):
        return None
    catching_up.catch_up(member, at=at)
    content = {"amt_id": member.amt_id, "certifications": _certifications(member, at)}
    StandingRead.objects.create(consent=consent, key=key, read_at=at)
    return content


def _certifications(member: Member, at: datetime) -> Sequence[dict[str, Any]]:
    held = list(ordered(Certification.objects.filter(member=member)).select_related("credential"))
    told = []
    for validity in of_certifications(held, day_of(at)):
        cycle = validity.cycle
        told.append(
            {
                "credential": validity.certification.credential.code,
                "status": validity.status_in_words,
                "in_force": validity.is_in_force,
                "valid_until": validity.until.isoformat() if validity.until else None,
                "cycle": {
                    "starts_on": cycle.starts_on.isoformat(),
                    "ends_on": cycle.ends_on.isoformat(),
                    "points_required": format_points(cycle.points_required),
                    "points_counted": format_points(requirement.counted_points(cycle)),
                }
                if cycle
                else None,
            }
        )
    return told
