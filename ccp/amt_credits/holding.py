"""Credits from AMT, and the list on which they wait until they can be recorded.

A credit is recorded at once if an open cycle of the member covers its days and its type applies to
the cycle. Otherwise the credit is held, with the reason: nobody has that AMT ID yet, or no such
cycle is open. A credit that came with a last name is also held while that is not the member's name.
Held credits are matched after each import of credits and of the roster, when staff
add the member or a certification, by the command ``match_credits``, and when staff ask for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.dispatch import Signal
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from amtportal.chunks import CHUNK, chunks
from amtportal.formatting import format_day
from amtportal.members.models import Member, User
from amtportal.members.names import is_last_name
from ccp.amt_credits import credits as amt_credits
from ccp.amt_credits.credits import AmtCredit
from ccp.models import Activity, ActivityType, HeldCredit
from ccp.recording import eligibility
from ccp.recording.eligibility import Claim
from ccp.rollover import catching_up
from certifications.models import Cycle
from certifications.roster.occasion import Occasion

# Sent with ``held``, the credits that were held and are now recorded, in the transaction that records them.
matched = Signal()
APPEARED = "The member appeared while the credit was received: it is recorded with the next match."


@dataclass(frozen=True)
class Received:
    """A credit as it came from AMT. The AMT ID says to whom it belongs.

    ``last_name``: of the person, if it came too. It must then be that of the member.
    """

    reference: str
    amt_id: str
    claim: Claim
    last_name: str = ""

    def is_of(self, member: Member) -> bool:
        """Return whether nothing says that the credit belongs to somebody else than this member."""
        return not self.last_name or is_last_name(
            self.last_name, first_name=member.first_name, last_name=member.last_name
        )


@dataclass(frozen=True)
class MatchTally:
    """How many credits were recorded, and how many are held."""

    recorded: int = 0
    held: int = 0

    def __add__(self, other: "MatchTally") -> "MatchTally":
        return MatchTally(self.recorded + other.recorded, self.held + other.held)


def reason_to_hold(received: Received, *, member: Member | None, open_cycles: Iterable[Cycle]) -> str:
    """Return why the credit cannot be recorded; an empty string if it can.

    ``member``: who has the AMT ID. ``open_cycles``: the open cycles of this member.
    """
    if member is None:
        return f"No member has the AMT ID {received.amt_id}."
    if not received.is_of(member):
        return f"The last name that came is not that of {received.amt_id}."
    claim = received.claim
    if eligibility.covered_by(claim, open_cycles):
        return ""
    days = (
        format_day(claim.starts_on)
        if claim.starts_on == claim.ends_on
        else f"{format_day(claim.starts_on)} to {format_day(claim.ends_on)}"
    )
    if any(claim.is_covered_by(cycle) for cycle in open_cycles):
        return f"{claim.activity_type.name} does not count for the certifications whose open CCP cycle covers {days}."
    return f"No open CCP cycle of {received.amt_id} covers {days}."


def reasons_to_hold(credits: Sequence[Received], *, at: datetime) -> dict[str, str]:
    """Return the reason for each of the credits that would be held now, by reference.

    Cycles that are due are closed first.
    """
    members = _members(credits)
    open_cycles = catching_up.open_by_member({member.pk for member in members.values()}, at=at)
    reasons = {}
    for received in credits:
        member = members.get(received.amt_id)
        cycles = open_cycles.get(member.pk, []) if member else []
        if reason := reason_to_hold(received, member=member, open_cycles=cycles):
            reasons[received.reference] = reason
    return reasons


@transaction.atomic
def receive(*, credits: Sequence[Received], by: User | None, at: datetime) -> MatchTally:
    """Record new credits, and hold those that cannot be recorded.

    A credit whose reference is already known changes nothing.
    """
    references = [received.reference for received in credits]
    known = amt_credits.by_reference(references).keys() | by_reference(references).keys()
    new = [received for received in credits if received.reference not in known]
    recorded = _record(new, by=by, at=at)
    rest = [received for received in new if received.reference not in recorded]
    reasons = reasons_to_hold(rest, at=at)
    held = [
        HeldCredit(
            provider_reference=received.reference,
            amt_id=received.amt_id,
            activity_type=received.claim.activity_type,
            last_name=received.last_name,
            title=received.claim.title,
            provider="" if received.claim.provider == amt_credits.PROVIDER else received.claim.provider,
            starts_on=received.claim.starts_on,
            ends_on=received.claim.ends_on,
            points=received.claim.claimed,
            reason=reasons.get(received.reference, APPEARED),
            received_at=at,
        )
        for received in rest
    ]
    bulk_create_with_history(held, HeldCredit, batch_size=CHUNK, default_user=by, default_date=at)
    return MatchTally(recorded=len(recorded), held=len(held))


def by_reference(references: Iterable[str]) -> dict[str, HeldCredit]:
    """Return the held credits under these references, matched or not, by reference."""
    return {
        held.provider_reference: held
        for some in chunks(references)
        for held in HeldCredit.objects.filter(provider_reference__in=some).select_related("activity_type")
    }


def match(*, by: User | None, at: datetime, member: Member | None = None) -> MatchTally:
    """Record every held credit that can be recorded now.

    If a member is given, only credits of this member are looked at. Credits that stay on the list
    get the reason of today. Each batch has its own transaction.
    """
    held = HeldCredit.objects.filter(activity=None)
    if member:
        held = held.filter(amt_id__in=member.all_amt_ids())
    waiting = list(held.order_by("pk").values_list("pk", flat=True))
    return sum((_match(batch, by=by, at=at) for batch in chunks(waiting)), MatchTally())


def match_after_roster(*, occasion: Occasion, **signal: object) -> None:
    """Match the held credits after a roster import, in the name of the person who imported it."""
    match(by=occasion.by, at=occasion.at)


@transaction.atomic
def _match(keys: Sequence[int], *, by: User | None, at: datetime) -> MatchTally:
    held = list(HeldCredit.objects.select_for_update().filter(pk__in=keys, activity=None).order_by("pk"))
    activity_types = ActivityType.objects.prefetch_related("credentials").in_bulk(
        {waiting.activity_type_id for waiting in held}
    )
    credits = [_received(waiting, activity_types[waiting.activity_type_id]) for waiting in held]
    recorded = _record(credits, by=by, at=at)
    reasons = reasons_to_hold([received for received in credits if received.reference not in recorded], at=at)
    changed = []
    for waiting in held:
        activity = recorded.get(waiting.provider_reference)
        reason = waiting.reason if activity else reasons.get(waiting.provider_reference, waiting.reason)
        if activity or reason != waiting.reason:
            waiting.activity, waiting.reason = activity, reason
            changed.append(waiting)
    columns = ["activity", "reason"]
    bulk_update_with_history(changed, HeldCredit, columns, batch_size=CHUNK, default_user=by, default_date=at)
    matched.send(HeldCredit, held=[waiting for waiting in changed if waiting.activity_id], at=at)
    return MatchTally(recorded=len(recorded), held=len(held) - len(recorded))


def _record(credits: Sequence[Received], *, by: User | None, at: datetime) -> dict[str, Activity]:
    members = _members(credits)
    return amt_credits.record(
        credits=[
            AmtCredit(received.reference, members[received.amt_id], received.claim)
            for received in credits
            if received.amt_id in members and received.is_of(members[received.amt_id])
        ],
        by=by,
        at=at,
    )


def _members(credits: Sequence[Received]) -> dict[str, Member]:
    """Return the members by the AMT ID of the credits, which may be a former one."""
    return Member.objects.known_as({received.amt_id for received in credits})


def _received(held: HeldCredit, activity_type: ActivityType) -> Received:
    claim = Claim(
        activity_type=activity_type,
        points=held.points,
        starts_on=held.starts_on,
        ends_on=held.ends_on,
        title=held.title,
        provider=held.provider or amt_credits.PROVIDER,
    )
    return Received(held.provider_reference, held.amt_id, claim, held.last_name)
