"""CE that members recorded in AMTrax before AMT used this portal.

A file brings it once, so that nobody starts at 0. The reference of AMTrax identifies an entry
forever. Nobody attested it in the portal, and the entry says so. It counts in every open cycle that
covers its days and to which its type applies, under the same caps and terms as what is recorded on
the day of the import. Where the file says on which day it was recorded in AMTrax, the requirement
is met since that day; otherwise since the day of the import.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_noop

from amtportal.chunks import chunks
from amtportal.history.lines import create_with_lines
from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.counting import credits as counting
from ccp.counting import terms_lock
from ccp.counting.terms import catalogue
from ccp.models import Activity, AttestationStatement
from ccp.recording.eligibility import FIELDS, Claim, covered_by
from ccp.rollover import catching_up
from certifications.models import Cycle

NOT_ATTESTED = gettext_noop("Recorded in AMTrax before AMT used this portal. It was not attested here.")
# The namespace of the UUIDs that are made from the references of AMTrax.
REFERENCES = UUID("0f7e2a9c-58d3-4f0b-8a53-3c1d7e60b942")


@dataclass(frozen=True)
class AmtraxEntry:
    """What a member recorded in AMTrax. ``recorded_on`` is None if nobody knows the day."""

    reference: str
    member: Member
    claim: Claim
    recorded_on: date | None = None


def by_reference(references: Collection[str]) -> dict[str, Activity]:
    """Return the entries of AMTrax that are on record under these references, by reference."""
    return {
        activity.provider_reference: activity
        for some in chunks(references)
        for activity in Activity.objects.filter(
            source=Activity.Source.AMTRAX, provider_reference__in=some
        ).select_related("activity_type", "member")
    }


@transaction.atomic
def bring_in(*, entries: Sequence[AmtraxEntry], by: User | None, at: datetime) -> None:
    """Put new entries of AMTrax on record and count them.

    Raises ``Refused`` if no open cycle covers an entry. The cycles that are due are closed first.
    """
    statement = AttestationStatement.objects.of(NOT_ATTESTED)
    open_cycles = catching_up.open_by_member({entry.member.pk for entry in entries}, at=at, lock=True)
    covering: dict[str, list[Cycle]] = {}
    new = []
    for entry in entries:
        covered = covered_by(entry.claim, open_cycles.get(entry.member.pk, []))
        if not covered:
            raise Refused(f"No open CCP cycle of {entry.member.amt_id} covers {entry.reference}.")
        covering[entry.reference] = covered
        new.append(_on_record(entry, covered, statement, at))
    terms_lock.hold()
    for activities in chunks(new):
        create_with_lines(Activity, activities, by=by, at=at)
        counting.add_claims(((activity, covering[activity.provider_reference]) for activity in activities), by, at)
    touched = counting.in_key_order(cycle for cycles in covering.values() for cycle in cycles)
    counting.recount(touched, catalogue(), by, at, from_history=True)


def _on_record(
    entry: AmtraxEntry, cycles: Collection[Cycle], statement: AttestationStatement, at: datetime
) -> Activity:
    """Return the entry as it is stored, not yet saved."""
    return Activity(
        member=entry.member,
        source=Activity.Source.AMTRAX,
        provider_reference=entry.reference,
        statement=statement,
        attested_at=at,
        submission_id=uuid5(REFERENCES, entry.reference),
        submission_digest=entry.claim.digest(cycles),
        recorded_at=at,
        recorded_in_amtrax_on=entry.recorded_on,
        **{field: getattr(entry.claim, field) for field in FIELDS},
    )
