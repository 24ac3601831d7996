"""The state of a cycle that has ended: compliant, awaiting payment or points, in grace, or non-compliant.

The cycle of a member who has died is none of these: it stays as it is.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from django.db.models import Exists, OuterRef, Q

from amtportal.dates import CHICAGO
from ccp.counting import requirement
from ccp.models import Credit
from certifications import cycles as cycle_rules
from certifications.models import Certification, Cycle, Payment, RenewalInvoice

Verdict = Literal["running", "grace", "awaiting-points", "awaiting-payment", "compliant", "non-compliant", "ended"]


CLOSING: tuple[Verdict, ...] = ("compliant", "non-compliant")
COUNTABLE = (Credit.Cut.NONE, Credit.Cut.TYPE_CAP, Credit.Cut.CATEGORY_CAP)
"""With another cut, points that AMT sets do not count in the cycle either."""


def judge(
    *,
    ends_on: date,
    grace_ends_on: date,
    is_met: bool,
    mandatory: bool,
    is_paid: bool,
    on: date,
    amt_owes_points: bool = False,
) -> Verdict:
    """Return the state on that day of a cycle that is not closed.

    ``amt_owes_points``: an entry claimed for it waits for points that AMT has not set.
    """
    if on <= ends_on:
        return "running"
    if is_met or not mandatory:
        return "compliant" if is_paid else "awaiting-payment"
    if on <= grace_ends_on:
        return "grace"
    return "awaiting-points" if amt_owes_points else "non-compliant"


def verdict_of(cycle: Cycle, on: date, *, counted: Decimal, is_paid: bool, amt_owes_points: bool = False) -> Verdict:
    """Return what ``judge`` says about a stored cycle that is not closed.

    The cycle's certification must be loaded. ``on`` may be in the past: a requirement that was met
    only later was not met on that day. A cycle of a member who has died is judged no more.
    """
    if cycle.certification.status == Certification.Status.ENDED:
        return "ended"
    met_later = cycle.requirement_met_on is not None and cycle.requirement_met_on > on
    return judge(
        ends_on=cycle.ends_on,
        grace_ends_on=cycle_rules.grace_ends_on(cycle),
        is_met=not met_later and requirement.to_go(counted=counted, required=cycle.points_required) == 0,
        mandatory=cycle.is_mandatory,
        is_paid=is_paid,
        on=on,
        amt_owes_points=amt_owes_points,
    )


def judged(cycles: Collection[Cycle], on: date) -> list[tuple[Cycle, Verdict, Decimal]]:
    """Return each cycle with its verdict and the points that count; two queries, three if one would lapse.

    ``cycles`` come with their certifications loaded.
    """
    keys = [cycle.pk for cycle in cycles]
    counted = requirement.counted_by_cycle(keys)
    unpaid = _unpaid(keys, on)
    found = {
        cycle.pk: verdict_of(cycle, on, counted=counted[cycle.pk], is_paid=cycle.pk not in unpaid) for cycle in cycles
    }
    for key in cycles_owed_points([key for key, verdict in found.items() if verdict == "non-compliant"], on):
        found[key] = "awaiting-points"
    return [(cycle, found[cycle.pk], counted[cycle.pk]) for cycle in cycles]


def cycles_owed_points(cycles: Collection[int], on: date) -> set[int]:
    """Return for which of these cycles, by key, an entry waited at the end of that day for points from AMT."""
    if not cycles:
        return set()
    waits = Q(activity__points=None) | Q(activity__points_set_at__gte=_end_of(on))
    waiting = Credit.objects.filter(waits, cycle__in=cycles, activity__withdrawn_at=None, cut__in=COUNTABLE)
    return set(waiting.order_by().values_list("cycle", flat=True))


def _unpaid(keys: Collection[int], on: date) -> set[int]:
    """Return the keys of those cycles that had an unpaid invoice at the end of that day."""
    later = Payment.objects.filter(invoice=OuterRef("pk"), reversed_at=None, recorded_at__gte=_end_of(on))
    unpaid = RenewalInvoice.objects.filter(
        Q(status=RenewalInvoice.Status.ISSUED) | Q(Exists(later), status=RenewalInvoice.Status.PAID)
    )
    return set(unpaid.filter(cycle__in=keys).order_by().values_list("cycle", flat=True))


def _end_of(on: date) -> datetime:
    return datetime.combine(on + timedelta(days=1), time.min, CHICAGO)
