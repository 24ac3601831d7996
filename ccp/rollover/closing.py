"""Closing cycles and rolling over into the next cycle.

A cycle that has ended is judged as of a day:

- *compliant*: the requirement is met (or CCP is voluntary) and the cycle's invoices are paid. The
  cycle closes, and the next cycle opens. Its days are counted from the award, and it has the
  credential's points and fee of the day on which it opens.
- *awaiting payment*: the requirement is met (or CCP is voluntary), but an invoice is not paid. The
  cycle stays open.
- *grace*: the requirement is not met and the grace period is still running. The cycle stays open.
- *awaiting points*: the requirement is not met and the grace period is over, but an entry claimed for
  the cycle waits for points from AMT. The cycle stays open and takes no more records: nobody loses a
  certification because AMT is late (decision 66).
- *non-compliant*: the requirement is not met and the grace period is over. The cycle closes and the
  certification lapses.

A void invoice does not have to be paid. A closed cycle is frozen: its points, whether CCP was
mandatory, the day on which the requirement was met and what each entry counted for stay as they
are. If the previous cycle was paid years late, the next cycle may open after its own last day; its
grace period then begins on the day on which it opens.

Nothing depends on the day on which this runs: pages call ``catch_up`` for their member, and a late
run closes everything that is due by then. Locks are taken in the same order as everywhere: cycles
in the order of their keys, then their certifications.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import models, transaction
from django.utils.translation import gettext_noop
from simple_history.utils import bulk_create_with_history

from amtportal.chunks import CHUNK
from amtportal.database import know_again
from amtportal.dates import day_of
from amtportal.history.lines import sign
from ccp.counting import credits as counting
from ccp.counting import terms_lock
from ccp.counting.terms import catalogue
from ccp.rollover.verdicts import CLOSING, Verdict, judged
from certifications import cycles as cycle_rules
from certifications import invoices as invoice_rules
from certifications import life
from certifications.models import Certification, Cycle, RenewalInvoice

logger = logging.getLogger(__name__)

BATCH = 500
MANY = 1000
"""So many closed cycles change how the rows are spread, by which the database plans its queries."""
LAPSED = gettext_noop("The CCP requirement was not met when the grace period ended.")  # members read it
CLOSED = "The cycle was closed: {}."
OPENED = "The cycle before it was closed as compliant."


@dataclass
class ClosingTally:
    """How many ended cycles a run found in each state, and the keys of those that failed.

    A cycle fails if it could not be judged or closed.
    """

    found: Counter[Verdict] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)

    @property
    def closed(self) -> int:
        return sum(self.found[verdict] for verdict in CLOSING)

    def __str__(self) -> str:
        late = self.found["awaiting-points"]
        return (
            f"{self.closed:,} {'cycle' if self.closed == 1 else 'cycles'} closed "
            f"({self.found['compliant']:,} compliant, {self.found['non-compliant']:,} non-compliant), "
            f"{self.found['awaiting-payment']:,} awaiting payment, {self.found['grace']:,} in grace, "
            f"{f'{late:,} awaiting points from AMT, ' if late else ''}"
            f"{len(self.failed):,} failed."
        )


def close_due(
    *, at: datetime, dry_run: bool = False, progress: Callable[[int], object] = lambda done: None
) -> ClosingTally:
    """Close every cycle that is due on the day, with one transaction for each batch.

    ``progress`` is called with the number of cycles judged in each batch. This is safe to stop and
    start again at any point, while people record and pay, and twice on the same day. If a batch
    fails, its cycles are closed one by one, so that one bad row stops only itself.
    """
    tally = ClosingTally()
    last = 0
    while keys := _ended(day_of(at), after=last):
        close_batch(keys, tally, at=at, dry_run=dry_run)
        last = keys[-1]
        progress(len(keys))
    if tally.closed >= MANY and not dry_run:
        know_again(Certification, Cycle, RenewalInvoice)
    return tally


def _ended(on: date, *, after: int) -> list[int]:
    """Return the keys of the next batch of cycles that have ended and are not closed."""
    ended = Cycle.objects.ended(on).filter(pk__gt=after).order_by("pk")
    return list(ended.values_list("pk", flat=True)[:BATCH])


def close_batch(keys: Sequence[int], tally: ClosingTally, *, at: datetime, dry_run: bool = False) -> None:
    """Close these cycles in one transaction; if one of them fails, close each in its own."""
    try:
        tally.found += _close(keys, at=at, dry_run=dry_run)
    except Exception:
        if len(keys) == 1:
            logger.exception("Cycle %s could not be closed.", keys[0])
            tally.failed.append(keys[0])
            return
        logger.warning("A batch could not be closed; its cycles are closed one by one.", exc_info=True)
        for key in keys:
            close_batch([key], tally, at=at, dry_run=dry_run)


@transaction.atomic
def _close(keys: Sequence[int], *, at: datetime, dry_run: bool) -> Counter[Verdict]:
    """Lock these cycles in the order of their keys, judge them, and close those that are due."""
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
    verdicts: Counter[Verdict] = Counter()
    closed: list[Cycle] = []
    for cycle, verdict, counted in judged(cycles, on):
        verdicts[verdict] += 1
        if verdict in CLOSING:
            cycle.closed_on, cycle.outcome, cycle.points_at_close = on, verdict, counted
            cycle.mandatory_at_close = cycle.is_mandatory
            closed.append(cycle)
    if closed and not dry_run:
        _write(closed, at=at)
    return verdicts


def _write(closed: Sequence[Cycle], *, at: datetime) -> None:
    """Store the closed cycles with what follows from each.

    After a compliant cycle, the next one opens. After a non-compliant one, the certification
    lapses.
    """
    on = day_of(at)
    _store(closed, at=at)
    in_force = [cycle for cycle in closed if life.in_force(cycle.certification.status)]
    following = [cycle_rules.following(cycle, on) for cycle in in_force if cycle.outcome == Cycle.Outcome.COMPLIANT]
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
    _claim_set_aside(closed, following, at=at)
    lapsing = [cycle.certification_id for cycle in in_force if cycle.outcome == Cycle.Outcome.NON_COMPLIANT]
    life.change_statuses(certifications=lapsing, to=Certification.Status.LAPSED, reason=LAPSED, by=None, at=at)


def _claim_set_aside(closed: Sequence[Cycle], following: Sequence[Cycle], *, at: datetime) -> None:
    """Count in the new cycles what a corrected day of the award left outside of those before them."""
    new = {cycle.certification_id: cycle for cycle in following}
    before = {cycle.pk: new[cycle.certification_id] for cycle in closed if cycle.certification_id in new}
    if before and (gained := counting.claim_set_aside(before, None, at)):
        terms_lock.hold()
        counting.recount(gained, catalogue(), None, at)


def _store(closed: Sequence[Cycle], *, at: datetime) -> None:
    """Store how these cycles were closed, each with its line of history.

    Cycles that closed with the same values are written in one statement.
    """
    same_values: dict[tuple[str, Decimal | None, bool | None], list[int]] = defaultdict(list)
    for cycle in closed:
        same_values[cycle.outcome, cycle.points_at_close, cycle.mandatory_at_close].append(cycle.pk)
        # No person is recorded in the history, whoever asked for the page that closed the cycle.
        sign(cycle, by=None, reason=CLOSED.format(cycle.get_outcome_display().lower()))
    for (outcome, points, mandatory), keys in same_values.items():
        Cycle.objects.filter(pk__in=keys).update(
            closed_on=day_of(at), outcome=outcome, points_at_close=points, mandatory_at_close=mandatory
        )
    Cycle.history.bulk_history_create(closed, batch_size=CHUNK, update=True, default_date=at)


def _create(model: type[models.Model], opened: Sequence[models.Model], *, at: datetime) -> None:
    for row in opened:
        sign(row, by=None, reason=OPENED)
    bulk_create_with_history(opened, model, batch_size=CHUNK, default_date=at)
