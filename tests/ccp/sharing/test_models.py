"""What must always be true of links, of the look-up and of badges. These tests try to break each constraint."""

import uuid
from typing import Any

import pytest

from ccp.badges import issuing
from ccp.badges.models import LIST_LENGTH, Badge
from ccp.sharing import links, look_up
from ccp.sharing.models import Listing, ShareDay, ShareLink
from tests.support.builders import TODAY, make_cycle, make_member, noon
from tests.support.constraints import changed, constraints_of, copied, refused_by

pytestmark = pytest.mark.django_db


def link() -> ShareLink:
    member = make_member()
    return links.create(member=member, scope="standing", until=TODAY, by=member.user, at=noon(TODAY))


def day() -> ShareDay:
    links.count_opening(link(), at=noon(TODAY))
    return ShareDay.objects.get()


def listing() -> Listing:
    member = make_member()
    look_up.hide(member=member, hidden=True, by=member.user, at=noon(TODAY))
    return Listing.objects.get()


def badge() -> Badge:
    certification = make_cycle().certification
    return issuing.issue(certification=certification, by=certification.member.user, at=noon(TODAY))


CHANGES = [
    ("sharing", "sharelink_scope_known", link, {"scope": "everything"}, "no such scope"),
    ("sharing", "sharelink_of_one_certification", link, {"scope": "certification"}, "of no certification"),
    ("badges", "badge_place_in_list", badge, {"list_index": LIST_LENGTH}, "after the last place"),
    ("badges", "badge_place_in_list", badge, {"list_number": 0}, "before the first list"),
]
COPIES = [
    ("sharing", "sharelink.digest", link, {}, "same address"),
    ("sharing", "shareday_once_a_day", day, {}, "same day"),
    ("sharing", "listing.member_id", listing, {}, "same member"),
    ("badges", "badge.subject", badge, {"list_index": 1}, "same subject"),
    ("badges", "badge_place_never_given_again", badge, {"subject": uuid.uuid4}, "same place"),
]


def _rows(cases: list[tuple[str, str, Any, dict[str, Any], str]]) -> list[Any]:
    return [
        pytest.param(app, f"{app}_{name}", row, changes, id=f"{name}: {what}")
        for app, name, row, changes, what in cases
    ]


@pytest.mark.parametrize(("app", "name", "row", "changes"), _rows(CHANGES))
def test_the_database_refuses_a_row_that_breaks(app: str, name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by(app, name):
        changed(sound, changes)


@pytest.mark.parametrize(("app", "name", "row", "changes"), _rows(COPIES))
def test_the_database_refuses_a_second_row_that_breaks(app: str, name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by(app, name):
        copied(sound, changes)


def test_every_constraint_has_its_try() -> None:
    tried = {f"{app}_{name}" for app, name, *_ in CHANGES + COPIES}
    assert set(constraints_of("sharing")) | set(constraints_of("badges")) == tried
