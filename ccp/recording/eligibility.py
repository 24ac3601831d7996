"""Eligibility: whether a claim can be recorded, and in which of the member's cycles it counts.

``ccp.recording.claims`` has the rules, each with its sentence. This module checks them for a claim,
the terms of its activity type, and the cycles that the member chose. A claim counts in a cycle if
the cycle takes records, covers the days of the activity, and belongs to a certification for which
the activity type counts.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from amtportal.formatting import format_points
from amtportal.refusals import Problem, Refused, refuse_if
from ccp.counting.terms import Terms, in_units, points_for
from ccp.models import Activity, ActivityType, TypeTerms
from ccp.recording import claims
from certifications import cycles as cycle_rules
from certifications.models import Cycle
from certifications.quarters import ZERO

FIELDS = ("activity_type", "points", "starts_on", "ends_on", "title", "provider", "quantity")


@dataclass(frozen=True)
class Claim:
    """What a member claims: one activity with its days (Chicago) and its points; None: AMT sets them."""

    activity_type: ActivityType
    points: Decimal | None
    starts_on: date
    ends_on: date
    title: str = ""
    provider: str = ""
    quantity: Decimal | None = None

    @property
    def claimed(self) -> Decimal:
        """Return the points claimed; 0 where AMT sets them later."""
        return ZERO if self.points is None else self.points

    def is_covered_by(self, cycle: Cycle) -> bool:
        return cycle_rules.covers(cycle, self.starts_on, self.ends_on)

    def digest(self, cycles: Iterable[Cycle]) -> str:
        """Return a fingerprint of the claim and of the certifications to which it is credited.

        ``cycles`` are the cycles that the member chose.
        """
        values = [
            self.activity_type.code,
            "" if self.points is None else format_points(self.points),
            self.starts_on.isoformat(),
            self.ends_on.isoformat(),
            self.title,
            self.provider,
            sorted(cycle.certification_id for cycle in cycles if self.is_covered_by(cycle)),
            *([format_points(self.quantity)] if self.quantity else []),
        ]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    def is_on(self, activity: Activity) -> bool:
        """Return whether the activity already has exactly these values."""
        return all(getattr(activity, field) == getattr(self, field) for field in FIELDS)


def windows(cycles: Iterable[Cycle]) -> list[claims.Window]:
    """Return the cycles in the form that the rules of ``ccp.recording.claims`` need.

    The cycles must be read with their certification and credential.
    """
    return [
        claims.Window(
            cycle.certification.credential.code,
            cycle.starts_on,
            cycle.ends_on,
            awarded_on=cycle.certification.awarded_on,
            is_mandatory=cycle.is_mandatory,
        )
        for cycle in cycles
    ]


def problems(
    claim: Claim,
    cycles: Sequence[Cycle],
    on: date,
    *,
    terms: Terms,
    others: Iterable[Cycle] = (),
    earlier_type: ActivityType | None = None,
) -> list[Problem]:
    """Return every rule that the claim breaks, for the cycles that the member chose.

    ``others`` are the open cycles that the member did not choose. ``terms`` are those of the
    claim's type on the day of recording. ``earlier_type`` is the type that an amended entry has
    now. The entry may keep it even if the type has been retired or begins later.
    """
    activity_type = claim.activity_type
    applicable = [cycle for cycle in cycles if applies_to(activity_type, cycle)]
    checks = [
        None if activity_type == earlier_type else problem_with_activity_type(activity_type, terms, on),
        None if applicable else claims.problem_with_credentials(activity_type.name),
        claims.problem_with_type(
            activity_type.name,
            terms.claimable_from,
            terms.claimable_until,
            claim.starts_on,
            claim.ends_on,
            windows(applicable or cycles),
        ),
        problem_with_worth(claim, terms),
        claims.problem_with_dates(
            claim.starts_on,
            claim.ends_on,
            windows(applicable or cycles),
            on,
            others=windows(cycle for cycle in others if applies_to(activity_type, cycle)),
        ),
    ]
    return [problem for problem in checks if problem]


def problem_with_activity_type(activity_type: ActivityType, terms: Terms, on: date) -> Problem | None:
    """Return the problem with a type that cannot be chosen, or None.

    The type is retired, or it begins only after the day of recording.
    """
    return claims.problem_with_retired(
        activity_type.name, activity_type.retired_on, on
    ) or claims.problem_with_beginning(activity_type.name, terms.begins_on)


def problem_with_worth(claim: Claim, terms: Terms) -> Problem | None:
    """Return the problem with the points or the number of units, or None.

    The points that the units make are calculated here and not taken over from the claim.
    """
    name = claim.activity_type.name
    if claim.points is None:
        return claims.problem_with_no_points() if claim.quantity or terms.takes_quantity else None
    if claim.quantity is None:
        return claims.problem_with_points(claim.points) or claims.problem_with_claim(
            claim.points, terms.least, terms.most, name
        )
    if terms.points_per_unit is None:
        return claims.problem_with_no_unit(name)
    calculated = points_for(claim.quantity, terms.points_per_unit)
    units = in_units(claim.quantity, terms.unit)
    return claims.problem_with_quantity(units, calculated, claim.points, terms.least, terms.most, name)


def keeps_points_of_amt(activity: Activity, activity_type: ActivityType) -> bool:
    """Return whether an entry that is amended to this type keeps the points that AMT set for it."""
    return activity.points_set_at is not None and activity_type == activity.activity_type


def problem_with_other_points(activity: Activity, points: Decimal | None) -> Problem | None:
    """Return the problem with other points than those that AMT set for the entry, or None; empty keeps them."""
    return None if points in (None, activity.points) else claims.problem_with_points_of_amt(activity.claimed)


def doubt(claim: Claim | Activity, terms: Terms) -> claims.Doubt | None:
    """Return what the member has to confirm before the claim counts, or None.

    Only a number of contact hours is asked about. Points that are entered directly name no hours.
    """
    if claim.quantity is None or terms.unit != TypeTerms.Unit.HOUR:
        return None
    return claims.doubt_about_hours(claim.quantity, claim.starts_on, claim.ends_on)


def applies_to(activity_type: ActivityType, cycle: Cycle) -> bool:
    """Return whether the type counts for the cycle's credential.

    A type counts for all credentials unless it names some.
    """
    named = {credential.pk for credential in activity_type.credentials.all()}
    return not named or cycle.certification.credential_id in named


def why_not_offered(activity_type: ActivityType, terms: Terms, cycles: Sequence[Cycle], on: date) -> str:
    """Return why no open cycle can take the type today, as a sentence; empty if one can.

    No day of a cycle up to today lies in the window of the type, or the type counts for none of the
    certifications.
    """
    applicable = [cycle for cycle in cycles if applies_to(activity_type, cycle)]
    if any(terms.has_a_day_between(cycle.starts_on, min(cycle.ends_on, on)) for cycle in applicable):
        return ""
    return claims.reason_not_offered(
        activity_type.name, terms.claimable_from, terms.claimable_until, windows(applicable)
    )


def covered_by(claim: Claim, cycles: Iterable[Cycle]) -> list[Cycle]:
    """Return the cycles that cover the days of the claim and to which its type applies."""
    return [cycle for cycle in cycles if claim.is_covered_by(cycle) and applies_to(claim.activity_type, cycle)]


def covering(
    claim: Claim,
    chosen: Collection[Cycle],
    open_cycles: list[Cycle],
    on: date,
    *,
    terms: Terms,
    earlier_type: ActivityType | None = None,
) -> list[Cycle]:
    """Return the chosen cycles in which the claim counts.

    They are open, cover the days, and the type applies to them. Raises ``Refused`` with the first
    broken rule.
    """
    # Compare certifications and not cycles: a chosen cycle may have been closed and the next one
    # opened in the meantime.
    certifications = {cycle.certification_id for cycle in chosen}
    usable = [cycle for cycle in open_cycles if cycle.certification_id in certifications]
    if not usable:
        raise Refused(_("Choose a certification whose CCP cycle is open."), "certifications")
    others = [cycle for cycle in open_cycles if cycle not in usable]
    refuse_if(next(iter(problems(claim, usable, on, terms=terms, others=others, earlier_type=earlier_type)), None))
    return covered_by(claim, usable)
