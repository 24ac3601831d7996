"""What must always be true of sign-ins and seals: these tests try to break each constraint."""

from typing import Any

import pytest

from amtportal.history import seals
from amtportal.history.models import BlankedLine, Gap, Seal, SecurityEvent
from tests.support.builders import make_cycle, make_user
from tests.support.constraints import changed, constraints_of, copied, refused_by

pytestmark = pytest.mark.django_db


def make_event() -> SecurityEvent:
    return SecurityEvent.objects.create(kind="signed-in", user=make_user())


def make_seal() -> Seal:
    make_cycle()
    list(seals.seal())
    return Seal.objects.order_by("pk")[0]


def make_blanked() -> BlankedLine:
    return BlankedLine.objects.create(gap="ERA-0000001", table="members_historicalmember", line=1)


def make_gap() -> Gap:
    return Gap.objects.create(name="ERA-0000001", table="members_historicalmember", lines=1, entries=b"1" * 40)


CHANGES = {
    "history_securityevent_kind_known": (make_event, {"kind": "dreamt"}),
    "history_securityevent_somebody": (make_event, {"user": None}),
    "history_blankedline_has_name": (make_blanked, {"gap": ""}),
    "history_gap_has_name": (make_gap, {"name": ""}),
    "history_gap_has_lines": (make_gap, {"lines": 0}),
    "history_seal_stretch_in_order": (make_seal, {"after_id": 2_000_000_000}),
}
COPIES = {
    "history_blankedline_once": (make_blanked, {}),
    "history_gap_once_a_table": (make_gap, {}),
    "history_seal.previous": (make_seal, {"digest": "1", "after_id": -1}),
    "history_seal.digest": (make_seal, {"previous": "1", "after_id": -1}),
    "history_seal_one_a_stretch": (make_seal, {"previous": "1", "digest": "1"}),
}


@pytest.mark.parametrize(("name", "row", "changes"), [pytest.param(n, *case, id=n) for n, case in CHANGES.items()])
def test_the_database_refuses_a_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("history", name):
        changed(sound, changes)


@pytest.mark.parametrize(("name", "row", "changes"), [pytest.param(n, *case, id=n) for n, case in COPIES.items()])
def test_the_database_refuses_a_second_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("history", name):
        copied(sound, changes)


def test_every_constraint_has_its_try() -> None:
    assert constraints_of("history").keys() == CHANGES.keys() | COPIES.keys()
