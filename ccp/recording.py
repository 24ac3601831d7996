"""Recording CE: a member's entries are recorded, amended, withdrawn and put back here. Nothing else writes credits.

Every verb locks the member's open cycles in the order of their keys, then the activity; closes what is due
(``ccp.rollover``) and checks the rules of ``ccp.claims`` under the locks; writes; counts each touched cycle anew; and
settles its requirement. All of it happens in one transaction, so that the totals stand in the very next page or nothing
has changed at all.

A form that is posted twice records once: its ``submission_id`` is unique, and a digest of its values tells a repeat
from another claim under the same number.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid5

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from amtportal.dates import day_of
from amtportal.members.models import Member, User
from amtportal.words import plain, us
from ccp import claims, points, replay, requirement, rollover
from ccp.models import Activity, ActivityType, Credit
from ccp.terms import Catalogue, Terms, catalogue, in_units, points_for
from certifications import cycles as cycle_rules
from certifications.chunks import CHUNK, chunks
from certifications.models import Certification, Cycle, RenewalInvoice


class Refused(Exception):
    """A change that the rules do not allow. ``problem`` has the field and the sentence for the member."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.problem = claims.Problem(field, sentence)


class SubmissionReused(Refused):
    """The form's number has recorded other values before."""


class ChangedMeanwhile(Refused):
    """Somebody changed the entry after the form was opened."""


@dataclass(frozen=True)
class Claim:
    """What a member claims: one activity with its days (Chicago) and its points."""

    activity_type: ActivityType
    points: Decimal
    starts_on: date
    ends_on: date
    title: str = ""
    provider: str = ""
    quantity: Decimal | None = None

    def is_covered_by(self, cycle: Cycle) -> bool:
        return cycle.starts_on <= self.starts_on and self.ends_on <= cycle.ends_on

    def digest(self, cycles: Iterable[Cycle]) -> str:
        """A fingerprint of the claim and of the certifications it is credited to, among the cycles chosen."""
        values = [
            self.activity_type.code,
            plain(self.points),
            self.starts_on.isoformat(),
            self.ends_on.isoformat(),
            self.title,
            self.provider,
            sorted(cycle.certification_id for cycle in cycles if self.is_covered_by(cycle)),
            *([plain(self.quantity)] if self.quantity else []),
        ]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    def is_on(self, activity: Activity) -> bool:
        """Whether the activity already says exactly this."""
        return all(getattr(activity, field) == getattr(self, field) for field in FIELDS)


FIELDS = ("activity_type", "points", "starts_on", "ends_on", "title", "provider", "quantity")
CREDITED_BY_AMT = "Credited by AMT"
PROVIDER = "American Medical Technologists (AMT)"
REFERENCES = UUID("6f1d3a52-6b0c-4a55-9d0e-3f6f2f7c9b11")  # under which a provider's reference becomes a UUID


@dataclass(frozen=True)
class AmtCredit:
    """What AMT credits a member with for one of its own courses; the reference is AMT's, one for each credit."""

    reference: str
    member: Member
    claim: Claim

    @property
    def submission_id(self) -> UUID:
        return uuid5(REFERENCES, self.reference)

    def is_on(self, activity: Activity) -> bool:
        """Whether the activity already says exactly this."""
        return activity.member_id == self.member.pk and self.claim.is_on(activity)


def windows(cycles: Iterable[Cycle]) -> list[claims.Window]:
    """The cycles (with certification and credential read) as the rules of ``ccp.claims`` want them."""
    return [claims.Window(cycle.certification.credential.code, cycle.starts_on, cycle.ends_on) for cycle in cycles]


def problems(
    claim: Claim, cycles: Sequence[Cycle], on: date, *, terms: Terms, earlier_type: ActivityType | None = None
) -> list[claims.Problem]:
    """Every rule that the claim breaks, for the cycles that the member chose.

    ``terms``: of the claim's type on the day of recording. ``earlier_type``: what an entry that is amended has now,
    which it may keep although the type has been retired.
    """
    kind = claim.activity_type
    applicable = [cycle for cycle in cycles if applies_to(kind, cycle)]
    found = [
        None if kind == earlier_type else claims.problem_with_retired(kind.name, kind.retired_on, on),
        None if applicable else claims.problem_with_credentials(kind.name),
        claims.problem_with_type(
            kind.name,
            terms.claimable_from,
            terms.claimable_until,
            claim.starts_on,
            claim.ends_on,
            windows(applicable or cycles),
        ),
        problem_with_worth(claim, terms),
        claims.problem_with_dates(claim.starts_on, claim.ends_on, windows(applicable or cycles), on),
    ]
    return [problem for problem in found if problem]


def problem_with_worth(claim: Claim, terms: Terms) -> claims.Problem | None:
    """Points, or a number of units, that cannot be claimed. What the units make is computed here, not taken over."""
    name = claim.activity_type.name
    if claim.quantity is None:
        return claims.problem_with_points(claim.points) or claims.problem_with_claim(
            claim.points, terms.least, terms.most, name
        )
    if terms.points_per_unit is None:
        return claims.problem_with_no_unit(name)
    computed = points_for(claim.quantity, terms.points_per_unit)
    units = in_units(claim.quantity, terms.unit_name)
    return claims.problem_with_quantity(units, computed, claim.points, terms.least, terms.most, name)


def applies_to(kind: ActivityType, cycle: Cycle) -> bool:
    """Whether the type counts for the cycle's credential: for all, unless some are named."""
    named = {credential.pk for credential in kind.credentials.all()}
    return not named or cycle.certification.credential_id in named


@transaction.atomic
def record(
    *, member: Member, cycles: Collection[Cycle], claim: Claim, submission_id: UUID, by: User, at: datetime
) -> Activity:
    """Record an activity and credit it to each chosen cycle that covers its days; a repeat returns the earlier entry.

    Raises ``SubmissionReused`` where the form's number recorded other values, ``Refused`` where a rule is broken.
    """
    on = day_of(at)
    open_cycles = rollover.open_for_records(member, at=at, lock=True)
    digest = claim.digest(cycles)
    if earlier := _submitted_earlier(member, submission_id, digest):
        return earlier
    terms = catalogue().terms(claim.activity_type, on)
    covering = _covering(claim, cycles, open_cycles, on, terms=terms)
    activity = Activity(
        member=member,
        attestation=claims.ATTESTATION,
        attested_at=at,
        attested_by=by,
        submission_id=submission_id,
        submission_digest=digest,
        recorded_at=at,
        unit=terms.unit if claim.quantity else "",
        **{field: getattr(claim, field) for field in FIELDS},
    )
    try:
        with transaction.atomic():
            _save(activity, by, at)
    except IntegrityError:
        # Taken meanwhile by a transaction that this member's locks do not hold back.
        if earlier := _submitted_earlier(member, submission_id, digest):
            return earlier
        raise
    _claim_for(activity, covering, by, at)
    _count_anew(covering, by, at)
    return activity


@transaction.atomic
def amend(
    *, activity: Activity, cycles: Collection[Cycle], claim: Claim, revision: int, by: User, at: datetime
) -> Activity:
    """Change a standing entry whose cycles are open. ``revision`` is the one that the form showed.

    Raises ``ChangedMeanwhile`` where the entry has another revision by now, ``Refused`` where a rule is broken.
    """
    on = day_of(at)
    open_cycles = rollover.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    touched = _claimed_cycles(activity)
    _refuse_unless_open(activity, touched, open_cycles)
    terms = catalogue().terms(claim.activity_type, day_of(activity.recorded_at))
    chosen = _covering(claim, cycles, open_cycles, on, terms=terms, earlier_type=activity.activity_type)
    if claim.is_on(activity) and {cycle.pk for cycle in chosen} == {cycle.pk for cycle in touched}:
        return activity
    if revision != activity.revision:
        raise ChangedMeanwhile(
            "This entry was changed after you opened the form. The values on record now are shown below; "
            "check yours against them and submit again."
        )
    for field in FIELDS:
        setattr(activity, field, getattr(claim, field))
    activity.unit = terms.unit if claim.quantity else ""
    activity.attestation, activity.attested_at, activity.attested_by = claims.ATTESTATION, at, by
    activity.revision += 1
    _save(activity, by, at)
    _claim_for(activity, chosen, by, at)
    _count_anew(_in_key_order([*touched, *chosen]), by, at, keep_paid_met=True)
    return activity


@transaction.atomic
def withdraw(*, activity: Activity, by: User, at: datetime) -> Activity:
    """Withdraw a member's own entry while its cycles are open. It stays on record and counts for nothing."""
    open_cycles = rollover.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    if not activity.is_standing:
        return activity
    touched = _claimed_cycles(activity)
    _refuse_unless_open(activity, touched, open_cycles)
    _end(activity, by, at)
    _count_anew(touched, by, at, keep_paid_met=True)
    return activity


@transaction.atomic
def restore(*, activity: Activity, by: User, at: datetime) -> Activity:
    """Put a withdrawn entry of the member's own back on record while its cycles take records. It counts anew.

    On the day of the withdrawal nothing is lost: the requirement is met since the day before it, as if the entry had
    never been away. On a later day it is met on that day.
    """
    open_cycles = rollover.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    withdrawn_at = activity.withdrawn_at
    if withdrawn_at is None:
        return activity
    touched = _claimed_cycles(activity)
    _refuse_unless_restorable(activity, touched, open_cycles, by)
    activity.withdrawn_at = activity.withdrawn_by = None
    activity.revision += 1
    _save(activity, by, at)
    _count_anew(touched, by, at)
    if day_of(withdrawn_at) == day_of(at):
        for cycle in touched:
            requirement.set_met_on(cycle, replay.since_when(cycle))
    return activity


def can_be_restored(activity: Activity, on: date) -> bool:
    """Whether its member may put a withdrawn entry back on record: it could be changed if it stood.

    Reads ``activity.credits`` with their cycles and certifications.
    """
    standing = copy(activity)
    standing.withdrawn_at = None
    return not activity.is_standing and not activity.is_void and can_be_changed(standing, on)


def _refuse_unless_restorable(activity: Activity, touched: list[Cycle], open_cycles: list[Cycle], by: User) -> None:
    if activity.is_void:
        raise Refused(_("AMT voided this entry, so only AMT can put it back on record. Contact AMT if that is wrong."))
    if activity.source == Activity.Source.AMT or activity.member.user_id != by.pk:
        raise Refused(_("Only the member who recorded this entry can put it back on record."))
    open_keys = {cycle.pk for cycle in open_cycles}
    for cycle in touched:
        if cycle.pk not in open_keys:
            raise Refused(
                _(
                    "This entry is for the %(code)s cycle %(first)s to %(last)s, which no longer takes changes. "
                    "Contact AMT if it must count."
                )
                % {
                    "code": cycle.certification.credential.code,
                    "first": us(cycle.starts_on),
                    "last": us(cycle.ends_on),
                }
            )


@transaction.atomic
def say_difference(*, activity: Activity, difference: str, by: User, at: datetime) -> Activity:
    """Keep what the member says of how an entry differs from one that looks like it, while its cycles are open."""
    open_cycles = rollover.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    _refuse_unless_open(activity, _claimed_cycles(activity), open_cycles)
    if activity.difference != difference:
        activity.difference = difference
        _save(activity, by, at)
    return activity


@transaction.atomic
def void(*, activity: Activity, reason: str, by: User, at: datetime) -> Activity:
    """Void an entry as staff, with the reason that the member will read. A paid invoice stays paid.

    Points of a closed cycle are frozen: an entry that counts there is refused.
    """
    reason = reason.strip()
    if not reason:
        raise Refused("Say why the entry is void: the member will read it.", "reason")
    keys = [cycle.pk for cycle in _claimed_cycles(activity)]
    touched = list(Cycle.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    activity = _locked(activity)
    if not activity.is_standing:
        return activity
    if any(cycle.closed_on for cycle in touched):
        raise Refused("This entry counts in a cycle that is closed, and a closed cycle does not change.")
    _end(activity, by, at, void_reason=reason)
    _count_anew(touched, by, at)
    return activity


@transaction.atomic
def credit_from_amt(*, credits: Sequence[AmtCredit], by: User | None, at: datetime) -> dict[str, Activity]:
    """Record credits from AMT, each for every open cycle that covers its days and takes its type; by reference.

    A reference that is on record with the same values is returned as it is, with others it is refused. One that no
    open cycle covers is not in the answer: it waits in the holding list (``ccp.held_credits``). The same caps hold as
    for what members record.
    """
    on = day_of(at)
    open_cycles = cycle_rules.open_by_member({credit.member.pk for credit in credits}, on, lock=True)
    recorded = by_reference([credit.reference for credit in credits])
    new: list[Activity] = []
    covering: dict[str, list[Cycle]] = {}
    for credit in credits:
        if earlier := recorded.get(credit.reference):
            if not credit.is_on(earlier):
                raise Refused(f"{credit.reference} is on record with other values.")
        elif covered := covered_by(credit.claim, open_cycles.get(credit.member.pk, [])):
            covering[credit.reference] = covered
            new.append(_credited(credit, covered, at))
    for activities in chunks(new):
        bulk_create_with_history(activities, Activity, default_user=by, default_date=at)
        credited = [
            Credit(activity=activity, cycle=cycle, points=activity.points)
            for activity in activities
            for cycle in covering[activity.provider_reference]
        ]
        bulk_create_with_history(credited, Credit, batch_size=CHUNK, default_user=by, default_date=at)
    _count_anew(_in_key_order(cycle for found in covering.values() for cycle in found), by, at)
    return recorded | {activity.provider_reference: activity for activity in new}


def covered_by(claim: Claim, cycles: Iterable[Cycle]) -> list[Cycle]:
    """Those of the cycles that cover the days of the claim and take its type."""
    return [cycle for cycle in cycles if claim.is_covered_by(cycle) and applies_to(claim.activity_type, cycle)]


def by_reference(references: Collection[str]) -> dict[str, Activity]:
    """The credits from AMT that are on record under these references."""
    return {
        activity.provider_reference: activity
        for some in chunks(references)
        for activity in Activity.objects.filter(provider_reference__in=some).select_related("activity_type", "member")
    }


@transaction.atomic
def count_anew(*, cycles: Collection[int], by: User | None, at: datetime) -> None:
    """Count the entries of these cycles (by key) under the terms on record, and settle them. Closed ones stay."""
    locked: list[Cycle] = []
    for keys in chunks(sorted(set(cycles))):
        unclosed = Cycle.objects.unclosed().filter(pk__in=keys).select_for_update(of=("self",))
        locked += unclosed.select_related("certification__credential").order_by("pk")
    _count_anew(locked, by, at)


def can_be_changed(activity: Activity, on: date) -> bool:
    """Whether its member may amend or withdraw the entry: it stands and every cycle it is claimed for is open.

    Reads ``activity.credits`` with their cycles and certifications.
    """
    return (
        activity.is_standing
        and activity.source == Activity.Source.MEMBER
        and all(
            cycle_rules.takes_records(credit.cycle, on, grace_days=settings.CCP_GRACE_DAYS)
            and credit.cycle.certification.status in Certification.IN_FORCE
            for credit in activity.credits.all()
            if credit.cut != Credit.Cut.UNCLAIMED
        )
    )


def _credited(credit: AmtCredit, cycles: Collection[Cycle], at: datetime) -> Activity:
    """The entry of a credit from AMT, not yet saved. Nobody attests it: AMT's own record does."""
    return Activity(
        member=credit.member,
        source=Activity.Source.AMT,
        provider_reference=credit.reference,
        attestation=CREDITED_BY_AMT,
        attested_at=at,
        submission_id=credit.submission_id,
        submission_digest=credit.claim.digest(cycles),
        recorded_at=at,
        **{field: getattr(credit.claim, field) for field in FIELDS},
    )


def _submitted_earlier(member: Member, submission_id: UUID, digest: str) -> Activity | None:
    earlier = Activity.objects.filter(submission_id=submission_id).first()
    if earlier is None:
        return None
    if earlier.member_id != member.pk or earlier.submission_digest != digest:
        raise SubmissionReused(
            "This form has already been submitted with other values, and that entry stays as it is. To record "
            "another activity, submit this form again: it now has a new number. To change the earlier entry, open it "
            "under Activities and choose Amend."
        )
    return earlier


def _covering(
    claim: Claim,
    chosen: Collection[Cycle],
    open_cycles: list[Cycle],
    on: date,
    *,
    terms: Terms,
    earlier_type: ActivityType | None = None,
) -> list[Cycle]:
    """The chosen cycles that are open, cover the days and take the type; refused with the first broken rule."""
    # By certification: what was chosen may have been closed meanwhile, and its next cycle opened.
    certifications = {cycle.certification_id for cycle in chosen}
    usable = [cycle for cycle in open_cycles if cycle.certification_id in certifications]
    if not usable:
        raise Refused("Choose a certification whose CCP cycle is open.", "certifications")
    for problem in problems(claim, usable, on, terms=terms, earlier_type=earlier_type):
        raise Refused(problem.sentence, problem.field)
    return [cycle for cycle in usable if claim.is_covered_by(cycle) and applies_to(claim.activity_type, cycle)]


def _locked(activity: Activity) -> Activity:
    return (
        Activity.objects.select_for_update(of=("self",)).select_related("member", "activity_type").get(pk=activity.pk)
    )


def _claimed_cycles(activity: Activity) -> list[Cycle]:
    claimed = activity.credits.exclude(cut=Credit.Cut.UNCLAIMED).select_related("cycle__certification__credential")
    return [credit.cycle for credit in claimed.order_by("cycle_id")]


def _in_key_order(cycles: Iterable[Cycle]) -> list[Cycle]:
    return sorted({cycle.pk: cycle for cycle in cycles}.values(), key=lambda cycle: cycle.pk)


def _refuse_unless_open(activity: Activity, touched: list[Cycle], open_cycles: list[Cycle]) -> None:
    if not activity.is_standing:
        raise Refused("This entry no longer stands, so it cannot be changed. Record the activity anew.")
    if activity.source == Activity.Source.AMT:
        raise Refused("This entry was credited by AMT, so only AMT can change it. Report an error on its page.")
    open_keys = {cycle.pk for cycle in open_cycles}
    for cycle in touched:
        if cycle.pk not in open_keys:
            raise Refused(
                f"This entry counts in the {cycle.certification.credential.code} cycle {us(cycle.starts_on)} to "
                f"{us(cycle.ends_on)}, which no longer takes changes. Contact AMT if it is wrong."
            )


def _end(activity: Activity, by: User, at: datetime, void_reason: str = "") -> None:
    activity.withdrawn_at, activity.withdrawn_by, activity.void_reason = at, by, void_reason
    activity.revision += 1
    _save(activity, by, at)


def _claim_for(activity: Activity, cycles: list[Cycle], by: User, at: datetime) -> None:
    """Have the activity claimed for these cycles and no others. The caps are applied when the cycles are counted."""
    keys = {cycle.pk for cycle in cycles}
    credits = {credit.cycle_id: credit for credit in activity.credits.all()}
    for key in sorted(keys - credits.keys()):
        _save(Credit(activity=activity, cycle_id=key, points=activity.points), by, at)
    for key, credit in credits.items():
        if key in keys:
            if credit.cut == Credit.Cut.UNCLAIMED:
                credit.points, credit.cut = activity.points, Credit.Cut.NONE
                _save(credit, by, at)
        elif credit.cut != Credit.Cut.UNCLAIMED:
            credit.points, credit.cut = points.ZERO, Credit.Cut.UNCLAIMED
            _save(credit, by, at)


def _count_anew(cycles: Collection[Cycle], by: User | None, at: datetime, *, keep_paid_met: bool = False) -> None:
    """Write what each entry of these locked cycles counts for now, and settle their requirement."""
    terms = catalogue()
    for batch in chunks(cycles):
        claimed: dict[int, list[Credit]] = {cycle.pk: [] for cycle in batch}
        credits = Credit.objects.filter(cycle__in=claimed).exclude(cut=Credit.Cut.UNCLAIMED)
        for credit in credits.select_related("activity__activity_type__category").order_by("pk"):
            claimed[credit.cycle_id].append(credit)
        changed = []
        for found in claimed.values():
            counted = points.credited(entry(credit.activity, terms) for credit in found if credit.activity.is_standing)
            for credit in found:
                result = counted.get(credit.activity_id)
                value = (result.counted, result.cut) if result else (points.ZERO, Credit.Cut.NOT_STANDING)
                if (credit.points, credit.cut) != value:
                    credit.points, credit.cut = value
                    changed.append(credit)
        bulk_update_with_history(changed, Credit, ["points", "cut"], batch_size=CHUNK, default_user=by, default_date=at)
        was_met = {cycle.pk for cycle in batch if cycle.requirement_met_on}
        requirement.settle_all(batch, day_of(at))
        for cycle in batch:
            if keep_paid_met and cycle.pk in was_met and cycle.requirement_met_on is None:
                _refuse_where_paid(cycle)


def _refuse_where_paid(cycle: Cycle) -> None:
    """No correction by the member takes a cycle under its requirement once its last invoice is paid."""
    if not cycle.certification.ccp_mandatory:
        return
    if cycle.invoices.filter(year=3, status=RenewalInvoice.Status.PAID).exists():
        raise Refused(
            f"This would take your {cycle.certification.credential.code} cycle below the "
            f"{plain(cycle.points_required)} points it needs, and its renewal invoice is already paid. Record "
            "another activity first, or contact AMT."
        )


def entry(activity: Activity, terms: Catalogue) -> points.Entry:
    """A stored entry as the caps see it, under the terms of the day on which it was recorded."""
    kind = activity.activity_type
    held = terms.terms(kind, day_of(activity.recorded_at))
    return points.Entry(
        reference=activity.pk,
        starts_on=activity.starts_on,
        claimed=activity.points,
        activity_type=kind.code,
        category=kind.category.code,
        type_cap=held.type_cap,
        category_cap=held.category_cap,
        in_window=held.can_be_claimed(activity.starts_on, activity.ends_on),
    )


def _save(instance: models.Model, by: User, at: datetime) -> None:
    """Save with a line of history that says who and when."""
    instance._history_user = by  # type: ignore[attr-defined]
    instance._history_date = at  # type: ignore[attr-defined]
    instance.save()
