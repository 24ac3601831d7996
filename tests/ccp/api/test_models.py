"""What must always be true of course systems and what is kept of them. These tests try to break each constraint."""

from typing import Any

import pytest

from ccp.api.models import Consent, CourseSystem, Delivery, Event, KeptAnswer, Key, KeyDay
from tests.support.builders import TODAY, make_member, make_user, noon
from tests.support.constraints import changed, constraints_of, copied, refused_by
from tests.support.course_systems import make_consent, make_key, make_system, send_one

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


def key() -> Key:
    return make_key()[0]


def sent(model: Any) -> Any:
    def row() -> Any:
        send_one(make_member())
        return model.objects.get()

    return row


def kept() -> KeptAnswer:
    return KeptAnswer.objects.create(
        system=make_system(), digest="d", body_digest="b", status=200, body={}, until=noon(TODAY)
    )


def consent() -> Consent:
    return make_consent(make_member(), make_system())


CHANGES = [
    ("coursesystem_has_name_and_code", make_system, {"name": ""}, "no name"),
    ("coursesystem_has_name_and_code", make_system, {"code": ""}, "no code"),
    ("coursesystem_address_has_secret", make_system, {"webhook_url": "https://x.example/"}, "no secret"),
    ("key_starts_before_end", key, {"ends_on": TODAY.replace(day=1)}, "ends before it starts"),
    (
        "key_may_do_something",
        key,
        {"writes_credits": False, "matches_members": False, "reads_standing": False},
        "may do nothing",
    ),
    ("key_revoked_whole", key, {"revoked_at": noon(TODAY)}, "by nobody"),
    ("key_revoked_whole", key, {"revoked_by": lambda: make_user().pk}, "at no time"),
    (
        "key_revoked_whole",
        key,
        {"revoked_at": noon(TODAY), "revoked_by": lambda: make_user().pk},
        "for no reason",
    ),
    ("delivery_has_reference", sent(Delivery), {"reference": ""}, "no reference"),
    ("event_kind_known", sent(Event), {"kind": "credit.lost"}, "no such kind"),
    ("event_due_until_it_ends", sent(Event), {"due_at": noon(TODAY)}, "sent and due"),
]
COPIES = [
    ("coursesystem.name", make_system, {"code": "other"}, "same name"),
    ("coursesystem.code", make_system, {"name": "Other"}, "same code"),
    ("key.client_id", key, {}, "same client"),
    ("keyday_once_a_day", sent(KeyDay), {}, "same day"),
    ("keptanswer_once_a_key", kept, {}, "same key"),
    ("event.event_id", sent(Event), {}, "same number"),
    ("consent_once_a_system", consent, {}, "same system"),
]


def _rows(cases: list[tuple[str, Any, dict[str, Any], str]]) -> list[Any]:
    return [pytest.param(f"api_{name}", row, changes, id=f"{name}: {what}") for name, row, changes, what in cases]


@pytest.mark.parametrize(("name", "row", "changes"), _rows(CHANGES))
def test_the_database_refuses_a_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("api", name):
        changed(sound, changes)


@pytest.mark.parametrize(("name", "row", "changes"), _rows(COPIES))
def test_the_database_refuses_a_second_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("api", name):
        copied(sound, changes)


def test_every_constraint_has_its_try() -> None:
    assert set(constraints_of("api")) == {f"api_{name}" for name, *_ in CHANGES + COPIES}
    assert CourseSystem._meta.app_label == "api"
