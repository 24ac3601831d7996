"""Probation: a certification stays in force under an order, for a time.

- The *order* says what the member has to do: in words, with the points to earn, the day by which, or
  both. The member reads it; others read that the certification is on probation, and until when.
- It begins on the day on which it is recorded and ends by itself after its last day. Staff extend it,
  or end it earlier, with a reason. Nothing else follows by itself: if the order is not met, AMT decides.
- Only a certification in force is put on probation, and only one probation runs at a time. The points
  of the order are not part of the CCP requirement.
- ``Certification.probation_until`` has the last day, so that a page needs no other table to know that
  there is none.
"""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from amtportal.dates import anniversary, day_of
from amtportal.formatting import format_day
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Problem, Refused, refuse_if
from certifications import life
from certifications.models import Certification, Probation
from certifications.quarters import STEP

MOST_YEARS = 5


def problem_with_last_day(until: date, on: date) -> Problem | None:
    """Return why a probation cannot end on that day."""
    if until <= on:
        return Problem("ends_on", f"The last day comes after {format_day(on)}. Enter a later day.")
    latest = anniversary(on, MOST_YEARS)
    if until > latest:
        return Problem("ends_on", f"A probation ends by {format_day(latest)} at the latest. Enter an earlier day.")
    return None


def problem_with_order(
    *, order: str, points: Decimal | None, due_on: date | None, ends_on: date, on: date
) -> Problem | None:
    """Return what is missing in an order, or wrong with it."""
    if not order:
        return Problem("order", "Say what the member has to do: the member reads it.")
    if points is None and due_on is None:
        return Problem("points", "Say how many points the order asks for, by which day, or both.")
    if points is not None and (points <= 0 or points % STEP):
        return Problem("points", "Points are above 0, in quarter steps: 0.25, 0.5, 0.75, 1 and so on.")
    if due_on and not on <= due_on <= ends_on:
        return Problem(
            "due_on", f"The order is to be met from {format_day(on)} to the last day, {format_day(ends_on)}."
        )
    return None


def running(certification: Certification, on: date) -> Probation | None:
    """Return the probation that runs on that day. Where none does, it usually takes no query."""
    until = certification.probation_until
    if until is None or until < on:
        return None
    return certification.probations.filter(ended_at=None, ends_on__gte=on).order_by("-pk").first()


@transaction.atomic
def impose(
    *,
    certification: Certification,
    ends_on: date,
    order: str,
    points: Decimal | None,
    due_on: date | None,
    by: User,
    at: datetime,
) -> Probation:
    """Put a certification on probation from today on. Raises ``Refused``; a repeat changes nothing."""
    certification, on, order = _locked(certification.pk), day_of(at), order.strip()
    present = running(certification, on)
    if present:
        same = (present.ends_on, present.order, present.points, present.due_on)
        if same == (ends_on, order, points, due_on):
            return present
        raise Refused(
            f"A probation runs until {format_day(present.ends_on)}. Extend it, or end it before another one begins."
        )
    if not life.in_force(certification.status):
        raise Refused(
            f"The certification is {certification.get_status_display().lower()}. Only one in force is put on probation."
        )
    refuse_if(problem_with_last_day(ends_on, on))
    refuse_if(problem_with_order(order=order, points=points, due_on=due_on, ends_on=ends_on, on=on))
    probation = Probation(
        certification=certification,
        starts_on=on,
        ends_on=ends_on,
        order=order,
        points=points,
        due_on=due_on,
        imposed_at=at,
        imposed_by=by,
    )
    sign(probation, by=by, at=at)
    probation.save()
    _keep(certification, ends_on, "Put on probation", by=by, at=at)
    return probation


@transaction.atomic
def extend(*, certification: Certification, ends_on: date, reason: str, by: User, at: datetime) -> Probation:
    """Let the running probation end on a later day. Raises ``Refused``; a repeat changes nothing."""
    certification, reason = _locked(certification.pk), reason.strip()
    present = _running(certification, day_of(at))
    if present.ends_on == ends_on:
        return present
    refuse_if(problem_with_last_day(ends_on, day_of(at)))
    if ends_on < present.ends_on:
        raise Refused(
            f"It runs until {format_day(present.ends_on)}. Enter a later day, or end the probation.", "ends_on"
        )
    if not reason:
        raise Refused("Say why it is extended: the member reads it.", "reason")
    present.ends_on, present.extension_reason = ends_on, reason
    sign(present, by=by, at=at, reason=reason)
    present.save(update_fields=["ends_on", "extension_reason"])
    _keep(certification, ends_on, "Probation extended", by=by, at=at)
    return present


@transaction.atomic
def end(*, certification: Certification, reason: str, by: User, at: datetime) -> Probation | None:
    """End the running probation today, with the reason. None: none runs. Raises ``Refused``."""
    certification = _locked(certification.pk)
    present = running(certification, day_of(at))
    if present is None:
        return None
    if not reason.strip():
        raise Refused("Say why it ends: the member reads it.", "reason")
    present.ended_at, present.ended_by, present.end_reason = at, by, reason.strip()
    sign(present, by=by, at=at, reason=reason.strip())
    present.save(update_fields=["ended_at", "ended_by", "end_reason"])
    _keep(certification, None, "Probation ended", by=by, at=at)
    return present


def _running(certification: Certification, on: date) -> Probation:
    present = running(certification, on)
    if present is None:
        raise Refused("No probation of this certification runs today.")
    return present


def _locked(key: int) -> Certification:
    Certification.objects.select_for_update().get(pk=key)
    return Certification.objects.select_related("credential", "member").get(pk=key)


def _keep(certification: Certification, until: date | None, reason: str, *, by: User, at: datetime) -> None:
    certification.probation_until = until
    sign(certification, by=by, at=at, reason=reason)
    certification.save(update_fields=["probation_until"])
