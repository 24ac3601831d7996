"""Revoking a certification: AMT takes it away, since a day, for a reason that the member reads.

- It holds since today or an earlier day: not before the award, and not before the last change of the
  status. What is to hold from a later day is recorded on that day.
- A revocation is final, with one exception: on the day on which it was recorded, somebody else than
  the person who recorded it can undo it, with a reason. The certification then has the status that it
  had, in the cycle that it had. The member is told in the mail of the next morning, if it still holds.
- Whatever asks for the status follows at once: it takes no records, its invoices are held, its cycle
  closes by its own days without another one, and its badge is revoked in the status list. A badge
  stays revoked even if the revocation is undone, by the standard: the member downloads another one.
"""

from datetime import date, datetime

from django.db import transaction
from django.dispatch import Signal

from amtportal.dates import day_of
from amtportal.formatting import format_day
from amtportal.members.models import User
from amtportal.refusals import Problem, Refused, refuse_if
from certifications import cycles, life
from certifications.models import Certification, Cycle, StatusChange

Status = Certification.Status

# Sent with the ``change`` by which it was revoked, in the transaction, to apps that build on this one.
revoked = Signal()
undone = Signal()


def problem_with_day(effective_on: date, on: date, *, awarded_on: date, changed_on: date | None) -> Problem | None:
    """Return why a revocation cannot hold since that day. ``changed_on``: the day of the last change of the status."""
    if effective_on > on:
        return Problem(
            "effective_on", f"{format_day(effective_on)} is still to come. Record the revocation on that day."
        )
    if effective_on < awarded_on:
        return Problem("effective_on", f"The certification was awarded on {format_day(awarded_on)}. Enter a later day.")
    if changed_on and effective_on < changed_on:
        return Problem(
            "effective_on", f"The status changed last on {format_day(changed_on)}. Enter that day or a later one."
        )
    return None


def problem_with_undoing(change: StatusChange | None, *, by: User, on: date) -> Problem | None:
    """Return why this person cannot undo a revocation on that day. ``change``: by which it was revoked."""
    if change is None:
        return Problem("", "It is not on record when this certification was revoked, so that cannot be undone here.")
    recorded_on = day_of(change.changed_at)
    if recorded_on != on:
        return Problem(
            "",
            f"A revocation can be undone on the day on which it was recorded. This one was recorded on "
            f"{format_day(recorded_on)}, so it is final.",
        )
    if change.changed_by_id == by.pk:
        return Problem("", "You recorded this revocation yourself. Somebody else has to undo it.")
    return None


def revocation_of(certification: Certification) -> StatusChange | None:
    """Return the change by which the certification was revoked; None if it is not revoked, or it is not on record."""
    if certification.status != Status.REVOKED:
        return None
    last = certification.status_changes.select_related("changed_by").order_by("changed_at", "pk").last()
    return last if last and last.after == Status.REVOKED else None


@transaction.atomic
def revoke(*, certification: Certification, effective_on: date, reason: str, by: User, at: datetime) -> StatusChange:
    """Revoke the certification since that day. Raises ``Refused``; to repeat it changes nothing."""
    certification, _unclosed = _locked(certification.pk)
    reason = reason.strip()
    done = revocation_of(certification)
    if done and (done.changed_on, done.reason) == (effective_on, reason):
        return done
    refuse_if(life.problem_with_change(certification, Status.REVOKED))
    if certification.member.user_id == by.pk:
        raise Refused("This certification is your own. Somebody else has to decide about it.")
    last = certification.status_changes.order_by("changed_at", "pk").last()
    refuse_if(
        problem_with_day(
            effective_on,
            day_of(at),
            awarded_on=certification.awarded_on,
            changed_on=last.changed_on if last else None,
        )
    )
    if not reason:
        raise Refused("Give the reason for the revocation: the member reads it.", "reason")
    life.write([certification], to=Status.REVOKED, reason=reason, by=by, at=at, on=effective_on)
    written = revocation_of(certification)
    assert written
    revoked.send(sender=Certification, change=written)
    return written


@transaction.atomic
def undo(*, certification: Certification, reason: str, by: User, at: datetime) -> Certification:
    """Give a certification back the status that it had before it was revoked today. Raises ``Refused``.

    One that is not revoked is returned as it is. If its cycle was closed in the meantime, the cycle of
    today opens, as for one that is reinstated.
    """
    certification, unclosed = _locked(certification.pk)
    if certification.status != Status.REVOKED:
        return certification
    change = revocation_of(certification)
    refuse_if(problem_with_undoing(change, by=by, on=day_of(at)))
    assert change
    if not reason.strip():
        raise Refused("Say why the revocation is undone: the member reads it.", "reason")
    life.write([certification], to=change.before, reason=reason.strip(), by=by, at=at)
    undone.send(sender=Certification, change=change)
    if life.in_force(certification.status) and not unclosed:
        cycles.open_current(certification=certification, on=day_of(at))
    return certification


def _locked(key: int) -> tuple[Certification, list[int]]:
    """Lock the cycle that is not closed, then the certification; return it, and the cycle's key if there is one."""
    unclosed = Cycle.objects.unclosed().filter(certification=key).select_for_update().order_by("pk")
    keys = list(unclosed.values_list("pk", flat=True))
    Certification.objects.select_for_update().get(pk=key)
    return Certification.objects.select_related("credential", "member").get(pk=key), keys
