"""Closing cycles and rolling over into the next.

A cycle that has ended is judged on a day:

- *compliant*: the requirement is met (or CCP is voluntary) and its invoices are paid. It closes, and the cycle that
  follows opens, counted from the award, with the credential's points and fee of that day.
- *awaiting payment*: the requirement is met (or CCP is voluntary), an invoice is not paid. It stays open.
- *grace*: the requirement is not met and the grace period runs.
- *non-compliant*: the requirement is not met and the grace period is over. It closes and the certification lapses.

A void invoice asks for nothing. A closed cycle is frozen: its points, whether CCP was mandatory, the day on which the
requirement was met and what each entry counted for stay as they are. A cycle that opens after its own last day, because
the one before it was paid years late, has a grace period from that day on.

Nothing depends on the day on which this runs: pages ask ``catch_up`` for the member at hand, and a run that comes late
closes what is due then. Locks are taken as everywhere: cycles in the order of their keys, then their certifications.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_noop
from simple_history.utils import bulk_create_with_history

from amtportal.chunks import CHUNK, chunks
from amtportal.dates import CHICAGO, day_of
from amtportal.members.models import Member
from ccp.counting import requirement
from certifications import cycles as cycle_rules
from certifications import invoices as invoice_rules
from certifications import life
from certifications.models import Certification, Cycle, Payment, RenewalInvoice

logger = logging.getLogger(__name__)

Verdict = Literal["running", "grace", "awaiting-payment", "compliant", "non-compliant"]
CLOSING: tuple[Verdict, ...] = ("compliant", "non-compliant")
BATCH = 500
LAPSED = gettext_noop("The CCP requirement was not met when the grace period ended.")  # members read it
CLOSED = "The cycle was closed: {}."
OPENED = "The cycle before it was closed as compliant."


def judge(*, ends_on: date, grace_ends_on: date, is_met: bool, mandatory: bool, is_paid: bool, on: date) -> Verdict:
    """What a cycle that is not closed is on that day."""
    if on <= ends_on:
        return "running"
    if is_met or not mandatory:
        return "compliant" if is_paid else "awaiting-payment"
    return "grace" if on <= grace_ends_on else "non-compliant"


def verdict_of(cycle: Cycle, on: date, *, counted: Decimal, is_paid: bool) -> Verdict:
    """``judge`` asked of a stored cycle (its certification is read) that is not closed.

    Of a day that is past: a requirement that was met only later was not met on that day.
    """
    met_later = cycle.requirement_met_on is not None and cycle.requirement_met_on > on
    return judge(
        ends_on=cycle.ends_on,
        grace_ends_on=cycle_rules.grace_ends_on(cycle, grace_days=settings.CCP_GRACE_DAYS),
        is_met=not met_later and requirement.to_go(counted=counted, required=cycle.points_required) == 0,
        mandatory=cycle.certification.ccp_mandatory,
        is_paid=is_paid,
        on=on,
    )


@dataclass
class Tally:
    """How many ended cycles a run found in each state, and the keys of those it could not judge or close."""

    found: Counter[Verdict] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)

    @property
    def closed(self) -> int:
        return sum(self.found[verdict] for verdict in CLOSING)

    def __str__(self) -> str:
        return (
            f"{self.closed:,} {'cycle' if self.closed == 1 else 'cycles'} closed "
            f"({self.found['compliant']:,} compliant, {self.found['non-compliant']:,} non-compliant), "
            f"{self.found['awaiting-payment']:,} awaiting payment, {self.found['grace']:,} in grace, "
            f"{len(self.failed):,} failed."
        )


def close_due(*, at: datetime, dry_run: bool = False, progress: Callable[[int], object] = lambda done: None) -> Tally:
    """Close every cycle that is due on the day, a batch in a transaction; ``progress`` hears how many were judged.

    Safe to stop and start again anywhere, beside people who record and pay, and twice on one day. A batch that
    fails is taken row by row, so that one bad row stops only itself.
    """
    tally = Tally()
    last = 0
    while keys := _ended(day_of(at), after=last):
        _close_or_tell(keys, tally, at=at, dry_run=dry_run)
        last = keys[-1]
        progress(len(keys))
    return tally


def catch_up(member: Member, *, at: datetime, shown: Iterable[Cycle] | None = None) -> bool:
    """Close the member's cycles that are due, so that nobody waits for the next run. Whether any was closed.

    ``shown``: the member's cycles as a page has read them. Unless one of them has ended there is nothing to ask.
    Nothing is locked unless a cycle is due, and a cycle that cannot be closed is left to the next run.
    """
    on = day_of(at)
    if shown is not None and not any(cycle.closed_on is None and cycle.ends_on < on for cycle in shown):
        return False
    ended = Cycle.objects.for_member(member).ended(on).select_related("certification").order_by("pk")
    closed = False
    while _close_the_due(list(ended.all()), at=at):
        closed = True  # and the cycle that opened may have ended too
    return closed


def open_for_records(member: Member, *, at: datetime, lock: bool = False) -> list[Cycle]:
    """The cycles that take the member's records now, once those that are due are closed.

    Locked on demand, all that are not closed in the order of their keys: what is due is closed under the same locks.
    """
    cycles = cycle_rules.unclosed(member, lock=lock)
    if catch_up(member, at=at, shown=cycles):
        cycles = cycle_rules.unclosed(member, lock=lock)
    return cycle_rules.taking_records(cycles, day_of(at))


def open_by_member(members: Collection[int], *, at: datetime, lock: bool = False) -> dict[int, list[Cycle]]:
    """``open_for_records`` for several members, by their keys. While nothing is due it costs no query a member."""
    cycles = cycle_rules.unclosed_of(members, lock=lock)
    while _close_the_due(cycles, at=at):
        cycles = cycle_rules.unclosed_of(members, lock=lock)
    found: dict[int, list[Cycle]] = defaultdict(list)
    for cycle in cycle_rules.taking_records(cycles, day_of(at)):
        found[cycle.certification.member_id].append(cycle)
    return found


def close_ended(keys: Collection[int], *, at: datetime) -> None:
    """Close those of these cycles (by key) that are due, before something is decided about them."""
    on = day_of(at)
    for some in chunks(keys):
        _close_the_due(
            Cycle.objects.ended(on).filter(pk__in=some).select_related("certification").order_by("pk"), at=at
        )


def _close_the_due(cycles: Iterable[Cycle], *, at: datetime) -> bool:
    """Close those of the cycles (certifications read, in key order) that are due. Whether any was closed."""
    on = day_of(at)
    tally = Tally()
    for some in chunks(cycle for cycle in cycles if cycle.ends_on < on):
        if due := [cycle.pk for cycle, verdict, _ in _judged(some, on) if verdict in CLOSING]:
            _close_or_tell(due, tally, at=at)
    return tally.closed > 0


def _ended(on: date, *, after: int) -> list[int]:
    """The keys of the next batch of cycles that have ended and are not closed."""
    ended = Cycle.objects.ended(on).filter(pk__gt=after).order_by("pk")
    return list(ended.values_list("pk", flat=True)[:BATCH])


def _judged(cycles: Collection[Cycle], on: date) -> list[tuple[Cycle, Verdict, Decimal]]:
    """Each cycle (certifications read) with its verdict and the points that count, in two queries."""
    keys = [cycle.pk for cycle in cycles]
    counted = requirement.counted_by_cycle(keys)
    unpaid = _unpaid(keys, on)
    return [
        (cycle, verdict_of(cycle, on, counted=counted[cycle.pk], is_paid=cycle.pk not in unpaid), counted[cycle.pk])
        for cycle in cycles
    ]


def _unpaid(keys: Collection[int], on: date) -> set[int]:
    """The keys of those cycles of which an invoice was not paid by the end of that day."""
    midnight = datetime.combine(on + timedelta(days=1), time.min, CHICAGO)
    later = Payment.objects.filter(invoice=OuterRef("pk"), reversed_at=None, recorded_at__gte=midnight)
    unpaid = RenewalInvoice.objects.filter(
        Q(status=RenewalInvoice.Status.ISSUED) | Q(Exists(later), status=RenewalInvoice.Status.PAID)
    )
    return set(unpaid.filter(cycle__in=keys).order_by().values_list("cycle", flat=True))


def _close_or_tell(keys: Sequence[int], tally: Tally, *, at: datetime, dry_run: bool = False) -> None:
    """Close these cycles in one transaction, or each in its own where one of them fails."""
    try:
        tally.found += _close(keys, at=at, dry_run=dry_run)
    except Exception:
        if len(keys) == 1:
            logger.exception("Cycle %s could not be closed.", keys[0])
            tally.failed.append(keys[0])
            return
        logger.warning("A batch could not be closed; its cycles are closed one by one.", exc_info=True)
        for key in keys:
            _close_or_tell([key], tally, at=at, dry_run=dry_run)


@transaction.atomic
def _close(keys: Sequence[int], *, at: datetime, dry_run: bool) -> Counter[Verdict]:
    """Judge these cycles under their locks, taken in key order, and close those that are due."""
    on = day_of(at)
    cycles = list(Cycle.objects.unclosed().filter(pk__in=keys).select_for_update().order_by("pk"))
    certifications = {
        certification.pk: certification
        for certification in Certification.objects.filter(pk__in=[cycle.certification_id for cycle in cycles])
        .select_for_update(of=("self",))
        .select_related("credential")
        .order_by("pk")
    }
    for cycle in cycles:
        cycle.certification = certifications[cycle.certification_id]
    found: Counter[Verdict] = Counter()
    closed: list[Cycle] = []
    for cycle, verdict, counted in _judged(cycles, on):
        found[verdict] += 1
        if verdict in CLOSING:
            cycle.closed_on, cycle.outcome, cycle.points_at_close = on, verdict, counted
            cycle.mandatory_at_close = cycle.certification.ccp_mandatory
            closed.append(cycle)
    if closed and not dry_run:
        _write(closed, at=at)
    return found


def _write(closed: Sequence[Cycle], *, at: datetime) -> None:
    """Store what was closed, open what follows, and let the certifications of the others lapse."""
    on = day_of(at)
    _store(closed, at=at)
    in_force = [cycle for cycle in closed if life.in_force(cycle.certification.status)]
    following = [
        cycle_rules.following(cycle, on, grace_days=settings.CCP_GRACE_DAYS)
        for cycle in in_force
        if cycle.outcome == Cycle.Outcome.COMPLIANT
    ]
    _create(Cycle, following, at=at)
    _create(
        RenewalInvoice,
        [
            invoice
            for cycle in following
            for invoice in invoice_rules.build(cycle, amount=cycle.certification.credential.annual_fee, on=on)
        ],
        at=at,
    )
    lapsing = [cycle.certification_id for cycle in in_force if cycle.outcome == Cycle.Outcome.NON_COMPLIANT]
    life.change_statuses(certifications=lapsing, to=Certification.Status.LAPSED, reason=LAPSED, by=None, at=at)


def _store(closed: Sequence[Cycle], *, at: datetime) -> None:
    """Write how these cycles were closed: those that closed alike in one statement, each with its line of history."""
    alike: dict[tuple[str, Decimal | None, bool | None], list[int]] = defaultdict(list)
    for cycle in closed:
        alike[cycle.outcome, cycle.points_at_close, cycle.mandatory_at_close].append(cycle.pk)
        _by_the_portal(cycle, CLOSED.format(cycle.get_outcome_display().lower()))
    for (outcome, points, mandatory), keys in alike.items():
        Cycle.objects.filter(pk__in=keys).update(
            closed_on=day_of(at), outcome=outcome, points_at_close=points, mandatory_at_close=mandatory
        )
    Cycle.history.bulk_history_create(closed, batch_size=CHUNK, update=True, default_date=at)


def _create(model: type[models.Model], opened: Sequence[models.Model], *, at: datetime) -> None:
    for row in opened:
        _by_the_portal(row, OPENED)
    bulk_create_with_history(opened, model, batch_size=CHUNK, default_date=at)


def _by_the_portal(instance: models.Model, reason: str) -> None:
    """Have the history name nobody, whoever asked for the page that caught up."""
    instance._history_user = None  # type: ignore[attr-defined]
    instance._change_reason = reason  # type: ignore[attr-defined]
