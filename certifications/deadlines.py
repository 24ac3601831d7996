"""The order in which a member's certifications stand everywhere: by deadline, the most urgent first.

The deadline of a certification is the last day of its open cycle, so one in its grace period stands
before one whose cycle runs. Certifications without a deadline come last: those that are not in
force, and those whose cycles are all closed.
"""

from collections.abc import Iterable
from datetime import date

from django.db.models import F, Min, Q, QuerySet

from certifications.models import Certification, Cycle


def by_deadline(cycles: Iterable[Cycle]) -> list[Cycle]:
    """Return the cycles by the deadline of their certification, then by number.

    Their certifications must be loaded. The open cycle of each certification must be among them, if
    it has one.
    """
    cycles = sorted(cycles, key=lambda cycle: cycle.number)
    current: dict[int, Cycle] = {}
    for cycle in cycles:
        if (known := current.get(cycle.certification_id)) is None or known.closed_on is not None:
            current[cycle.certification_id] = cycle
    return sorted(cycles, key=lambda cycle: _urgency(current[cycle.certification_id]))


def _urgency(cycle: Cycle) -> tuple[bool, date, int]:
    has_deadline = cycle.closed_on is None and cycle.certification.status in Certification.IN_FORCE
    return not has_deadline, cycle.ends_on, cycle.certification_id


def ordered(certifications: QuerySet[Certification]) -> QuerySet[Certification]:
    """Return the certifications in the order of ``by_deadline``, for lists that the database sorts."""
    is_open = Q(cycles__closed_on=None, status__in=Certification.IN_FORCE)
    deadline = Min("cycles__ends_on", filter=is_open)
    return certifications.annotate(deadline=deadline).order_by(F("deadline").asc(nulls_last=True), "pk")
