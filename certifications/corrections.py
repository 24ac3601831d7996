"""Corrections of closed cycles. A closed cycle never changes, so a correction is added to it.

A correction says what the points and the outcome of the cycle should have been, what was wrong, and
who signs it. The closed cycle keeps its own points and outcome. The last correction counts, and
earlier ones can still be read. A correction does not change the status of the certification: that
is a separate step in ``certifications.life``.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from amtportal.formatting import format_day
from amtportal.members.models import User
from amtportal.refusals import Problem, refuse_if
from certifications.models import Cycle, CycleCorrection
from certifications.quarters import STEP


def problem_with(*, is_closed: bool, ends_on: str, points: Decimal, statement: str) -> Problem | None:
    """Return why the correction cannot be signed."""
    if not is_closed:
        sentence = f"The cycle that ends {ends_on} is not closed. Only a closed cycle is corrected; amend its entries."
        return Problem("", sentence)
    if points < 0 or points % STEP:
        return Problem("", "Points are 0 or more, in quarter steps: 0.25, 0.5, 0.75, 1 and so on.")
    if not statement:
        return Problem("", "Say what was wrong and what is right: the member reads it.")
    return None


@transaction.atomic
def sign(
    *, cycle: Cycle, points: Decimal, outcome: str, statement: str, by: User, at: datetime, audit: str = ""
) -> CycleCorrection:
    """Sign a correction of a closed cycle. Raises ``Refused``.

    ``audit``: the reference of the audit that it follows from. If the last correction says the
    same, return that one and sign nothing.
    """
    cycle = Cycle.objects.select_for_update().get(pk=cycle.pk)
    statement = statement.strip()
    refuse_if(
        problem_with(
            is_closed=cycle.closed_on is not None, ends_on=format_day(cycle.ends_on), points=points, statement=statement
        )
    )
    last = cycle.corrections.order_by("-signed_at", "-pk").first()
    if last and (last.points, last.outcome, last.statement, last.audit) == (points, outcome, statement, audit):
        return last
    return CycleCorrection.objects.create(
        cycle=cycle, points=points, outcome=outcome, statement=statement, audit=audit, signed_at=at, signed_by=by
    )
