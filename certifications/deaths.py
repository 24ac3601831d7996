"""A member who has died: on which day, who reported it, and how a mistake is taken back.

- Certifications in force *end*: they take no records, nobody is asked to pay for them, and they are in
  no draw of an audit. Their cycles are not judged any more, so nobody is called non-compliant.
- Unpaid invoices are held, not void: if it was a mistake, they are what they were, under the same
  numbers and amounts.
- The way to sign in is closed. No mail goes out: what waits is given up, and kept with that reason.
- ``Member.died_on`` has the day, for everything that asks; ``DeathReport`` has who said so and when.

To take it back gives each certification the status that it had, opens the sign-in if it was open, and
lets the grace period of a cycle that ended in the meantime begin on that day. Mail that was given up is
not sent later; what is still true is told with the next notices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils.translation import gettext_noop

from amtportal import plausible
from amtportal.dates import day_of
from amtportal.history.lines import sign
from amtportal.members.mail import withdrawing
from amtportal.members.models import DeathReport, Member, User
from amtportal.refusals import Problem, Refused, refuse_if
from certifications import cycles, life
from certifications.models import Certification, Cycle

Status = Certification.Status
ENDED = gettext_noop("The member has died.")  # whoever reads the archive of the member reads it
MISTAKEN = gettext_noop("It was recorded by mistake that the member has died.")
BEGINS_NOW = "It had been recorded by mistake that the member has died."

# Sent with ``member`` and ``at``, in the transaction, to apps that build on this one.
recorded = Signal()
taken_back = Signal()


@dataclass(frozen=True)
class Done:
    """What recording a death did. ``withdrawn``: how many mails that waited are not sent."""

    report: DeathReport
    ended: Sequence[Certification]
    withdrawn: int


def problem_with_report(member: Member, died_on: date, reported_by: str, on: date) -> Problem | None:
    """Return why it cannot be recorded that the member died on that day. The account must be loaded."""
    if member.merged_into_id:
        return Problem("", f"{member} was merged into another member. Record it there.")
    if member.user and (member.user.is_staff or member.user.is_superuser):
        return Problem(
            "", f"{member} signs in to a staff account. A superuser takes the staff rights away first, on its page."
        )
    if problem := plausible.problem_with_death(died_on, on):
        return Problem("died_on", problem)
    if not reported_by:
        return Problem("reported_by", "Say who reported it, and how: it stays on record.")
    return None


@transaction.atomic
def record(*, member: Member, died_on: date, reported_by: str, by: User, at: datetime) -> Done:
    """Record that the member has died, or correct the day or the source. Raises ``Refused``.

    To repeat it changes nothing.
    """
    member = _locked(member.pk)
    reported_by = reported_by.strip()
    refuse_if(problem_with_report(member, died_on, reported_by, day_of(at)))
    report = standing_report(member)
    if report and (report.died_on, report.reported_by) == (died_on, reported_by):
        return Done(report, [], 0)
    if report is None:
        report = DeathReport(member=member, recorded_at=at, recorded_by=by)
        report.closed_account = member.user is not None and member.user.is_active
    report.died_on, report.reported_by = died_on, reported_by
    sign(report, by=by, at=at)
    report.save()
    _keep(member, died_on, reason=ENDED, by=by, at=at)
    if member.user and member.user.is_active:
        _switch(member.user, active=False, reason=ENDED, by=by, at=at)
    ending = list(_certifications(member).filter(status__in=Certification.IN_FORCE))
    life.write(ending, to=Status.ENDED, reason=ENDED, by=by, at=at, on=died_on)
    recorded.send(sender=Member, member=member, at=at)
    withdrawn = withdrawing.withdraw(member.user, reason=ENDED, at=at) if member.user else 0
    return Done(report, ending, withdrawn)


@transaction.atomic
def take_back(*, member: Member, reason: str, by: User, at: datetime) -> list[Certification]:
    """Take back that the member has died, which was a mistake. Raises ``Refused`` without a reason.

    Returns the certifications that have their status again; none if nothing was on record.
    """
    member = _locked(member.pk)
    report = standing_report(member)
    if report is None:
        return []
    if not reason.strip():
        raise Refused("Say how the mistake came about: it stays on record.", "reason")
    report.taken_back_at, report.taken_back_by, report.taken_back_reason = at, by, reason.strip()
    sign(report, by=by, at=at)
    report.save()
    _keep(member, None, reason=MISTAKEN, by=by, at=at)
    if member.user and report.closed_account and not member.user.is_active:
        _switch(member.user, active=True, reason=MISTAKEN, by=by, at=at)
    returning = list(_certifications(member).filter(status=Status.ENDED))
    for certification in returning:
        last = certification.status_changes.filter(after=Status.ENDED).order_by("changed_at", "pk").last()
        before = last.before if last else Status.ACTIVE
        life.write([certification], to=before, reason=MISTAKEN, by=by, at=at)
        _let_grace_begin(certification, by=by, at=at)
    taken_back.send(sender=Member, member=member, at=at)
    return returning


def standing_report(member: Member) -> DeathReport | None:
    """Return the report that the member has died; None if there is none, or it was taken back."""
    return member.death_reports.select_related("recorded_by").filter(taken_back_at=None).first()


def _let_grace_begin(certification: Certification, *, by: User, at: datetime) -> None:
    """Let the member record in the cycle that ended in the meantime, as long as in any grace period."""
    for cycle in certification.cycles.unclosed():
        extension = cycles.grace_from(
            cycle.ends_on,
            day_of(at),
            BEGINS_NOW,
            extended_to=cycle.grace_extended_to,
            reason=cycle.grace_extension_reason,
        )
        if extension != (cycle.grace_extended_to, cycle.grace_extension_reason):
            cycle.grace_extended_to, cycle.grace_extension_reason = extension
            sign(cycle, by=by, at=at, reason=MISTAKEN)
            cycle.save(update_fields=["grace_extended_to", "grace_extension_reason"])


def _certifications(member: Member) -> QuerySet[Certification]:
    return Certification.objects.filter(member=member).select_related("credential").order_by("pk")


def _locked(key: int) -> Member:
    """Lock the member and what the member holds, in the order of decision 28, and return the member as it is now."""
    cycles.lock_all(Cycle.objects.unclosed().filter(certification__member=key).order_by().values_list("pk", flat=True))
    list(Certification.objects.select_for_update().filter(member=key).order_by("pk").values_list("pk", flat=True))
    list(User.objects.select_for_update(no_key=True).filter(member=key).values_list("pk", flat=True))
    list(Member.objects.select_for_update(no_key=True).filter(pk=key).values_list("pk", flat=True))
    return Member.objects.select_related("user").get(pk=key)


def _keep(member: Member, died_on: date | None, *, reason: str, by: User, at: datetime) -> None:
    if member.died_on != died_on:
        member.died_on = died_on
        sign(member, by=by, at=at, reason=reason)
        member.save(update_fields=["died_on"])


def _switch(account: User, *, active: bool, reason: str, by: User, at: datetime) -> None:
    account.is_active = active
    sign(account, by=by, at=at, reason=reason)
    account.save(update_fields=["is_active"])
