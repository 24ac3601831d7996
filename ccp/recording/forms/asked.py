"""What the Record CE form asks for, by the activity type.

A type that has points for each unit is asked for the number of units, under the name of the unit.
Every other type is asked for its points. As long as no type is chosen, either can be entered.
"""

from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amtportal.formatting import as_count, format_points
from ccp.counting.terms import Terms, points_for
from ccp.models import TypeTerms
from ccp.recording import claims

Asked = Literal["either", "units", "points"]

HOW_MANY = gettext_lazy("How many")
UNITS = {
    TypeTerms.Unit.HOUR: gettext_lazy("Contact hours"),
    TypeTerms.Unit.SEMESTER_HOUR: gettext_lazy("Semester hours"),
    TypeTerms.Unit.QUARTER_HOUR: gettext_lazy("Quarter hours"),
    TypeTerms.Unit.CEU: gettext_lazy("CEU"),
    TypeTerms.Unit.YEAR: gettext_lazy("Years"),
    TypeTerms.Unit.WORK: gettext_lazy("Works"),
}


def asked_for(terms: Terms | None) -> Asked:
    """Return what a type with these terms is asked for; None if no type is chosen."""
    if terms is None:
        return "either"
    return "units" if terms.takes_quantity else "points"


def units_label(terms: Terms) -> str:
    """Return the label of the number of units, such as ``Contact hours, 1 point each``.

    It is empty for a type without points for each unit.
    """
    if terms.points_per_unit is None:
        return ""
    number = as_count(terms.points_per_unit)
    each = ngettext("%(units)s, %(points)s point each", "%(units)s, %(points)s points each", number)
    return each % {"units": UNITS[TypeTerms.Unit(terms.unit)], "points": format_points(terms.points_per_unit)}


def earned(quantity: Decimal, terms: Terms) -> str:
    """Return what a number of units makes, such as ``= 3 points``; empty if it makes none.

    1.99 contact hours at 1 point make 1.75 points: a quarter step is the least that counts.
    """
    if terms.points_per_unit is None or not (points := points_for(quantity, terms.points_per_unit)):
        return ""
    words = {"points": claims.points_in_words(points)}
    if quantity * terms.points_per_unit == points:
        return _("= %(points)s") % words
    return _("= %(points)s, rounded down to a quarter step") % words
