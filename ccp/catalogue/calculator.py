"""The points calculator: what a number of units of an activity type is worth, before anything is recorded.

- The type can be chosen today and has points for each unit.
- The number is one that Record CE would take, and the points that it makes are a claim that the type allows.

It says what one entry would claim. Caps and the dates of the activity decide later what counts in a cycle.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from amtportal.formatting import translated
from amtportal.refusals import Problem
from ccp.counting.terms import Offer, in_units, points_for
from ccp.recording import claims, eligibility, preview


@dataclass(frozen=True)
class Answer:
    """What was asked, and the points of it."""

    offer: Offer
    quantity: Decimal
    points: Decimal

    @property
    def sentence(self) -> str:
        """``For 3 contact hours you earn 3 points.``"""
        return preview.made(self.quantity, self.points, self.offer.terms)


def can_compute(offer: Offer, on: date) -> bool:
    """Whether the type is one to choose in the calculator."""
    return problem_with_activity_type(offer, on) is None


def problem_with_activity_type(offer: Offer, on: date) -> Problem | None:
    """Why nothing can be computed for a type."""
    if problem := eligibility.problem_with_activity_type(offer.activity_type, offer.terms, on):
        return problem
    if not offer.terms.takes_quantity:
        sentence = _("%(type)s has no fixed number of points. Ask AMT how many points it is worth.")
        return Problem("activity_type", sentence % {"type": translated(offer.activity_type.name)})
    return None


def problem_with_number(quantity: Decimal) -> Problem | None:
    """A number of units that Record CE would not take. Here the field cannot stay empty."""
    if quantity <= 0:
        return Problem("quantity", _("Enter a number above 0, for example 3 or 0.4."))
    return claims.problem_with_number(quantity)


def points_of(offer: Offer, quantity: Decimal) -> Answer | Problem:
    """The points of a number of units of a type that has points for each."""
    terms = offer.terms
    assert terms.points_per_unit is not None
    points = points_for(quantity, terms.points_per_unit)
    units = in_units(quantity, terms.unit)
    problem = claims.problem_with_quantity(units, points, points, terms.least, terms.most, offer.activity_type.name)
    return problem or Answer(offer, quantity, points)
