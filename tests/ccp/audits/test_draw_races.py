"""Two people at the same draw at the same moment."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from amtportal.refusals import Refused
from ccp.audits import draws, tickets
from ccp.audits.models import AuditCase, Draw, DrawTicket, Replacement
from certifications.cycles import lock_all
from tests.support.builders import TODAY, make_user, noon
from tests.support.draws import enter_seed, freeze, make_many
from tests.support.threads import at_once, beside, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


def tried(call: Callable[[], object]) -> Callable[[], str]:
    def run() -> str:
        try:
            call()
        except Refused as refused:
            return refused.sentence
        return ""

    return run


def test_of_two_freezes_two_seeds_and_two_replacements_at_once_one_is_taken() -> None:
    make_many(8)
    by = make_user(is_staff=True)
    first, second = sorted(at_once(*[tried(lambda: freeze(by=by))] * 2))
    assert (first, "was frozen on" in second) == ("", True)
    draw = Draw.objects.get()
    first, second = sorted(at_once(*[tried(lambda seed=seed: enter_seed(draw, seed=seed)) for seed in ("1", "2")]))
    assert (first, "A seed is accepted once" in second) == ("", True)
    assert (DrawTicket.objects.count(), AuditCase.objects.count()) == (8, 5)
    gone = list(DrawTicket.objects.drawn().select_related("line").order_by("place")[:2])
    said = at_once(
        *[
            tried(lambda ticket=ticket: draws.replace(ticket=ticket, reason="Has died", by=by, at=noon(TODAY)))
            for ticket in (*gone, gone[0])
        ]
    )
    assert said == ["", "", ""]
    assert sorted(Replacement.objects.values_list("substitute__place", flat=True)) == [6, 7]
    assert DrawTicket.objects.drawn().count() == 5


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_who_replaces_locks_both_cycles_in_order() -> None:
    """Somebody who passes last days has locked the earlier cycle, and then asks for the later one."""
    make_many(6)
    draw = freeze()
    cycles = dict(draw.lines.values_list("line", "cycle"))
    orders = ([cycles[line] for _, line in tickets.in_order(f"{seed}", cycles)] for seed in range(1, 1000))
    seed, order = next((seed, order) for seed, order in enumerate(orders, start=1) if order[5] < order[0])
    enter_seed(draw, seed=f"{seed}")
    gone = DrawTicket.objects.get(place=1)
    with transaction.atomic():
        lock_all([order[5]])
        replaced = beside(lambda: draws.replace(ticket=gone, reason="Has died", by=draw.frozen_by, at=noon(TODAY)))
        wait_until_somebody_waits()
        lock_all([order[0]])
    assert replaced.result().substitute.line.cycle_id == order[5]
