"""Lines that are written in bulk, by the database from the rows that it has, are as whole as single ones."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from amtportal.history.lines import sign
from amtportal.history.requests import Origin, _origin
from amtportal.members.models import Member, User
from certifications.models import Certification
from tests.support.builders import TODAY, make_cycle, make_user, noon

pytestmark = pytest.mark.django_db
OWN = ("id", "history_id", "history_date", "user_id", "amt_id")


def last_line(record: Any) -> dict[str, Any]:
    line = type(record).history.filter(id=record.pk).order_by("history_id").values().last()
    assert line is not None
    return line


def test_a_line_has_the_columns_of_a_single_one() -> None:
    """Every column but those of the record itself, with the request and its address."""
    token = _origin.set(Origin("request-1234", "192.0.2.7"))
    try:
        single = Member(amt_id="1", first_name="Zoë", last_name="O’Brien", phone="312-555-0142", city="Peoria")
        sign(single, by=None, at=noon(TODAY), reason="Both")
        single.save()
        [bulk] = bulk_create_with_history(
            [Member(amt_id="2", first_name="Zoë", last_name="O’Brien", phone="312-555-0142", city="Peoria")],
            Member,
            default_date=noon(TODAY),
            default_change_reason="Both",
        )
    finally:
        _origin.reset(token)
    one, other = ({name: value for name, value in last_line(m).items() if name not in OWN} for m in (single, bulk))
    assert one == other
    assert (other["request_id"], other["address"], other["history_type"]) == ("request-1234", "192.0.2.7", "+")
    assert last_line(bulk)["history_date"] == noon(TODAY)


def test_each_record_may_have_its_own_person_and_reason() -> None:
    certifications = [make_cycle().certification for _ in range(3)]
    clerk, other = make_user(), make_user()
    sign(certifications[0], by=other, reason="For this one")
    sign(certifications[1], by=None)
    for certification in certifications:
        certification.status = Certification.Status.RETIRED
    bulk_update_with_history(
        certifications, Certification, ["status"], default_user=clerk, default_change_reason="For all"
    )
    lines = [last_line(certification) for certification in certifications]
    assert [(line["history_user_id"], line["history_change_reason"]) for line in lines] == [
        (other.pk, "For this one"),
        (None, "For all"),
        (clerk.pk, "For all"),
    ]
    assert {(line["status"], line["history_type"]) for line in lines} == {("retired", "~")}


def test_a_line_has_what_is_stored_even_where_the_instance_is_older() -> None:
    certification = make_cycle().certification
    Certification.objects.filter(pk=certification.pk).update(certificate_number="stored meanwhile")
    certification.status = Certification.Status.RETIRED
    bulk_update_with_history([certification], Certification, ["status"])
    assert last_line(certification)["certificate_number"] == "stored meanwhile"


def test_the_groups_of_an_account_are_kept_with_its_line() -> None:
    user, group = make_user(), Group.objects.create(name="clerks")
    user.groups.add(group)
    bulk_update_with_history([user], User, ["email"])
    line = User.history.filter(id=user.pk).order_by("history_id").last()
    assert [kept.group_id for kept in line.groups.all()] == [group.pk]
