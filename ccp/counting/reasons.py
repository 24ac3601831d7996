"""Why an entry counts for less than its claim, in sentences for the member."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from ccp.models.activities import Credit, CreditCut

Cut = Literal["", "type-cap", "category-cap", "window"]

# Sentences for the points that the caps and the window of the type cut.
REASONS: Mapping[Cut, str | Promise] = {
    "": "",
    "type-cap": gettext_lazy("Over the most that this activity type can count for in one cycle."),
    "category-cap": gettext_lazy("Over the most that this category can count for in one cycle."),
    "window": gettext_lazy("Outside the days in which this activity type can be claimed."),
}
# The same sentences and those for all other cuts, so that every credit on record has its sentence.
CUT_SENTENCES: dict[CreditCut, str | Promise] = {
    **{Credit.Cut(cut): reason for cut, reason in REASONS.items()},
    Credit.Cut.NOT_STANDING: gettext_lazy("Withdrawn or void, so it counts for nothing."),
    Credit.Cut.UNCLAIMED: gettext_lazy("No longer claimed for this certification."),
    Credit.Cut.OUTSIDE: gettext_lazy("Outside the days of this cycle since AMT corrected the day of the award."),
}
SET_TOO_LATE = gettext_lazy("AMT set these points after the cycle was closed, and a closed cycle does not change.")


def why(cut: CreditCut, *, claimed: Decimal | None, counted: Decimal) -> str:
    """Return why a credit counts for less than its claim; empty if it counts for all of it, or waits for its points.

    A credit that is not cut differs from its claim only in a closed cycle.
    """
    is_late = cut == CreditCut.NONE and claimed not in (None, counted)
    return str(SET_TOO_LATE if is_late else CUT_SENTENCES[cut])
