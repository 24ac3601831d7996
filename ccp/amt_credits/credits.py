"""Credits from AMT: what AMT itself credits to its members, for its own courses.

The provider's reference identifies a credit forever: the same values under it change nothing, and
other values are refused. Nobody attests such an entry. It counts in every open cycle that covers
its days and to which its type applies, under the same caps as what members record.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from amtportal.chunks import chunks
from amtportal.history.lines import create_with_lines
from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.counting import credits as counting
from ccp.counting import terms_lock
from ccp.counting.terms import catalogue
from ccp.models import Activity, AttestationStatement
from ccp.recording.eligibility import FIELDS, Claim, covered_by
from ccp.recording.statements import CREDITED_BY_AMT
from ccp.rollover import catching_up
from certifications.models import Cycle

PROVIDER = "American Medical Technologists (AMT)"
# The namespace of the UUIDs that are made from the references of providers.
REFERENCES = UUID("6f1d3a52-6b0c-4a55-9d0e-3f6f2f7c9b11")


@dataclass(frozen=True)
class AmtCredit:
    """What AMT credits to a member for one of its own courses.

    The reference is AMT's own, one for each credit.
    """

    reference: str
    member: Member
    claim: Claim

    @property
    def submission_id(self) -> UUID:
        return uuid5(REFERENCES, self.reference)

    def is_on(self, activity: Activity) -> bool:
        """Return whether the activity already has exactly these values."""
        return activity.member_id == self.member.pk and self.claim.is_on(activity)


def by_reference(references: Collection[str]) -> dict[str, Activity]:
    """Return the credits from AMT that are on record under these references, by reference."""
    return {
        activity.provider_reference: activity
        for some in chunks(references)
        for activity in Activity.objects.filter(source=Activity.Source.AMT, provider_reference__in=some).select_related(
            "activity_type", "member"
        )
    }


@transaction.atomic
def record(*, credits: Sequence[AmtCredit], by: User | None, at: datetime) -> dict[str, Activity]:
    """Record the credits, and return their entries by reference.

    Each credit is recorded for every open cycle that covers its days and to which its type applies.
    If a reference is on record with the same values, the entry on record is returned; with other
    values it is refused. Cycles that are due are closed first. A credit that no open cycle then
    covers is not in the result: it waits in the holding list (``ccp.amt_credits.holding``).
    """
    open_cycles = catching_up.open_by_member({credit.member.pk for credit in credits}, at=at, lock=True)
    recorded = by_reference([credit.reference for credit in credits])
    statement = AttestationStatement.objects.of(CREDITED_BY_AMT)
    new: list[Activity] = []
    covering: dict[str, list[Cycle]] = {}
    for credit in credits:
        if earlier := recorded.get(credit.reference):
            if not credit.is_on(earlier):
                raise Refused(f"{credit.reference} is on record with other values.")
        elif covered := covered_by(credit.claim, open_cycles.get(credit.member.pk, [])):
            covering[credit.reference] = covered
            new.append(_credited(credit, covered, statement, at))
    terms_lock.hold()
    for activities in chunks(new):
        create_with_lines(Activity, activities, by=by, at=at)
        counting.add_claims(((activity, covering[activity.provider_reference]) for activity in activities), by, at)
    touched = counting.in_key_order(cycle for cycles in covering.values() for cycle in cycles)
    counting.recount(touched, catalogue(), by, at)
    return recorded | {activity.provider_reference: activity for activity in new}


def _credited(credit: AmtCredit, cycles: Collection[Cycle], statement: AttestationStatement, at: datetime) -> Activity:
    """Return the entry of a credit from AMT, not yet saved.

    Nobody attests it: AMT's own record takes the place of an attestation.
    """
    return Activity(
        member=credit.member,
        source=Activity.Source.AMT,
        provider_reference=credit.reference,
        statement=statement,
        attested_at=at,
        submission_id=credit.submission_id,
        submission_digest=credit.claim.digest(cycles),
        recorded_at=at,
        **{field: getattr(credit.claim, field) for field in FIELDS},
    )
