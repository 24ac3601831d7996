"""Credits from AMT, and the list on which they wait until they can be recorded.

A credit is recorded at once if an open cycle of the member covers its days and its type applies to
the cycle. Otherwise the credit is held, with the reason: nobody has that AMT ID yet, or no such
cycle is open. A credit that came with a last name is also held while that is neither the member's
name nor one that the member had before, unless staff have confirmed that it is the member's.
Held credits are matched after each import of credits and of the roster, when staff
add the member or a certification, by the command ``match_credits``, and when staff ask for it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.dispatch import Signal
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from amtportal import clean
from amtportal.chunks import CHUNK, chunks
from amtportal.formatting import format_day
from amtportal.history.lines import sign
from amtportal.members.models import Member, User
from amtportal.members.names import is_last_name
from amtportal.refusals import Refused
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

    ``last_name``: of the person, if it came too. It must then be that of the member, of today or of before,
    unless staff have confirmed that the credit is the member's (``name_confirmed``).
    """

    reference: str
    amt_id: str
    claim: Claim
    last_name: str = ""
    name_confirmed: bool = False

    def is_of(self, names: Iterable[tuple[str, str]]) -> bool:
        """Return whether nothing says that the credit belongs to somebody else.

        ``names``: first and last name of who has the AMT ID, as they are and as they were.
        """
        if not self.last_name or self.name_confirmed:
            return True
        return any(is_last_name(self.last_name, first_name=first, last_name=last) for first, last in names)


@dataclass(frozen=True)
class MatchTally:
    """How many credits were recorded, and how many are held."""

    recorded: int = 0
    held: int = 0

    def __add__(self, other: "MatchTally") -> "MatchTally":
        return MatchTally(self.recorded + other.recorded, self.held + other.held)


def of_others(credits: Iterable[Received], members: Mapping[str, Member]) -> set[str]:
    """Return the references of those credits whose last name is not that of the member with their AMT ID.

    ``members``: by AMT ID. Names of before are looked up, in two queries, only where the name of today differs.
    """
    odd = [
        (received, members[received.amt_id])
        for received in credits
        if received.amt_id in members and not received.is_of([_name(members[received.amt_id])])
    ]
    if not odd:
        return set()
    former = _former_names({member.pk for _, member in odd})
    return {received.reference for received, member in odd if not received.is_of(former[member.pk])}


def reason_to_hold(
    received: Received, *, member: Member | None, open_cycles: Iterable[Cycle], is_of_other: bool = False
) -> str:
    """Return why the credit cannot be recorded; an empty string if it can.

    ``member``: who has the AMT ID. ``open_cycles``: the open cycles of this member. ``is_of_other``: the
    last name that came is not that of the member (``of_others``).
    """
    if member is None:
        return f"No member has the AMT ID {received.amt_id}."
    if is_of_other:
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
    others = of_others(credits, members)
    reasons = {}
    for received in credits:
        member = members.get(received.amt_id)
        cycles = open_cycles.get(member.pk, []) if member else []
        is_of_other = received.reference in others
        if reason := reason_to_hold(received, member=member, open_cycles=cycles, is_of_other=is_of_other):
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


def why_not(held: HeldCredit, amt_id: str, *, at: datetime) -> str:
    """Return why the held credit would not be recorded under that AMT ID; empty if it would be."""
    received = replace(as_received(held), amt_id=amt_id)
    return reasons_to_hold([received], at=at).get(received.reference, "")


def is_of_other(held: HeldCredit) -> bool:
    """Return whether the credit is held because of its last name."""
    received = as_received(held)
    return bool(of_others([received], _members([received])))


@transaction.atomic
def correct_amt_id(*, held: HeldCredit, amt_id: str, reason: str, by: User, at: datetime) -> HeldCredit:
    """Correct the AMT ID of a held credit, and record the credit if it fits now. Raises ``Refused``.

    What was sent stays on record, so that the same row of a file changes nothing.
    """
    held = _locked(held)
    amt_id = clean.identifier(amt_id)
    if amt_id == held.amt_id:
        raise Refused(f"The AMT ID is {amt_id} already.", "amt_id")
    if not Member.objects.known_as([amt_id]):
        raise Refused(f"No member has the AMT ID {amt_id}. Correct it.", "amt_id")
    if not reason.strip():
        raise Refused("Say why the AMT ID is corrected.", "reason")
    held.sent_amt_id, held.amt_id = held.sent_amt_id or held.amt_id, amt_id
    return _change(held, ["amt_id", "sent_amt_id"], reason, by, at)


@transaction.atomic
def record_despite_name(*, held: HeldCredit, reason: str, by: User, at: datetime) -> HeldCredit:
    """Confirm that a held credit is the member's although its last name is another. Raises ``Refused``.

    It is recorded if nothing else keeps it from that.
    """
    held = _locked(held)
    if not is_of_other(held):
        raise Refused("Its last name does not keep this credit from being recorded.")
    if not reason.strip():
        raise Refused("Say how you know that the credit is the member's.", "reason")
    held.name_confirmed = True
    return _change(held, ["name_confirmed"], reason, by, at)


def _locked(held: HeldCredit) -> HeldCredit:
    held = HeldCredit.objects.select_for_update(of=("self",)).select_related("activity_type").get(pk=held.pk)
    if held.activity_id:
        raise Refused("This credit is recorded already. If it is wrong, void the entry.")
    return held


def _change(held: HeldCredit, fields: list[str], reason: str, by: User, at: datetime) -> HeldCredit:
    sign(held, by=by, at=at, reason=reason.strip())
    held.save(update_fields=fields)
    _match([held.pk], by=by, at=at)
    return HeldCredit.objects.select_related("activity").get(pk=held.pk)


@transaction.atomic
def _match(keys: Sequence[int], *, by: User | None, at: datetime) -> MatchTally:
    held = list(HeldCredit.objects.select_for_update().filter(pk__in=keys, activity=None).order_by("pk"))
    activity_types = ActivityType.objects.prefetch_related("credentials").in_bulk(
        {waiting.activity_type_id for waiting in held}
    )
    credits = [as_received(waiting, activity_types[waiting.activity_type_id]) for waiting in held]
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
    others = of_others(credits, members)
    return amt_credits.record(
        credits=[
            AmtCredit(received.reference, members[received.amt_id], received.claim)
            for received in credits
            if received.amt_id in members and received.reference not in others
        ],
        by=by,
        at=at,
    )


def _members(credits: Sequence[Received]) -> dict[str, Member]:
    """Return the members by the AMT ID of the credits, which may be a former one."""
    return Member.objects.known_as({received.amt_id for received in credits})


def _name(member: Member) -> tuple[str, str]:
    return member.first_name, member.last_name


def _former_names(members: Collection[int]) -> Mapping[int, list[tuple[str, str]]]:
    """Return the names that these members have and had, also those of records that were merged into theirs."""
    merged = Member.objects.filter(merged_into__in=members).order_by()
    of = {key: key for key in members} | dict(merged.values_list("pk", "merged_into"))
    names: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for some in chunks(of):
        lines = Member.history.filter(id__in=some).order_by()
        for key, first, last in lines.values_list("id", "first_name", "last_name").distinct():
            names[of[key] or key].append((first, last))
    return names


def as_received(held: HeldCredit, activity_type: ActivityType | None = None) -> Received:
    """Return a held credit as it came; ``activity_type``: that of the credit, as it was read with its credentials."""
    claim = Claim(
        activity_type=activity_type or held.activity_type,
        points=held.points,
        starts_on=held.starts_on,
        ends_on=held.ends_on,
        title=held.title,
        provider=held.provider or amt_credits.PROVIDER,
    )
    return Received(held.provider_reference, held.amt_id, claim, held.last_name, held.name_confirmed)
