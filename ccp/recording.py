"""Recording CE: a member's entries are recorded, amended and withdrawn here, and credits are written nowhere else.

Every verb locks the member's open cycles in the order of their keys, then the activity; checks the rules of
``ccp.claims`` under the lock; writes; counts each touched cycle anew; and settles its requirement. All of it happens
in one transaction, so that the totals stand in the very next page or nothing has changed at all.

A form that is posted twice records once: its ``submission_id`` is unique, and a digest of its values tells a repeat
from another claim under the same number.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, models, transaction

from amtportal.dates import day_of
from amtportal.members.models import Member, User
from amtportal.words import plain, us
from ccp import claims, points, requirement
from ccp.models import Activity, ActivityType, Credit
from certifications import cycles as cycle_rules
from certifications.models import Cycle, RenewalInvoice


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
        ]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    def is_on(self, activity: Activity) -> bool:
        """Whether the activity already says exactly this."""
        return all(getattr(activity, field) == getattr(self, field) for field in FIELDS)


FIELDS = ("activity_type", "points", "starts_on", "ends_on", "title", "provider")


def windows(cycles: Iterable[Cycle]) -> list[claims.Window]:
    """The cycles (with certification and credential read) as the rules of ``ccp.claims`` want them."""
    return [claims.Window(cycle.certification.credential.code, cycle.starts_on, cycle.ends_on) for cycle in cycles]


def problems(claim: Claim, cycles: Sequence[Cycle], on: date) -> list[claims.Problem]:
    """Every rule that the claim breaks, for the cycles that the member chose."""
    found = [
        claims.problem_with_type(
            claim.activity_type.name,
            claim.activity_type.claimable_from,
            claim.activity_type.claimable_until,
            claim.starts_on,
            claim.ends_on,
            windows(cycles),
        ),
        claims.problem_with_points(claim.points),
        claims.problem_with_dates(claim.starts_on, claim.ends_on, windows(cycles), on),
    ]
    return [problem for problem in found if problem]


@transaction.atomic
def record(
    *, member: Member, cycles: Collection[Cycle], claim: Claim, submission_id: UUID, by: User, at: datetime
) -> Activity:
    """Record an activity and credit it to each chosen cycle that covers its days; a repeat returns the earlier entry.

    Raises ``SubmissionReused`` where the form's number recorded other values, ``Refused`` where a rule is broken.
    """
    on = day_of(at)
    open_cycles = cycle_rules.open_for_records(member, on, lock=True)
    digest = claim.digest(cycles)
    if earlier := _submitted_earlier(member, submission_id, digest):
        return earlier
    covering = _covering(claim, cycles, open_cycles, on)
    activity = Activity(
        member=member,
        attestation=claims.ATTESTATION,
        attested_at=at,
        attested_by=by,
        submission_id=submission_id,
        submission_digest=digest,
        recorded_at=at,
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
    open_cycles = cycle_rules.open_for_records(activity.member, on, lock=True)
    activity = _locked(activity)
    touched = _claimed_cycles(activity)
    _refuse_unless_open(activity, touched, open_cycles)
    chosen = _covering(claim, cycles, open_cycles, on)
    if claim.is_on(activity) and {cycle.pk for cycle in chosen} == {cycle.pk for cycle in touched}:
        return activity
    if revision != activity.revision:
        raise ChangedMeanwhile(
            "This entry was changed after you opened the form. The values on record now are shown below; "
            "check yours against them and submit again."
        )
    for field in FIELDS:
        setattr(activity, field, getattr(claim, field))
    activity.attestation, activity.attested_at, activity.attested_by = claims.ATTESTATION, at, by
    activity.revision += 1
    _save(activity, by, at)
    _claim_for(activity, chosen, by, at)
    _count_anew(_in_key_order([*touched, *chosen]), by, at, keep_paid_met=True)
    return activity


@transaction.atomic
def withdraw(*, activity: Activity, by: User, at: datetime) -> Activity:
    """Withdraw a member's own entry while its cycles are open. It stays on record and counts for nothing."""
    open_cycles = cycle_rules.open_for_records(activity.member, day_of(at), lock=True)
    activity = _locked(activity)
    if not activity.is_standing:
        return activity
    touched = _claimed_cycles(activity)
    _refuse_unless_open(activity, touched, open_cycles)
    _end(activity, by, at)
    _count_anew(touched, by, at, keep_paid_met=True)
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


def can_be_changed(activity: Activity, on: date) -> bool:
    """Whether its member may amend or withdraw the entry: it stands and every cycle it is claimed for is open.

    Reads ``activity.credits`` with their cycles and certifications.
    """
    return activity.is_standing and all(
        cycle_rules.takes_records(credit.cycle, on, grace_days=settings.CCP_GRACE_DAYS)
        and credit.cycle.certification.status == "active"
        for credit in activity.credits.all()
        if credit.cut != Credit.Cut.UNCLAIMED
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


def _covering(claim: Claim, chosen: Collection[Cycle], open_cycles: list[Cycle], on: date) -> list[Cycle]:
    """Those of the chosen cycles that are open and cover the days; refused with the first broken rule."""
    chosen_keys = {cycle.pk for cycle in chosen}
    usable = [cycle for cycle in open_cycles if cycle.pk in chosen_keys]
    if not usable:
        raise Refused("Choose a certification whose CCP cycle is open.", "certifications")
    for problem in problems(claim, usable, on):
        raise Refused(problem.sentence, problem.field)
    return [cycle for cycle in usable if claim.is_covered_by(cycle)]


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


def _count_anew(cycles: Iterable[Cycle], by: User, at: datetime, *, keep_paid_met: bool = False) -> None:
    """Write what each entry of these locked cycles counts for now, and settle their requirement."""
    on = day_of(at)
    for cycle in cycles:
        was_met = cycle.requirement_met_on is not None
        claimed = list(
            cycle.credits.exclude(cut=Credit.Cut.UNCLAIMED).select_related("activity__activity_type__category")
        )
        counted = points.credited(_entry(credit.activity) for credit in claimed if credit.activity.is_standing)
        for credit in claimed:
            result = counted.get(credit.activity_id)
            value = (result.counted, result.cut) if result else (points.ZERO, Credit.Cut.NOT_STANDING)
            if (credit.points, credit.cut) != value:
                credit.points, credit.cut = value
                _save(credit, by, at)
        requirement.settle(cycle, on)
        if keep_paid_met and was_met and cycle.requirement_met_on is None:
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


def _entry(activity: Activity) -> points.Entry:
    kind = activity.activity_type
    return points.Entry(
        reference=activity.pk,
        starts_on=activity.starts_on,
        claimed=activity.points,
        activity_type=kind.code,
        category=kind.category.code,
        type_cap=kind.cap,
        category_cap=kind.category.cap,
    )


def _save(instance: models.Model, by: User, at: datetime) -> None:
    """Save with a line of history that says who and when."""
    instance._history_user = by  # type: ignore[attr-defined]
    instance._history_date = at  # type: ignore[attr-defined]
    instance.save()
