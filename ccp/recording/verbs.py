"""Recording CE: a member's entries are recorded, amended, withdrawn, put back and voided here,
and AMT sets their points and takes a voiding back.

Every verb takes these steps:

- It locks the member's open cycles in the order of their keys, then the activity. A verb that puts
  an entry on record also shares the lock on the terms (``ccp.counting.terms_lock``).
- Under the locks, it closes the cycles that are due (``ccp.rollover.closing``) and checks the rules
  (``ccp.recording.eligibility``).
- It writes the change.
- It recounts each touched cycle and settles its requirement (``ccp.counting.credits``).

All of this happens in one transaction: either the very next page shows the new totals, or nothing
has changed at all.

A form that is posted twice records once: its ``submission_id`` is unique, and a digest of what was
typed distinguishes a repeat from another claim with the same number (``ccp.recording.repeats``).
Two members who send the same number at the same moment do not wait for each other: the database
refuses the second, which is then tried again from the start (``amtportal.middleware.retry``).
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from amtportal.dates import day_of
from amtportal.history.lines import create_with_lines, sign
from amtportal.members.models import Member, User
from amtportal.refusals import Refused, refuse_if
from ccp.counting import credits as counting
from ccp.counting import replay, requirement, terms_lock
from ccp.counting.terms import Catalogue, catalogue
from ccp.models import Activity, AttestationStatement, Credit
from ccp.recording import claims
from ccp.recording.changeable import (
    refuse_fewer_where_paid,
    refuse_unless_open,
    refuse_unless_restorable,
    refuse_unless_settable,
    refuse_unless_void,
    refuse_where_paid,
)
from ccp.recording.eligibility import (
    FIELDS,
    Claim,
    covered_by,
    covering,
    keeps_points_of_amt,
    problem_with_other_points,
)
from ccp.rollover import catching_up
from certifications.models import Cycle


class SubmissionReused(Refused):
    """The number of the form has already recorded other values."""


class ChangedMeanwhile(Refused):
    """Somebody changed the entry after the form was opened."""


@dataclass
class Desk:
    """What recording for a member is decided by: each of it is locked, and read once.

    ``open_cycles`` take records now. ``earlier`` is the entry that a form with the same number has
    recorded, whoever sent it. ``statement`` is the key of the attestation as it is shown to the
    reader; None before anybody attested to it. ``has_files``: whether files wait for the form.
    """

    member: Member
    submission_id: UUID
    at: datetime
    open_cycles: list[Cycle]
    earlier: Activity | None
    statement: int | None
    has_files: bool

    @cached_property
    def terms(self) -> Catalogue:
        """All terms. Nobody counts with other terms before this transaction ends."""
        terms_lock.hold()
        return catalogue()


# One statement of plain SQL: nearly every form finds the statement and no entry.
_KNOWN = """
    SELECT (SELECT id FROM ccp_activity WHERE submission_id = %s),
        (SELECT id FROM ccp_attestationstatement WHERE text = %s),
        EXISTS (SELECT 1 FROM ccp_pendingfile WHERE member_id = %s AND submission_id = %s)
"""


@contextmanager
def desk(*, member: Member, submission_id: UUID, at: datetime) -> Iterator[Desk]:
    """Lock what recording for the member needs, in one transaction.

    Cycles that are due are closed first.
    """
    with transaction.atomic():
        open_cycles = catching_up.open_for_records(member, at=at, lock=True)
        with connection.cursor() as cursor:
            number = Activity._meta.get_field("submission_id").get_db_prep_value(submission_id, connection)
            cursor.execute(_KNOWN, [number, str(claims.ATTESTATION), member.pk, number])
            earlier, statement, has_files = cursor.fetchone()
        recorded = Activity.objects.get(pk=earlier) if earlier else None
        yield Desk(member, submission_id, at, open_cycles, recorded, statement, bool(has_files))


def record(
    *,
    member: Member,
    cycles: Collection[Cycle],
    claim: Claim,
    submission_id: UUID,
    typed: str = "",
    by: User,
    at: datetime,
) -> Activity:
    """Record an activity and credit it to each chosen cycle that covers its days; a repeat returns the earlier entry.

    ``typed`` is the digest of what was typed (``ccp.recording.repeats``); if it is empty, the digest
    of the claim is used. A repeated form returns the earlier entry. Raises ``SubmissionReused`` if
    the number of the form has recorded other values, and ``Refused`` if a rule is broken.
    """
    with desk(member=member, submission_id=submission_id, at=at) as locked:
        return record_at(locked, cycles=cycles, claim=claim, typed=typed, by=by)


def record_at(locked: Desk, *, cycles: Collection[Cycle], claim: Claim, typed: str = "", by: User) -> Activity:
    """Do what ``record`` does, under the locks that are held already."""
    at, on = locked.at, day_of(locked.at)
    digest = typed or claim.digest(cycles)
    if earlier := _submitted_earlier(locked, digest, claim, cycles):
        return earlier
    terms = locked.terms.terms(claim.activity_type, on)
    chosen = covering(claim, cycles, locked.open_cycles, on, terms=terms)
    activity = Activity(
        member=locked.member,
        statement_id=locked.statement or AttestationStatement.objects.of(str(claims.ATTESTATION)).pk,
        attested_at=at,
        attested_by=by,
        submission_id=locked.submission_id,
        submission_digest=digest,
        recorded_at=at,
        unit=terms.unit if claim.quantity else "",
        **{field: getattr(claim, field) for field in FIELDS},
    )
    create_with_lines(Activity, [activity], by=by, at=at)
    counting.add_claims([(activity, chosen)], by, at)
    counting.recount(chosen, locked.terms, by, at)
    return activity


@transaction.atomic
def amend(
    *, activity: Activity, cycles: Collection[Cycle], claim: Claim, revision: int, by: User, at: datetime
) -> Activity:
    """Change a standing entry whose cycles are open. ``revision`` is the one that the form showed.

    Raises ``ChangedMeanwhile`` if the entry has another revision now, and ``Refused`` if a rule is
    broken.
    """
    on = day_of(at)
    open_cycles = catching_up.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    touched = _claimed_cycles(activity)
    refuse_unless_open(activity, touched, open_cycles)
    terms_lock.hold()
    all_terms = catalogue()
    terms = all_terms.terms(claim.activity_type, day_of(activity.recorded_at))
    if keeps_points_of_amt(activity, claim.activity_type):
        refuse_if(problem_with_other_points(activity, claim.points))
        claim = replace(claim, points=activity.points)
    else:
        activity.points_set_at = activity.points_set_by = None
    chosen = covering(claim, cycles, open_cycles, on, terms=terms, earlier_type=activity.activity_type)
    if claim.is_on(activity) and {cycle.pk for cycle in chosen} == {cycle.pk for cycle in touched}:
        return activity
    if revision != activity.revision:
        raise ChangedMeanwhile(
            _(
                "This entry was changed after you opened the form. The values on record now are shown below; "
                "check yours against them and submit again."
            )
        )
    for field in FIELDS:
        setattr(activity, field, getattr(claim, field))
    activity.unit = terms.unit if claim.quantity else ""
    activity.statement, activity.attestation_text = AttestationStatement.objects.of(str(claims.ATTESTATION)), ""
    activity.attested_at, activity.attested_by = at, by
    activity.revision += 1
    _save(activity, by, at)
    counting.set_claims(activity, chosen, by, at)
    _count_unless_paid(counting.in_key_order([*touched, *chosen]), all_terms, by, at)
    return activity


@transaction.atomic
def withdraw(*, activity: Activity, by: User, at: datetime) -> Activity:
    """Withdraw a member's own entry while its cycles are open.

    The entry stays on record and counts for nothing.
    """
    open_cycles = catching_up.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    if not activity.is_standing:
        return activity
    touched = _claimed_cycles(activity)
    refuse_unless_open(activity, touched, open_cycles)
    _end(activity, by, at)
    _count_unless_paid(touched, catalogue(), by, at)
    return activity


@transaction.atomic
def restore(*, activity: Activity, by: User, at: datetime) -> Activity:
    """Put a member's own withdrawn entry back on record while its cycles take records.

    The entry counts again. If this happens on the day of the withdrawal, nothing is lost: the day
    since which the requirement is met is the same as if the entry had never been withdrawn. If it
    happens on a later day, the requirement is met on that later day.
    """
    open_cycles = catching_up.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    withdrawn_at = activity.withdrawn_at
    if withdrawn_at is None:
        return activity
    touched = _claimed_cycles(activity)
    refuse_unless_restorable(activity, touched, open_cycles, by)
    terms_lock.hold()
    activity.withdrawn_at = activity.withdrawn_by = None
    activity.revision += 1
    _save(activity, by, at)
    counting.recount(touched, catalogue(), by, at)
    if day_of(withdrawn_at) == day_of(at):
        for cycle in touched:
            requirement.set_met_on(cycle, replay.since_when(cycle))
    return activity


@transaction.atomic
def say_difference(*, activity: Activity, difference: str, by: User, at: datetime) -> Activity:
    """Store how an entry differs from one that looks like it, in the member's words.

    This is possible while the cycles of the entry are open.
    """
    open_cycles = catching_up.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    refuse_unless_open(activity, _claimed_cycles(activity), open_cycles)
    if activity.difference != difference:
        activity.difference = difference
        _save(activity, by, at)
    return activity


@transaction.atomic
def set_points(*, activity: Activity, points: Decimal, reason: str, revision: int, by: User, at: datetime) -> Activity:
    """Set the points of an entry as staff, or set them again; they count from that day.

    Only points that the member left to AMT are set. ``reason`` says where they come from; the member
    reads it. They count in the cycles that are not closed; a closed one keeps what counted in it. A
    repeat changes nothing. Raises ``ChangedMeanwhile`` if the entry has another revision than the
    page showed, and ``Refused`` if all its cycles are closed, or if fewer points than before would
    take a cycle below its requirement whose last invoice is paid or being paid.
    """
    catching_up.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    if activity.points_set_at and activity.points == points and activity.revision == revision + 1:
        return activity
    if revision != activity.revision:
        raise ChangedMeanwhile(
            "This entry was changed after you opened the page. Look at it, and set the points again."
        )
    touched = _claimed_cycles(activity)
    refuse_unless_settable(activity, touched)
    terms_lock.hold()
    all_terms = catalogue()
    terms = all_terms.terms(activity.activity_type, day_of(activity.recorded_at))
    name = activity.activity_type.name
    refuse_if(claims.problem_with_points(points) or claims.problem_with_claim(points, terms.least, terms.most, name))
    if not reason.strip():
        raise Refused("Say where the points come from: the member will read it.", "reason")
    activity.points, activity.points_set_at, activity.points_set_by = points, at, by
    activity.revision += 1
    sign(activity, by=by, at=at, reason=reason.strip())
    activity.save()
    unclosed = [cycle for cycle in touched if cycle.closed_on is None]
    were_met = [cycle for cycle in unclosed if cycle.requirement_met_on and cycle.is_mandatory]
    counting.recount(unclosed, all_terms, by, at)
    for cycle in were_met:
        if cycle.requirement_met_on is None:
            refuse_fewer_where_paid(cycle, at)
    return activity


@transaction.atomic
def void(*, activity: Activity, reason: str, by: User, at: datetime) -> Activity:
    """Void an entry as staff, with a reason that the member will read. A paid invoice stays paid.

    Raises ``Refused`` if the entry is claimed for a closed cycle, because the points of a closed
    cycle are frozen. An entry that waits for its points counts in none: it is refused only if all its
    cycles are closed.
    """
    reason = reason.strip()
    if not reason:
        raise Refused("Say why the entry is void: the member will read it.", "reason")
    catching_up.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    if not activity.is_standing:
        return activity
    touched = _claimed_cycles(activity)
    unclosed = [cycle for cycle in touched if cycle.closed_on is None]
    if touched != unclosed and not (unclosed and activity.awaits_points):
        raise Refused("This entry counts in a cycle that is closed, and a closed cycle does not change.", "reason")
    _end(activity, by, at, void_reason=reason)
    counting.recount(unclosed, catalogue(), by, at)
    return activity


@transaction.atomic
def take_back_void(*, activity: Activity, reason: str, by: User, at: datetime) -> Activity:
    """Put an entry back on record that staff voided, with a reason that the member will read.

    It counts again, under the caps and the terms of the day on which it was recorded. On the day of the voiding
    nothing is lost, as with ``restore``; later, a requirement that it meets is met on that later day. A repeat
    changes nothing. Raises ``Refused`` if it was not voided, or if a cycle of it is closed or does not cover its days.
    """
    reason = reason.strip()
    catching_up.open_for_records(activity.member, at=at, lock=True)
    activity = _locked(activity)
    voided_at = activity.withdrawn_at
    if voided_at is None:
        return activity
    touched = _claimed_cycles(activity)
    refuse_unless_void(activity, touched)
    if not reason:
        raise Refused("Say why the entry counts after all: the member will read it.", "reason")
    terms_lock.hold()
    activity.withdrawn_at = activity.withdrawn_by = None
    activity.void_reason = ""
    activity.revision += 1
    sign(activity, by=by, at=at, reason=reason)
    activity.save()
    counting.recount(touched, catalogue(), by, at, from_history=day_of(voided_at) == day_of(at))
    return activity


def _submitted_earlier(locked: Desk, digest: str, claim: Claim, cycles: Collection[Cycle]) -> Activity | None:
    """The member's entry that a form with this number has recorded; refused where it recorded other values.

    The form is the same if its digest is. Typed in another spelling, it is the same if the entry says what it claims.
    Entries recorded before there was a digest of what is typed have that of their claim.
    """
    earlier = locked.earlier
    if earlier is None:
        return None
    is_same = earlier.submission_digest in (digest, claim.digest(cycles)) or _says(earlier, claim, cycles)
    if earlier.member_id != locked.member.pk or not is_same:
        raise SubmissionReused(
            _(
                "This form has already been submitted with other values, and that entry stays as it is. To record "
                "another activity, submit this form again: it now has a new number. To change the earlier entry, open "
                "it under Activities and choose Amend."
            )
        )
    return earlier


def _says(activity: Activity, claim: Claim, cycles: Collection[Cycle]) -> bool:
    """Return whether the entry is this claim, for the same certifications."""
    chosen = {cycle.certification_id for cycle in covered_by(claim, cycles)}
    return claim.is_on(activity) and {cycle.certification_id for cycle in _claimed_cycles(activity)} == chosen


def _locked(activity: Activity) -> Activity:
    return (
        Activity.objects.select_for_update(of=("self",)).select_related("member", "activity_type").get(pk=activity.pk)
    )


def _claimed_cycles(activity: Activity) -> list[Cycle]:
    claimed = activity.credits.exclude(cut__in=Credit.NOT_CLAIMED).select_related("cycle__certification__credential")
    return [credit.cycle for credit in claimed.order_by("cycle_id")]


def _end(activity: Activity, by: User, at: datetime, void_reason: str = "") -> None:
    activity.withdrawn_at, activity.withdrawn_by, activity.void_reason = at, by, void_reason
    activity.revision += 1
    _save(activity, by, at)


def _count_unless_paid(cycles: Collection[Cycle], terms: Catalogue, by: User, at: datetime) -> None:
    """Count the cycles again after a correction by the member.

    Refuse if the correction takes a cycle below its requirement whose last invoice is paid, or is
    being paid.
    """
    were_met = [cycle for cycle in cycles if cycle.requirement_met_on]
    counting.recount(cycles, terms, by, at)
    for cycle in were_met:
        if cycle.requirement_met_on is None and cycle.is_mandatory:
            refuse_where_paid(cycle, at)


def _save(activity: Activity, by: User, at: datetime) -> None:
    """Save the entry with a line of history that says who changed it and when."""
    sign(activity, by=by, at=at)
    activity.save()
