"""Two people at the same draw at the same moment."""

from collections.abc import Callable

import pytest

from amtportal.refusals import Refused
from ccp.audits import draws
from ccp.audits.models import AuditCase, Draw, DrawTicket, Replacement
from tests.support.builders import TODAY, make_user, noon
from tests.support.draws import enter_seed, freeze, make_many
from tests.support.threads import at_once

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
