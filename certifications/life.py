"""The life of a certification: which status may follow which, by whom, and what that does.

| from | to | who | what it means |
| --- | --- | --- | --- |
| active, reinstated | lapsed | the portal, staff | requirement unmet when the grace period ended |
| active, reinstated | retired | staff | the member gives the certification up |
| active, reinstated, lapsed, retired | revoked | staff | AMT takes the certification away |
| lapsed, retired | reinstated | staff | it is in force again, in the cycle of that day |

| active, reinstated | ended | staff | the member has died (``certifications.deaths``) |

A revoked certification stays revoked, except that a second person can undo a revocation on the day
on which it was recorded (``certifications.revocations``). An ended one stays ended, unless it was
recorded by mistake that the member has died. Every change has a day, a person (none if the portal
itself closes a cycle) and a reason. Active and reinstated certifications are *in force*: only these
take records and open cycles.

A change of status closes no cycle. If a certification lapses, retires or is revoked, its open cycle
takes no more records. The cycle is closed later by its own rules, and no other cycle follows it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from django.db import transaction

from amtportal.chunks import CHUNK
from amtportal.dates import day_of
from amtportal.formatting import dollars, format_day, format_points
from amtportal.history.lines import sign
from amtportal.members.models import Member, User
from amtportal.refusals import Problem, Refused, refuse_if
from certifications import cycles
from certifications.models import Certification, Cycle, StatusChange

Status = Certification.Status

NEXT: dict[str, frozenset[str]] = {
    Status.ACTIVE: frozenset({Status.LAPSED, Status.RETIRED, Status.REVOKED}),
    Status.REINSTATED: frozenset({Status.LAPSED, Status.RETIRED, Status.REVOKED}),
    Status.LAPSED: frozenset({Status.REINSTATED, Status.REVOKED}),
    Status.RETIRED: frozenset({Status.REINSTATED, Status.REVOKED}),
    Status.REVOKED: frozenset(),
    Status.ENDED: frozenset(),
}
ON_THE_STATUS_PAGE = frozenset({Status.LAPSED, Status.RETIRED, Status.REINSTATED})
"""What staff choose on the page of the status. Each other status has a page and a permission of its own."""
MANDATORY_SINCE = date(2006, 1, 1)
RECERTIFIED_AFTER = date(2014, 4, 1)


def in_force(status: str) -> bool:
    return status in Certification.IN_FORCE


def may_follow(status: str, to: str) -> bool:
    return to in NEXT[status]


def possible_next(status: str) -> list[str]:
    """Return the statuses that may follow, in the order of ``Certification.Status``."""
    return [after for after in Status.values if after in NEXT[status]]


def ccp_is_mandatory(awarded_on: date, recertified_on: date | None) -> bool:
    """Return whether CCP is mandatory.

    It is for everyone certified on or after 1/1/2006, and for those who recertified after 4/1/2014.
    """
    return awarded_on >= MANDATORY_SINCE or (recertified_on is not None and recertified_on > RECERTIFIED_AFTER)


def mandatory_under(awarded_on: date, *, before: date, recertified_on: date | None, mandatory: bool) -> bool:
    """Return whether CCP is mandatory under another day of the award than the one ``before``.

    If the value on record follows from the old day, the new value follows from the new day. If somebody decided
    otherwise than the old day implies, that decision stays.
    """
    if mandatory != ccp_is_mandatory(before, recertified_on):
        return mandatory
    return ccp_is_mandatory(awarded_on, recertified_on)


def consequence(certification: Certification, to: str, on: date, *, unclosed: Cycle | None) -> str:
    """Return what happens if the certification takes that status on that day, for staff to read.

    ``unclosed``: the certification's cycle that is not closed, if it has one.
    """
    days = f"{format_day(unclosed.starts_on)} to {format_day(unclosed.ends_on)}" if unclosed else ""
    if to != Status.REINSTATED:
        cycle = f" Its cycle {days} is not closed now, and no cycle follows it." if unclosed else ""
        final = " From tomorrow on this is final." if not NEXT[to] else ""
        return f"It takes no records.{cycle}{final}"
    if unclosed:
        return f"It continues with the cycle {days}, which is not closed."
    opened = cycles.span_on(certification.awarded_on, on)
    return (
        f"Cycle {opened.number} opens, {format_day(opened.starts_on)} to {format_day(opened.ends_on)}, for "
        f"{format_points(certification.credential.points_required)} points, with three invoices of "
        f"{dollars(certification.credential.annual_fee)}. Closed cycles stay as they are."
    )


def problem_with_change(certification: Certification, to: str) -> Problem | None:
    """Return why the certification cannot take that status."""
    if may_follow(certification.status, to):
        return None
    allowed = ", ".join(Status(status).label.lower() for status in possible_next(certification.status))
    return Problem(
        "",
        f"A certification that is {certification.get_status_display().lower()} cannot become "
        f"{Status(to).label.lower()}. {f'It can become: {allowed}.' if allowed else 'Its status is final.'}",
    )


def problem_with_holders(died: Iterable[Member]) -> Problem | None:
    """Return why a certification cannot come into force. ``died``: those of its holders who have died."""
    for member in died:
        assert member.died_on
        return Problem(
            "",
            f"It is on record that {member} died on {format_day(member.died_on)}. If that is a mistake, take it back "
            "first.",
        )
    return None


def change_status(
    *, certification: Certification, to: str, reason: str, by: User | None, at: datetime
) -> Certification:
    """Give the certification another status. The status that it has already changes nothing.

    Reinstating does not reopen closed cycles. It opens the cycle of that day, with its invoices,
    unless the certification still has a cycle that is not closed. Raises ``Refused``.
    """
    [changed] = change_statuses(certifications=[certification.pk], to=to, reason=reason, by=by, at=at)
    return changed


@transaction.atomic
def change_statuses(
    *, certifications: Collection[int], to: str, reason: str, by: User | None, at: datetime
) -> list[Certification]:
    """Change the status of several certifications, given by key: all of them or none.

    Returns them in the order of their keys. The locks are taken in the same order as everywhere:
    the cycles first, then the certifications.
    """
    unclosed = Cycle.objects.unclosed().filter(certification__in=certifications).select_for_update().order_by("pk")
    with_cycle = {cycle.certification_id for cycle in unclosed}
    locked = list(Certification.objects.select_for_update().filter(pk__in=certifications).order_by("pk"))
    changing = [certification for certification in locked if certification.status != to]
    for certification in changing:
        refuse_if(problem_with_change(certification, to))
    if to == Status.REINSTATED:
        refuse_if(problem_with_holders(Member.objects.filter(certifications__in=changing, died_on__isnull=False)))
    reason = reason.strip()
    if changing and not reason:
        raise Refused("Give the reason for the change: it stays on record.")
    write(changing, to=to, reason=reason, by=by, at=at)
    for certification in changing:
        if to == Status.REINSTATED and certification.pk not in with_cycle:
            cycles.open_current(certification=certification, on=day_of(at))
    return locked


def write(
    changing: Sequence[Certification],
    *,
    to: str,
    reason: str,
    by: User | None,
    at: datetime,
    on: date | None = None,
) -> None:
    """Write the status of these locked certifications, with a ``StatusChange`` and history.

    The rules were asked before. ``on``: since when it holds, if not since today.
    """
    StatusChange.objects.bulk_create(
        [
            StatusChange(
                certification=certification,
                listed_credential_id=certification.credential_id,
                before=certification.status,
                after=to,
                changed_on=on or day_of(at),
                changed_at=at,
                changed_by=by,
                reason=reason,
            )
            for certification in changing
        ],
        batch_size=CHUNK,
    )
    for certification in changing:
        certification.status = to
        sign(certification, by=by, reason=reason)
    Certification.objects.filter(pk__in=[certification.pk for certification in changing]).update(status=to)
    Certification.history.bulk_history_create(changing, batch_size=CHUNK, update=True, default_date=at)
