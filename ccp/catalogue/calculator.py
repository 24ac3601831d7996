"""The points calculator: what a number of units of an activity type is worth.

Members use it before anything is recorded.

- The type must be one that can be chosen today and has points for each unit.
- The number must be one that Record CE would accept, and its points must be a claim that the type
  allows.

The result is what one entry would claim. Later, caps and the dates of the activity decide what
counts in a cycle.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from amtportal.formatting import format_day, translated
from amtportal.refusals import Problem
from ccp.counting.terms import Offer, in_units, points_for
from ccp.recording import claims, eligibility


@dataclass(frozen=True)
class Answer:
    """A question to the calculator, with its answer in points."""

    offer: Offer
    quantity: Decimal
    points: Decimal

    @property
    def sentence(self) -> str:
        """Return a sentence such as ``For 3 contact hours you earn 3 points.``"""
        terms = self.offer.terms
        assert terms.points_per_unit is not None
        words = {"units": in_units(self.quantity, terms.unit), "points": claims.points_in_words(self.points)}
        if self.quantity * terms.points_per_unit == self.points:
            return _("For %(units)s you earn %(points)s.") % words
        return _("For %(units)s you earn %(points)s, rounded down to a quarter step.") % words


def can_calculate(offer: Offer, on: date) -> bool:
    """Return whether the calculator offers the type."""
    return problem_with_activity_type(offer, on) is None


def problem_with_activity_type(offer: Offer, on: date) -> Problem | None:
    """Return why nothing can be calculated for a type; None if there is no problem."""
    if problem := eligibility.problem_with_activity_type(offer.activity_type, offer.terms, on):
        return problem
    if not offer.terms.takes_quantity:
        sentence = _("%(type)s has no fixed number of points. Record it: AMT sets the points.")
        return Problem("activity_type", sentence % {"type": translated(offer.activity_type.name)})
    if offer.terms.is_over and offer.terms.claimable_until:
        sentence = _(
            "%(type)s counts only for work done up to %(day)s, and the CCP cycles with such work have ended. Choose "
            "another activity type."
        )
        named = {"type": translated(offer.activity_type.name), "day": format_day(offer.terms.claimable_until)}
        return Problem("activity_type", sentence % named)
    return None


def problem_with_number(quantity: Decimal) -> Problem | None:
    """Return why Record CE would not accept this number of units; None if it would.

    Unlike in Record CE, the field cannot stay empty.
    """
    if quantity <= 0:
        return Problem("quantity", _("Enter a number above 0, for example 3 or 0.4."))
    return claims.problem_with_number(quantity)


def points_of(offer: Offer, quantity: Decimal) -> Answer | Problem:
    """Return the points for a number of units, or the problem with that number.

    The type of the offer must have points for each unit.
    """
    terms = offer.terms
    assert terms.points_per_unit is not None
    points = points_for(quantity, terms.points_per_unit)
    units = in_units(quantity, terms.unit)
    problem = claims.problem_with_quantity(units, points, points, terms.least, terms.most, offer.activity_type.name)
    return problem or Answer(offer, quantity, points)
