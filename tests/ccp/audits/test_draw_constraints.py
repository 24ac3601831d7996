"""What must always be true of a draw: these tests try to break each constraint."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import models

from ccp.audits.models import Draw, DrawLine, DrawTicket, Replacement
from tests.support.builders import TODAY, make_cycle, make_user, noon
from tests.support.constraints import changed, constraints_of, copied, refused_by
from tests.support.draws import enter_seed, freeze, make_many

pytestmark = pytest.mark.django_db
SEEDED = {"seed": "1", "seed_source": "Here", "drawn_at": noon(TODAY), "drawn_by": make_user}

CHANGED: list[tuple[str, type[models.Model], dict[str, Any]]] = [
    ("audits_draw_share_of_1000", Draw, {"share": 1001}),
    ("audits_draw_seed_kind_known", Draw, {"seed_kind": "hat"}),
    ("audits_draw_seed_named_first", Draw, {"seed_named": ""}),
    ("audits_draw_seeded_whole", Draw, {"seed": ""}),
    ("audits_draw_seeded_whole", Draw, {"seed_source": ""}),
    ("audits_draw_seeded_whole", Draw, {"drawn_by": None}),
    ("audits_draw_drawn_after_frozen", Draw, {"drawn_at": noon(TODAY - timedelta(days=1))}),
    ("audits_draw_dice_have_two_witnesses", Draw, {"first_witness": ""}),
    ("audits_draw_dice_have_two_witnesses", Draw, {"first_witness": "Bo Ek"}),
    ("audits_draw_abandoned_before_drawn", Draw, {"abandoned_reason": "Wrong"}),
    ("audits_drawline_not_empty", DrawLine, {"line": ""}),
    ("audits_drawticket_place_from_1", DrawTicket, {"place": 0}),
    ("audits_replacement_has_reason", Replacement, {"reason": ""}),
    ("audits_replacement_by_somebody_else", Replacement, {"substitute": lambda: DrawTicket.objects.get(place=1)}),
]
COPIED: list[tuple[str, type[models.Model], dict[str, Any]]] = [
    ("audits_draw_one_a_year", Draw, {}),
    ("audits_drawline_cycle_once", DrawLine, {"line": "RMA/x/1"}),
    ("audits_drawline_line_once", DrawLine, {"cycle": make_cycle}),
    ("audits_drawticket.line_id", DrawTicket, {}),
    ("audits_replacement.replaced_id", Replacement, {"substitute": None}),
    ("audits_replacement.substitute_id", Replacement, {"replaced": lambda: DrawTicket.objects.get(place=2)}),
]
OF_DRAWS = ("audits_draw_", "audits_drawline_", "audits_drawticket", "audits_replacement")


@pytest.fixture(autouse=True)
def draw() -> Draw:
    """Return a draw whose first was replaced."""
    make_many(7)
    draw = enter_seed(freeze())
    first, substitute = (DrawTicket.objects.get(place=place) for place in (1, 6))
    Replacement.objects.create(
        replaced=first, substitute=substitute, reason="Has died", replaced_at=noon(TODAY), replaced_by=draw.frozen_by
    )
    return draw


@pytest.mark.parametrize(("name", "model", "changes"), CHANGED)
def test_a_change_that_breaks_it_is_refused(name: str, model: type[models.Model], changes: dict[str, Any]) -> None:
    with refused_by("audits", name):
        changed(model._base_manager.order_by("pk").first(), changes)


@pytest.mark.parametrize(("name", "model", "changes"), COPIED)
def test_a_second_row_that_breaks_it_is_refused(name: str, model: type[models.Model], changes: dict[str, Any]) -> None:
    with refused_by("audits", name):
        copied(model._base_manager.order_by("pk").first(), changes)


def test_every_constraint_was_tried() -> None:
    ours = {name for name in constraints_of("audits") if name.startswith(OF_DRAWS)}
    assert ours == {name for name, *_ in (*CHANGED, *COPIED)}
